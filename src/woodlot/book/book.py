"""This file is the book of one symbol: two ladders at one moment of the exchange, and a view of them that stays.

A book obeys; it does not judge. Whether what it is told follows from what it was told before, and so whether it may be
believed, is the synchroniser's to say (`sync.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from woodlot.book.ladder import Best, Ladder, Level, Priced
from woodlot.book.measures import Measures


@dataclass(frozen=True, slots=True)
class BookView(Measures):
    """Both sides of a book at `ts`, taken at once; it never changes again."""

    ts: int
    bids: tuple[Priced, ...]
    asks: tuple[Priced, ...]

    def walk_bids(self) -> Iterator[Priced]:
        return iter(self.bids)

    def walk_asks(self) -> Iterator[Priced]:
        return iter(self.asks)


class Book(Measures):
    """At most `depth` levels a side. `ts` is the exchange's time, in milliseconds, of what the book shows."""

    __slots__ = ("_asks", "_bids", "depth", "ts")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.ts = 0
        self._bids = Ladder(Best.HIGHEST)
        self._asks = Ladder(Best.LOWEST)

    def load(self, bids: Sequence[Level], asks: Sequence[Level], *, ts: int) -> None:
        """Forget everything and take over a snapshot: the best `depth` levels of each side.

        Raises ValueError where a level is not two plain numbers; the book is then as it was.
        """
        bid_changes, ask_changes = self._bids.check(bids), self._asks.check(asks)
        self._bids.clear()
        self._asks.clear()
        self._bids.apply(bid_changes)
        self._asks.apply(ask_changes)
        self._trim()
        self.ts = ts

    def apply(self, bids: Sequence[Level], asks: Sequence[Level], *, ts: int) -> int:
        """Take over the levels that changed; return how many had to be cut off to stay within `depth`.

        The exchange names every level that leaves its window (websocket-v3 §8.5), so anything but 0 means that this
        book and the exchange's are no longer the same.
        Raises ValueError where a level is not two plain numbers; the book is then as it was.
        """
        bid_changes, ask_changes = self._bids.check(bids), self._asks.check(asks)
        self._bids.apply(bid_changes)
        self._asks.apply(ask_changes)
        self.ts = ts
        if len(self._bids) > self.depth or len(self._asks) > self.depth:
            return self._trim()
        return 0

    def check(self, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Raise the ValueError that `apply` would raise, and change nothing."""
        self._bids.check(bids)
        self._asks.check(asks)

    def walk_bids(self) -> Iterator[Priced]:
        return iter(self._bids)

    def walk_asks(self) -> Iterator[Priced]:
        return iter(self._asks)

    def spelled(self) -> tuple[list[Level], list[Level]]:
        """Return bids and asks, best first, in the exchange's own spelling."""
        return self._bids.spelled(), self._asks.spelled()

    @property
    def is_crossed(self) -> bool:
        """True where a buyer bids what a seller asks, or more: no such book exists on the exchange."""
        bid, ask = self._bids.best_key, self._asks.best_key
        if bid is None or ask is None:
            return False
        if type(bid) is type(ask):
            return bid >= ask
        # One ladder needs Decimal keys and the other does not: a float is not the number it stands for.
        spread = self.spread
        return spread is not None and spread <= 0

    def view(self, count: int | None = None) -> BookView:
        """Return both sides as they are now, `count` levels of each or all of them."""
        bids, asks = self.levels(self.depth if count is None else count)
        return BookView(self.ts, tuple(bids), tuple(asks))

    def _trim(self) -> int:
        return self._bids.trim(self.depth) + self._asks.trim(self.depth)
