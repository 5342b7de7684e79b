"""This file is what is put behind a bad line: a book, a private stream with orders, and plain calls.

Each subject works through some spells of trouble and then in calm weather, in which it must come to agree with the
exchange, within `CALM_S`. It returns what is wrong; nothing is what all of them should return.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from proofs.chaos_kinds import KINDS
from proofs.chaos_proxy import ChaosProxy
from proofs.hurried_time import HurriedClock
from proofs.witnessed_market import DEPTH, SYMBOL, Market, Window, Witness
from woodlot.book.transition import BookState
from woodlot.desk.desk import Desk
from woodlot.desk.live_book import LiveBook
from woodlot.errors import ExchangeError, OutcomeUnknown, WoodlotError
from woodlot.rest.async_client import AsyncClient
from woodlot.rest.handle import new_client_order_id
from woodlot.rest.pacing import Pacer
from woodlot.rest.resolution import Outcome
from woodlot.sandbox.server import Sandbox, SandboxOptions
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import CancelOrder, GetOrder, PlaceOrder

CALM_S = 600.0
"""A doubt about an order ends 310 s after its call gave up, which it does after 30 s, and a question later."""

_PLACE_EVERY_S = 1.5


@dataclass(slots=True)
class Scene:
    """What a case plays in; `facts` counts what was held against the truth, `spells` how often there was trouble."""

    market: Market
    proxy: ChaosProxy
    clock: HurriedClock
    kind: str
    most_spells: int = 3
    longest_s: float = 30.0
    facts: Counter[str] = field(default_factory=Counter[str])
    spells: int = 0

    @property
    def chance(self) -> random.Random:
        return self.market.chance

    async def weather(self) -> None:
        """Let spells of trouble come and go."""
        for _ in range(self.chance.randint(1, self.most_spells)):
            await asyncio.sleep(self.chance.uniform(0.5, 6.0))
            self.proxy.begin(KINDS[self.kind](self.chance), refuses=self.kind == "refuse")
            await asyncio.sleep(self.chance.uniform(2.0, self.longest_s))
            self.proxy.end()
            self.spells += 1
        self.facts["connections through the proxy"] = self.proxy.accepted


@asynccontextmanager
async def scene(kind: str, chance: random.Random) -> AsyncGenerator[Scene]:
    """Open an exchange of its own for one case, with a bad line before it."""
    clock = HurriedClock(asyncio.get_running_loop())
    options = SandboxOptions(quiet=True, limits=None, seed=chance.getrandbits(32))
    async with await Sandbox.start(options, clock=clock) as sandbox, ChaosProxy(sandbox.port) as proxy:
        yield Scene(Market(sandbox, proxy.port, chance), proxy, clock, kind)


async def _agreed(holds: Callable[[], bool]) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(CALM_S):
            while not holds():  # noqa: ASYNC110 - the truth is in many places
                await asyncio.sleep(0.25)
            return True
    return False


# A book.


async def book(scene: Scene) -> list[str]:
    """Whatever is read while SYNCED is the exchange's window of that `ts`, and the book comes back."""
    market, witness, ready = scene.market, Witness(), asyncio.Event()
    async with AsyncExitStack() as work:
        _start(work, witness.watch(market.sandbox.ws_url, ready))
        await ready.wait()
        _start(work, market.trade(every_s=0.3))
        desk = await work.enter_async_context(
            Desk.open(market.environment, clock=scene.clock, chance=random.Random(market.chance.random()))
        )
        live = await desk.book(SYMBOL, DEPTH)
        seen: list[tuple[int, Window]] = []
        _start(work, _read(live, seen))
        await scene.weather()
        is_back = await _agreed(lambda: live.state is BookState.SYNCED and live.read().ts == witness.ts)
        # Frames that the reader has seen may be a step ahead of the witness.
        await asyncio.sleep(1.0)
        scene.facts["reads while SYNCED"] = len(seen)
        wrong = [ts for ts, window in seen if witness.truth.get(ts) != window]
        problems = (
            [f"{len(wrong)} of {len(seen)} reads while SYNCED were wrong, the first at {wrong[0]}"] if wrong else []
        )
        if not is_back:
            problems.append(f"the book is {live.state} ({live.reason}) {CALM_S:.0f} s after the trouble")
        if not seen:
            problems.append("nothing was read")
        return problems


async def _read(live: LiveBook, seen: list[tuple[int, Window]]) -> None:
    async for change in live.changes(conflate=False):
        if change.state is BookState.SYNCED and change.view is not None:
            seen.append((change.ts, (change.view.bids, change.view.asks)))  # noqa: PERF401 - it is read meanwhile


# Orders and executions.


async def private(scene: Scene) -> list[str]:
    """Every execution is told once, and orders and balances come to agree."""
    market, told = scene.market, list[tuple[str, int]]()
    async with AsyncExitStack() as work:
        _start(work, market.trade(every_s=0.5))
        desk = await work.enter_async_context(
            Desk.open(
                market.environment,
                market.credentials,
                journal=":memory:",
                clock=scene.clock,
                chance=random.Random(market.chance.random()),
            )
        )
        _start(work, _listen(desk, told))
        ordering = asyncio.create_task(_order(desk, market))
        await scene.weather()
        ordering.cancel()
        await asyncio.gather(ordering, return_exceptions=True)
        agreed = await _agreed(lambda: not _differences(desk, market, told))
        scene.facts.update({"executions told": len(told), "recovered over REST": desk.account.recovered})
        return [] if agreed else _differences(desk, market, told)


async def _listen(desk: Desk, told: list[tuple[str, int]]) -> None:
    async for execution in desk.executions():
        told.append((execution.symbol, execution.trade_id))  # noqa: PERF401 - it is read meanwhile


async def _order(desk: Desk, market: Market) -> None:
    """Place and cancel for as long as the weather lasts; each order in a task, since an answer may take its time."""
    tasks: set[asyncio.Task[None]] = set()
    while True:
        await asyncio.sleep(market.chance.uniform(0.2, 2.0) * _PLACE_EVERY_S)
        orders = desk.orders()
        if len(orders) > 10 or (orders and market.chance.random() < 0.4):
            attempt = market.chance.choice(orders).cancel()
        else:
            attempt = _buy_or_sell(desk, market.chance)
        task = asyncio.create_task(_tried(attempt))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def _buy_or_sell(desk: Desk, chance: random.Random) -> None:
    verb, price = chance.choice(((desk.buy, "0.26"), (desk.sell, "0.24"), (desk.buy, "0.21"), (desk.sell, "0.29")))
    await verb(SYMBOL, chance.randint(60, 600), price=price)


async def _tried(attempt: Awaitable[object]) -> None:
    # What becomes of it, the desk finds out; the check at the end sees whether it did.
    with suppress(WoodlotError):
        await attempt


def _differences(desk: Desk, market: Market, told: list[tuple[str, int]]) -> list[str]:
    counted = Counter(told)
    known = sorted(order.order_id or -1 for order in desk.orders())
    handles = Counter(row.client_order_id for row in market.orders)
    holding = {token: row.holding for token, row in desk.balances().items()}
    checks = {
        f"told {sorted(number for _, number in told)}, happened {market.trade_ids}": sorted(
            number for _, number in counted
        )
        == market.trade_ids,
        f"told more than once: {[key for key, count in counted.items() if count > 1]}": max(counted.values(), default=0)
        <= 1,
        f"open {known}, at the exchange {market.open_ids}": known == market.open_ids,
        f"an order was sent twice: {handles}": max(handles.values(), default=0) <= 1,
        f"holding {holding}": all(holding.get(token, Decimal(0)) == market.holding(token) for token in ("WOO", "USDT")),
    }
    return [problem for problem, holds in checks.items() if not holds]


# Plain calls.


async def rest(scene: Scene) -> list[str]:
    """What a call says of its order is so, and what it cannot say is found out afterwards."""
    market, outcomes = scene.market, dict[int, WoodlotError | None]()
    async with AsyncExitStack() as work:
        client = await work.enter_async_context(
            AsyncClient(
                market.environment, market.credentials, timeout_s=20.0, pacer=Pacer.unlimited(), clock=scene.clock
            )
        )
        ordering = asyncio.create_task(_call(client, market, outcomes))
        await scene.weather()
        ordering.cancel()
        await asyncio.gather(ordering, return_exceptions=True)
        await asyncio.sleep(30.0)
        handles = Counter(row.client_order_id for row in market.orders)
        problems = [f"sent twice: {handle}" for handle, count in handles.items() if count > 1]
        scene.facts["orders placed"] = len(outcomes)
        doubts = {handle: error for handle, error in outcomes.items() if isinstance(error, OutcomeUnknown)}
        problems += [
            f"{handle} ended with {error!r}, but the exchange has {handles[handle]} of it"
            for handle, error in outcomes.items()
            if handle not in doubts and handles[handle] != (1 if error is None else 0)
        ]
        scene.facts["outcomes unknown at first"] = len(doubts)
        found = await asyncio.gather(*(client.resolve(error, timeout_s=CALM_S) for error in doubts.values()))
        for handle, resolution in zip(doubts, found, strict=True):
            expected = Outcome.PLACED if handles[handle] else Outcome.NOT_PLACED
            if resolution.outcome is not expected:
                problems.append(f"{handle} was resolved as {resolution.outcome}, is {expected}")
        return problems if outcomes else ["no call was made"]


async def _call(client: AsyncClient, market: Market, outcomes: dict[int, WoodlotError | None]) -> None:
    """Place orders and ask about them, three at a time."""

    async def one() -> None:
        chance = market.chance
        while True:
            await asyncio.sleep(chance.uniform(0.3, 2.0))
            handle = new_client_order_id()
            order = PlaceOrder(
                symbol=SYMBOL, side=Side.BUY, type=OrderType.LIMIT, price="0.15", quantity=chance.randint(100, 200),
                client_order_id=handle,
            )  # fmt: skip
            # A task that is stopped in the middle of a call says nothing of it.
            outcomes.pop(handle, None)
            try:
                await client.send(order)
                outcomes[handle] = None
            except WoodlotError as error:
                outcomes[handle] = error
            with suppress(WoodlotError):
                await client.send(chance.choice((GetOrder, CancelOrder))(client_order_id=handle))

    await asyncio.gather(*(one() for _ in range(3)))


SUBJECTS: dict[str, Callable[[Scene], Coroutine[Any, Any, list[str]]]] = {
    "book": book,
    "private": private,
    "rest": rest,
}


def _start(work: AsyncExitStack, coroutine: Coroutine[Any, Any, None]) -> None:
    """Run something beside the case and end it with the case; a fault of its own is a fault of the case."""
    task = asyncio.create_task(coroutine)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, ExchangeError):
            raise error

    work.push_async_callback(end)
