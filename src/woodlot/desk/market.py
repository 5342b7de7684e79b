"""This file is the public side of a desk: its books and its streams, all over the same sockets."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

from woodlot.clock import Clock
from woodlot.desk.live_book import LiveBook, Surroundings
from woodlot.desk.own_orders import RestingOrder
from woodlot.desk.seeder import Seeder
from woodlot.desk.top_sink import TopSink
from woodlot.errors import SubscriptionRefused
from woodlot.rest.patience import Patience
from woodlot.stream.feed import Sink
from woodlot.stream.public import PublicStream
from woodlot.stream.subscription import Subscription
from woodlot.wire.answer import Answer
from woodlot.wire.events import Pushed
from woodlot.wire.public import GetOrderBook
from woodlot.wire.request import Request
from woodlot.wire.topics import BookDeltas, BookTops, RpiBookDeltas, Topic

EventT = TypeVar("EventT", bound=Pushed)
AnswerT = TypeVar("AnswerT", bound=Answer)
_Key: TypeAlias = tuple[str, int, bool]

# A book has a pace of its own for asking again, never twice in a second; tries inside one call would come on top.
_ONE_ATTEMPT = Patience(attempts=1, rate_limited_attempts=1)


class Sender(Protocol):
    """What the market needs of a client."""

    async def send(self, request: Request[AnswerT], *, patience: Patience | None = None) -> AnswerT: ...


@dataclass(frozen=True, slots=True)
class _Followed:
    """A book and what feeds it."""

    book: LiveBook
    feeds: list[tuple[Topic[Any], Sink]] = field(default_factory=list[tuple[Topic[Any], Sink]])


class Market:
    """Books and streams of one exchange."""

    def __init__(
        self,
        stream: PublicStream,
        client: Sender,
        *,
        seeder: Seeder,
        clock: Clock,
        open_orders: Callable[[], Iterable[RestingOrder]] = tuple,
    ) -> None:
        self.stream = stream
        self._client = client
        self._clock = clock
        self._open_orders = open_orders
        self._seeder = seeder
        self._seeding: asyncio.Task[None] | None = None
        self._books: dict[_Key, _Followed] = {}

    async def book(
        self, symbol: str, depth: int = 50, *, rpi: bool = False, audit_every_s: float | None = None, timeout_s: float
    ) -> LiveBook:
        """Return the book once it can be read; the same one to everybody who asks for it."""
        followed = self._books.get((symbol, depth, rpi))
        book = followed.book if followed else self._follow(symbol, depth, rpi=rpi)
        if audit_every_s is not None:
            book.audit_every(audit_every_s)
        try:
            await book.ready(timeout_s=timeout_s)
        except SubscriptionRefused:
            # The symbol may be listed later; then it is asked for anew.
            book.close()
            raise
        return book

    def subscribe(self, *topics: Topic[EventT]) -> Subscription[EventT]:
        return self.stream.subscribe(*topics)

    async def close(self) -> None:
        if self._seeding is not None:
            self._seeding.cancel()
            await asyncio.gather(self._seeding, return_exceptions=True)
        await self.stream.close()

    def _follow(self, symbol: str, depth: int, *, rpi: bool) -> LiveBook:
        key = (symbol, depth, rpi)
        topic = (RpiBookDeltas if rpi else BookDeltas)(symbol, depth=depth)
        seed = GetOrderBook(symbol=symbol, max_level=depth, rpi=rpi or None)
        around = Surroundings(
            clock=self._clock,
            snapshot=lambda: self._client.send(seed, patience=_ONE_ATTEMPT),
            wake=self._seeder.wake,
            leave=lambda: self._leave(key, book),
            own_orders=lambda: [order for order in self._open_orders() if order.symbol == symbol],
        )
        book = LiveBook(symbol, depth=depth, around=around, rpi=rpi)
        followed = self._books[key] = _Followed(book, [(topic, book)])
        if symbol.startswith("SPOT_") and not rpi:
            # "for spot, seed from REST, subscribe both `orderbookupdate` and `orderbook10`" (websocket-v3 §8.6)
            followed.feeds.append((BookTops(symbol), TopSink(book)))
        for feed, sink in followed.feeds:
            self.stream.attach(feed, sink, book.lane if sink is book else None)
        self._seeder.add(book)
        if self._seeding is None:
            self._seeding = asyncio.create_task(self._seeder.run(), name="woodlot seeder")
        return book

    def _leave(self, key: _Key, book: LiveBook) -> None:
        followed = self._books.get(key)
        if followed is not None and followed.book is book:
            del self._books[key]
            self._seeder.remove(followed.book)
            for feed, sink in followed.feeds:
                self.stream.detach(feed, sink)
