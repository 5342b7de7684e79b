"""This file is what an experiment is: a promise, how much of it is the full figure, and what a run of it came to."""

import importlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

COST = "ms of one core"
"""What each piece of work counts of itself beside what it ran."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One seed with which a promise did not hold, and what was seen."""

    seed: int
    what: str


@dataclass(slots=True)
class Outcome:
    """What some seeds came to. Outcomes add up.

    `ran` counts what was tried, in the words of the experiment's goals and in others; `injected` what was done to it;
    `worst` keeps the greatest of each figure; `table` is for what is best shown row by row.
    """

    ran: Counter[str] = field(default_factory=Counter[str])
    injected: Counter[str] = field(default_factory=Counter[str])
    worst: dict[str, float] = field(default_factory=dict[str, float])
    table: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    failures: list[Failure] = field(default_factory=list[Failure])
    drawn: dict[int, str] = field(default_factory=dict[int, str])
    """What each seed drew, to be shown where one is run again; it is not written down."""

    def add(self, other: "Outcome") -> None:
        self.ran.update(other.ran)
        self.injected.update(other.injected)
        for name, value in other.worst.items():
            self.worst[name] = max(value, self.worst.get(name, value))
        self.table |= other.table
        self.failures += other.failures

    def fail(self, seed: int, what: str) -> None:
        self.failures.append(Failure(seed, what))

    def spelled(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "ran": dict(self.ran),
            "injected": dict(self.injected),
            "worst": self.worst,
            "table": {name: list(row) for name, row in self.table.items()},
            "failures": [[failure.seed, failure.what] for failure in self.failures],
        }

    @classmethod
    def read(cls, spelled: Mapping[str, Any]) -> "Outcome":
        return cls(
            Counter(spelled["ran"]),
            Counter(spelled["injected"]),
            dict(spelled["worst"]),
            {name: tuple(row) for name, row in spelled["table"].items()},
            [Failure(seed, what) for seed, what in spelled["failures"]],
        )


Prove: TypeAlias = Callable[..., Outcome]
"""`prove(seeds: range, scale: float) -> Outcome`. It goes on behind a seed that fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One row of the scorecard.

    `code` is the proof as `module:function`, imported where it runs. `goals` is the full figure in the words that the
    outcome counts in. `batch` seeds are one piece of work: a few seconds to a minute, since that is what is lost when a
    run is stopped. `waits` marks a proof that mostly sleeps, and runs beside the others. A `whole` one is run in full
    even where a share was asked for. `starts` names the modules that it runs as programs, which no import tells of.
    """

    id: str
    name: str
    promise: str
    goals: Mapping[str, int]
    batch: int
    code: str
    waits: bool = False
    whole: bool = False
    starts: tuple[str, ...] = ()

    def prove(self, seeds: range, *, scale: float) -> Outcome:
        module, _, function = self.code.partition(":")
        proof: Prove = getattr(importlib.import_module(module), function)
        return proof(seeds, scale)

    def wanted(self, share: float) -> dict[str, int]:
        """Return what a share of the full figure is, at least one of each."""
        part = 1.0 if self.whole else share
        return {word: max(1, round(figure * part)) for word, figure in self.goals.items()}

    def progress(self, outcome: Outcome, share: float) -> float:
        """Return how much of a share has run, by the goal that is furthest behind."""
        return min(outcome.ran[word] / figure for word, figure in self.wanted(share).items())

    def again(self, seed: int) -> str:
        """Return the one command that runs a seed again."""
        return f"python -m proofs --only {self.name} --seed {seed}"
