"""This file is both sides of a book in plain Python: what the compiled ones (`swift/`) are held against.

It takes every spelling there is, and keeps a book for good as soon as the compiled sides decline one.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from woodlot.book.ladder import Best, Ladder, rested
from woodlot.book.numbers import Level, Priced, Reading, plain_key, read
from woodlot.book.update import Update
from woodlot.wire.book_update import BookUpdate, leaving


class Noted(NamedTuple):
    """What rested, before it was changed, at each price of an update; None where nothing did."""

    bids: list[Level | None]
    asks: list[Level | None]

    @property
    def total(self) -> int:
        """How many levels the update named."""
        return len(self.bids) + len(self.asks)


class Replaced(Struct, frozen=True, gc=False):
    """The same of an update that was followed: made into levels when they are read, for few ever are."""

    total: int
    _bids: Sequence[Level]
    _asks: Sequence[Level]
    _bid_sizes: Sequence[str | None]
    _ask_sizes: Sequence[str | None]

    @property
    def bids(self) -> list[Level | None]:
        return rested(self._bids, self._bid_sizes)

    @property
    def asks(self) -> list[Level | None]:
        return rested(self._asks, self._ask_sizes)


Before: TypeAlias = Noted | Replaced


class Sides:
    """Bids and asks, at most `depth` levels of each once trimmed."""

    __slots__ = ("_asks", "_bids", "_is_decimal", "depth", "ts")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.ts = 0
        self._bids = Ladder(Best.HIGHEST)
        self._asks = Ladder(Best.LOWEST)
        self._is_decimal = False

    def load(self, bids: Sequence[Level], asks: Sequence[Level], /) -> None:
        """Forget everything and take over a snapshot: the best `depth` levels of each side.

        Raises ValueError where a level is not two plain numbers; the sides are then as they were.
        """
        reading = read([*bids, *asks])
        self._bids.clear()
        self._asks.clear()
        self._is_decimal = False
        self._key_anew(reading)
        self._apply(bids, asks, reading)
        self.trim()

    def apply(self, bids: Sequence[Level], asks: Sequence[Level], /) -> Noted:
        """Take over the levels that changed; return what was there before.

        Raises ValueError where a level is not two plain numbers; the sides are then as they were.
        """
        reading = read([*bids, *asks], as_decimal=self._is_decimal)
        self._key_anew(reading)
        return self._apply(bids, asks, reading)

    def take(self, update: Update, /) -> Noted:
        """Take over an update, as `apply` does."""
        return self.apply(update.bids, update.asks)

    def follow(self, update: Update, symbol: str, /) -> Before | None:
        """Take over an update of `symbol` that starts where the sides are and leaves them possible; move `ts` along.

        None: it does not, or is not plain, or the sides are not. Then nothing has changed.
        """
        ts = update.ts
        if not update.prev_ts == self.ts < ts or update.symbol != symbol or self._is_decimal:
            return None
        changed_bids, changed_asks = update.bids, update.asks
        gone = update.leaving if isinstance(update, BookUpdate) else leaving(changed_bids, changed_asks)
        if gone is None:
            return None
        bids, asks = self._bids, self._asks
        bids_before = bids.renew(changed_bids, gone)
        if bids_before is None:
            return self._follow_respelled(update)
        asks_before = asks.renew(changed_asks, gone)
        if asks_before is not None and self.is_possible:
            self.ts = ts
            return Replaced(len(bids_before) + len(asks_before), changed_bids, changed_asks, bids_before, asks_before)
        bids.undo(changed_bids, bids_before)
        if asks_before is None:
            return self._follow_respelled(update)
        asks.undo(changed_asks, asks_before)
        return None

    def _follow_respelled(self, update: Update) -> Noted | None:
        """Do the same level by level, where a price that rests has another spelling now."""
        if any(plain_key(price) is None for price, _ in chain(update.bids, update.asks)):
            return None
        before = self.take(update)
        if self.is_possible:
            self.ts = update.ts
            return before
        self.apply(undo(update.bids, before.bids), undo(update.asks, before.asks))
        return None

    def trim(self) -> int:
        """Take away the worst levels beyond `depth`; return how many there were."""
        if len(self._bids) <= self.depth >= len(self._asks):
            return 0
        return self._bids.trim(self.depth) + self._asks.trim(self.depth)

    def spelled(self, count: int | None = None, /) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Return bids and asks, best first, `count` of each or all, in the exchange's own spelling."""
        most = None if count is None else max(count, 0)
        return tuple(self._bids.spelled(most)), tuple(self._asks.spelled(most))

    @property
    def best_bid(self) -> Priced | None:
        return self._bids.best

    @property
    def best_ask(self) -> Priced | None:
        return self._asks.best

    @property
    def is_crossed(self) -> bool:
        """True where a buyer bids what a seller asks, or more."""
        bid, ask = self._bids.key, self._asks.key
        return bid is not None and ask is not None and bid >= ask

    @property
    def is_possible(self) -> bool:
        """True where no side is deeper than `depth` and they are not crossed."""
        bids, asks = self._bids, self._asks
        if not len(bids.sizes) <= self.depth >= len(asks.sizes):
            return False
        if self._is_decimal or not bids.heap or not asks.heap:
            return not self.is_crossed
        # For every update, so without a call: the ranks of bids are below zero.
        return -bids.heap[0] < asks.heap[0]

    def _key_anew(self, reading: Reading) -> None:
        if reading.needs_decimal and not self._is_decimal:
            self._bids.use_decimal()
            self._asks.use_decimal()
            self._is_decimal = True

    def _apply(self, bids: Sequence[Level], asks: Sequence[Level], reading: Reading) -> Noted:
        keys, sizes, _ = reading
        split = len(bids)
        return Noted(
            self._bids.apply(bids, keys[:split], sizes[:split]), self._asks.apply(asks, keys[split:], sizes[split:])
        )


def undo(changed: Sequence[Level], before: Sequence[Level | None]) -> list[Level]:
    """Return the levels that bring back what was there before the changed ones."""
    return [old or (price, "0") for (price, _), old in zip(reversed(changed), reversed(before), strict=True)]
