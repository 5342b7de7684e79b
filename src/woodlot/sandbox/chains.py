"""This file is one chain: a book at one depth as published so far, and the difference that comes next."""

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from woodlot.wire.amount import plain
from woodlot.wire.events import BookDelta, PriceLevel
from woodlot.wire.public import Instrument

Levels: TypeAlias = list[tuple[Decimal, Decimal]]


class Published(NamedTuple):
    """A book as it was published."""

    ts: int
    bids: Levels
    asks: Levels


class Chain:
    """One book at one depth: what was published last, and when."""

    def __init__(
        self, instrument: Instrument, *, depth: int, interval_ms: int, rpi: bool, topics: tuple[str, ...]
    ) -> None:
        self.depth = depth
        self.rpi = rpi
        self.topics = topics
        self.version = -1
        self.now = Published(0, [], [])
        self._instrument = instrument
        self._interval_ms = interval_ms
        self._slot = 0
        self._past: deque[Published] = deque()

    def is_due(self, now_ms: int) -> bool:
        """Tell, once in each interval, that it is time to look.

        "all `ts` and `prevTs` are congruent modulo 50 ms ... `ts` is strictly increasing" (websocket-v3 §8.1): a
        clock that was set back waits here until it has caught up.
        """
        slot = now_ms - now_ms % self._interval_ms
        if slot <= self._slot:
            return False
        self._slot = slot
        return True

    def publish(
        self, bids: Levels, asks: Levels, *, version: int, always: bool = False, remember_ms: int = 0
    ) -> BookDelta | None:
        """Make these levels the published ones; return the difference, if there is one or `always`."""
        self.version = version
        before = self.now
        if bids == before.bids and asks == before.asks and not always:
            return None
        delta = BookDelta(
            symbol=self._instrument.symbol,
            prev_ts=before.ts,
            ts=self._slot,
            bids=self._difference(before.bids, bids, best_first=lambda price: -price),
            asks=self._difference(before.asks, asks, best_first=lambda price: price),
        )
        self.now = Published(self._slot, bids, asks)
        self._remember(before, remember_ms)
        return delta

    def at(self, ts: int) -> Published:
        """Return the book as it was at a time, or the oldest that is remembered."""
        if self.now.ts <= ts or not self._past:
            return self.now
        return next((book for book in reversed(self._past) if book.ts <= ts), self._past[0])

    def _remember(self, before: Published, remember_ms: int) -> None:
        if not remember_ms:
            self._past.clear()
            return
        self._past.append(before)
        # The last one before the horizon is still what was to be seen there.
        while len(self._past) > 1 and self._past[1].ts < self._slot - remember_ms:
            self._past.popleft()

    def _difference(self, old: Levels, new: Levels, *, best_first: Callable[[Decimal], Decimal]) -> list[PriceLevel]:
        before, after = dict(old), dict(new)
        changed = [price for price, size in new if before.get(price) != size]
        changed += [price for price in before if price not in after]
        changed.sort(key=best_first)
        return [spelled(price, after.get(price), instrument=self._instrument) for price in changed]


def spelled(price: Decimal, size: Decimal | None, *, instrument: Instrument) -> PriceLevel:
    """Spell a level: "trailing zeros kept to the step on the stream" (websocket-v3 §6); gone is "0"."""
    at = plain(to_step(price, instrument.quote_tick))
    return at, "0" if size is None else plain(to_step(size, instrument.base_tick))


def to_step(number: Decimal, step: Decimal) -> Decimal:
    return number.quantize(step)
