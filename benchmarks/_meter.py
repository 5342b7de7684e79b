"""This file is what counts a receiver's messages; it costs every receiver the same."""

import time
from collections.abc import Callable


class Meter:
    """Count down the messages of a round; `reached_ns` is when each was dealt with, where that is asked for."""

    def __init__(self) -> None:
        self.left = 0
        self.reached_ns: list[int] = []
        self._is_timed = False
        self._last: Callable[[], object] = int

    def begin(self, messages: int, *, last: Callable[[], object], is_timed: bool) -> None:
        self.left = messages
        self.reached_ns = []
        self._is_timed = is_timed
        self._last = last

    def count(self) -> None:
        """Note that a message has been dealt with."""
        if self._is_timed:
            self.reached_ns.append(time.perf_counter_ns())
        self.left -= 1
        if self.left == 0:
            self._last()
