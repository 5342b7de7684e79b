"""This file is how a contender is timed: warmed up, then in rounds that take turns, so that drift hits all alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What one contender needed for one operation: the median of its rounds, and their spread."""

    name: str
    median_us: float
    fastest_us: float
    slowest_us: float


def take_turns(contenders: Mapping[str, Callable[[], object]], *, operations: int, rounds: int = 7) -> list[Row]:
    """Time each contender's `operations` calls, `rounds` times in turn; the others are held against the first."""
    for contender in contenders.values():
        for _ in range(max(1, operations // 5)):
            contender()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            started = time.perf_counter()
            for _ in range(operations):
                contender()
            times[name].append((time.perf_counter() - started) / operations * 1e6)
    return [Row(name, statistics.median(taken), min(taken), max(taken)) for name, taken in times.items()]
