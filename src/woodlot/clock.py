"""This file is where the time comes from: the machine's clock, or one that is moved by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    """Say what time it is, for the exchange and for measuring."""

    def now_ms(self) -> int:
        """Return the wall clock as Unix time in milliseconds."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds that never run backwards; only differences mean anything."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    # Asked for every frame: the function itself, and nothing around it.
    monotonic_s = staticmethod(time.monotonic)


class ManualClock:
    """A clock that stands still until it is advanced: for tests, replay and simulation."""

    def __init__(self, start_ms: int = 1_790_000_000_000) -> None:
        self._now_us = start_ms * 1000

    def now_ms(self) -> int:
        return self._now_us // 1000

    def monotonic_s(self) -> float:
        return self._now_us / 1_000_000

    def advance(self, seconds: float) -> None:
        """Move the time forward by `seconds`."""
        if seconds < 0:
            raise ValueError(f"time only moves forward, got {seconds} s")
        self._now_us += round(seconds * 1_000_000)
