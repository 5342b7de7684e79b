"""This file is what can be subscribed to: a topic is a value that knows its name and what it pushes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from woodlot.errors import ArgumentError
from woodlot.wire.events import (
    AccountState,
    AlgoExecutionReport,
    BalanceUpdate,
    BestBidOffer,
    BookDelta,
    ExecutionReport,
    PositionUpdate,
    Pushed,
    TradePrint,
)
from woodlot.wire.figures import BookTop, Candle, EstimatedFunding, IndexPrice, MarkPrice, OpenInterest, Ticker

EventT_co = TypeVar("EventT_co", bound=Pushed, covariant=True)

BOOK_DEPTHS = (50, 200, 500)
"""The only depths there are; any other is silently left out of the acknowledgement (websocket-v3 §5.2)."""


class Interval(StrEnum):
    """Candle lengths of the stream (websocket-v3 §7.7); REST spells the long ones differently."""

    MINUTE_1 = "1m"
    MINUTE_3 = "3m"
    MINUTE_5 = "5m"
    MINUTE_15 = "15m"
    MINUTE_30 = "30m"
    HOUR_1 = "1h"
    HOUR_2 = "2h"
    HOUR_4 = "4h"
    HOUR_6 = "6h"
    HOUR_12 = "12h"
    DAY_1 = "1d"
    DAY_3 = "3d"
    WEEK_1 = "1w"
    MONTH_1 = "1M"


@dataclass(frozen=True, slots=True)
class Topic(Generic[EventT_co]):
    """Something to subscribe to; `name` is its spelling on the wire."""

    word: ClassVar[str]
    event: ClassVar[type[Any]]

    @property
    def name(self) -> str:
        return self.word

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class _OfSymbol(Topic[EventT_co]):
    symbol: str

    @property
    def name(self) -> str:
        return f"{self.word}@{self.symbol}"


@dataclass(frozen=True, slots=True)
class BookDeltas(_OfSymbol[BookDelta]):
    """Differences between two windows of the best `depth` levels a side (websocket-v3 §7.2, §8.5)."""

    word: ClassVar[str] = "orderbookupdate"
    event: ClassVar[type[Any]] = BookDelta
    depth: int = 50

    def __post_init__(self) -> None:
        if self.depth not in BOOK_DEPTHS:
            raise ArgumentError("depth", f"expected one of {BOOK_DEPTHS}, got {self.depth}")

    @property
    def name(self) -> str:
        return f"{self.word}@{self.symbol}@{self.depth}"


@dataclass(frozen=True, slots=True)
class RpiBookDeltas(BookDeltas):
    """The same of the book that includes RPI orders, which an API taker cannot hit (websocket-v3 §7.3, §8.7).

    Its chain is another one: never apply its deltas to the book of `BookDeltas`.
    """

    word: ClassVar[str] = "orderbookupdaterpi"


@dataclass(frozen=True, slots=True)
class BookTops(_OfSymbol[BookTop]):
    """The ten best levels a side, RPI orders mostly included, at most every 200 ms (websocket-v3 §7.4)."""

    word: ClassVar[str] = "orderbook10"
    event: ClassVar[type[Any]] = BookTop


@dataclass(frozen=True, slots=True)
class Trades(_OfSymbol[TradePrint]):
    """Each public trade (websocket-v3 §7.6)."""

    word: ClassVar[str] = "trade"
    event: ClassVar[type[Any]] = TradePrint


@dataclass(frozen=True, slots=True)
class Bbo(_OfSymbol[BestBidOffer]):
    """The best bid and offer, at most every 10 ms (websocket-v3 §7.5)."""

    word: ClassVar[str] = "bbo"
    event: ClassVar[type[Any]] = BestBidOffer


@dataclass(frozen=True, slots=True)
class RpiBbo(_OfSymbol[BestBidOffer]):
    """The best bid and offer with RPI orders (websocket-v3 §7.5)."""

    word: ClassVar[str] = "bborpi"
    event: ClassVar[type[Any]] = BestBidOffer


@dataclass(frozen=True, slots=True)
class Candles(_OfSymbol[Candle]):
    """Candles of one length, each second in which a trade happened and at the close (websocket-v3 §7.7)."""

    word: ClassVar[str] = "kline"
    event: ClassVar[type[Any]] = Candle
    interval: Interval = Interval.MINUTE_1

    @property
    def name(self) -> str:
        return f"{self.word}@{self.symbol}@{Interval(self.interval).value}"


@dataclass(frozen=True, slots=True)
class Tickers(_OfSymbol[Ticker]):
    """The last 24 hours of one symbol, at most each second (websocket-v3 §7.8). There is no topic for all symbols."""

    word: ClassVar[str] = "ticker"
    event: ClassVar[type[Any]] = Ticker


@dataclass(frozen=True, slots=True)
class MarkPrices(_OfSymbol[MarkPrice]):
    """The mark price of a perpetual, each second (websocket-v3 §7.9)."""

    word: ClassVar[str] = "markprice"
    event: ClassVar[type[Any]] = MarkPrice

    def __post_init__(self) -> None:
        _require_market(self.symbol, "PERP_")


@dataclass(frozen=True, slots=True)
class IndexPrices(_OfSymbol[IndexPrice]):
    """The index price, each second. Its symbol is the spot symbol; a perpetual's is dropped silently (§7.9)."""

    word: ClassVar[str] = "indexprice"
    event: ClassVar[type[Any]] = IndexPrice

    def __post_init__(self) -> None:
        _require_market(self.symbol, "SPOT_")


@dataclass(frozen=True, slots=True)
class OpenInterests(_OfSymbol[OpenInterest]):
    """The open interest of a perpetual, at least every 10 seconds (websocket-v3 §7.10)."""

    word: ClassVar[str] = "openinterest"
    event: ClassVar[type[Any]] = OpenInterest

    def __post_init__(self) -> None:
        _require_market(self.symbol, "PERP_")


@dataclass(frozen=True, slots=True)
class EstimatedFundings(_OfSymbol[EstimatedFunding]):
    """The estimated funding rate of a perpetual, each minute (websocket-v3 §7.11)."""

    word: ClassVar[str] = "estfundingrate"
    event: ClassVar[type[Any]] = EstimatedFunding

    def __post_init__(self) -> None:
        _require_market(self.symbol, "PERP_")


@dataclass(frozen=True, slots=True)
class ExecutionReports(Topic[ExecutionReport]):
    """Every step of every order of ours (websocket-v3 §9.1)."""

    word: ClassVar[str] = "executionreport"
    event: ClassVar[type[Any]] = ExecutionReport


@dataclass(frozen=True, slots=True)
class AlgoExecutionReports(Topic[tuple[AlgoExecutionReport, ...]]):
    """Every step of every leg of our algo orders, several in one push (websocket-v3 §9.2)."""

    word: ClassVar[str] = "algoexecutionreport"
    event: ClassVar[type[Any]] = tuple[AlgoExecutionReport, ...]


@dataclass(frozen=True, slots=True)
class Positions(Topic[PositionUpdate]):
    """The positions that changed (websocket-v3 §9.4)."""

    word: ClassVar[str] = "position"
    event: ClassVar[type[Any]] = PositionUpdate


@dataclass(frozen=True, slots=True)
class Balances(Topic[BalanceUpdate]):
    """The tokens whose balance changed (websocket-v3 §9.3)."""

    word: ClassVar[str] = "balance"
    event: ClassVar[type[Any]] = BalanceUpdate


@dataclass(frozen=True, slots=True)
class Account(Topic[AccountState]):
    """Collateral and margin, every second: the sign of life of the listen key (websocket-v3 §9.5, §4.3)."""

    word: ClassVar[str] = "account"
    event: ClassVar[type[Any]] = AccountState


PUBLIC: tuple[type[Topic[Any]], ...] = (
    BookDeltas,
    RpiBookDeltas,
    BookTops,
    Bbo,
    RpiBbo,
    Trades,
    Candles,
    Tickers,
    MarkPrices,
    IndexPrices,
    OpenInterests,
    EstimatedFundings,
)
PRIVATE: tuple[type[Topic[Any]], ...] = (ExecutionReports, AlgoExecutionReports, Balances, Positions, Account)

EVENT_OF_WORD: dict[str, type[Any]] = {kind.word: kind.event for kind in (*PUBLIC, *PRIVATE)}
"""The event that each topic word pushes: how a frame finds its type."""


def _require_market(symbol: str, prefix: str) -> None:
    # The exchange would accept the command and leave the topic out (websocket-v3 §5.2).
    if not symbol.startswith(prefix):
        raise ArgumentError("symbol", f"expected one that starts with {prefix}, got {symbol!r}")
