"""This file is what can be subscribed to: a topic is a value that knows its name and what it pushes."""

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from woodlot.errors import ArgumentError
from woodlot.wire.answer import Event
from woodlot.wire.events import (
    AccountState,
    BalanceUpdate,
    BestBidOffer,
    BookDelta,
    ExecutionReport,
    TradePrint,
)

EventT_co = TypeVar("EventT_co", bound=Event, covariant=True)

BOOK_DEPTHS = (50, 200, 500)
"""The only depths there are; any other is silently left out of the acknowledgement (websocket-v3 §5.2)."""


@dataclass(frozen=True, slots=True)
class Topic(Generic[EventT_co]):
    """Something to subscribe to; `name` is its spelling on the wire."""

    word: ClassVar[str]
    event: ClassVar[type[Event]]

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
    event: ClassVar[type[Event]] = BookDelta
    depth: int = 50

    def __post_init__(self) -> None:
        if self.depth not in BOOK_DEPTHS:
            raise ArgumentError("depth", f"expected one of {BOOK_DEPTHS}, got {self.depth}")

    @property
    def name(self) -> str:
        return f"{self.word}@{self.symbol}@{self.depth}"


@dataclass(frozen=True, slots=True)
class Trades(_OfSymbol[TradePrint]):
    """Each public trade (websocket-v3 §7.6)."""

    word: ClassVar[str] = "trade"
    event: ClassVar[type[Event]] = TradePrint


@dataclass(frozen=True, slots=True)
class Bbo(_OfSymbol[BestBidOffer]):
    """The best bid and offer, at most every 10 ms (websocket-v3 §7.5)."""

    word: ClassVar[str] = "bbo"
    event: ClassVar[type[Event]] = BestBidOffer


@dataclass(frozen=True, slots=True)
class ExecutionReports(Topic[ExecutionReport]):
    """Every step of every order of ours (websocket-v3 §9.1)."""

    word: ClassVar[str] = "executionreport"
    event: ClassVar[type[Event]] = ExecutionReport


@dataclass(frozen=True, slots=True)
class Balances(Topic[BalanceUpdate]):
    """The tokens whose balance changed (websocket-v3 §9.3)."""

    word: ClassVar[str] = "balance"
    event: ClassVar[type[Event]] = BalanceUpdate


@dataclass(frozen=True, slots=True)
class Account(Topic[AccountState]):
    """Collateral and margin, every second: the sign of life of the listen key (websocket-v3 §9.5, §4.3)."""

    word: ClassVar[str] = "account"
    event: ClassVar[type[Event]] = AccountState


EVENT_OF_WORD: dict[str, type[Event]] = {
    kind.word: kind.event for kind in (BookDeltas, Trades, Bbo, ExecutionReports, Balances, Account)
}
"""The event that each topic word pushes: how a frame finds its type."""
