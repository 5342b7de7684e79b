"""This file is both sides of a book in plain Python: what the compiled ones (`swift/`) are held against.

It takes every spelling there is, and keeps a book for good as soon as the compiled sides decline one.
"""

from collections.abc import Sequence
from typing import NamedTuple

from woodlot.book.ladder import Best, Ladder
from woodlot.book.numbers import Level, Priced, Reading, plain_sizes, read
from woodlot.book.update import Update


class Before(NamedTuple):
    """What rested, before it was changed, at each price of an update; None where nothing did."""

    bids: list[Level | None]
    asks: list[Level | None]

    @property
    def total(self) -> int:
        """How many levels the update named."""
        return len(self.bids) + len(self.asks)


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
        self._is_decimal = reading.needs_decimal
        self._apply(bids, asks, reading)
        self.trim()

    def apply(self, bids: Sequence[Level], asks: Sequence[Level], /) -> Before:
        """Take over the levels that changed; return what was there before.

        Raises ValueError where a level is not two plain numbers; the sides are then as they were.
        """
        reading = read([*bids, *asks], as_decimal=self._is_decimal)
        if reading.needs_decimal and not self._is_decimal:
            self._bids.use_decimal()
            self._asks.use_decimal()
            self._is_decimal = True
        return self._apply(bids, asks, reading)

    def take(self, update: Update, /) -> Before:
        """Take over an update, as `apply` does."""
        return self.apply(update.bids, update.asks)

    def follow(self, update: Update, symbol: str, /) -> Before | None:
        """Take over an update of `symbol` that starts where the sides are and leaves them possible; move `ts` along.

        None: it does not, or is not plain, or the sides are not. Then nothing has changed.
        """
        if not update.prev_ts == self.ts < update.ts or update.symbol != symbol or self._is_decimal:
            return None
        changed_bids, changed_asks = update.bids, update.asks
        sizes = plain_sizes(changed_bids, changed_asks)
        if sizes is None:
            return None
        split = len(changed_bids)
        bids = self._bids.renew(changed_bids, sizes[:split])
        if bids is None:
            return None
        asks = self._asks.renew(changed_asks, sizes[split:])
        if asks is None or not self.is_possible:
            self._bids.undo(changed_bids, bids)
            if asks is not None:
                self._asks.undo(changed_asks, asks)
            return None
        self.ts = update.ts
        return Before(bids, asks)

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
        bids, asks = self._bids.keys, self._asks.keys
        return bool(bids and asks and bids[-1] >= asks[0])

    @property
    def is_possible(self) -> bool:
        """True where no side is deeper than `depth` and they are not crossed."""
        bids, asks = self._bids.keys, self._asks.keys
        return len(bids) <= self.depth >= len(asks) and not (bids and asks and bids[-1] >= asks[0])

    def _apply(self, bids: Sequence[Level], asks: Sequence[Level], reading: Reading) -> Before:
        keys, sizes, _ = reading
        split = len(bids)
        return Before(
            self._bids.apply(bids, keys[:split], sizes[:split]), self._asks.apply(asks, keys[split:], sizes[split:])
        )


def undo(changed: Sequence[Level], before: Sequence[Level | None]) -> list[Level]:
    """Return the levels that bring back what was there before the changed ones."""
    return [old or (price, "0") for (price, _), old in zip(reversed(changed), reversed(before), strict=True)]
