"""This file is rest-v3 §8: what the exchange tells everybody."""

from decimal import Decimal
from typing import ClassVar

import msgspec

from woodlot.wire import filters
from woodlot.wire.answer import Answer, Meta
from woodlot.wire.enums import KlineType, OpenWord, Side
from woodlot.wire.filters import Fitted, Rounding, Violation
from woodlot.wire.loose import LooseAnswer
from woodlot.wire.moment import Moment, Time
from woodlot.wire.request import Endpoint, Request, get
from woodlot.wire.trade import PlaceOrder


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

    def check(self, order: PlaceOrder, *, reference: Decimal | None = None) -> list[Violation]:
        """Return every rule that an order breaks, the band around `reference` included where one is given."""
        return filters.check(self, order, reference=reference)

    def fit(
        self, order: PlaceOrder, *, rounding: Rounding = Rounding.PASSIVE, reference: Decimal | None = None
    ) -> Fitted:
        """Return an order on ticks and steps, and what was changed for that; nothing is rounded in silence."""
        return filters.fit(self, order, rounding=rounding, reference=reference)


class Instruments(Answer):
    rows: tuple[Instrument, ...]

    def __getitem__(self, symbol: str) -> Instrument:
        """Return the instrument of a symbol. Raises KeyError for one that is not listed."""
        for instrument in self.rows:
            if instrument.symbol == symbol:
                return instrument
        raise KeyError(symbol)


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


class GetKlineHistory(Request[Candles]):
    """List candles around a cursor, newest first: rest-v3 §8.10.

    `before` and `after` are start times of candles, excluded; `before` wins where both are given; without either the
    newest are listed. `limit` is at most 1000.
    """

    endpoint: ClassVar[Endpoint] = get("/v3/public/klineHistory")

    symbol: str
    type: KlineType
    before: Moment | None = None
    after: Moment | None = None
    limit: int | None = None


class Tokens(LooseAnswer):
    """Every token. Field names are not known in this generation; expect those of V1 in camel case (§14 no 6)."""


class GetTokens(Request[Tokens]):
    """List tokens: rest-v3 §8.3."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/token")


class TokenNetworks(LooseAnswer):
    """The networks of each token. Field names are not known; expect those of V1 in camel case (§14 no 6)."""


class GetTokenNetworks(Request[TokenNetworks]):
    """List the networks over which tokens move: rest-v3 §8.4."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/tokenNetwork")


class TokenInfo(LooseAnswer):
    """Nothing is known of its shape (§14 no 6)."""


class GetTokenInfo(Request[TokenInfo]):
    """Ask for tokens in another form: rest-v3 §8.5, known by name only."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/tokenInfo")


class GetMarketTradesHistory(Request[MarketTrades]):
    """List older trades: rest-v3 §8.7. The names of its time and page parameters are those of the V1 twin, unproven."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/marketTradesHistory")

    symbol: str
    start_time: Moment | None = None
    page: int | None = None
    size: int | None = None


class FuturesStatistics(Answer):
    """The day of one perpetual (rest-v3 §8.11): `volume_24h` in base, `amount_24h` in quote units."""

    symbol: str
    index_price: Decimal | None = None
    mark_price: Decimal
    est_funding_rate: Decimal
    last_funding_rate: Decimal
    open_interest: Decimal
    open_24h: Decimal = msgspec.field(name="24hOpen")
    close_24h: Decimal = msgspec.field(name="24hClose")
    high_24h: Decimal = msgspec.field(name="24hHigh")
    low_24h: Decimal = msgspec.field(name="24hLow")
    volume_24h: Decimal = msgspec.field(name="24hVolume")
    amount_24h: Decimal = msgspec.field(name="24hAmount")
    next_funding_time: Time


class Futures(Answer):
    rows: tuple[FuturesStatistics, ...]


class GetFutures(Request[Futures]):
    """Ask for the day of one perpetual or of all: rest-v3 §8.11. There is no such call for spot."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/futures")

    symbol: str | None = None


class FundingRate(Answer):
    """The funding to come and the last one, as fractions per interval (rest-v3 §8.12)."""

    symbol: str
    est_funding_rate: Decimal
    est_funding_rate_timestamp: Time
    last_funding_rate: Decimal
    last_funding_rate_timestamp: Time
    next_funding_time: Time
    last_funding_interval_hours: int
    est_funding_interval_hours: int


class FundingRates(Answer):
    rows: tuple[FundingRate, ...]


class GetFundingRate(Request[FundingRates]):
    """Ask for the predicted funding of one perpetual or of all: rest-v3 §8.12."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/fundingRate")

    symbol: str | None = None


class PastFundingRate(Answer):
    """One settled funding (rest-v3 §8.13)."""

    symbol: str
    funding_rate: Decimal
    funding_rate_timestamp: Time
    next_funding_time: Time
    mark_price: Decimal


class PastFundingRates(Answer):
    rows: tuple[PastFundingRate, ...]
    meta: Meta = Meta()


class GetFundingRateHistory(Request[PastFundingRates]):
    """List settled fundings, newest first: rest-v3 §8.13. Pages count from 1 and hold 25 where `size` says nothing."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/fundingRateHistory")

    symbol: str
    start_time: Moment | None = None
    end_time: Moment | None = None
    page: int | None = None
    size: int | None = None


class InsuranceFund(LooseAnswer):
    """Expect rows of token, balance and timestamp (rest-v3 §8.14); none was recorded."""


class GetInsuranceFund(Request[InsuranceFund]):
    """Ask what the insurance fund holds: rest-v3 §8.14."""

    endpoint: ClassVar[Endpoint] = get("/v3/public/insuranceFund")
