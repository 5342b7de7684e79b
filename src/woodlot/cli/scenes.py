"""This file is the six uses as scenes: each does its part on a desk and notes every figure beside the ledger's."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from woodlot.cli.counting import CountingTransport
from woodlot.desk.desk import Desk
from woodlot.desk.live_book import LiveBook
from woodlot.desk.live_order import LiveOrder
from woodlot.errors import BookNotInSync
from woodlot.rest.async_client import AsyncClient
from woodlot.rest.pacing import Pacer
from woodlot.sandbox.server import Sandbox
from woodlot.wire.enums import OrderType, Side, StatusFilter
from woodlot.wire.public import GetOrderBook, OrderBook
from woodlot.wire.trade import CancelAllOrders, GetOrders, GetTransactionHistory, OrderRow, PlaceOrder, Transaction


class Voice(Protocol):
    """Where a scene tells what happens."""

    def say(self, text: str) -> None: ...

    def levels(self, book: LiveBook) -> None: ...


@dataclass(frozen=True)
class Stage:
    """A desk on a sandbox, and a look into the sandbox's ledger that does not pass through the desk."""

    desk: Desk
    sandbox: Sandbox

    @classmethod
    def of(cls, desk: Desk) -> "Stage":
        if desk.sandbox is None:
            raise ValueError("the demo plays on the embedded sandbox")
        return cls(desk, desk.sandbox)

    def row(self, order: LiveOrder) -> OrderRow:
        return self.sandbox.exchange.order(self.sandbox.account_id, order_id=order.order_id)

    def rows(self, query: GetOrders) -> tuple[OrderRow, ...]:
        return self.sandbox.exchange.orders(self.sandbox.account_id, query).rows

    def fills(self, symbol: str) -> tuple[Transaction, ...]:
        query = GetTransactionHistory(symbol=symbol, limit=500)
        return self.sandbox.exchange.transactions(self.sandbox.account_id, query).rows

    def holding(self, token: str) -> Decimal:
        return self.sandbox.exchange.balances(self.sandbox.account_id, token)[0].holding


@dataclass(frozen=True)
class Figure:
    """Something shown, and what the ledger says of it; None where the ledger has no opinion."""

    name: str
    shown: Any
    ledger: Any = None

    @property
    def is_ok(self) -> bool:
        return self.ledger is None or self.shown == self.ledger


@dataclass
class Scene(ABC):
    """One use of the guide."""

    number: ClassVar[int]
    title: ClassVar[str]

    figures: list[Figure] = field(default_factory=list[Figure])
    seconds: float = 0.0

    async def play(self, stage: Stage, voice: Voice) -> None:
        started = time.monotonic()
        await self.act(stage, voice)
        self.seconds = round(time.monotonic() - started, 2)

    @abstractmethod
    async def act(self, stage: Stage, voice: Voice) -> None: ...

    def note(self, name: str, shown: Any, ledger: Any = None) -> None:
        self.figures.append(Figure(name, shown, ledger))

    @property
    def is_ok(self) -> bool:
        return all(figure.is_ok for figure in self.figures)

    def as_dict(self) -> dict[str, Any]:
        return {
            "use": self.number,
            "title": self.title,
            "ok": self.is_ok,
            "seconds": self.seconds,
            "figures": [
                {
                    "name": figure.name,
                    "shown": _plain(figure.shown),
                    "ledger": _plain(figure.ledger),
                    "ok": figure.is_ok,
                }
                for figure in self.figures
            ],
        }


class LimitOrder(Scene):
    number = 1
    title = "Place a limit order"

    async def act(self, stage: Stage, voice: Voice) -> None:
        order = await stage.desk.buy("SPOT_BTC_USDT", "0.001", price="30000")
        await order.working()
        row = stage.row(order)
        voice.say(f"order {order.order_id}: buy {order.quantity} BTC at {order.price}")
        voice.say(f"it is {order.state.value}: resting far below the market, {row.visible} of it in the book")
        self.note("order id", order.order_id, row.order_id)
        self.note("client order id", order.client_order_id, row.client_order_id)
        self.note("price", order.price, row.price)
        self.note("quantity", order.quantity, row.quantity)
        self.note("status", str(order.known.status), str(row.status))


class MarketOrder(Scene):
    number = 2
    title = "Place a market order"

    async def act(self, stage: Stage, voice: Voice) -> None:
        before = stage.holding("USDT")
        order = await stage.desk.sell("SPOT_ETH_USDT", "0.05")
        await order.filled()
        row = stage.row(order)
        fee = order.fees["USDT"]
        voice.say(f"order {order.order_id}: sold {order.filled_quantity} ETH at {order.average_price} on average")
        voice.say(f"fee {fee} USDT, {len(order.known.trade_ids)} fills")
        self.note("filled", order.filled_quantity, row.executed)
        self.note("average price", order.average_price, row.average_executed_price)
        self.note("fee in USDT", fee, row.total_fee)
        proceeds = sum((fill.executed_price * fill.executed_quantity for fill in _of(stage, order)), Decimal(0))
        self.note("proceeds after fee", proceeds - fee, stage.holding("USDT") - before)


class CancelById(Scene):
    number = 3
    title = "Cancel an order by its id"

    async def act(self, stage: Stage, voice: Voice) -> None:
        order = next(order for order in stage.desk.orders() if order.symbol == "SPOT_BTC_USDT")
        asked = time.monotonic()
        await order.cancel()
        voice.say(f"the exchange answered that the cancel of {order.order_id} was sent on")
        await order.settled()
        voice.say(f"{_ms(asked)} ms after asking it is {order.state.value}, {order.filled_quantity} filled before that")
        row = stage.row(order)
        self.note("status", str(order.known.status), str(row.status))
        self.note("filled", order.filled_quantity, row.executed)
        self.note(
            "open orders left", len(stage.desk.orders()), len(stage.rows(GetOrders(status=StatusFilter.INCOMPLETE)))
        )


class LocalBook(Scene):
    number = 4
    title = "Keep a local order book"

    async def act(self, stage: Stage, voice: Voice) -> None:
        book = await stage.desk.book("SPOT_WOO_USDT")
        await _until_synced(book)
        voice.say(f"{book.symbol} is {book.state.value}")
        voice.levels(book)
        await self._compare(stage, book, "levels before the cut")
        reader = book.changes()
        voice.say("the connection is cut, without a close frame")
        cut = time.monotonic()
        stage.sandbox.cut_streams("public")
        async for change in reader:
            if not change.state.is_readable:
                break
        voice.say(f"{_ms(cut)} ms later the book says {book.state.value}: {book.standing.reason}")
        self.note("reading it meanwhile is refused", _is_refused(book), ledger=True)
        await _until_synced(book)
        healed_ms = _ms(cut)
        voice.say(f"{healed_ms} ms after the cut it is {book.state.value} again")
        voice.levels(book)
        await self._compare(stage, book, "levels after the cut")
        self.note("ms from cut to SYNCED", healed_ms)

    async def _compare(self, stage: Stage, book: LiveBook, name: str) -> None:
        """Hold all 50 levels against the exchange's own window of the same moment."""
        theirs = await self._snapshot_of_now(stage, book)
        bids, asks = book.levels(book.depth)
        self.note(f"{name}: ts", book.ts, theirs.timestamp)
        self.note(f"{name}: all {len(bids)} bids, {len(asks)} asks", (bids, asks), _levels(theirs))

    async def _snapshot_of_now(self, stage: Stage, book: LiveBook) -> OrderBook:
        """Ask until no frame is on its way between the exchange and the book."""
        async with asyncio.timeout(10):
            while True:
                theirs = await stage.desk.client.send(GetOrderBook(symbol=book.symbol, max_level=book.depth))
                if theirs.timestamp == book.ts:
                    return theirs
                await asyncio.sleep(0.12)


class Backoff(Scene):
    number = 5
    title = "Back off on rate limits"
    orders = 20

    async def act(self, stage: Stage, voice: Voice) -> None:
        transport = CountingTransport(stage.desk.environment)
        started = time.monotonic()
        # Left to itself a client paces its calls and never meets a 429.
        pacer = Pacer.unlimited()
        async with AsyncClient(
            stage.desk.environment, stage.desk.credentials, transport=transport, pacer=pacer
        ) as client:
            voice.say(f"{self.orders} orders at once without pacing, where the exchange takes 5 a second")
            placing = [client.send(_far_below(number)) for number in range(self.orders)]
            acks = await asyncio.gather(*placing)
            voice.say(
                f"{transport.statuses[429]} of {transport.sent} requests were answered 429; each proves that nothing "
                f"happened, so each was sent again later under its own id"
            )
            voice.say(f"all {len(acks)} are accepted after {time.monotonic() - started:.1f} s")
            mine = {ack.client_order_id for ack in acks}
            there = [
                row for row in stage.rows(GetOrders(symbol="SPOT_BTC_USDT", size=500)) if row.client_order_id in mine
            ]
            self.note("orders accepted", len({ack.order_id for ack in acks}), len(there))
            self.note("ids used once each", len(mine), len({row.client_order_id for row in there}))
            self.note("requests answered 429", transport.statuses[429], transport.sent - len(there))
            await client.send(CancelAllOrders(symbol="SPOT_BTC_USDT"))


class Executions(Scene):
    number = 6
    title = "Follow executions while the key is renewed"
    symbol = "SPOT_WOO_USDT"
    least_orders = 10
    most_orders = 60

    async def act(self, stage: Stage, voice: Voice) -> None:
        account = stage.desk.account
        keys, renewals = account.keys_made, 0
        shown: Counter[int] = Counter()
        reading = asyncio.create_task(self._read(stage, shown))
        voice.say("market orders go out while the private stream's key ends and is renewed")
        after_renewal = 0
        for number in range(self.most_orders):
            side = Side.BUY if number % 2 == 0 else Side.SELL
            order = await stage.desk.place(
                PlaceOrder(symbol=self.symbol, side=side, type=OrderType.MARKET, quantity="200")
            )
            await order.settled()
            if account.keys_made - keys > renewals:
                renewals = account.keys_made - keys
                voice.say(f"key {account.keys_made} replaces key {account.keys_made - 1}; the old socket is gone")
            after_renewal += renewals > 0
            if after_renewal >= 4 and number + 1 >= self.least_orders:
                break
            await asyncio.sleep(0.2)
        await self._settle(stage, shown)
        reading.cancel()
        ledger = [fill.id for fill in stage.fills(self.symbol)]
        voice.say(
            f"{sum(shown.values())} fills shown, {len(ledger)} in the ledger, {account.recovered} found over REST"
        )
        self.note("key renewals", renewals)
        self.note("fills shown", sum(shown.values()), len(ledger))
        self.note("each of them once", sorted(shown.elements()), sorted(ledger))

    async def _read(self, stage: Stage, shown: Counter[int]) -> None:
        async for execution in stage.desk.executions():
            if execution.symbol == self.symbol:
                shown[execution.trade_id] += 1

    async def _settle(self, stage: Stage, shown: Counter[int]) -> None:
        for _ in range(100):
            if len(shown) >= len(stage.fills(self.symbol)):
                return
            await asyncio.sleep(0.05)


SCENES: tuple[type[Scene], ...] = (LimitOrder, MarketOrder, CancelById, LocalBook, Backoff, Executions)


def _far_below(number: int) -> PlaceOrder:
    price = Decimal(30000) + number
    return PlaceOrder(symbol="SPOT_BTC_USDT", side=Side.BUY, type=OrderType.LIMIT, price=price, quantity="0.001")


def _of(stage: Stage, order: LiveOrder) -> list[Transaction]:
    return [fill for fill in stage.fills(order.symbol) if fill.order_id == order.order_id]


def _levels(book: OrderBook) -> tuple[list[tuple[Decimal, Decimal]], list[tuple[Decimal, Decimal]]]:
    bids, asks = (
        [(Decimal(level.price), Decimal(level.quantity)) for level in side] for side in (book.bids, book.asks)
    )
    return bids, asks


async def _until_synced(book: LiveBook) -> None:
    async with asyncio.timeout(30):
        if book.state.value == "SYNCED":
            return
        async for change in book.changes():
            if change.state.value == "SYNCED":
                return


def _is_refused(book: LiveBook) -> bool:
    try:
        _ = book.best_bid
    except BookNotInSync:
        return True
    return False


def _ms(since: float) -> int:
    return round((time.monotonic() - since) * 1000)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]  # pyright: ignore[reportUnknownVariableType] - any list of figures
    return value
