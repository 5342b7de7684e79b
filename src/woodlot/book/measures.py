"""This file is what can be read off two sides of levels: prices, spread, depth, and what a trade would cost.

It holds for the book that moves and for the view that does not. Everything is exact except a division, which is
rounded to 28 significant digits. What the book cannot answer, because a side is empty, is None.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from itertools import islice

from woodlot.book.numbers import Priced
from woodlot.errors import ArgumentError
from woodlot.wire.amount import Number, exact

# Room for the product of the longest price and the longest size, so that sums and products never round.
_EXACT = Context(prec=200)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What taking the best levels one after another comes to.

    `worst` is the last price reached. `missing` is what the book could not fill, in the unit that was asked for:
    the trade is possible in full only where `missing` is zero.
    """

    quantity: Decimal
    amount: Decimal
    worst: Decimal | None
    missing: Decimal

    @property
    def average(self) -> Decimal | None:
        """The mean price paid or received, or None where nothing could be traded."""
        return self.amount / self.quantity if self.quantity else None


class Measures(ABC):
    """Two sides of levels, and what follows from them."""

    __slots__ = ()

    @abstractmethod
    def walk_bids(self) -> Iterator[Priced]:
        """Go through the buyers' levels, best first."""

    @abstractmethod
    def walk_asks(self) -> Iterator[Priced]:
        """Go through the sellers' levels, best first."""

    @property
    def best_bid(self) -> Priced | None:
        """The highest price a buyer bids, and how much."""
        return next(self.walk_bids(), None)

    @property
    def best_ask(self) -> Priced | None:
        """The lowest price a seller asks, and how much."""
        return next(self.walk_asks(), None)

    def levels(self, count: int) -> tuple[list[Priced], list[Priced]]:
        """Return at most `count` bids and `count` asks, best first."""
        return list(islice(self.walk_bids(), count)), list(islice(self.walk_asks(), count))

    @property
    def spread(self) -> Decimal | None:
        """The best ask less the best bid."""
        match self.best_bid, self.best_ask:
            case (bid, _), (ask, _):
                with localcontext(_EXACT):
                    return ask - bid
            case _:
                return None

    @property
    def mid(self) -> Decimal | None:
        """The price halfway between best bid and best ask."""
        match self.best_bid, self.best_ask:
            case (bid, _), (ask, _):
                with localcontext(_EXACT):
                    return (bid + ask) / 2
            case _:
                return None

    @property
    def micro_price(self) -> Decimal | None:
        """The mid weighted by the opposite sizes: it leans towards the side that is about to be used up."""
        match self.best_bid, self.best_ask:
            case (bid, bid_size), (ask, ask_size):
                with localcontext(_EXACT):
                    weighted, weight = bid * ask_size + ask * bid_size, bid_size + ask_size
                return weighted / weight
            case _:
                return None

    def imbalance(self, count: int) -> Decimal | None:
        """Weigh the best `count` levels of both sides: 1 where only buyers rest, -1 where only sellers do."""
        with localcontext(_EXACT):
            bids = _total(islice(self.walk_bids(), count))
            asks = _total(islice(self.walk_asks(), count))
            difference, total = bids - asks, bids + asks
        return difference / total if total else None

    def bid_depth(self, price: Number) -> Decimal:
        """Return how much is bid at `price` or better."""
        floor = exact(price, "price")
        with localcontext(_EXACT):
            return _total(level for level in self.walk_bids() if level[0] >= floor)

    def ask_depth(self, price: Number) -> Decimal:
        """Return how much is asked at `price` or better."""
        ceiling = exact(price, "price")
        with localcontext(_EXACT):
            return _total(level for level in self.walk_asks() if level[0] <= ceiling)

    def buy_quantity(self, quantity: Number) -> Sweep:
        """Work out what buying `quantity` at once costs."""
        return _take_quantity(self.walk_asks(), _positive(quantity, "quantity"))

    def sell_quantity(self, quantity: Number) -> Sweep:
        """Work out what selling `quantity` at once brings."""
        return _take_quantity(self.walk_bids(), _positive(quantity, "quantity"))

    def buy_amount(self, amount: Number) -> Sweep:
        """Work out how much can be bought at once for `amount` of the quote asset."""
        return _take_amount(self.walk_asks(), _positive(amount, "amount"))

    def sell_amount(self, amount: Number) -> Sweep:
        """Work out how much must be sold at once to receive `amount` of the quote asset."""
        return _take_amount(self.walk_bids(), _positive(amount, "amount"))


def _positive(value: Number, field: str) -> Decimal:
    number = exact(value, field)
    if number <= 0:
        raise ArgumentError(field, f"expected more than zero, got {number}")
    return number


def _total(levels: Iterable[Priced]) -> Decimal:
    return sum((size for _, size in levels), _ZERO)


def _take_quantity(levels: Iterator[Priced], quantity: Decimal) -> Sweep:
    taken, amount, worst = _ZERO, _ZERO, None
    with localcontext(_EXACT):
        while taken < quantity and (level := next(levels, None)):
            worst, size = level
            part = min(size, quantity - taken)
            taken += part
            amount += part * worst
        return Sweep(taken, amount, worst, missing=max(quantity - taken, _ZERO))


def _take_amount(levels: Iterator[Priced], amount: Decimal) -> Sweep:
    quantity, spent, worst = _ZERO, _ZERO, None
    with localcontext(_EXACT):
        while spent < amount and (level := next(levels, None)):
            worst, size = level
            if worst * size <= amount - spent:
                quantity += size
                spent += worst * size
            else:
                quantity += Context(prec=28).divide(amount - spent, worst)
                spent = amount
        return Sweep(quantity, spent, worst, missing=max(amount - spent, _ZERO))
