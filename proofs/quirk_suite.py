"""This file is what a desk must be able to do at any exchange there may be: a short life in virtual time.

It follows two books, places, changes, fills and cancels, reads pages, loses its sockets, its listen key to a thief and
to age; in the end everything it believes is held against the exchange.
"""

import asyncio
import itertools
import os
import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from proofs.simulation.floor import MONEY, PERPETUAL, SPOT, Floor
from proofs.simulation.loop import run
from proofs.simulation.network import Network, Trace
from proofs.simulation.troubles import CALM, Dice
from woodlot.book.transition import BookState
from woodlot.clock import ManualClock
from woodlot.config import Environment
from woodlot.desk.desk import Desk
from woodlot.desk.limits import Limits
from woodlot.desk.live_book import LiveBook
from woodlot.desk.live_order import LiveOrder
from woodlot.desk.terms import Seams
from woodlot.errors import NotFound, Rejected
from woodlot.orders.states import OrderState
from woodlot.rest.pages import AsyncPages, walk
from woodlot.sandbox.quirks import Quirks
from woodlot.wire.enums import OrderType, Side, StatusFilter
from woodlot.wire.trade import CancelOrder, GetOrders, GetTransactionHistory, OrderRow, PlaceOrder, Transaction

_NUMBERS = itertools.count()
_STEP_S = 0.05
_KEY_LIFE_S = 60.0
_PATIENCE_S = 90.0
# Long enough for a stolen key that leaves a silent socket to be noticed, and for an aged one to be replaced.
_AFTER_THEFT_S = 15.0


class Wrong(AssertionError):
    """The desk and the exchange do not agree, or something was never done."""


class QuirkSuite:
    """One set of quirks. `did` counts what was done."""

    def __init__(self, quirks: Quirks, *, seed: int) -> None:
        self._clock = ManualClock()
        chance = random.Random(seed)
        self._floor = Floor(self._clock, seed=seed % 1_000, quirks=quirks, key_life_ms=round(_KEY_LIFE_S * 1000))
        self._somebody = self._floor.exchange.open_account("somebody", MONEY, watched=False).id
        self._network = Network(self._floor, Dice(chance, CALM), Trace(self._floor))
        # One claim and one budget per address: no two runs share theirs.
        host = f"quirks-{seed}-{os.getpid()}-{next(_NUMBERS)}.invalid"
        self._desk = Desk.open(
            Environment.at(f"https://{host}", f"wss://{host}"),
            self._floor.credentials,
            journal=":memory:",
            limits=Limits.off(),
            clock=self._clock,
            chance=chance,
            seams=Seams(transport=self._network, dialer=self._network),
        )
        self._told: list[int] = []
        self.did: Counter[str] = Counter()

    def __call__(self) -> None:
        """Raises Wrong, or whatever the desk raises."""
        run(self._live(), clock=self._clock)

    async def _live(self) -> None:
        tasks = [asyncio.create_task(one) for one in (self._move_market(), self._push_accounts())]
        try:
            async with self._desk:
                tasks.append(asyncio.create_task(self._read()))
                books = [await self._desk.book(symbol, timeout_s=_PATIENCE_S) for symbol in (SPOT, PERPETUAL)]
                await self._trade()
                await self._be_refused()
                await self._lose_sockets()
                await self._lose_keys()
                await self._agree(books)
            for task in tasks:
                if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                    raise error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # What the desk does.

    async def _read(self) -> None:
        async for fill in self._desk.executions():
            self._told.append(fill.trade_id)

    async def _trade(self) -> None:
        desk = self._desk
        resting = await desk.buy(SPOT, 100, price=self._away(-200))
        await resting.working()
        await resting.amend(quantity=150)
        await self._until(lambda: resting.quantity == 150, "an amended order was not told")
        await resting.cancel()
        await self._settled(resting, OrderState.CANCELLED)
        await self._settled(await desk.buy(SPOT, 100), OrderState.FILLED)
        await self._settled(await desk.sell(SPOT, 60), OrderState.FILLED)
        await self._settled(await desk.buy(SPOT, 50, price=self._away(-200), type=OrderType.IOC), OrderState.CANCELLED)
        crossing = await desk.buy(SPOT, 50, price=self._away(120), type=OrderType.POST_ONLY)
        await self._settled(crossing, OrderState(self._floor.quirks.crossing_post_only_ends.value))
        _expect(not crossing.filled_quantity, "a crossing POST_ONLY order has traded")
        await self._settled(await desk.buy(PERPETUAL, "0.002"), OrderState.FILLED)
        await self._settled(await desk.sell(PERPETUAL, "0.001", reduce_only=True), OrderState.FILLED)
        near = await desk.sell(SPOT, 60, price=self._away(1))
        self._trade_with_us("BUY", near.price)
        await self._settled(near, OrderState.FILLED)
        self.did["orders"] += 9

    async def _be_refused(self) -> None:
        desk = self._desk
        try:
            await desk.buy(SPOT, 100_000_000, price=self._away(-1))
        except Rejected:
            self.did["refusals"] += 1
        else:
            raise Wrong("an order that nobody can pay was not refused")
        try:
            await desk.client.send(CancelOrder(order_id=1, symbol=SPOT))
        except (NotFound, Rejected):
            self.did["refusals"] += 1
        else:
            raise Wrong("a cancel of nothing was not refused")

    async def _lose_sockets(self) -> None:
        """Lose every socket while an order is about to trade: the execution is told once all the same."""
        near = await self._desk.buy(SPOT, 60, price=self._away(0))
        self._network.cut_all()
        self._trade_with_us("SELL", near.price)
        await self._settled(near, OrderState.FILLED)
        await self._until(lambda: self._desk.account.is_live, "the private stream did not come back")
        self.did["reconnects"] += 1

    async def _lose_keys(self) -> None:
        self._floor.is_moving = False
        self._floor.steal_key()
        await asyncio.sleep(_AFTER_THEFT_S)
        await self._until(lambda: self._desk.account.is_live, "the private stream did not survive the theft of its key")
        await self._settled(await self._desk.buy(SPOT, 60), OrderState.FILLED)
        await asyncio.sleep(1.5 * _KEY_LIFE_S)
        await self._until(lambda: self._desk.account.is_live, "the private stream did not survive the age of its key")
        await self._settled(await self._desk.sell(SPOT, 60), OrderState.FILLED)
        self.did["keys replaced"] += 2

    # What must be true in the end.

    async def _agree(self, books: list[LiveBook]) -> None:
        left = await self._desk.buy(SPOT, 100, price=self._away(-200))
        self._floor.is_moving = True
        await asyncio.sleep(3.0)
        self._floor.is_moving = False
        await asyncio.sleep(3.0)
        exchange, account = self._floor.exchange, self._floor.account
        truth = [row.id for row in exchange.transactions(account, GetTransactionHistory(limit=500)).rows]
        _expect(sorted(self._told) == sorted(truth), f"executions told {len(self._told)}, made {len(truth)}")
        _expect([order.order_id for order in self._desk.orders()] == [left.order_id], "another order is open here")
        there = {row.token: row.holding for row in exchange.balances(account) if row.holding}
        here = {token: row.holding for token, row in self._desk.balances().items() if row.holding}
        _expect(here == there, f"balances here {here}, there {there}")
        await self._agree_about_pages(truth)
        for book in books:
            self._agree_about(book)
        self.did["executions"] += len(truth)

    async def _agree_about_pages(self, truth: list[int]) -> None:
        send = self._desk.client.send
        fills = AsyncPages[Transaction](walk(GetTransactionHistory(symbol=SPOT, limit=3)), send)
        spot = {row.id for row in [row async for row in fills]}
        rows = self._floor.exchange.transactions(
            self._floor.account, GetTransactionHistory(symbol=SPOT, limit=500)
        ).rows
        _expect(spot == {row.id for row in rows} <= set(truth), "pages of fills lose or make some")
        asked = GetOrders(status=StatusFilter.COMPLETED, size=4, end_time=self._clock.now_ms())
        orders = [row.order_id async for row in AsyncPages[OrderRow](walk(asked), send)]
        every = self._floor.exchange.orders(
            self._floor.account, GetOrders(status=StatusFilter.COMPLETED, size=500)
        ).rows
        _expect(sorted(orders) == sorted(row.order_id for row in every), "pages of orders lose or repeat some")
        self.did["pages"] += 2

    def _agree_about(self, book: LiveBook) -> None:
        _expect(
            book.state in {BookState.SYNCED, BookState.UNCONFIRMED}, f"{book.symbol} is {book.state}: {book.reason}"
        )
        # A book that has fallen back to ten levels is held to those.
        depth = min(10, book.depth)
        shown, true = book.levels(depth), self._floor.exchange.window(book.symbol, depth)
        with_rpi = self._floor.exchange.window(book.symbol, depth, rpi=True)
        _expect(shown in (true, with_rpi), f"the book of {book.symbol} is not the exchange's ({book.reason})")
        self.did[f"books {book.state}"] += 1

    # Small change.

    def _trade_with_us(self, side: str, price: Decimal | None) -> None:
        """Let somebody take all there is up to this price."""
        order = PlaceOrder(symbol=SPOT, side=Side(side), type=OrderType.IOC, price=price, quantity=100_000)
        self._floor.exchange.place(self._somebody, order)

    async def _settled(self, order: LiveOrder, state: OrderState) -> None:
        await self._until(lambda: order.is_final, f"{order} did not end")
        _expect(order.state is state, f"{order} should have ended {state}")

    async def _until(self, condition: Callable[[], bool], problem: str) -> None:
        for _ in range(round(_PATIENCE_S / 0.25)):
            if condition():
                return
            await asyncio.sleep(0.25)
        raise Wrong(problem)

    def _away(self, ticks: int) -> Decimal:
        """Return a price so many ticks from the best bid."""
        bid = self._floor.exchange.best(SPOT)[0]
        tick = self._floor.exchange.instruments[SPOT].quote_tick
        return (bid[0] if bid else Decimal("0.05")) + ticks * tick

    async def _move_market(self) -> None:
        while True:
            await asyncio.sleep(_STEP_S if self._floor.is_moving else 1.0)
            self._floor.step()

    async def _push_accounts(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self._floor.push_account()


def _expect(holds: bool, problem: str) -> None:  # noqa: FBT001 - a statement and its name
    if not holds:
        raise Wrong(problem)
