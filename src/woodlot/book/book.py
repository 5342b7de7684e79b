"""This file is the book of one symbol: two ladders at one moment of the exchange, and a view of them that stays.

A book obeys; it does not judge. Whether what it is told follows from what it was told before, and so whether it may be
believed, is the synchroniser's to say (`sync.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from woodlot.book.ladder import Best, Ladder
from woodlot.book.measures import Measures
from woodlot.book.numbers import Level, Priced, Reading, read


class Before(NamedTuple):
    """What rested, before it was changed, at each price of an update; None where nothing did."""

    bids: list[Level | None]
    asks: list[Level | None]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BookView(Measures):
    """Both sides of a book at `ts`, taken at once; it never changes again.

    It keeps the exchange's spelling and makes numbers of what is read: a reader of every frame pays only for the
    levels it looks at. Two views are equal where all their numbers are.
    """

    ts: int
    _bids: tuple[Level, ...]
    _asks: tuple[Level, ...]

    @property
    def bids(self) -> tuple[Priced, ...]:
        """Every bid, best first."""
        return tuple(self.walk_bids())

    @property
    def asks(self) -> tuple[Priced, ...]:
        """Every ask, best first."""
        return tuple(self.walk_asks())

    def walk_bids(self) -> Iterator[Priced]:
        return ((Decimal(price), Decimal(size)) for price, size in self._bids)

    def walk_asks(self) -> Iterator[Priced]:
        return ((Decimal(price), Decimal(size)) for price, size in self._asks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BookView):
            return NotImplemented
        return (self.ts, self.bids, self.asks) == (other.ts, other.bids, other.asks)

    def __hash__(self) -> int:
        return hash((self.ts, self.bids, self.asks))

    def __repr__(self) -> str:
        return f"BookView(ts={self.ts}, {len(self._bids)} bids, {len(self._asks)} asks)"


class Book(Measures):
    """At most `depth` levels a side. `ts` is the exchange's time, in milliseconds, of what the book shows."""

    __slots__ = ("_asks", "_bids", "_is_decimal", "depth", "ts")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.ts = 0
        self._bids = Ladder(Best.HIGHEST)
        self._asks = Ladder(Best.LOWEST)
        self._is_decimal = False

    def load(self, bids: Sequence[Level], asks: Sequence[Level], *, ts: int) -> None:
        """Forget everything and take over a snapshot: the best `depth` levels of each side.

        Raises ValueError where a level is not two plain numbers; the book is then as it was.
        """
        reading = read([*bids, *asks])
        self._bids.clear()
        self._asks.clear()
        self._is_decimal = reading.needs_decimal
        self._apply(bids, asks, reading)
        self.trim()
        self.ts = ts

    def apply(self, bids: Sequence[Level], asks: Sequence[Level], *, ts: int) -> Before:
        """Take over the levels that changed; return what was there before.

        Raises ValueError where a level is not two plain numbers; the book is then as it was.
        """
        reading = read([*bids, *asks], as_decimal=self._is_decimal)
        if reading.needs_decimal and not self._is_decimal:
            self._bids.use_decimal()
            self._asks.use_decimal()
            self._is_decimal = True
        self.ts = ts
        return self._apply(bids, asks, reading)

    def trim(self) -> int:
        """Take away the worst levels beyond `depth`; return how many there were.

        The exchange names every level that leaves its window (websocket-v3 §8.5), so after an update anything but 0
        means that this book and the exchange's are no longer the same.
        """
        if len(self._bids) <= self.depth >= len(self._asks):
            return 0
        return self._bids.trim(self.depth) + self._asks.trim(self.depth)

    def copy(self) -> "Book":
        """Return a book of its own that shows the same."""
        twin = Book(self.depth)
        twin.load(*self.spelled(), ts=self.ts)
        return twin

    def walk_bids(self) -> Iterator[Priced]:
        return iter(self._bids)

    def walk_asks(self) -> Iterator[Priced]:
        return iter(self._asks)

    @property
    def best_bid(self) -> Priced | None:
        return self._bids.best

    @property
    def best_ask(self) -> Priced | None:
        return self._asks.best

    def levels(self, count: int) -> tuple[list[Priced], list[Priced]]:
        view = self.view(count)
        return list(view.walk_bids()), list(view.walk_asks())

    def spelled(self) -> tuple[list[Level], list[Level]]:
        """Return bids and asks, best first, in the exchange's own spelling."""
        return self._bids.spelled(), self._asks.spelled()

    @property
    def is_crossed(self) -> bool:
        """True where a buyer bids what a seller asks, or more: no such book exists on the exchange."""
        bids, asks = self._bids.keys, self._asks.keys
        return bool(bids and asks and bids[-1] >= asks[0])

    @property
    def is_possible(self) -> bool:
        """True where no side is deeper than `depth` and the book is not crossed."""
        bids, asks = self._bids.keys, self._asks.keys
        return len(bids) <= self.depth >= len(asks) and not (bids and asks and bids[-1] >= asks[0])

    def view(self, count: int | None = None) -> BookView:
        """Return both sides as they are now, `count` levels of each or all of them."""
        most = None if count is None else max(count, 0)
        return BookView(self.ts, tuple(self._bids.spelled(most)), tuple(self._asks.spelled(most)))

    def _apply(self, bids: Sequence[Level], asks: Sequence[Level], reading: Reading) -> Before:
        keys, sizes, _ = reading
        split = len(bids)
        return Before(
            self._bids.apply(bids, keys[:split], sizes[:split]), self._asks.apply(asks, keys[split:], sizes[split:])
        )
