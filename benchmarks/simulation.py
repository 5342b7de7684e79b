"""This file is path (f): how many events the simulation of `proofs` goes through in a second, on one core."""

import importlib
import importlib.util

from benchmarks._rounds import Row
from benchmarks._table import Table, amount

# Whoever has `events_per_second(seconds: float) -> float` in there is measured.
_MODULE = "proofs.simulation"
ROUNDS = 5


def tables(*, is_short: bool = False) -> list[Table]:
    if importlib.util.find_spec(_MODULE) is None:
        return []
    events_per_second = importlib.import_module(_MODULE).events_per_second
    seconds = 0.5 if is_short else 2.0
    events_per_second(seconds / 4)
    rows = [Row("events", tuple(events_per_second(seconds) for _ in range(ROUNDS)))]
    claims = [amount("events a second on one core", rows[0], at_least=True, unit=" a second", must=200_000)]
    return [Table("(f) Simulation", "a second", rows, "In process, virtual time, one core.", claims)]
