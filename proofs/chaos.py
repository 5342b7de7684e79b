"""This file is the proof on bad lines: twelve kinds of trouble for a book, a private stream with orders, and calls.

A seed names the kind (`chaos_kinds.py`) and the subject (`chaos_subjects.py`) by its number, and draws the rest. The
sockets are real; several cases run at once in a loop whose seconds are hurried. What is drawn is the same in every run,
what a machine's sockets make of it can differ by a few milliseconds.
"""

import asyncio
import random
from collections.abc import Iterable, Iterator

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
    outcome = Outcome()
    run_hurried(lambda: _all(seeds, outcome), pace=PACE)
    return outcome


async def _all(seeds: Iterable[int], outcome: Outcome) -> None:
    waiting = iter(seeds)
    async with asyncio.TaskGroup() as workers:
        for _ in range(_AT_ONCE):
            workers.create_task(_work(waiting, outcome))


async def _work(seeds: Iterator[int], outcome: Outcome) -> None:
    for seed in seeds:
        kind = list(KINDS)[seed % len(KINDS)]
        subject = list(SUBJECTS)[seed // len(KINDS) % len(SUBJECTS)]
        chance = random.Random(seed)
        try:
            async with asyncio.timeout(_GIVEN_UP_S), scene(kind, chance) as running:
                problems = await SUBJECTS[subject](running)
                outcome.ran.update(running.facts)
                outcome.injected[f"spells of {kind}"] += running.spells
        except TimeoutError:
            problems = [f"it came to no end within {_GIVEN_UP_S:.0f} s"]
        except Exception as error:  # noqa: BLE001 - one case that cannot be carried out is one that failed
            problems = [f"{type(error).__name__}: {error}"]
        outcome.ran["cases"] += 1
        if problems:
            outcome.fail(seed, f"{kind}, {subject}: {'; '.join(problems)}")
