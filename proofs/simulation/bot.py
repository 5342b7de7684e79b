"""This file is the program that uses the desk in a simulation: it trades at random, and reads what happens."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from proofs.simulation.floor import PERPETUAL, SPOT
from woodlot.desk.desk import Desk
from woodlot.desk.live_book import LiveBook
from woodlot.desk.live_order import LiveOrder
from woodlot.errors import WoodlotError
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import PlaceOrder

_MOST_OPEN = 12
_QUANTITIES = {SPOT: ("50", "400"), PERPETUAL: ("0.001", "0.01")}
# So much of the price is a limit order away from the last one seen, at most.
_SPREAD = 0.002


class Bot:
    """Trade at random until told to stop. Handles are drawn here, so that a seed gives the same ones."""

    def __init__(
        self, desk: Desk, chance: random.Random, *, books: Mapping[str, LiveBook], pause_s: tuple[float, float]
    ) -> None:
        self._desk = desk
        self._pause_s = pause_s
        self._books = books
        self._chance = chance
        self.told: list[tuple[str, int, int]] = []
        """Every execution as it came: symbol, trade, order."""

        self.did: Counter[str] = Counter()
        self.handles: Counter[int] = Counter()
        self.is_busy = True
        self._waiting: set[asyncio.Task[None]] = set()

    async def read(self) -> None:
        async for fill in self._desk.executions():
            self.told.append((fill.symbol, fill.trade_id, fill.order_id))

    async def trade(self) -> None:
        """Do something again and again; no call is waited for before the next is made."""
        while self.is_busy:
            await asyncio.sleep(self._chance.uniform(*self._pause_s))
            task = asyncio.create_task(self._act())
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def rest(self) -> None:
        """Stop, and wait for what is under way."""
        self.is_busy = False
        while self._waiting:
            await asyncio.wait(set(self._waiting))

    async def _act(self) -> None:
        orders = self._desk.orders()
        what = self._chance.random()
        try:
            if orders and (what < 0.3 or len(orders) >= _MOST_OPEN):
                await self._end_one(self._chance.choice(orders))
            elif orders and what < 0.4:
                self.did["amends"] += 1
                await self._chance.choice(orders).amend(quantity=_QUANTITIES[SPOT][1])
            elif what < 0.42:
                self.did["cancels of all"] += 1
                await self._desk.cancel_all()
            else:
                await self._place()
        except WoodlotError as error:
            self.did[type(error).__name__] += 1

    async def _end_one(self, order: LiveOrder) -> None:
        self.did["cancels"] += 1
        await order.cancel()

    async def _place(self) -> None:
        chance = self._chance
        symbol = chance.choice((SPOT, SPOT, PERPETUAL))
        side = chance.choice((Side.BUY, Side.SELL))
        kind = chance.choice((OrderType.LIMIT, OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET, OrderType.IOC))
        handle = chance.getrandbits(62) + 1
        price = None if kind is OrderType.MARKET else self._price(symbol)
        if kind is not OrderType.MARKET and price is None:
            return
        self.handles[handle] += 1
        self.did[f"{kind.value} orders"] += 1
        await self._desk.place(
            PlaceOrder(symbol=symbol, side=side, type=kind, price=price, quantity=chance.choice(_QUANTITIES[symbol]),
                       client_order_id=handle)
        )  # fmt: skip

    def _price(self, symbol: str) -> Decimal | None:
        """Return a price near the middle of the book, None while it cannot be read."""
        book = self._books.get(symbol)
        if book is None or not book.is_readable:
            return None
        bid, ask = book.best_bid, book.best_ask
        if bid is None or ask is None:
            return None
        moved = (bid[0] + ask[0]) / 2 * Decimal(1 + self._chance.uniform(-_SPREAD, _SPREAD))
        return moved.quantize(bid[0])
