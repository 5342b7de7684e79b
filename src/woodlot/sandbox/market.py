"""This file is one traded symbol: its filters as whole numbers, its book, and the prices it is judged by."""

from decimal import Decimal
from typing import TypeAlias

from woodlot.sandbox.day import DayOfTrades
from woodlot.sandbox.matching import Book, Fill
from woodlot.sandbox.money import EXACT, ONE, decimal, units
from woodlot.sandbox.orders import Order
from woodlot.sandbox.retail import match_both, shown_levels
from woodlot.wire.enums import OrderType
from woodlot.wire.public import Instrument

_MULTIPLES_KEPT = 50_000

Ratio: TypeAlias = tuple[int, int] | None


class Market:
    """A symbol at work. Prices are ticks and quantities lots; `tick`, `lot` and `worth` turn them into units."""

    __slots__ = (
        "_bands",
        "base",
        "book",
        "by_last",
        "day",
        "fewest_lots",
        "fewest_ticks",
        "highest",
        "instrument",
        "is_perpetual",
        "last",
        "least_value",
        "lot",
        "lowest",
        "most_level",
        "most_lots",
        "most_ticks",
        "plain_prices",
        "plain_quantities",
        "prices",
        "quantities",
        "quote",
        "rpi",
        "symbol",
        "tick",
        "worth",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.base = instrument.base_asset
        self.quote = instrument.quote_asset
        self.is_perpetual = instrument.symbol.startswith("PERP_")
        self.book = Book[Order]()
        # What only retail flow can hit (rest-v3 §7.1, RPI).
        self.rpi = Book[Order]()
        self.day = DayOfTrades()
        self.last: int | None = None
        # Two things that nobody knows (rest-v3 §14 no 4, no 11); a quirk sets them otherwise.
        self.by_last = False
        self.most_level = 5
        # The range of trade prices, in ticks, since triggers were last looked at.
        self.lowest: int | None = None
        self.highest: int | None = None
        self.tick = units(instrument.quote_tick)
        self.lot = units(instrument.base_tick)
        # As the methods of like names say, for who asks for each order.
        self.prices = _Multiples(instrument.quote_tick)
        self.quantities = _Multiples(instrument.base_tick)
        self.plain_prices = _PlainMultiples(instrument.quote_tick)
        self.plain_quantities = _PlainMultiples(instrument.base_tick)
        # One tick times one lot, in units of the quote asset.
        self.worth, rest = divmod(self.tick * self.lot, ONE)
        if rest or self.tick % 2 or units(instrument.quote_min) % self.tick or units(instrument.base_min) % self.lot:
            raise ValueError(f"{instrument.symbol}: its tick, step or smallest values do not fit units of 1E-12")
        self.fewest_ticks = units(instrument.quote_min) // self.tick
        self.most_ticks = units(instrument.quote_max) // self.tick
        self.fewest_lots = units(instrument.base_min) // self.lot
        self.most_lots = units(instrument.base_max) // self.lot
        self.least_value = units(instrument.min_notional)
        self._bands: dict[bool, tuple[Ratio, Ratio]] = {
            True: (_ratio(instrument.bid_floor_ratio), _ratio(instrument.bid_cap_ratio)),
            False: (_ratio(instrument.ask_floor_ratio), _ratio(instrument.ask_cap_ratio)),
        }

    def book_of(self, order: Order) -> Book[Order]:
        """Return the book in which an order rests."""
        return self.rpi if order.type is OrderType.RPI else self.book

    def match(
        self,
        is_buy: bool,  # noqa: FBT001 - the hot path
        lots: int,
        limit: int | None,
        budget: int | None,
        is_retail: bool,  # noqa: FBT001
    ) -> list[Fill[Order]]:
        """Take up to `lots` of what this taker may have; see `Book.match`."""
        if is_retail and self.rpi.version:
            return match_both(self.book, self.rpi, is_buy=is_buy, lots=lots, limit=limit, budget=budget)
        return self.book.match(is_buy, lots, limit, budget)

    def front_lots(self, *, is_buy: bool, limit: int | None, is_retail: bool) -> int:
        """Return how much may be matched at once so that it meets one order only; 0 if there is nothing to meet."""
        books = (self.book, self.rpi) if is_retail else (self.book,)
        fronts = [book.front_lots(is_buy=is_buy, limit=limit) for book in books]
        return min((lots for lots in fronts if lots), default=0)

    def crosses(self, is_buy: bool, price: int, is_retail: bool) -> bool:  # noqa: FBT001 - the hot path
        """Tell whether an order at `price` would trade at once."""
        book = self.book
        return (book.asks if is_buy else book.bids).is_reachable(price) or (
            is_retail and self.rpi.crosses(is_buy=is_buy, price=price)
        )

    def shown(self, *, is_bid: bool, depth: int, rpi: bool) -> list[tuple[int, int]]:
        """Return ticks and shown lots of the best levels of a side; with `rpi` both books as one."""
        ladder, retail = (self.book.bids, self.rpi.bids) if is_bid else (self.book.asks, self.rpi.asks)
        if rpi and self.rpi.version:
            return shown_levels(ladder, retail, is_buy=is_bid, depth=depth)
        return [(level.price, level.lots - level.hidden) for level in ladder.shown_first(depth)]

    def traded(self, ticks: int) -> None:
        """Note the price of a trade."""
        self.last = ticks
        if self.lowest is None or ticks < self.lowest:
            self.lowest = ticks
        if self.highest is None or ticks > self.highest:
            self.highest = ticks

    def mid(self) -> int | None:
        """Return the middle of the touch in units, exactly; None while a side is empty."""
        touch = self.book.touch
        return None if touch is None else (touch[0] + touch[1]) * self.tick // 2

    def mark(self) -> int:
        """Return what one of the base asset is worth, in units: the mid price, else the last one, else nothing."""
        bids, asks = self.book.bids.keys, self.book.asks.keys
        return (bids[-1] - asks[-1]) * self.tick // 2 if bids and asks else (self.last or 0) * self.tick

    def reference(self) -> int | None:
        """Return the ticks that ratios are taken of: "mid price rounded down to the tick, else last" (rest-v3 §6.3)."""
        if self.by_last and self.last is not None:
            return self.last
        bids, asks = self.book.bids.keys, self.book.asks.keys
        return (bids[-1] - asks[-1]) // 2 if bids and asks else self.last

    def band(self, reference: int, is_buy: bool) -> tuple[int | None, int | None]:  # noqa: FBT001 - the hot path
        """Return the lowest and the highest price, in ticks, of an order on this side; None where there is no bound."""
        low, high = self._bands[is_buy]
        return (
            None if low is None else -(-reference * low[0] // low[1]),
            None if high is None else reference * high[0] // high[1],
        )

    def walk_reference(self, *, is_buy: bool) -> int | None:
        """Return the reference of a MARKET order, which on a market without one is the price it would start at."""
        reference = self.reference()
        if reference is not None:
            return reference
        best = (self.book.asks if is_buy else self.book.bids).best
        return best.price if best else None

    def walk_limit(self, *, is_buy: bool) -> int | None:
        """Return the worst price a MARKET order may reach: "the price-range rule limits the walk" (rest-v3 §6.3)."""
        reference = self.walk_reference(is_buy=is_buy)
        if reference is None:
            return None
        low, high = self.band(reference, is_buy)
        return high if is_buy else low

    def reserve(self, lots: int) -> int | None:
        """Return what a MARKET buy by quantity reserves, in units: quantity × reference × bidCapRatio (rest-v3 §6.3).

        None where there is no reference or no such ratio.
        """
        reference, ratio = self.walk_reference(is_buy=True), self._bands[True][1]
        return None if reference is None or ratio is None else -(-lots * reference * self.worth * ratio[0] // ratio[1])

    def value(self, lots: int, *, price: int) -> int:
        """Return what so many lots are worth, in units and rounded down, at a price in units."""
        return lots * self.lot * price // ONE

    def hold(self, is_buy: bool, price: int, lots: int) -> int:  # noqa: FBT001 - the hot path
        """Return what an open order freezes: a buy its price times quantity, a sell its quantity."""
        return price * lots * self.worth if is_buy else lots * self.lot

    def price(self, ticks: int) -> Decimal:
        """Return a price with the decimals of its tick."""
        return self.prices[ticks]

    def quantity(self, lots: int) -> Decimal:
        """Return a quantity with the decimals of its step."""
        return self.quantities[lots]

    def plain_price(self, ticks: int) -> Decimal:
        """Return a price without trailing zeros, as orders and reports show it."""
        return self.plain_prices[ticks]

    def plain_quantity(self, lots: int) -> Decimal:
        """Return a quantity without trailing zeros, as orders and reports show it."""
        return self.plain_quantities[lots]


class _Multiples(dict[int, Decimal]):
    """Multiples of a tick or a step, worked out once: orders and the windows of a book ask for the same ones again.

    A state file carries none of them.
    """

    def __init__(self, step: Decimal) -> None:
        super().__init__()
        self._step = step

    def __missing__(self, number: int) -> Decimal:
        if len(self) >= _MULTIPLES_KEPT:
            self.clear()
        multiple = self[number] = self._multiple(number)
        return multiple

    def __reduce__(self) -> tuple[type, tuple[Decimal]]:
        return type(self), (self._step,)

    def _multiple(self, number: int) -> Decimal:
        return EXACT.multiply(self._step, number)


class _PlainMultiples(_Multiples):
    """The same without trailing zeros."""

    def _multiple(self, number: int) -> Decimal:
        return decimal(number * units(self._step))


def _ratio(number: Decimal | None) -> Ratio:
    return None if number is None else number.as_integer_ratio()
