"""This file is the proof of a long life: a day of virtual time leaves no task and no descriptor behind.

The market moves every five seconds, the bot does something every few minutes, and every hour or two a socket is cut or
goes silent, a key is stolen, the exchange is out of reach. What a desk holds is counted every quarter of an hour.
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from proofs.experiment import Outcome
from proofs.simulation.course import Course
from proofs.simulation.troubles import Troubles

_HOURS = 24.0
_HOUR_S = 3_600.0
_COUNTED_EVERY_S = 900.0
_TROUBLES = Troubles(
    latency_ms=(5, 60),
    frames_lost=0.001,
    replies_lost=0.01,
    cut_every_s=3_600.0,
    deaf_every_s=7_200.0,
    theft_every_s=7_200.0,
    outage_every_s=10_800.0,
)


class Life(Course):
    """A course that is long and slow."""

    step_s = 5.0
    pause_s = (60.0, 300.0)

    def __init__(self, seed: int, *, hours: float) -> None:
        super().__init__(seed, trouble_s=hours * _HOUR_S, troubles=_TROUBLES)
        self.held: list[tuple[int, int]] = []
        """How many tasks and descriptors there were, each time."""

    def disturbances(self) -> list[Coroutine[Any, Any, None]]:
        return [*super().disturbances(), self._count()]

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(_COUNTED_EVERY_S)
            self.held.append((len(asyncio.all_tasks()), descriptors()))

    def leaked(self) -> tuple[int, int]:
        """Return how many more tasks and descriptors there were in the last quarter than in the first.

        By the fewest of each quarter: calls that are under way come and go.
        """
        quarter = max(1, len(self.held) // 4)
        first, last = self.held[:quarter], self.held[-quarter:]
        tasks, files = (min(one[kind] for one in last) - min(one[kind] for one in first) for kind in (0, 1))
        return tasks, files


def descriptors() -> int:
    """Return how many files and sockets this process has open (Linux)."""
    return len(list(Path("/proc/self/fd").iterdir()))


def prove(seeds: range, scale: float) -> Outcome:
    """Live a day, or a share of it, for each seed."""
    outcome, hours = Outcome(), max(1.0, _HOURS * scale)
    for seed in seeds:
        life = Life(seed, hours=hours)
        result = life()
        tasks, files = life.leaked()
        outcome.ran.update({"hours": round(hours), "events": result.events, **result.ran})
        outcome.injected.update(result.struck)
        for name, leaked in (("tasks leaked", tasks), ("descriptors leaked", files)):
            outcome.worst[name] = max(leaked, outcome.worst.get(name, 0))
            if leaked > 0:
                outcome.fail(seed, f"{leaked} {name} in {hours:g} h: {life.held[:2]} ... {life.held[-2:]}")
        for problem in result.problems:
            outcome.fail(seed, problem)
    return outcome
