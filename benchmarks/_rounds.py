"""This file is how contenders are timed: warmed up, then in rounds that take turns, so that drift hits all alike."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

ROUNDS = 7


@dataclass(frozen=True)
class Row:
    """What one contender needed, or did, in each of its rounds."""

    name: str
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def least(self) -> float:
        return min(self.rounds)

    @property
    def most(self) -> float:
        return max(self.rounds)

    def each(self, parts: int) -> "Row":
        """Return the row of one of so many equal parts of what was timed."""
        return Row(self.name, tuple(taken / parts for taken in self.rounds))


@dataclass(frozen=True)
class Ratio:
    """One row over another: of their medians, and the least and the most that a single round gave."""

    value: float
    least: float
    most: float


def ratio(of: Row, to: Row) -> Ratio:
    """Hold one row against another of the same run, round by round."""
    if len(of.rounds) != len(to.rounds):
        raise ValueError(f"{of.name} has {len(of.rounds)} rounds, {to.name} {len(to.rounds)}: not of one run")
    singles = [mine / theirs for mine, theirs in zip(of.rounds, to.rounds, strict=True)]
    return Ratio(of.median / to.median, min(singles), max(singles))


def take_turns(
    contenders: Mapping[str, Callable[[], object]],
    *,
    operations: int,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Row]:
    """Time each contender's `operations` calls, `rounds` times in turn; a row is in microseconds for one call.

    With `time.process_time` as the clock, what else the machine does matters less: CPU time is what is counted.
    """
    for contender in contenders.values():
        for _ in range(max(1, operations // 5)):
            contender()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            started = clock()
            for _ in range(operations):
                contender()
            times[name].append((clock() - started) / operations * 1e6)
    return [Row(name, tuple(taken)) for name, taken in times.items()]


def row(rows: Sequence[Row], name: str) -> Row:
    """Return the row of that name."""
    return next(one for one in rows if one.name == name)
