"""This file is the pace: every call takes its turn here, so that no limit of rest-v3 §4.2 is ever overrun.

Pure: it takes the time and returns how long to wait. The threads of a `Client` and the tasks of an `AsyncClient` may
share one, and so may several clients of one account.

`share` is this program's part of the limits where other programs use the same account: eight of them, 1/8 each.
Whole calls only: 1/8 of 10 per second is 1 per second. Where a part is less than one call per window (1/8 of 5 per
second) it becomes one call in a longer time; then programs that know nothing of each other can still meet in one
window, and a 429 is possible, and waited out.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

from woodlot.errors import ArgumentError
from woodlot.rest.counter import Counter, Place
from woodlot.rest.lanes import Lane, lane_of
from woodlot.wire.limits import Limit, limit_of
from woodlot.wire.request import Endpoint, Request

# Symbols come from the caller; beyond this many counters those that nobody uses are dropped.
_MOST_COUNTERS = 4096


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call has to wait for its turn, at least this long."""

    endpoint: Endpoint
    symbol: str
    lane: Lane
    seconds: float


@dataclass(frozen=True, slots=True)
class PaceCounters:
    """What happened so far: calls let go, calls that had to wait, for how long in all, and limits slowed by a 429."""

    calls: int = 0
    waits: int = 0
    waited_s: float = 0.0
    slowed: int = 0


@dataclass(frozen=True, slots=True)
class Gauge:
    """One limit as it stands: slots taken, slots there are (fewer after a 429), and calls that wait."""

    endpoint: Endpoint
    symbol: str
    taken: int
    slots: int
    waiting: int


@dataclass(eq=False, slots=True)
class Turn:
    """One call's turn: waiting, then under way, then over."""

    endpoint: Endpoint
    symbol: str
    place: Place
    counter: Counter | None
    asked_s: float
    waits: bool = False


class Pacer:
    """Keeps the limits. `on_wait` is told of every call that has to wait, in the thread or task that waits."""

    def __init__(
        self,
        *,
        share: float = 1.0,
        on_wait: Callable[[Waiting], None] | None = None,
        limit_of: Callable[[Endpoint], Limit | None] = limit_of,
    ) -> None:
        if not 0 < share <= 1:
            raise ArgumentError("share", f"expected a part of the whole, such as 1/8, got {share}")
        self._share = share
        self._on_wait = on_wait
        self._limit_of = limit_of
        self._counters: dict[tuple[Endpoint, str], Counter] = {}
        self._numbers = count()
        self._lock = threading.Lock()
        self._calls = self._waits = self._slowed = 0
        self._waited_s = 0.0

    @classmethod
    def unlimited(cls) -> Self:
        """A pacer that lets everything go at once: for an exchange without limits, or to meet its 429s."""
        return cls(limit_of=lambda _: None)

    @property
    def counters(self) -> PaceCounters:
        return PaceCounters(self._calls, self._waits, self._waited_s, self._slowed)

    def gauges(self, *, now_s: float) -> list[Gauge]:
        """Return the limits that are in use now or slowed, the fullest first."""
        with self._lock:
            used = [
                Gauge(endpoint, symbol, *counter.use(now_s))
                for (endpoint, symbol), counter in self._counters.items()
                if not counter.is_idle(now_s)
            ]
        return sorted(used, key=lambda gauge: (-gauge.taken / gauge.slots, str(gauge.endpoint), gauge.symbol))

    def queue(self, request: Request[Any], *, now_s: float) -> Turn:
        """Take a place in the queue; it must be given back by one of the four ends below."""
        endpoint = request.endpoint
        lane = lane_of(endpoint)
        limit = self._limit_of(endpoint)
        symbol = str(getattr(request, "symbol", None) or "") if limit is not None and limit.per_symbol else ""
        with self._lock:
            place = Place(lane, next(self._numbers))
            counter = None if limit is None else self._counter(endpoint, symbol, limit, now_s)
            if counter is not None:
                counter.enter(place)
        return Turn(endpoint, symbol, place, counter, now_s)

    def wait_s(self, turn: Turn, *, now_s: float) -> float:
        """Return 0 when it is this call's turn, else the least it has to wait before asking again."""
        with self._lock:
            wait_s = 0.0 if turn.counter is None else turn.counter.wait_s(turn.place, now_s=now_s)
            if wait_s == 0:
                self._calls += 1
                if turn.waits:
                    self._waits += 1
                    self._waited_s += now_s - turn.asked_s
        if wait_s and not turn.waits:
            turn.waits = True
            if self._on_wait is not None:
                self._on_wait(Waiting(turn.endpoint, turn.symbol, turn.place.lane, wait_s))
        return wait_s

    def leave(self, turn: Turn) -> None:
        """End a turn that never came."""
        with self._lock:
            if turn.counter is not None:
                turn.counter.leave(turn.place)

    def replied(self, turn: Turn, *, now_s: float) -> None:
        """End a turn whose reply came now."""
        with self._lock:
            if turn.counter is not None:
                turn.counter.free_after(now_s)

    def refused(self, turn: Turn, *, now_s: float) -> None:
        """End a turn that was answered with 429: somebody else uses this limit too, so use less of it for a while."""
        with self._lock:
            if turn.counter is not None:
                turn.counter.free_after(now_s)
                self._slowed += turn.counter.slow_down(now_s=now_s)

    def lost(self, turn: Turn, *, until_s: float) -> None:
        """End a turn without a reply: it may be counted by the server as late as its timeout."""
        with self._lock:
            if turn.counter is not None:
                turn.counter.free_after(until_s)

    def unsent(self, turn: Turn) -> None:
        """End a turn in which nothing was written."""
        with self._lock:
            if turn.counter is not None:
                turn.counter.free_now()

    def _counter(self, endpoint: Endpoint, symbol: str, limit: Limit, now_s: float) -> Counter:
        key = (endpoint, symbol)
        counter = self._counters.get(key)
        if counter is None:
            if len(self._counters) >= _MOST_COUNTERS:
                self._counters = {key: one for key, one in self._counters.items() if not one.is_idle(now_s)}
            counter = self._counters[key] = Counter(limit, share=self._share)
        return counter
