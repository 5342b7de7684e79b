"""This file is the figures that the market streams push beside books and trades (websocket-v3 §7.4, §7.7 to §7.11)."""

from decimal import Decimal

from woodlot.wire.answer import Event
from woodlot.wire.events import PriceLevel


class BookTop(Event, rename={"symbol": "s"}):
    """The ten best levels a side, whole each time; fewer on a thin book.

    It merges orders that an API taker cannot hit, so it is tighter than the deltas' book: never mix the two.
    """

    symbol: str
    ts: int
    bids: list[PriceLevel]
    asks: list[PriceLevel]


class Candle(
    Event,
    rename={
        "symbol": "s",
        "interval": "t",
        "open": "o",
        "close": "c",
        "high": "h",
        "low": "l",
        "volume": "v",
        "amount": "a",
        "start_ts": "st",
        "end_ts": "et",
        "last_trade_ts": "tts",
    },
):
    """A candle as it stands: `volume` in base, `amount` in quote units. Nothing says that it is closed.

    It is final once one with a later `start_ts` comes (websocket-v3 §7.7).
    """

    symbol: str
    interval: str
    open: Decimal
    close: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal
    amount: Decimal
    start_ts: int
    end_ts: int
    ts: int
    last_trade_ts: int = 0


class Ticker(
    Event,
    rename={
        "symbol": "s",
        "open": "o",
        "close": "c",
        "high": "h",
        "low": "l",
        "volume": "v",
        "amount": "a",
        "aggregated_volume": "q",
        "aggregated_amount": "u",
        "trades": "cnt",
        "last_trade_ts": "tts",
    },
):
    """The last 24 hours; the aggregated figures include other sources than this exchange."""

    symbol: str
    open: Decimal
    close: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal
    amount: Decimal
    aggregated_volume: Decimal = Decimal(0)
    aggregated_amount: Decimal = Decimal(0)
    trades: int = 0
    ts: int
    last_trade_ts: int = 0


class MarkPrice(Event, rename={"symbol": "s", "price": "px"}):
    """The mark price of a perpetual."""

    symbol: str
    price: Decimal
    ts: int


class IndexPrice(Event, rename={"symbol": "s", "price": "px"}):
    """The index price; its symbol is the spot symbol."""

    symbol: str
    price: Decimal
    ts: int


class OpenInterest(Event, rename={"symbol": "s", "open_interest": "oi"}):
    """The open interest of a perpetual, in base units."""

    symbol: str
    open_interest: Decimal
    ts: int


class EstimatedFunding(Event, rename={"symbol": "s", "rate": "r", "funding_ts": "ft"}):
    """The estimated rate of the next settlement, a fraction, and when that is."""

    symbol: str
    rate: Decimal
    funding_ts: int
    ts: int
