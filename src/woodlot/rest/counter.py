"""This file is one limit kept from our side: a log of the last uses, and the queue of those that want the next.

The rule, from which everything here follows: **a slot that was used is free again one window after its reply came.**
The server counted the call before it replied, so two uses of one slot reach the server at least a window apart,
whatever the latency was. With as many slots as the limit has calls, no window of the limit's length, fixed or
sliding, ever holds more at the server than the limit. A bucket that fills with time cannot promise that: late calls
overtake its arithmetic.
"""

from bisect import insort
from dataclasses import dataclass
from math import floor

from woodlot.rest.lanes import Lane
from woodlot.wire.limits import Limit

# A server's clock may tick in milliseconds and run by a thousandth faster than ours.
_MARGIN_S = 0.002
_CLOCK_RATE = 1.001

# "429 slows the lane down and it recovers gradually": half of what there was, back within ten quiet windows.
_SLOWED = 0.5
_SLOWEST = 0.1
_RECOVERED_PER_WINDOW = 0.1


@dataclass(eq=False, slots=True)
class Place:
    """One call's place in the queue of its counter."""

    lane: Lane
    number: int

    def __lt__(self, other: "Place") -> bool:
        return (self.lane, self.number) < (other.lane, other.number)


class Counter:
    """The slots of one limit, for one endpoint, and one symbol where the limit is per symbol."""

    def __init__(self, limit: Limit, *, share: float) -> None:
        self._limit = limit
        self._share = share
        self._queue: list[Place] = []
        self._in_flight = 0
        # When each slot that was used and answered is free again, soonest first.
        self._free_at_s: list[float] = []
        self._level = 1.0
        self._level_since_s = 0.0
        self._whole_allowance = self._allowed(1.0)

    def enter(self, place: Place) -> None:
        insort(self._queue, place)

    def leave(self, place: Place) -> None:
        if place in self._queue:
            self._queue.remove(place)

    def wait_s(self, place: Place, *, now_s: float) -> float:
        """Take a slot and return 0, or return a time before which this place will not get one.

        A call in flight frees its slot a window after a reply that has not come, so what is returned is the least
        it can be: sleep that long and ask again.
        """
        slots, window_s = self._allowance(now_s)
        self._forget_before(now_s)
        before_me = self._queue.index(place)
        taken = self._in_flight + len(self._free_at_s)
        missing = before_me + taken - slots
        if missing >= 0:
            # Slots that are free now go to those before us, and come back a window later at the earliest.
            not_before_s = now_s + window_s
            releases = self._free_at_s + [not_before_s] * (self._in_flight + max(slots - taken, 0))
            rounds, index = divmod(missing, len(releases))
            return max(releases[index] + rounds * window_s - now_s, _MARGIN_S)
        del self._queue[before_me]
        self._in_flight += 1
        return 0.0

    def free_after(self, at_s: float) -> None:
        """A reply came at this time, or it is the last at which one can come: the slot is free a window later."""
        self._in_flight -= 1
        _, window_s = self._allowance(at_s)
        insort(self._free_at_s, at_s + window_s)

    def free_now(self) -> None:
        """Nothing was ever sent."""
        self._in_flight -= 1

    def slow_down(self, *, now_s: float) -> bool:
        """Allow less for a while; return False where that was done already within this window.

        Calls that were refused together have one cause.
        """
        level = self._recovered(now_s)
        if self._level < 1.0 and now_s - self._level_since_s < self._limit.window_s:
            return False
        self._level = max(_SLOWEST, level * _SLOWED)
        self._level_since_s = now_s
        return True

    def use(self, now_s: float) -> tuple[int, int, int]:
        """Return how many slots are taken, how many there are now, and how many calls wait for one."""
        self._forget_before(now_s)
        return self._in_flight + len(self._free_at_s), self._allowance(now_s)[0], len(self._queue)

    def is_idle(self, now_s: float) -> bool:
        self._forget_before(now_s)
        return not (self._queue or self._in_flight or self._free_at_s) and self._recovered(now_s) >= 1.0

    def _recovered(self, now_s: float) -> float:
        if self._level >= 1.0:
            return 1.0
        windows = max(now_s - self._level_since_s, 0.0) / self._limit.window_s
        return min(1.0, self._level + _RECOVERED_PER_WINDOW * windows)

    def _allowance(self, now_s: float) -> tuple[int, float]:
        """Return how many slots there are and for how long each is taken; less than one is one for longer."""
        level = self._recovered(now_s)
        return self._whole_allowance if level >= 1.0 else self._allowed(level)

    def _allowed(self, level: float) -> tuple[int, float]:
        window_s = self._limit.window_s * _CLOCK_RATE + _MARGIN_S
        calls = self._limit.calls * self._share * level
        # 0.1 * 10 is not always 1 in binary; a hair below a whole call is that call.
        whole = floor(calls + 1e-9)
        return (whole, window_s) if whole >= 1 else (1, window_s / calls)

    def _forget_before(self, now_s: float) -> None:
        expired = 0
        while expired < len(self._free_at_s) and self._free_at_s[expired] <= now_s:
            expired += 1
        del self._free_at_s[:expired]
