"""This file is what the screen knows: the desk, and what was heard of it lately. Bounded, and read when it is drawn."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from woodlot.config import Credentials, Environment
from woodlot.desk.desk import Desk
from woodlot.desk.events import AlgoReported, DeadManFired, GapClosed, GapOpened, KeyTaken, OrderRefused, TradingChanged
from woodlot.desk.limits import Limits
from woodlot.desk.live_book import LiveBook
from woodlot.errors import WoodlotError
from woodlot.orders.fills import Fill
from woodlot.wire.asset import GetBalances
from woodlot.wire.events import TradePrint
from woodlot.wire.public import GetSystemInfo

_TRADES_KEPT = 500
_FILLS_KEPT = 200
_NEWS_KEPT = 50
_SAMPLES_KEPT = 120
_PING_EVERY_S = 5.0
_BALANCES_EVERY_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where the screen looks, and what may be done from it."""

    environment: Environment
    credentials: Credentials | None
    profile: str
    symbol: str
    is_sandbox: bool
    limits: Limits | None = None
    stopped_because: Callable[[], str | None] = lambda: None
    timeout_s: float = 15.0


@dataclass(slots=True)
class Watch:
    """A desk at work, and the last of everything it told."""

    setting: Setting
    desk: Desk
    book: LiveBook
    trades: deque[TradePrint] = field(default_factory=lambda: deque[TradePrint](maxlen=_TRADES_KEPT))
    fills: deque[Fill] = field(default_factory=lambda: deque[Fill](maxlen=_FILLS_KEPT))
    news: deque[str] = field(default_factory=lambda: deque[str](maxlen=_NEWS_KEPT))
    round_trips_ms: deque[float] = field(default_factory=lambda: deque[float](maxlen=_SAMPLES_KEPT))
    messages: int = 0
    started_s: float = field(default_factory=time.monotonic)
    marks: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    smallest_trade: Decimal = Decimal(0)
    problem: str | None = None
    """What ended the following, once something has."""

    @property
    def messages_per_second(self) -> float:
        return self.messages / max(time.monotonic() - self.started_s, 1.0)

    async def follow(self) -> None:
        """Take in everything the desk tells, for as long as nobody cancels it or something ends it."""
        try:
            await self._follow()
        except* WoodlotError as group:
            self.problem = str(_first(group))

    async def _follow(self) -> None:
        jobs: list[Coroutine[Any, Any, None]] = [self._follow_trades(), self._follow_book(), self._ping()]
        if self.setting.credentials is not None:
            jobs += [self._follow_fills(), self._follow_events(), self._follow_balances()]
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job)

    async def _follow_trades(self) -> None:
        async for trade in self.desk.trades(self.setting.symbol):
            self.messages += 1
            self.trades.appendleft(trade)

    async def _follow_book(self) -> None:
        async for change in self.book.changes():
            self.messages += 1 + change.conflated

    async def _follow_fills(self) -> None:
        async for fill in self.desk.executions():
            self.fills.appendleft(fill)

    async def _follow_events(self) -> None:
        async for event in self.desk.events():
            self.news.appendleft(f"{time.strftime('%H:%M:%S')}  {_in_words(event)}")

    async def _follow_balances(self) -> None:
        # The stream tells holdings; what they are worth only REST does.
        while True:
            try:
                rows = (await self.desk.client.send(GetBalances())).holding
                self.marks = {row.token: row.mark_price for row in rows if row.mark_price is not None}
            except WoodlotError as error:
                self.news.appendleft(f"{time.strftime('%H:%M:%S')}  {error}")
            await asyncio.sleep(_BALANCES_EVERY_S)

    async def _ping(self) -> None:
        while True:
            began_s = time.monotonic()
            try:
                await self.desk.client.send(GetSystemInfo())
                self.round_trips_ms.append((time.monotonic() - began_s) * 1000)
            except WoodlotError as error:
                self.news.appendleft(f"{time.strftime('%H:%M:%S')}  {error}")
            await asyncio.sleep(_PING_EVERY_S)


@asynccontextmanager
async def watching(setting: Setting) -> AsyncGenerator[Watch]:
    """Open a desk, follow it, and close it."""
    async with Desk.open(
        setting.environment, setting.credentials, limits=setting.limits, timeout_s=setting.timeout_s
    ) as desk:
        watch = Watch(setting, desk, await desk.book(setting.symbol))
        following = asyncio.create_task(watch.follow(), name="woodlot screen")
        try:
            yield watch
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


def _first(group: BaseExceptionGroup[WoodlotError]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - any group
    return error


def _in_words(event: object) -> str:
    match event:
        case GapOpened(_, cause):
            return f"private stream interrupted ({cause}); fills are being looked for"
        case GapClosed():
            return f"gap closed: {event.recovered} fills recovered"
        case KeyTaken(count):
            return f"another program makes listen keys for this account ({count})"
        case OrderRefused(refusal):
            return str(refusal)
        case TradingChanged(stopped, reason):
            return f"trading {'stopped' if stopped else 'goes on'}: {reason}"
        case DeadManFired(after_s):
            return f"no sign of life for {after_s:g} s: every order was cancelled"
        case AlgoReported():
            return "an algo order took a step"
        case _:
            return type(event).__name__
