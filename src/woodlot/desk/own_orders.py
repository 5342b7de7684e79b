"""This file is a book with our own orders marked in it: how much of each level is ours."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from woodlot.book.book import BookView
from woodlot.wire.enums import Side


class RestingOrder(Protocol):
    """What must be known of an order to find it in a book."""

    @property
    def symbol(self) -> str: ...
    @property
    def side(self) -> Side: ...
    @property
    def price(self) -> Decimal | None: ...
    @property
    def quantity(self) -> Decimal | None: ...
    @property
    def filled_quantity(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class OwnLevel:
    """One price: what rests there, and how much of it should be ours. `own` is more than `size` while one lags."""

    price: Decimal
    size: Decimal
    own: Decimal

    @property
    def others(self) -> Decimal:
        """What rests there and is not ours."""
        return max(self.size - self.own, Decimal(0))


@dataclass(frozen=True, slots=True)
class OverlaidView:
    """Both sides of a book at `ts`, best first, with our orders. Prices at which only we should rest have size 0."""

    ts: int
    bids: tuple[OwnLevel, ...]
    asks: tuple[OwnLevel, ...]


def overlay(view: BookView, orders: Iterable[RestingOrder]) -> OverlaidView:
    """Mark `orders`, the open orders of the book's symbol, in a view of it.

    Book and orders are told by different streams, so for a moment either may be ahead. An order outside the window of
    the book is shown too.
    """
    own: dict[Side, dict[Decimal, Decimal]] = {Side.BUY: defaultdict(Decimal), Side.SELL: defaultdict(Decimal)}
    for order in orders:
        if order.price is not None and order.quantity is not None:
            own[order.side][order.price] += order.quantity - order.filled_quantity
    bids = _merged(dict(view.bids), own[Side.BUY])
    asks = _merged(dict(view.asks), own[Side.SELL])
    return OverlaidView(view.ts, tuple(reversed(bids)), tuple(asks))


def _merged(sizes: Mapping[Decimal, Decimal], own: Mapping[Decimal, Decimal]) -> list[OwnLevel]:
    zero = Decimal(0)
    resting = {price for price, quantity in own.items() if quantity > 0}
    return [OwnLevel(price, sizes.get(price, zero), own.get(price, zero)) for price in sorted(sizes.keys() | resting)]
