"""This file is an event loop in virtual time: when nobody has anything to do, the clock moves to the next timer.

It never waits for the world, so a day takes seconds and every run of a seed takes the same course.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from woodlot.clock import ManualClock

ResultT = TypeVar("ResultT")

# A timer is due when the clock has passed it, not when it is a rounding away.
_HAIR_S = 2e-6


class Stuck(RuntimeError):
    """Nobody has anything to do, now or ever: whoever waits would wait for ever."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose time is a clock that it moves itself."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._start_s = clock.monotonic_s()
        self._mover = _Mover(clock)
        super().__init__(self._mover)

    def time(self) -> float:
        # Counted from the start: the loop adds a nanosecond to it, which a large float would swallow.
        return self._clock.monotonic_s() - self._start_s

    @property
    def moves(self) -> int:
        """How often the time was moved: timers that fired, those of one moment counted once."""
        return self._mover.moves


class _Mover(selectors.SelectSelector):
    """What a loop asks how long it may sleep; it moves the time instead."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock
        self.moves = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("nothing is left to happen")
        if timeout > 0:
            self.moves += 1
            self._clock.advance(timeout + _HAIR_S)
        return []


def run(main: Coroutine[Any, Any, ResultT], *, clock: ManualClock) -> tuple[ResultT, int]:
    """Run a coroutine to its end in virtual time; return its result, and how often the time moved."""
    loop = VirtualLoop(clock)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main), loop.moves
