"""This file is the proof on bad lines: twelve kinds of trouble for a book, a private stream with orders, and calls.

A seed names the kind (`chaos_kinds.py`) and the subject (`chaos_subjects.py`) by its number, and draws the rest. The
sockets are real; several cases run at once in a loop whose seconds are hurried. What is drawn is the same in every run,
what a machine's sockets make of it can differ by a few milliseconds.
"""

import asyncio
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from proofs.chaos_kinds import KINDS
from proofs.chaos_subjects import SUBJECTS, scene
from proofs.experiment import Outcome
from proofs.hurried_time import run_hurried

PACE = 10.0
_AT_ONCE = 4
# Spells, calm and what a case may need beyond both.
_GIVEN_UP_S = 1_200.0


def prove(seeds: range, scale: float = 1.0) -> Outcome:
    """Run the cases of these seeds: 36 in a row are every kind for every subject."""
    del scale
    return _proved(Case.of(seed) for seed in seeds)


def prove_private(seeds: range, scale: float = 1.0) -> Outcome:
    """Run a short spell of trouble over orders and executions for each seed, every kind in turn."""
    del scale
    kinds = list(KINDS)
    return _proved(Case(seed, kinds[seed % len(kinds)], "private", most_spells=1, longest_s=8.0) for seed in seeds)


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of trouble for one subject; a seed draws the rest."""

    seed: int
    kind: str
    subject: str
    most_spells: int = 3
    longest_s: float = 30.0

    @classmethod
    def of(cls, seed: int) -> "Case":
        return cls(seed, list(KINDS)[seed % len(KINDS)], list(SUBJECTS)[seed // len(KINDS) % len(SUBJECTS)])


def _proved(cases: Iterable[Case]) -> Outcome:
    outcome = Outcome()
    run_hurried(lambda: _all(cases, outcome), pace=PACE)
    return outcome


async def _all(cases: Iterable[Case], outcome: Outcome) -> None:
    waiting = iter(cases)
    async with asyncio.TaskGroup() as workers:
        for _ in range(_AT_ONCE):
            workers.create_task(_work(waiting, outcome))


async def _work(cases: Iterator[Case], outcome: Outcome) -> None:
    for case in cases:
        problems = await _run(case, outcome)
        outcome.ran["cases"] += 1
        if problems:
            outcome.fail(case.seed, f"{case.kind}, {case.subject}: {'; '.join(problems)}")


async def _run(case: Case, outcome: Outcome) -> list[str]:
    chance = random.Random(case.seed)
    try:
        async with asyncio.timeout(_GIVEN_UP_S), scene(case.kind, chance) as running:
            running.most_spells, running.longest_s = case.most_spells, case.longest_s
            problems = await SUBJECTS[case.subject](running)
            outcome.ran.update(running.facts)
            outcome.injected[f"spells of {case.kind}"] += running.spells
            return problems
    except TimeoutError:
        return [f"it came to no end within {_GIVEN_UP_S:.0f} s"]
    except Exception as error:  # noqa: BLE001 - one case that cannot be carried out is one that failed
        return [f"{type(error).__name__}: {error}"]
