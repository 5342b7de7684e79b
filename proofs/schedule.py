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
        self.at(self.clock.now_ms() + delay_ms, action)

    def at(self, at_ms: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (at_ms, next(self._numbers), action))

    def run(self, duration_ms: int) -> None:
        """Let everything happen that is due within so long."""
        queue, clock = self._queue, self.clock
        now_ms = clock.now_ms()
        until_ms = now_ms + duration_ms
        while queue and queue[0][0] <= until_ms:
            at_ms, _, action = heapq.heappop(queue)
            if at_ms > now_ms:
                clock.advance((at_ms - now_ms) / 1000)
                now_ms = at_ms
            action()
        clock.advance((until_ms - now_ms) / 1000)
