"""This file is path (f): how many events the simulations of `proofs` go through in a second of CPU time.

A round is the courses of one seed: the cores alone, and the whole desk, each against the exchange's core in virtual
time. What counts as an event is said in `docs/proofs.md`.
"""

import logging
import time

from benchmarks._rounds import Row
from benchmarks._table import Table, amount
from proofs.cores.course import Course as CoresCourse
from proofs.simulation.course import Course as DeskCourse

ROUNDS = 5


def tables(*, is_short: bool = False) -> list[Table]:
    logging.disable(logging.CRITICAL)  # the courses are full of trouble, and the log of what is done about it
    try:
        # The first seed warms up.
        seeds = range(1 + (2 if is_short else ROUNDS))
        rates = [(_events_per_second(CoresCourse, seed), _events_per_second(DeskCourse, seed)) for seed in seeds]
    finally:
        logging.disable(logging.NOTSET)
    rows = [
        Row("the cores alone", tuple(cores for cores, _ in rates[1:])),
        Row("the whole desk", tuple(desk for _, desk in rates[1:])),
    ]
    claims = [amount("events a second on one core", rows[0], at_least=True, unit=" a second", must=200_000)]
    return [Table("(f) Simulation", "a second of CPU time", rows, f"{len(rates) - 1} seeds, one process.", claims)]


def _events_per_second(kind: type[CoresCourse] | type[DeskCourse], seed: int) -> float:
    began = time.process_time()
    result = kind(seed)()
    if result.problems:
        raise RuntimeError(f"seed {seed}: {result.problems}")
    return result.events / (time.process_time() - began)
