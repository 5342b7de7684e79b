"""This file is the course of one seed: trouble, then calm, and then everything must agree with the exchange."""

import asyncio
import contextlib
import itertools
import os
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from proofs.simulation.bot import Bot
from proofs.simulation.floor import PERPETUAL, SPOT, Floor
from proofs.simulation.loop import run
from proofs.simulation.network import Network, Trace
from proofs.simulation.troubles import CALM, Dice, Troubles
from woodlot.book.transition import BookState, Transition
from woodlot.clock import ManualClock
from woodlot.config import Environment
from woodlot.desk.desk import Desk
from woodlot.desk.limits import Limits
from woodlot.desk.live_book import LiveBook
from woodlot.desk.terms import Seams
from woodlot.errors import WoodlotError
from woodlot.wire.enums import StatusFilter
from woodlot.wire.trade import GetOrders, GetTransactionHistory

TROUBLE_S = 60.0
# The longest call is given up after 10 s, and nothing here is under way for longer: so long after it, silence proves.
_CALL_S = 10.0
_ABSENCE_IS_PROOF_AFTER_S = 40.0
# Long enough for a doubt that began with the calm: 40 s, a question at most a minute later, REST's lag.
_CALM_S = 130.0
_BOOKS_WITHIN_S = 60.0
_PAGE = 500
_NUMBERS = itertools.count()


@dataclass
class Result:
    """What one course came to; `problems` is empty if all is well."""

    troubles: Troubles
    events: int = 0
    digest: str = ""
    fills: int = 0
    ran: Counter[str] = field(default_factory=Counter[str])
    struck: Counter[str] = field(default_factory=Counter[str])
    problems: list[str] = field(default_factory=list[str])


class Course:
    """One seed. Everything in it hangs on one clock and one source of chance."""

    step_s = 0.05
    """How often the market moves."""

    pause_s = (0.05, 1.0)
    """How long the bot waits before it does the next thing."""

    def __init__(
        self, seed: int, *, trouble_s: float = TROUBLE_S, troubles: Troubles | None = None, has_calm: bool = True
    ) -> None:
        chance = random.Random(seed)
        self._seed = seed
        self._trouble_s = trouble_s
        self._has_calm = has_calm
        self._clock = ManualClock()
        self._dice = Dice(chance, troubles or Troubles.drawn(chance))
        self._floor = Floor(self._clock, seed=chance.randrange(1_000))
        self._trace = Trace(self._floor)
        self._network = Network(self._floor, self._dice, self._trace)
        self._bot_chance = random.Random(chance.random())
        self._books = dict[str, LiveBook]()
        self.result = Result(self._dice.troubles)

    def __call__(self) -> Result:
        _, moves = run(self._run(), clock=self._clock)
        counts = self._floor.counts
        # An event is something that happens to one of the two: a step of the market, a message told by it, a call or a
        # command it carries out, a message or reply that the desk hears, a timer that fires.
        self.result.events = counts.steps + counts.told + counts.calls + counts.commands + self._trace.events + moves
        self.result.digest = self._trace.hexdigest()
        self.result.struck = self._dice.struck
        return self.result

    def _desk(self) -> Desk:
        # One claim and one budget per address: no two runs share theirs.
        host = f"{self._seed}-{os.getpid()}-{next(_NUMBERS)}.simulation.invalid"
        return Desk.open(
            Environment.at(f"https://{host}", f"wss://{host}"),
            self._floor.credentials,
            journal=":memory:",
            limits=Limits.off(),
            absence_is_proof_after_s=_ABSENCE_IS_PROOF_AFTER_S,
            timeout_s=_CALL_S,
            clock=self._clock,
            chance=random.Random(self._bot_chance.random()),
            seams=Seams(transport=self._network, dialer=self._network),
        )

    async def _run(self) -> None:
        tasks = [asyncio.create_task(one) for one in (self._move_market(), self._push_accounts())]
        try:
            async with self._desk() as desk:
                bot = Bot(desk, self._bot_chance, books=self._books, pause_s=self.pause_s)
                tasks += [asyncio.create_task(one) for one in (bot.read(), bot.trade(), *self._follow(desk))]
                tasks += [asyncio.create_task(one) for one in self.disturbances()]
                await asyncio.sleep(self._trouble_s)
                if self._has_calm:
                    await self._calm(desk, bot)
            for task in tasks:
                if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                    raise error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # The exchange's own pace.

    async def _move_market(self) -> None:
        while True:
            await asyncio.sleep(self.step_s if self._floor.is_moving else 1.0)
            if not self._network.is_down:
                self._floor.step()

    async def _push_accounts(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            if not self._network.is_down:
                self._floor.push_account()

    def _follow(self, desk: Desk) -> list[Coroutine[Any, Any, None]]:
        async def follow(symbol: str) -> None:
            while symbol not in self._books:
                with contextlib.suppress(WoodlotError):
                    self._books[symbol] = await desk.book(symbol)
                # A refusal comes at once, and would come again within the same moment.
                await asyncio.sleep(1.0)

        return [follow(SPOT), follow(PERPETUAL)]

    # Trouble.

    def disturbances(self) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on beside desk and bot until the end."""
        troubles = self._dice.troubles
        return [
            self._now_and_then(troubles.cut_every_s, "sockets cut", self._cut_one),
            self._now_and_then(troubles.deaf_every_s, "sockets half open", self._deafen_one),
            self._now_and_then(troubles.stall_every_s, "sockets stalled", self._stall_one),
            self._now_and_then(troubles.theft_every_s, "listen keys stolen", self._floor.steal_key),
            self._now_and_then(troubles.outage_every_s, "outages", self._fail),
        ]

    async def _now_and_then(self, every_s: float, what: str, do: Callable[[], None]) -> None:
        while every_s:
            await asyncio.sleep(self._dice.chance.uniform(0.5, 1.5) * every_s)
            if self._dice.troubles is CALM:
                return
            self._dice.struck[what] += 1
            do()

    def _cut_one(self) -> None:
        if links := self._network.open_links():
            self._dice.chance.choice(links).cut()

    def _deafen_one(self) -> None:
        if links := self._network.open_links():
            self._dice.chance.choice(links).fall_deaf()

    def _stall_one(self) -> None:
        if links := self._network.open_links():
            self._dice.chance.choice(links).stall(self._some_time_s())

    def _fail(self) -> None:
        """Be out of reach for a while: every socket is cut, no call gets through."""
        self._network.is_down = True
        self._network.cut_all()
        asyncio.get_running_loop().call_later(self._some_time_s(), self._recover)

    def _recover(self) -> None:
        self._network.is_down = False

    def _some_time_s(self) -> float:
        return self._dice.chance.uniform(0.2, self._dice.troubles.longest_s)

    # Calm.

    async def _calm(self, desk: Desk, bot: Bot) -> None:
        """Let nothing go wrong any more: within a stated time everything agrees, and stays so."""
        self._dice.troubles = CALM
        self._recover()
        await bot.rest()
        await asyncio.sleep(_BOOKS_WITHIN_S)
        self._floor.is_moving = False
        await asyncio.sleep(1.0)
        await self._check_books()
        await asyncio.sleep(_CALM_S - _BOOKS_WITHIN_S)
        self._check_executions(bot)
        self._check_orders(desk, bot)
        self._check_holdings(desk)
        self._expect(desk.account.is_live, "the private stream is not live")
        self._expect(desk.account.books.tracker.unsettled_since_ms is None, "executions are still kept back")
        self.result.ran.update(bot.did)
        self.result.ran["executions told"] = len(bot.told)

    async def _check_books(self) -> None:
        for symbol in (SPOT, PERPETUAL):
            book = self._books.get(symbol)
            if book is None:
                self.result.problems.append(f"the book of {symbol} never became readable")
                continue
            self._expect(book.state is BookState.SYNCED, f"the book of {symbol} is {book.state}: {book.reason}")
            if book.is_readable:
                shown, true = book.levels(book.depth), self._floor.exchange.window(symbol, book.depth)
                self._expect(shown == true, f"the book of {symbol} is not the exchange's")
                verdict = await book.audit()
                self._expect(verdict is Transition.AGREED, f"an audit of {symbol} said: {verdict.value}")
            self.result.ran.update({f"book {transition.name}": count for transition, count in book.counts.items()})

    def _check_executions(self, bot: Bot) -> None:
        rows = self._floor.exchange.transactions(self._floor.account, GetTransactionHistory(limit=_PAGE)).rows
        truth = {row.id for row in rows}
        oldest = min(truth, default=0)
        told = Counter(trade for _, trade, _ in bot.told)
        self.result.fills = len(told)
        self._expect(not truth - told.keys(), f"executions lost: {sorted(truth - told.keys())[:5]}")
        strange = {trade for trade in told if trade >= oldest} - truth
        self._expect(not strange, f"executions that never happened: {sorted(strange)[:5]}")
        twice = [trade for trade, count in told.items() if count > 1]
        self._expect(not twice, f"executions told twice: {twice[:5]}")

    def _check_orders(self, desk: Desk, bot: Bot) -> None:
        query = GetOrders(status=StatusFilter.INCOMPLETE, size=_PAGE)
        open_there = {
            row.order_id: row.executed for row in self._floor.exchange.orders(self._floor.account, query).rows
        }
        open_here = {order.order_id: order.filled_quantity for order in desk.orders()}
        self._expect(open_here == open_there, f"open orders here {open_here}, there {open_there}")
        placed = Counter(
            row.client_order_id for row in self._floor.exchange.orders(self._floor.account, GetOrders(size=_PAGE)).rows
        )
        twice = [handle for handle in bot.handles if placed[handle] > 1]
        self._expect(not twice, f"orders placed twice: {twice[:5]}")

    def _check_holdings(self, desk: Desk) -> None:
        there = {row.token: row.holding for row in self._floor.exchange.balances(self._floor.account) if row.holding}
        here = {token: row.holding for token, row in desk.balances().items() if row.holding}
        self._expect(here == there, f"balances here {here}, there {there}")
        held = self._floor.exchange.futures.positions(self._floor.account).positions
        positions = {row.symbol: row.holding for row in held if row.holding}
        believed = {symbol: row.holding for (symbol, _), row in desk.positions().items() if row.holding}
        self._expect(believed == positions, f"positions here {believed}, there {positions}")

    def _expect(self, holds: bool, problem: str) -> None:  # noqa: FBT001 - a statement and its name
        if not holds and len(self.result.problems) < 5:
            self.result.problems.append(problem)
