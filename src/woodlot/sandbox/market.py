"""This file is one traded symbol: its filters as whole numbers, its book, and the prices it is judged by."""

from decimal import Decimal
from typing import TypeAlias

from woodlot.sandbox.matching import Book
from woodlot.sandbox.money import EXACT, ONE, decimal, units
from woodlot.sandbox.orders import Order
from woodlot.wire.public import Instrument

Ratio: TypeAlias = tuple[int, int] | None


class Market:
    """A symbol at work. Prices are ticks and quantities lots; `tick`, `lot` and `worth` turn them into units."""

    __slots__ = (
        "_bands",
        "base",
        "book",
        "fewest_lots",
        "fewest_ticks",
        "instrument",
        "last",
        "least_value",
        "lot",
        "most_lots",
        "most_ticks",
        "quote",
        "symbol",
        "tick",
        "worth",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.base = instrument.base_asset
        self.quote = instrument.quote_asset
        self.book = Book[Order]()
        self.last: int | None = None
        self.tick = units(instrument.quote_tick)
        self.lot = units(instrument.base_tick)
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

    def mid(self) -> int | None:
        """Return the middle of the touch in units, exactly; None while a side is empty."""
        bid, ask = self.book.bids.best, self.book.asks.best
        return (bid.price + ask.price) * self.tick // 2 if bid and ask else None

    def mark(self) -> int:
        """Return what one of the base asset is worth, in units: the mid price, else the last one, else nothing."""
        mid = self.mid()
        return mid if mid is not None else (self.last or 0) * self.tick

    def reference(self) -> int | None:
        """Return the ticks that ratios are taken of: "mid price rounded down to the tick, else last" (rest-v3 §6.3)."""
        bid, ask = self.book.bids.best, self.book.asks.best
        return (bid.price + ask.price) // 2 if bid and ask else self.last

    def band(self, *, is_buy: bool, reference: int) -> tuple[int | None, int | None]:
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
        low, high = self.band(is_buy=is_buy, reference=reference)
        return high if is_buy else low

    def reserve(self, lots: int) -> int | None:
        """Return what a MARKET buy by quantity reserves, in units: quantity × reference × bidCapRatio (rest-v3 §6.3).

        None where there is no reference or no such ratio.
        """
        reference, ratio = self.walk_reference(is_buy=True), self._bands[True][1]
        return None if reference is None or ratio is None else -(-lots * reference * self.worth * ratio[0] // ratio[1])

    def hold(self, *, is_buy: bool, price: int, lots: int) -> int:
        """Return what an open order freezes: a buy its price times quantity, a sell its quantity."""
        return price * lots * self.worth if is_buy else lots * self.lot

    def price(self, ticks: int) -> Decimal:
        """Return a price with the decimals of its tick."""
        return EXACT.multiply(self.instrument.quote_tick, ticks)

    def quantity(self, lots: int) -> Decimal:
        """Return a quantity with the decimals of its step."""
        return EXACT.multiply(self.instrument.base_tick, lots)

    def plain_price(self, ticks: int) -> Decimal:
        """Return a price without trailing zeros, as orders and reports show it."""
        return decimal(ticks * self.tick)

    def plain_quantity(self, lots: int) -> Decimal:
        """Return a quantity without trailing zeros, as orders and reports show it."""
        return decimal(lots * self.lot)


def _ratio(number: Decimal | None) -> Ratio:
    return None if number is None else number.as_integer_ratio()
