"""This file is the verbs for public topics in programs without an event loop: one per kind of event."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Generic, Literal, Protocol, TypeVar, overload

from woodlot.desk.desk import Desk
from woodlot.desk.portal import Portal
from woodlot.desk.readings import Readings
from woodlot.stream.continuity import Gap
from woodlot.wire.events import BestBidOffer, TradePrint
from woodlot.wire.figures import Candle, EstimatedFunding, IndexPrice, MarkPrice, OpenInterest, Ticker
from woodlot.wire.topics import Interval

ItemT = TypeVar("ItemT")
ItemT_co = TypeVar("ItemT_co", covariant=True)


class Reader(Protocol[ItemT_co]):
    """What `Readings` and `Subscription` have in common."""

    topics: Any
    refused_topics: Any

    @property
    def dropped(self) -> int: ...
    @property
    def conflated(self) -> int: ...
    async def ready(self) -> None: ...
    def close(self) -> None: ...
    def __aiter__(self) -> AsyncIterator[ItemT_co]: ...
    async def __anext__(self) -> ItemT_co: ...


class SyncReadings(Generic[ItemT]):
    """An iterator over what its topics tell, from now on; it waits for the next. See `Readings` and `Subscription`."""

    def __init__(self, portal: Portal, readings: Reader[ItemT]) -> None:
        self._portal = portal
        self._readings = readings

    @property
    def topics(self) -> tuple[str, ...]:
        return self._readings.topics

    @property
    def refused_topics(self) -> dict[str, str]:
        """The topics that the exchange refused, each with the reason; the others go on."""
        return self._portal.call(lambda: dict(self._readings.refused_topics))

    @property
    def dropped(self) -> int:
        """How many events this reader was too slow for."""
        return self._readings.dropped

    @property
    def conflated(self) -> int:
        """How many events were replaced by a newer one before they were read."""
        return self._readings.conflated

    def ready(self) -> None:
        """Wait until the exchange has answered for every topic. Raises SubscriptionRefused naming one it refused."""
        self._portal.run(self._readings.ready())

    def close(self) -> None:
        """Leave the topics. What has been queued can still be read."""
        self._portal.call(self._readings.close)

    def __enter__(self) -> "SyncReadings[ItemT]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> "SyncReadings[ItemT]":
        return self

    def __next__(self) -> ItemT:
        return self._portal.next_of(self._readings)


class SyncTopicVerbs(ABC):
    """What a desk says about the market, to a program that waits for it."""

    _desk: Desk

    @property
    @abstractmethod
    def _open_portal(self) -> Portal: ...

    @overload
    def trades(self, *symbols: str, gaps: Literal[False] = False) -> SyncReadings[TradePrint]: ...
    @overload
    def trades(self, *symbols: str, gaps: Literal[True]) -> SyncReadings[TradePrint | Gap]: ...
    def trades(self, *symbols: str, gaps: bool = False) -> SyncReadings[Any]:
        """Iterate over public trades: `for trade in desk.trades("SPOT_BTC_USDT")`."""
        return self._each(lambda: self._desk.trades(*symbols, gaps=gaps))

    @overload
    def bbo(self, *symbols: str, rpi: bool = False, gaps: Literal[False] = False) -> SyncReadings[BestBidOffer]: ...
    @overload
    def bbo(self, *symbols: str, rpi: bool = False, gaps: Literal[True]) -> SyncReadings[BestBidOffer | Gap]: ...
    def bbo(self, *symbols: str, rpi: bool = False, gaps: bool = False) -> SyncReadings[Any]:
        """Iterate over best bid and offer, the newest of each symbol; with `rpi` over those an API taker may miss."""
        return self._each(lambda: self._desk.bbo(*symbols, rpi=rpi, gaps=gaps))

    @overload
    def klines(
        self, *symbols: str, interval: Interval = Interval.MINUTE_1, gaps: Literal[False] = False
    ) -> SyncReadings[Candle]: ...
    @overload
    def klines(
        self, *symbols: str, interval: Interval = Interval.MINUTE_1, gaps: Literal[True]
    ) -> SyncReadings[Candle | Gap]: ...
    def klines(self, *symbols: str, interval: Interval = Interval.MINUTE_1, gaps: bool = False) -> SyncReadings[Any]:
        """Iterate over candles of one length, as they grow."""
        return self._each(lambda: self._desk.klines(*symbols, interval=interval, gaps=gaps))

    @overload
    def tickers(self, *symbols: str, gaps: Literal[False] = False) -> SyncReadings[Ticker]: ...
    @overload
    def tickers(self, *symbols: str, gaps: Literal[True]) -> SyncReadings[Ticker | Gap]: ...
    def tickers(self, *symbols: str, gaps: bool = False) -> SyncReadings[Any]:
        """Iterate over the last 24 hours of each symbol."""
        return self._each(lambda: self._desk.tickers(*symbols, gaps=gaps))

    @overload
    def mark_prices(self, *symbols: str, gaps: Literal[False] = False) -> SyncReadings[MarkPrice]: ...
    @overload
    def mark_prices(self, *symbols: str, gaps: Literal[True]) -> SyncReadings[MarkPrice | Gap]: ...
    def mark_prices(self, *symbols: str, gaps: bool = False) -> SyncReadings[Any]:
        """Iterate over the mark prices of perpetuals."""
        return self._each(lambda: self._desk.mark_prices(*symbols, gaps=gaps))

    @overload
    def index_prices(self, *symbols: str, gaps: Literal[False] = False) -> SyncReadings[IndexPrice]: ...
    @overload
    def index_prices(self, *symbols: str, gaps: Literal[True]) -> SyncReadings[IndexPrice | Gap]: ...
    def index_prices(self, *symbols: str, gaps: bool = False) -> SyncReadings[Any]:
        """Iterate over index prices; the symbols are spot symbols."""
        return self._each(lambda: self._desk.index_prices(*symbols, gaps=gaps))

    @overload
    def open_interests(self, *symbols: str, gaps: Literal[False] = False) -> SyncReadings[OpenInterest]: ...
    @overload
    def open_interests(self, *symbols: str, gaps: Literal[True]) -> SyncReadings[OpenInterest | Gap]: ...
    def open_interests(self, *symbols: str, gaps: bool = False) -> SyncReadings[Any]:
        """Iterate over the open interest of perpetuals."""
        return self._each(lambda: self._desk.open_interests(*symbols, gaps=gaps))

    @overload
    def estimated_fundings(self, *symbols: str, gaps: Literal[False] = False) -> SyncReadings[EstimatedFunding]: ...
    @overload
    def estimated_fundings(self, *symbols: str, gaps: Literal[True]) -> SyncReadings[EstimatedFunding | Gap]: ...
    def estimated_fundings(self, *symbols: str, gaps: bool = False) -> SyncReadings[Any]:
        """Iterate over the estimated funding rates of perpetuals."""
        return self._each(lambda: self._desk.estimated_fundings(*symbols, gaps=gaps))

    def _each(self, subscribe: Callable[[], Readings[Any]]) -> SyncReadings[Any]:
        portal = self._open_portal
        return SyncReadings(portal, portal.call(subscribe))
