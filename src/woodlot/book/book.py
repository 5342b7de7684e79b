"""This file is the book of one symbol: two sides at one moment of the exchange, and a view of them that stays.

A book obeys; it does not judge. Whether what it is told follows from what it was told before, and so whether it may be
believed, is the synchroniser's to say (`sync.py`).

Its sides are kept in C where that could be compiled (`swift/`), for as long as everything it is told is plain; else,
and for good from the first spelling that is not, in plain Python (`sides.py`). No reader can tell which.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from woodlot import swift
from woodlot.book.measures import Measures
from woodlot.book.numbers import Level, Priced
from woodlot.book.sides import Before as PlainBefore
from woodlot.book.sides import Sides
from woodlot.book.update import Update

if TYPE_CHECKING:
    from woodlot.swift import _swift

Before: TypeAlias = "PlainBefore | _swift.Before"
"""What rested, before it was changed, at each price of an update; None where nothing did."""


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
    """At most `depth` levels a side."""

    __slots__ = ("depth", "sides")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        # For who hears every update; it is another object after a snapshot, and after a spelling that is not plain.
        self.sides = Sides(depth) if swift.compiled is None else swift.compiled.Sides(depth)

    @property
    def ts(self) -> int:
        """The exchange's time, in milliseconds, of what the book shows."""
        return self.sides.ts

    def load(self, bids: Sequence[Level], asks: Sequence[Level], *, ts: int) -> None:
        """Forget everything and take over a snapshot: the best `depth` levels of each side.

        Raises ValueError where a level is not two plain numbers; the book is then as it was.
        """
        fast = None if swift.compiled is None else swift.compiled.Sides(self.depth)
        if fast is not None and fast.load(bids, asks):
            self.sides = fast
        else:
            plain = Sides(self.depth)
            plain.load(bids, asks)
            self.sides = plain
        self._move(ts)

    def apply(self, bids: Sequence[Level], asks: Sequence[Level], *, ts: int) -> Before:
        """Take over the levels that changed; return what was there before.

        Raises ValueError where a level is not two plain numbers; the book is then as it was.
        """
        before = self.sides.apply(bids, asks)
        if before is None:
            before = self._apply_unusual(bids, asks)
        self._move(ts)
        return before

    def take(self, update: Update) -> Before:
        """Take over an update, as `apply` does; one that nobody has looked into yet stays as it came."""
        before = self.sides.take(update)
        if before is None:
            return self.apply(update.bids, update.asks, ts=update.ts)
        self._move(update.ts)
        return before

    def trim(self) -> int:
        """Take away the worst levels beyond `depth`; return how many there were.

        The exchange names every level that leaves its window (websocket-v3 §8.5), so after an update anything but 0
        means that this book and the exchange's are no longer the same.
        """
        return self.sides.trim()

    def copy(self) -> "Book":
        """Return a book of its own that shows the same."""
        twin = Book(self.depth)
        twin.load(*self.spelled(), ts=self.ts)
        return twin

    def walk_bids(self) -> Iterator[Priced]:
        return self.view().walk_bids()

    def walk_asks(self) -> Iterator[Priced]:
        return self.view().walk_asks()

    @property
    def best_bid(self) -> Priced | None:
        return self.sides.best_bid

    @property
    def best_ask(self) -> Priced | None:
        return self.sides.best_ask

    def levels(self, count: int) -> tuple[list[Priced], list[Priced]]:
        view = self.view(count)
        return list(view.walk_bids()), list(view.walk_asks())

    def spelled(self) -> tuple[list[Level], list[Level]]:
        """Return bids and asks, best first, in the exchange's own spelling."""
        bids, asks = self.sides.spelled()
        return list(bids), list(asks)

    @property
    def is_crossed(self) -> bool:
        """True where a buyer bids what a seller asks, or more: no such book exists on the exchange."""
        return self.sides.is_crossed

    @property
    def is_possible(self) -> bool:
        """True where no side is deeper than `depth` and the book is not crossed."""
        return self.sides.is_possible

    def view(self, count: int | None = None) -> BookView:
        """Return both sides as they are now, `count` levels of each or all of them."""
        return BookView(self.ts, *self.sides.spelled(count))

    def _move(self, ts: int) -> None:
        try:
            self.sides.ts = ts
        except OverflowError:
            # No time of the exchange, but what was told is what is shown.
            self.sides = self._plain()
            self.sides.ts = ts

    def _plain(self) -> Sides:
        """Return what rests, in plain Python."""
        plain = Sides(self.depth)
        plain.apply(*self.sides.spelled())
        return plain

    def _apply_unusual(self, bids: Sequence[Level], asks: Sequence[Level]) -> Before:
        """Go on in plain Python, if what the compiled sides declined is possible at all."""
        plain = self._plain()
        before = plain.apply(bids, asks)
        self.sides = plain
        return before
