"""This file is a schedule: what is to happen when, in virtual time."""

import heapq
from collections.abc import Callable
from itertools import count

from woodlot.clock import ManualClock


class Schedule:
    """Actions in the order of their time; `say` is called where the exchange may have something to report."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.say: Callable[[], None] = lambda: None
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = count()

    def after(self, delay_ms: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (self.clock.now_ms() + delay_ms, next(self._numbers), action))

    def run(self, duration_ms: int) -> None:
        """Let everything happen that is due within so long."""
        until_ms = self.clock.now_ms() + duration_ms
        while self._queue and self._queue[0][0] <= until_ms:
            at_ms, _, action = heapq.heappop(self._queue)
            self.clock.advance((at_ms - self.clock.now_ms()) / 1000)
            action()
        self.clock.advance((until_ms - self.clock.now_ms()) / 1000)
