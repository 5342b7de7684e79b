"""This file is the owner of the listen key: when to reuse it, when to make another, and how rarely.

"A second call while a key is valid creates a new key and expires the old one immediately" (websocket-v3 §4.1). So a
key is made only when there is none, when it has died, or when its end is near; and two owners that kill each other's
keys must meet here with growing pauses, not with a loop.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

from woodlot.backoff import Backoff
from woodlot.clock import Clock
from woodlot.stream.budget import Budget
from woodlot.wire.account import ListenKey

MakeKey = Callable[[], Awaitable[ListenKey]]

# Half an hour before a day is over; of a shorter life, a quarter.
MARGIN_S = 1800.0
MARGIN_SHARE = 0.25
# A key that has worked this long ends the suspicion that another owner makes keys against us; of a shorter life, a
# quarter. Until then the pauses grow up to a quarter of an hour, half of which is waited in any case: two owners make
# sixteen keys an hour between them at most, once they have grown, and each is loud. Twice the longest pause: the one
# that works while the other waits must not take that for peace. The first early death costs no pause: it may have been
# the exchange.
THEFT = Backoff(first_s=4.0, ceiling_s=900.0, least=0.5)
PROVEN_S = 2 * THEFT.ceiling_s


class KeyRing:
    """Hold the key in use. `key()` returns it, or makes another; never two at a time."""

    def __init__(
        self, make_key: MakeKey, *, budget: Budget, clock: Clock, chance: random.Random, backoff: Backoff = THEFT
    ) -> None:
        self._make_key = make_key
        self._budget = budget
        self._clock = clock
        self._chance = chance
        self._backoff = backoff
        self._flight = asyncio.Lock()
        self._key: ListenKey | None = None
        self._made_s = 0.0
        self._renew_s = 0.0
        self._life_s = 0.0
        self._early_deaths = 0

    @property
    def made(self) -> int:
        """How many keys were asked for."""
        return self._budget.spent

    @property
    def has_made_one(self) -> bool:
        return self._life_s > 0

    @property
    def is_fresh(self) -> bool:
        """Whether the key in use is good for another connection."""
        return self._key is not None and self._clock.monotonic_s() < self._renew_s

    @property
    def renew_in_s(self) -> float:
        """How long until the key in use should be replaced."""
        return max(0.0, self._renew_s - self._clock.monotonic_s())

    @property
    def ends_in_s(self) -> float | None:
        """How long the key in use still lives, going by what the exchange said; None without one."""
        return None if self._key is None else max(0.0, self._made_s + self._life_s - self._clock.monotonic_s())

    @property
    def pause_s(self) -> float:
        """How long to wait before another key is made: nothing, unless the last ones died young."""
        return self._backoff.pause_s(self._early_deaths - 2, self._chance) if self._early_deaths > 1 else 0.0

    async def key(self) -> ListenKey:
        """Return the key in use while it is fresh, else a new one. Raises what making one raises."""
        async with self._flight:
            if self._key is None or not self.is_fresh:
                self._key = await self._made()
            return self._key

    async def renewed(self) -> ListenKey:
        """Make a new key, whatever the age of the one in use; that one stays in use if this fails."""
        async with self._flight:
            self._key = await self._made()
            return self._key

    def discard(self, key: ListenKey) -> None:
        """Take note that a key no longer works."""
        if key is not self._key:
            return
        self._key = None
        worked_s = self._clock.monotonic_s() - self._made_s
        self._early_deaths = 0 if worked_s >= self._proven_s else self._early_deaths + 1

    @property
    def _proven_s(self) -> float:
        return min(PROVEN_S, self._life_s * MARGIN_SHARE)

    async def _made(self) -> ListenKey:
        await self._budget.spend()
        asked_s = self._clock.monotonic_s()
        key = await self._make_key()
        # Both times are the exchange's, so its clock need not agree with ours; counted from before the call, the
        # key is never believed to live longer than it does.
        said_ms = key.timestamp or self._clock.now_ms()
        self._made_s = asked_s
        self._life_s = max(0.0, (key.expired_time.ms - said_ms) / 1000)
        margin_s = min(MARGIN_S, self._life_s * MARGIN_SHARE)
        # The jitter keeps desks that started together from renewing together.
        self._renew_s = asked_s + self._life_s - self._chance.uniform(1.0, 1.5) * margin_s
        return key
