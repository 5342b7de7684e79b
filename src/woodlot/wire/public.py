"""This file is rest-v3 §8: what the exchange tells everybody."""

from decimal import Decimal
from typing import ClassVar

import msgspec

from woodlot.wire.answer import Answer, Time
from woodlot.wire.enums import KlineType, OpenWord, Side
from woodlot.wire.request import Endpoint, Request, get


class SystemInfo(Answer):
    """Whether the exchange works: `status` 0 fine, 1 trading maintenance, 2 system maintenance.

    `timestamp` is the server's clock in milliseconds.
    """

    status: int
    msg: str = ""
    estimated_end_time: Time | None = None
    timestamp: int = 0


class GetSystemInfo(Request[SystemInfo]):
    """Ask how the exchange is and what time it has: rest-v3 §8.1."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/systemInfo")


class InstrumentStatus(OpenWord):
    TRADING = "TRADING"
    SUSPENDED = "SUSPENDED"
    TESTING = "TESTING"


class Instrument(Answer):
    """What can be traded and under which filters (rest-v3 §6.2). None means that no such filter applies."""

    symbol: str
    status: InstrumentStatus
    base_asset: str
    base_asset_multiplier: int = 1
    quote_asset: str
    quote_min: Decimal
    quote_max: Decimal
    quote_tick: Decimal
    base_min: Decimal
    base_max: Decimal
    base_tick: Decimal
    min_notional: Decimal
    bid_cap_ratio: Decimal | None = None
    bid_floor_ratio: Decimal | None = None
    ask_cap_ratio: Decimal | None = None
    ask_floor_ratio: Decimal | None = None
    order_mode: str = "NORMAL"
    impact_notional: Decimal | None = None
    is_allowed_rpi: bool = False
    tick_granularity: Decimal | None = None
    funding_interval_hours: int | msgspec.UnsetType | None = msgspec.UNSET
    funding_cap: Decimal | msgspec.UnsetType | None = msgspec.UNSET
    funding_floor: Decimal | msgspec.UnsetType | None = msgspec.UNSET
    base_imr: Decimal | msgspec.UnsetType | None = msgspec.field(name="baseIMR", default=msgspec.UNSET)
    base_mmr: Decimal | msgspec.UnsetType | None = msgspec.field(name="baseMMR", default=msgspec.UNSET)


class Instruments(Answer):
    rows: tuple[Instrument, ...]


class GetInstruments(Request[Instruments]):
    """List everything that can be traded: rest-v3 §8.2."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/instruments")

    symbol: str | None = None


class MarketTrade(Answer):
    """One public trade (rest-v3 §8.6). `side` is the taker's; `source` 1 happened here, 0 elsewhere. It has no id."""

    symbol: str
    side: Side
    source: int
    executed_price: Decimal
    executed_quantity: Decimal
    executed_timestamp: Time


class MarketTrades(Answer):
    rows: tuple[MarketTrade, ...]


class GetMarketTrades(Request[MarketTrades]):
    """List the latest trades, newest first: rest-v3 §8.6."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/marketTrades")

    symbol: str
    limit: int | None = None


class Level(Answer):
    """One price of a book and what rests there; spelled as the exchange spelled it."""

    price: str
    quantity: str


class OrderBook(Answer):
    """A snapshot (rest-v3 §8.8): bids best first, asks best first.

    `timestamp` is the time of the book's last change in milliseconds, not the server's clock: it is what the
    stream's `prevTs` chains to (websocket-v3 §8.2).
    """

    asks: tuple[Level, ...]
    bids: tuple[Level, ...]
    timestamp: int = 0


class GetOrderBook(Request[OrderBook]):
    """Take a snapshot of a book: rest-v3 §8.8. `rpi=True` merges in orders that an API taker cannot hit."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/orderbook")

    symbol: str
    max_level: int | None = None
    rpi: bool | None = None


class Candle(Answer):
    """One candle (rest-v3 §8.10): `volume` in base, `amount` in quote units; the end is the next one's start."""

    symbol: str
    open: Decimal
    close: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal
    amount: Decimal
    type: str
    start_timestamp: Time
    end_timestamp: Time


class Candles(Answer):
    rows: tuple[Candle, ...]


class GetKline(Request[Candles]):
    """List the latest candles, newest first: rest-v3 §8.9. `limit` is at most 1000."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/kline")

    symbol: str
    type: KlineType
    limit: int | None = None
