"""This file is a market in virtual time: sockets in memory, and REST behind the client's own pacing."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from tests.stream.virtual import MemoryExchange, VirtualTime

from woodlot.config import Environment
from woodlot.desk.live_book import LiveBook
from woodlot.desk.market import Market
from woodlot.desk.seeder import Seeder
from woodlot.rest.flow import Flow
from woodlot.rest.patience import Patience
from woodlot.rest.steps import HttpReply, HttpRequest, Lost, Send, Sleep
from woodlot.stream.budget import CONNECTS, Budget
from woodlot.stream.public import PublicStream
from woodlot.stream.rules import Rules
from woodlot.wire.answer import Answer
from woodlot.wire.request import Request

if TYPE_CHECKING:
    from woodlot.desk.own_orders import RestingOrder

AnswerT = TypeVar("AnswerT", bound=Answer)
LATENCY_S = 0.02


@dataclass
class RestBook:
    """What REST shows of one symbol and flavour."""

    timestamp: int = 1000
    bids: list[tuple[str, str]] = field(default_factory=lambda: [("100", "1")])
    asks: list[tuple[str, str]] = field(default_factory=lambda: [("101", "1")])


class Venue:
    """A market and the exchange it looks at. `rest_s` notes when each snapshot was asked for, and of what."""

    def __init__(self) -> None:
        self.time = VirtualTime()
        self.exchange = MemoryExchange()
        self.books: dict[tuple[str, bool], RestBook] = {}
        self.rest_s: list[tuple[float, str]] = []
        self.refuses = 0
        self.open_orders: list[RestingOrder] = []
        self._flow = Flow(clock=self.time.clock)
        self._origin_s = self.time.clock.monotonic_s()

    @property
    def now_s(self) -> float:
        return self.time.clock.monotonic_s() - self._origin_s

    def rest(self, symbol: str, *, rpi: bool = False) -> RestBook:
        return self.books.setdefault((symbol, rpi), RestBook())

    def update(
        self, topic: str, prev_ts: int, ts: int, bids: Iterable[tuple[str, str]] = (), asks: Iterable[Any] = ()
    ) -> None:
        symbol = topic.split("@")[1]
        self.exchange.push(topic, {"s": symbol, "prevTs": prev_ts, "ts": ts, "bids": [*bids], "asks": [*asks]})

    async def send(self, request: Request[AnswerT], *, patience: Patience | None = None) -> AnswerT:
        """Make one call through the client's flow; the waits are virtual."""
        steps = self._flow.call(request, patience=patience)
        told: HttpReply | Lost | None = None
        try:
            while True:
                match steps.send(told):
                    case Send(sent, _):
                        await self.time.sleep(LATENCY_S)
                        told = self._reply(sent)
                    case Sleep(seconds):
                        await self.time.sleep(seconds)
                        told = None
        except StopIteration as end:
            return end.value

    @contextlib.asynccontextmanager
    async def opened(self, *, rules: Rules | None = None) -> AsyncGenerator[Market]:
        clock, sleep = self.time.clock, self.time.sleep
        stream = PublicStream(
            Environment.live(),
            clock=clock,
            sleep=sleep,
            chance=random.Random(1),
            dialer=self.exchange,
            connects=Budget(CONNECTS, clock=clock, sleep=sleep),
            rules=rules or Rules(),
        )
        seeder = Seeder(clock=clock, sleep=sleep)
        market = Market(stream, self, seeder=seeder, clock=clock, open_orders=lambda: self.open_orders)
        try:
            yield market
        finally:
            await market.close()

    async def book(self, market: Market, symbol: str, depth: int = 50, **options: Any) -> LiveBook:
        """Ask for a book and let the time pass that it needs."""
        [book] = await self.all_books(market, [symbol], depth, **options)
        return book

    async def all_books(
        self, market: Market, symbols: Iterable[str], depth: int = 50, **options: Any
    ) -> list[LiveBook]:
        tasks = [asyncio.create_task(market.book(symbol, depth, timeout_s=60, **options)) for symbol in symbols]
        for _ in range(120):
            await self.time.run(0.5)
            if all(task.done() for task in tasks):
                break
        return [await task for task in tasks]

    def _reply(self, request: HttpRequest) -> HttpReply:
        query = parse_qs(urlsplit(request.target).query)
        symbol, rpi = query["symbol"][0], query.get("rpi") == ["true"]
        self.rest_s.append((self.now_s, symbol))
        if self.refuses:
            self.refuses -= 1
            return HttpReply(429, b'{"success":false,"code":-1003,"message":"too many requests"}')
        book = self.rest(symbol, rpi=rpi)
        sides = {
            name: [{"price": price, "quantity": size} for price, size in levels]
            for name, levels in (("bids", book.bids), ("asks", book.asks))
        }
        return HttpReply(200, json.dumps({"success": True, "timestamp": book.timestamp, "data": sides}).encode())
