"""This file is the rate limits: fixed windows, a counter per endpoint and owner, and per symbol where noted.

"fixed or sliding is not stated; assume fixed windows" (rest-v3 §4.1).
"""

from woodlot.clock import Clock
from woodlot.wire.limits import Limit, Owner, limit_of
from woodlot.wire.request import Endpoint

# Addresses come from outside; beyond this many counters those whose window is over are dropped.
_MOST_COUNTERS = 10_000


class Throttle:
    """Count calls and say which are one too many.

    `factor` scales every limit; None switches them off. A window starts at a multiple of its length, so two
    bursts at its two ends may follow each other directly.
    """

    def __init__(self, *, clock: Clock, factor: float | None = 1.0) -> None:
        self._clock = clock
        self._factor = factor
        # Counter -> when its window ends, and the calls in it so far.
        self._counters: dict[tuple[str, str, str], tuple[float, int]] = {}

    def admits(self, endpoint: Endpoint, *, address: str, account_id: str = "", symbol: str = "") -> bool:
        """Count one call and tell whether it is within the limit.

        Calls to a per-symbol endpoint that name no symbol share one counter.
        """
        if self._factor is None:
            return True
        limit = limit_of(endpoint)
        owner = address if limit.owner is Owner.ADDRESS else account_id
        counter = (str(endpoint), owner, symbol if limit.per_symbol else "")
        now_s = self._clock.monotonic_s()
        ends_s, calls = self._counters.get(counter, (0.0, 0))
        if ends_s <= now_s:
            ends_s, calls = (now_s // limit.window_s + 1) * limit.window_s, 0
        self._counters[counter] = (ends_s, calls + 1)
        if len(self._counters) > _MOST_COUNTERS:
            self._counters = {counter: entry for counter, entry in self._counters.items() if entry[0] > now_s}
        return calls < _scaled(limit, self._factor)


def _scaled(limit: Limit, factor: float) -> int:
    return max(1, round(limit.calls * factor))
