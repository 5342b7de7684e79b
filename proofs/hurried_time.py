"""This file is an event loop whose seconds pass faster than the wall's, over real sockets, and the clock that agrees.

What waits 45 s for a dead link waits a few of ours, and nothing of the program under proof is told: sleeps, timeouts
and its clock all follow the loop. What the processor does is not hurried, so a slow machine looks like a slow network.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


class _Selector(selectors.DefaultSelector):
    """Wait for sockets as the loop means it, in the wall's seconds."""

    def __init__(self, pace: float) -> None:
        super().__init__()
        self._pace = pace

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / self._pace)


class HurriedLoop(asyncio.SelectorEventLoop):
    """A loop in which `pace` seconds pass within one."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._began_s = time.monotonic()
        super().__init__(_Selector(pace))

    def time(self) -> float:
        return self._began_s + (time.monotonic() - self._began_s) * self._pace


class HurriedClock:
    """The clock of a loop. The wall clock may be set, as a user or a time server does; the other never runs back."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, offset_s: float = 0.0) -> None:
        self._loop = loop
        self._born_s = loop.time()
        self._born_ms = time.time_ns() // 1_000_000
        self.offset_s = offset_s

    def now_ms(self) -> int:
        return self._born_ms + round((self._loop.time() - self._born_s + self.offset_s) * 1000)

    def monotonic_s(self) -> float:
        return self._loop.time()


def run_hurried(work: Callable[[], Coroutine[Any, Any, ResultT]], *, pace: float) -> ResultT:
    """Run a coroutine to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=lambda: HurriedLoop(pace)) as runner:
        return runner.run(work())
