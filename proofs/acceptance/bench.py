"""This file is what a case works with: an exchange, a desk on it that can be left and entered again, and questions."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from woodlot.book.transition import Transition
from woodlot.config import Credentials, Environment
from woodlot.desk.desk import Desk
from woodlot.desk.limits import Limits
from woodlot.desk.live_book import LiveBook
from woodlot.desk.live_order import LiveOrder
from woodlot.errors import NotFound
from woodlot.orders.fills import Fill
from woodlot.rest.async_client import AsyncClient
from woodlot.sandbox.fault_grammar import Fault
from woodlot.sandbox.server import Sandbox
from woodlot.wire.enums import OrderStatus, OrderType, Side, StatusFilter
from woodlot.wire.public import GetInstruments, GetOrderBook, Instrument
from woodlot.wire.trade import GetOrder, GetOrders, GetTransactionHistory, OrderRow, PlaceOrder

BTC, ETH, WOO, PERP = "SPOT_BTC_USDT", "SPOT_ETH_USDT", "SPOT_WOO_USDT", "PERP_BTC_USDT"
AWAY = Decimal("0.05")
"""So far from the touch, as a share of it, that an order rests; less than the exchange's band."""
ACROSS = Decimal("-0.01")

_ASK_AGAIN_S = 0.2

FoundT = TypeVar("FoundT")


@dataclass
class Bench:
    """One case's place of work. `box` is the sandbox, which staging does not have."""

    environment: Environment
    credentials: Credentials
    directory: Path
    sandbox: Sandbox | None = None
    _open: Desk | None = None
    # The end of a nanosecond clock: nobody else's ids, on staging neither.
    _handles: Iterator[int] = field(default_factory=lambda: itertools.count(time.time_ns()))

    # The desk.

    @property
    def desk(self) -> Desk:
        """The desk that is open."""
        assert self._open is not None, "the desk was left"
        return self._open

    def another(self, **terms: Any) -> Desk:
        """Describe a desk of this account, on the journal of this bench."""
        known: dict[str, Any] = {"journal": self.directory / "journal", "limits": Limits.off(), "timeout_s": 10.0}
        return Desk.open(self.environment, self.credentials, **(known | terms))

    async def enter(self, **terms: Any) -> Desk:
        """Open the desk: the first time, or again after `leave`."""
        desk = self.another(**terms)
        await desk.__aenter__()
        self._open = desk
        return desk

    async def leave(self) -> None:
        """End the desk as a program does; the exchange stays."""
        if self._open is not None:
            desk, self._open = self._open, None
            await desk.__aexit__(None, None, None)

    async def restart(self, **terms: Any) -> Desk:
        await self.leave()
        return await self.enter(**terms)

    def elsewhere(self) -> AsyncClient:
        """Return a client of the same account that the desk knows nothing of."""
        return AsyncClient(self.environment, self.credentials)

    # The exchange.

    @property
    def box(self) -> Sandbox:
        assert self.sandbox is not None, "the case needs the sandbox"
        return self.sandbox

    def fault(self, text: str) -> int:
        """Let something go wrong from now on; return the number by which it is switched off."""
        return self.box.faults.switch_on(Fault.parse(text))

    async def instrument(self, symbol: str) -> Instrument:
        return (await self.desk.client.send(GetInstruments()))[symbol]

    async def touch(self, symbol: str) -> tuple[Decimal, Decimal]:
        """Return the best bid and the best ask."""
        book = await self.desk.client.send(GetOrderBook(symbol=symbol, max_level=1))
        return Decimal(book.bids[0].price), Decimal(book.asks[0].price)

    async def order(
        self,
        symbol: str,
        side: Side = Side.BUY,
        kind: OrderType = OrderType.LIMIT,
        *,
        away: Decimal = AWAY,
        worth: int = 20,
        **fields: Any,
    ) -> PlaceOrder:
        """Return an order that keeps the rules, `away` from the touch as a share of it; below zero it crosses."""
        bid, ask = await self.touch(symbol)
        price = bid * (1 - away) if side is Side.BUY else ask * (1 + away)
        if away < 0:
            price = ask * (1 - away) if side is Side.BUY else bid * (1 + away)
        wish = PlaceOrder(symbol=symbol, side=side, type=kind, price=price, quantity=worth / price, **fields)
        fitted = (await self.instrument(symbol)).fit(wish)
        assert not fitted.violations, f"no order can be made: {fitted.violations}"
        return fitted.order

    async def rest(self, symbol: str, side: Side = Side.BUY, **fields: Any) -> LiveOrder:
        """Place a limit order away from the market and wait until it works."""
        return await (await self.desk.place(await self.order(symbol, side, **fields))).working()

    def handle(self) -> int:
        """Return a client order id that nobody has used."""
        return next(self._handles)

    # What the exchange itself says, asked by plain calls.

    async def row(self, order: LiveOrder, status: OrderStatus) -> OrderRow:
        """Return an order as the exchange has it, once it has this status; REST may lag."""

        async def shown() -> OrderRow | None:
            try:
                row = await self.desk.client.send(GetOrder(order_id=order.order_id))
            except NotFound:
                return None
            return row if row.status is status else None

        return await self.eventually(shown)

    async def knows(self, client_order_id: int) -> bool:
        """Return whether the exchange knows an order by this id, open or over."""
        try:
            await self.desk.client.send(GetOrder(client_order_id=client_order_id))
        except NotFound:
            return False
        return True

    async def open_ids(self, symbol: str | None = None) -> set[int]:
        """Return the ids of the orders that the exchange lists as open."""
        query = GetOrders(symbol=symbol, status=StatusFilter.INCOMPLETE, size=500)
        return {row.order_id for row in (await self.desk.client.send(query)).rows}

    async def ledger(self, *orders: LiveOrder) -> list[int]:
        """Return the trade ids of some orders by the exchange's history, sorted."""
        ids = {order.order_id for order in orders}
        query = GetTransactionHistory(symbol=orders[0].symbol, limit=500)
        return sorted(row.id for row in (await self.desk.client.send(query)).rows if row.order_id in ids)

    # What the desk tells.

    async def fills(self, *orders: LiveOrder) -> list[Fill]:
        """Return what the desk told of some orders that are over, once it has told all; each once."""
        ids = {order.order_id for order in orders}
        due = sum((order.filled_quantity for order in orders), Decimal(0))
        told: list[Fill] = []
        reader = self.desk.executions()
        while sum((fill.quantity for fill in told), Decimal(0)) < due:
            fill = await anext(reader)
            if fill.order_id in ids:
                told.append(fill)
        while (late := reader.take()) is not None:
            assert late.order_id not in ids, f"execution {late.trade_id} was told beside the total"
        return told

    async def agrees(self, book: LiveBook) -> None:
        """Wait until an audit says that a book is the exchange's own; one that says it is not is a failure."""
        while (verdict := await book.audit()) is not Transition.AGREED:
            assert verdict not in {Transition.DIFFERED, Transition.SILENT}, f"the audit said {verdict.value}"
            await book.ready()

    async def eventually(self, found: Callable[[], Awaitable[FoundT | None]]) -> FoundT:
        """Ask until there is an answer that is not None or False; the case's own time bounds it."""
        while not (answer := await found()):  # noqa: ASYNC110 - the exchange announces nothing
            await asyncio.sleep(_ASK_AGAIN_S)
        return answer

    async def seen(self, condition: Callable[[], bool]) -> None:
        """Wait until something that the desk shows, and does not announce, is so."""
        while not condition():  # noqa: ASYNC110 - nor does this
            await asyncio.sleep(0.02)
