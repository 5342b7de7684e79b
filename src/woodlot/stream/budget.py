"""This file is how often we may do what the exchange counts: connect, and make listen keys."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from woodlot.clock import Clock

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `times` in any `per_s` seconds."""

    times: int
    per_s: float


# "100 per 5 min per IP ... cap the attempts (default: at most 20 per 5 min per process)" (websocket-v3 §2)
CONNECTS = Allowance(20, 300.0)
# What public sockets leave of it, so that an outage of theirs never keeps executions waiting.
RESERVED_FOR_PRIVATE = 5
# "5 per 10 s ... shared by the account" (websocket-v3 §2)
LISTEN_KEYS = Allowance(5, 10.0)


class Budget:
    """A sliding log of what was spent; `spend` waits until there is room.

    `reserve` leaves that many of the times to those who ask for less of a reserve.
    """

    def __init__(self, allowance: Allowance, *, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self._allowance = allowance
        self._clock = clock
        self._sleep = sleep
        self._spent_s: deque[float] = deque(maxlen=allowance.times)
        self.spent = 0
        self.waited = 0

    def wait_s(self, *, reserve: int = 0) -> float:
        """Return how long until there is room; 0 if there is now."""
        usable = max(1, self._allowance.times - reserve)
        if len(self._spent_s) < usable:
            return 0.0
        return max(0.0, self._spent_s[-usable] + self._allowance.per_s - self._clock.monotonic_s())

    async def room(self, *, reserve: int = 0) -> None:
        """Wait until there is room, without taking it."""
        if self.wait_s(reserve=reserve):
            self.waited += 1
        while (pause_s := self.wait_s(reserve=reserve)) > 0:
            await self._sleep(pause_s)

    async def spend(self, *, reserve: int = 0) -> None:
        """Wait for room and take it."""
        await self.room(reserve=reserve)
        self._spent_s.append(self._clock.monotonic_s())
        self.spent += 1


_of_process: dict[str, Budget] = {}
_MOST_ADDRESSES = 1000


def connects_of_process(ws_url: str, *, clock: Clock, sleep: Sleep = asyncio.sleep) -> Budget:
    """Return the one budget for connecting to this exchange that all streams of this process share.

    One exchange is one address: what is spent on a sandbox is not missing on the live exchange.
    """
    if ws_url not in _of_process and len(_of_process) >= _MOST_ADDRESSES:
        del _of_process[next(iter(_of_process))]
    return _of_process.setdefault(ws_url, Budget(CONNECTS, clock=clock, sleep=sleep))
