"""This file is the rate limits: windows of calls, a counter per endpoint and owner, and per symbol where noted.

"fixed or sliding is not stated; assume fixed windows" (rest-v3 §4.1); a quirk makes them slide.
"""

from collections import deque

from woodlot.clock import Clock
from woodlot.sandbox.quirks import Quirks
from woodlot.wire.limits import Limit, Owner, limit_of
from woodlot.wire.request import Endpoint

# Addresses come from outside; beyond this many counters those whose window is over are dropped.
_MOST_COUNTERS = 10_000


class Throttle:
    """Count calls and say which are one too many.

    `factor` scales every limit; None switches them off. A fixed window starts at a multiple of its length, so two
    bursts at its two ends may follow each other directly.
    """

    def __init__(self, *, clock: Clock, factor: float | None = 1.0, quirks: Quirks | None = None) -> None:
        self._clock = clock
        self._factor = factor
        slides = (quirks or Quirks()).rate_windows == "sliding"
        self._count = self._count_sliding if slides else self._count_fixed
        # Counter -> when its window ends, and the calls in it so far.
        self._counters: dict[tuple[str, str, str], tuple[float, int]] = {}
        # Counter -> when the calls were that still count.
        self._calls: dict[tuple[str, str, str], deque[float]] = {}

    @property
    def is_on(self) -> bool:
        """Whether anything is counted at all."""
        return self._factor is not None

    def admits(self, endpoint: Endpoint, *, address: str, account_id: str = "", symbol: str = "") -> bool:
        """Count one call and tell whether it is within the limit.

        Calls to a per-symbol endpoint that name no symbol share one counter.
        """
        if self._factor is None:
            return True
        limit = limit_of(endpoint)
        owner = address if limit.owner is Owner.ADDRESS else account_id
        counter = (str(endpoint), owner, symbol if limit.per_symbol else "")
        return self._count(counter, limit.window_s) < _scaled(limit, self._factor)

    def _count_fixed(self, counter: tuple[str, str, str], window_s: float) -> int:
        """Return how many calls there were before this one."""
        now_s = self._clock.monotonic_s()
        ends_s, calls = self._counters.get(counter, (0.0, 0))
        if ends_s <= now_s:
            ends_s, calls = (now_s // window_s + 1) * window_s, 0
        self._counters[counter] = (ends_s, calls + 1)
        if len(self._counters) > _MOST_COUNTERS:
            self._counters = {counter: entry for counter, entry in self._counters.items() if entry[0] > now_s}
        return calls

    def _count_sliding(self, counter: tuple[str, str, str], window_s: float) -> int:
        now_s = self._clock.monotonic_s()
        calls = self._calls.setdefault(counter, deque())
        while calls and now_s - calls[0] >= window_s:
            calls.popleft()
        before = len(calls)
        calls.append(now_s)
        if len(self._calls) > _MOST_COUNTERS:
            self._calls = {counter: calls for counter, calls in self._calls.items() if now_s - calls[-1] < window_s}
        return before


def _scaled(limit: Limit, factor: float) -> int:
    return max(1, round(limit.calls * factor))
