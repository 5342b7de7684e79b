"""This file is path (f): how many events the simulation of `proofs` goes through in a second of CPU time.

A round is the course of one seed, the whole desk against the exchange's core in virtual time; what counts as an event
is said in `proofs/simulation/course.py`.
"""

import logging
import time

from benchmarks._rounds import Row
from benchmarks._table import Table, amount
from proofs.simulation.course import Course

ROUNDS = 5


def tables(*, is_short: bool = False) -> list[Table]:
    logging.disable(logging.CRITICAL)  # the courses are full of trouble, and the log of what is done about it
    try:
        rates = [_events_per_second(seed) for seed in range(1 + (2 if is_short else ROUNDS))]
    finally:
        logging.disable(logging.NOTSET)
    rows = [Row("events", tuple(rates[1:]))]
    claims = [amount("events a second on one core", rows[0], at_least=True, unit=" a second", must=200_000)]
    return [Table("(f) Simulation", "a second of CPU time", rows, f"{len(rates) - 1} seeds, one process.", claims)]


def _events_per_second(seed: int) -> float:
    began = time.process_time()
    result = Course(seed)()
    if result.problems:
        raise RuntimeError(f"seed {seed}: {result.problems}")
    return result.events / (time.process_time() - began)
