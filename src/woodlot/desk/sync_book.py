"""This file is a book for programs without an event loop: every read is of one moment."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TypeVar

from woodlot.book.book import BookView
from woodlot.book.fallback import Source
from woodlot.book.measures import Sweep
from woodlot.book.numbers import Priced
from woodlot.book.transition import BookState, Transition
from woodlot.desk.book_changes import BookChange
from woodlot.desk.live_book import LiveBook
from woodlot.desk.own_orders import OverlaidView
from woodlot.desk.portal import Portal
from woodlot.wire.amount import Number

ResultT = TypeVar("ResultT")


class SyncBook:
    """A book that keeps itself; what can be read is what `LiveBook` has, and more of it in `view()`.

    Reads raise BookNotInSync where the book may be wrong. Two reads are of two moments; a `view` is of one.
    """

    def __init__(self, portal: Portal, book: LiveBook) -> None:
        self._portal = portal
        self._book = book

    @property
    def symbol(self) -> str:
        return self._book.symbol

    @property
    def depth(self) -> int:
        return self._book.depth

    @property
    def rpi(self) -> bool:
        return self._book.rpi

    @property
    def state(self) -> BookState:
        return self._book.state

    @property
    def reason(self) -> str:
        """Why the book is in its state, for an operator to read."""
        return self._book.reason

    @property
    def age_s(self) -> float:
        """How long the book has been in its state."""
        return self._book.age_s

    @property
    def source(self) -> Source:
        """TOP_TEN while a spot symbol sends no updates and ten levels of `orderbook10` are shown instead."""
        return self._book.source

    @property
    def is_readable(self) -> bool:
        return self._book.is_readable

    @property
    def ts(self) -> int:
        """The exchange's time, in milliseconds, of what the book shows."""
        return self._read(lambda: self._book.ts)

    @property
    def best_bid(self) -> Priced | None:
        """Price and size of the best bid, or None where nobody bids."""
        return self._read(lambda: self._book.best_bid)

    @property
    def best_ask(self) -> Priced | None:
        """Price and size of the best ask, or None where nobody asks."""
        return self._read(lambda: self._book.best_ask)

    @property
    def spread(self) -> Decimal | None:
        """The best ask less the best bid."""
        return self._read(lambda: self._book.spread)

    @property
    def mid(self) -> Decimal | None:
        """The price halfway between best bid and best ask."""
        return self._read(lambda: self._book.mid)

    @property
    def micro_price(self) -> Decimal | None:
        """The mid weighted by the opposite sizes."""
        return self._read(lambda: self._book.micro_price)

    def imbalance(self, count: int) -> Decimal | None:
        """Weigh the best `count` levels of both sides: 1 where only buyers rest, -1 where only sellers do."""
        return self._read(lambda: self._book.imbalance(count))

    def bid_depth(self, price: Number) -> Decimal:
        """Return how much is bid at `price` or better."""
        return self._read(lambda: self._book.bid_depth(price))

    def ask_depth(self, price: Number) -> Decimal:
        """Return how much is asked at `price` or better."""
        return self._read(lambda: self._book.ask_depth(price))

    def buy_quantity(self, quantity: Number) -> Sweep:
        """Work out what buying `quantity` at once costs."""
        return self._read(lambda: self._book.buy_quantity(quantity))

    def sell_quantity(self, quantity: Number) -> Sweep:
        """Work out what selling `quantity` at once brings."""
        return self._read(lambda: self._book.sell_quantity(quantity))

    def buy_amount(self, amount: Number) -> Sweep:
        """Work out how much can be bought at once for `amount` of the quote asset."""
        return self._read(lambda: self._book.buy_amount(amount))

    def sell_amount(self, amount: Number) -> Sweep:
        """Work out how much must be sold at once to receive `amount` of the quote asset."""
        return self._read(lambda: self._book.sell_amount(amount))

    def levels(self, count: int, *, allow_stale: bool = False) -> tuple[list[Priced], list[Priced]]:
        """Return at most `count` bids and `count` asks as (price, size), best first."""
        return self._read(lambda: self._book.levels(count, allow_stale=allow_stale))

    def view(self, count: int | None = None, *, allow_stale: bool = False) -> BookView:
        """Return both sides as they are now, as a value that stays."""
        return self._read(lambda: self._book.view(count, allow_stale=allow_stale))

    def own_view(self, count: int | None = None) -> OverlaidView:
        """Return both sides with our open orders marked in them."""
        return self._read(lambda: self._book.own_view(count))

    def audit(self, *, timeout_s: float = 90.0) -> Transition:
        """Compare the book with the exchange's own; return what that proved. See `LiveBook.audit`."""
        return self._portal.run(self._book.audit(timeout_s=timeout_s))

    def changes(self, *, conflate: bool = True) -> Iterator[BookChange]:
        """Iterate over the changes of book and state from now on, waiting for each. See `LiveBook.changes`."""
        reader = self._read(lambda: self._book.changes(conflate=conflate))
        return self._portal.each(reader)

    def __iter__(self) -> Iterator[BookChange]:
        return self.changes()

    def close(self) -> None:
        """Stop following the market; the book is STALE from now on."""
        self._read(self._book.close)

    def _read(self, read: Callable[[], ResultT]) -> ResultT:
        return self._portal.call(read)

    def __repr__(self) -> str:
        return repr(self._book)
