"""This file is the verbs of a desk for public topics: one per kind of event."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Literal, TypeVar, overload

from woodlot.desk.market import Market
from woodlot.desk.readings import Readings
from woodlot.stream.continuity import Gap
from woodlot.stream.subscription import Subscription
from woodlot.wire.events import BestBidOffer, Pushed, TradePrint
from woodlot.wire.figures import Candle, EstimatedFunding, IndexPrice, MarkPrice, OpenInterest, Ticker
from woodlot.wire.topics import (
    Bbo,
    Candles,
    EstimatedFundings,
    IndexPrices,
    Interval,
    MarkPrices,
    OpenInterests,
    RpiBbo,
    Tickers,
    Topic,
    Trades,
)

EventT = TypeVar("EventT", bound=Pushed)


class TopicVerbs(ABC):
    """What a desk says about the market, all of it over the sockets of one `market`."""

    @property
    @abstractmethod
    def market(self) -> Market:
        """The public side: books, and streams of any topics."""

    def subscribe(self, *topics: Topic[EventT]) -> Subscription[EventT]:
        """Iterate over the pushes of any topics (`woodlot.wire.topics`), each with its topic and its time of sending.

        Gaps come between the pushes; see `Subscription`.
        """
        return self.market.subscribe(*topics)

    @overload
    def trades(self, *symbols: str, gaps: Literal[False] = False) -> Readings[TradePrint]: ...
    @overload
    def trades(self, *symbols: str, gaps: Literal[True]) -> Readings[TradePrint | Gap]: ...
    def trades(self, *symbols: str, gaps: bool = False) -> Readings[Any]:
        """Iterate over public trades: `async for trade in desk.trades("SPOT_BTC_USDT")`.

        With `gaps` this and the verbs below also tell where something may be missing; see `Readings`."""
        return self._read(map(Trades, symbols), gaps=gaps)

    @overload
    def bbo(self, *symbols: str, rpi: bool = False, gaps: Literal[False] = False) -> Readings[BestBidOffer]: ...
    @overload
    def bbo(self, *symbols: str, rpi: bool = False, gaps: Literal[True]) -> Readings[BestBidOffer | Gap]: ...
    def bbo(self, *symbols: str, rpi: bool = False, gaps: bool = False) -> Readings[Any]:
        """Iterate over best bid and offer, the newest of each symbol; with `rpi` over those an API taker may miss."""
        return self._read([(RpiBbo if rpi else Bbo)(symbol) for symbol in symbols], gaps=gaps)

    @overload
    def klines(
        self, *symbols: str, interval: Interval = Interval.MINUTE_1, gaps: Literal[False] = False
    ) -> Readings[Candle]: ...
    @overload
    def klines(
        self, *symbols: str, interval: Interval = Interval.MINUTE_1, gaps: Literal[True]
    ) -> Readings[Candle | Gap]: ...
    def klines(self, *symbols: str, interval: Interval = Interval.MINUTE_1, gaps: bool = False) -> Readings[Any]:
        """Iterate over candles of one length, as they grow."""
        return self._read([Candles(symbol, interval=interval) for symbol in symbols], gaps=gaps)

    @overload
    def tickers(self, *symbols: str, gaps: Literal[False] = False) -> Readings[Ticker]: ...
    @overload
    def tickers(self, *symbols: str, gaps: Literal[True]) -> Readings[Ticker | Gap]: ...
    def tickers(self, *symbols: str, gaps: bool = False) -> Readings[Any]:
        """Iterate over the last 24 hours of each symbol."""
        return self._read(map(Tickers, symbols), gaps=gaps)

    @overload
    def mark_prices(self, *symbols: str, gaps: Literal[False] = False) -> Readings[MarkPrice]: ...
    @overload
    def mark_prices(self, *symbols: str, gaps: Literal[True]) -> Readings[MarkPrice | Gap]: ...
    def mark_prices(self, *symbols: str, gaps: bool = False) -> Readings[Any]:
        """Iterate over the mark prices of perpetuals."""
        return self._read(map(MarkPrices, symbols), gaps=gaps)

    @overload
    def index_prices(self, *symbols: str, gaps: Literal[False] = False) -> Readings[IndexPrice]: ...
    @overload
    def index_prices(self, *symbols: str, gaps: Literal[True]) -> Readings[IndexPrice | Gap]: ...
    def index_prices(self, *symbols: str, gaps: bool = False) -> Readings[Any]:
        """Iterate over index prices; the symbols are spot symbols."""
        return self._read(map(IndexPrices, symbols), gaps=gaps)

    @overload
    def open_interests(self, *symbols: str, gaps: Literal[False] = False) -> Readings[OpenInterest]: ...
    @overload
    def open_interests(self, *symbols: str, gaps: Literal[True]) -> Readings[OpenInterest | Gap]: ...
    def open_interests(self, *symbols: str, gaps: bool = False) -> Readings[Any]:
        """Iterate over the open interest of perpetuals."""
        return self._read(map(OpenInterests, symbols), gaps=gaps)

    @overload
    def estimated_fundings(self, *symbols: str, gaps: Literal[False] = False) -> Readings[EstimatedFunding]: ...
    @overload
    def estimated_fundings(self, *symbols: str, gaps: Literal[True]) -> Readings[EstimatedFunding | Gap]: ...
    def estimated_fundings(self, *symbols: str, gaps: bool = False) -> Readings[Any]:
        """Iterate over the estimated funding rates of perpetuals."""
        return self._read(map(EstimatedFundings, symbols), gaps=gaps)

    def _read(self, topics: Iterable[Topic[Any]], *, gaps: bool) -> Readings[Any]:
        return Readings(self.market.subscribe(*topics), gaps=gaps)
