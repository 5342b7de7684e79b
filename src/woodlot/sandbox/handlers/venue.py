"""This file is what a handler is given: the venue with everything it may ask or change, and one call to it."""

from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from woodlot.clock import Clock
from woodlot.sandbox.back_office import BackOffice
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.feed import Feed
from woodlot.sandbox.history import History
from woodlot.sandbox.listen_keys import ListenKeys
from woodlot.wire.answer import Answer
from woodlot.wire.request import Request

RequestT = TypeVar("RequestT", bound=Request[Any])


@dataclass(frozen=True, slots=True)
class Venue:
    """The parts of one sandbox. A new back office is built on the exchange, unless one was `opened` before."""

    exchange: Exchange
    feed: Feed
    history: History
    listen_keys: ListenKeys
    clock: Clock
    opened: InitVar[BackOffice | None] = None
    office: BackOffice = field(init=False)

    def __post_init__(self, opened: BackOffice | None) -> None:
        object.__setattr__(self, "office", opened or BackOffice(self.exchange))

    def advance(self) -> None:
        """Let happen what is due by the clock, apart from the market: deposits arrive, withdrawals leave."""
        self.office.advance(now_ms=self.clock.now_ms())


@dataclass(frozen=True, slots=True)
class Call(Generic[RequestT]):
    """One request of an account; public requests come from nobody, spelled ""."""

    venue: Venue
    request: RequestT
    account_id: str

    @property
    def exchange(self) -> Exchange:
        return self.venue.exchange

    @property
    def office(self) -> BackOffice:
        return self.venue.office

    @property
    def now_ms(self) -> int:
        return self.venue.clock.now_ms()


Handler: TypeAlias = Callable[[Call[Any]], Answer]
"""What answers a call, or raises Refusal and has changed nothing."""
Handlers: TypeAlias = dict[type[Request[Any]], Handler]
"""What a section of the documentation is answered by."""
