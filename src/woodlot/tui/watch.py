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
from woodlot.desk.events import (
    AlgoReported,
    DeadManChanged,
    DeadManFired,
    GapClosed,
    GapOpened,
    KeyTaken,
    OrderRefused,
    TradingChanged,
)
from woodlot.desk.limits import Limits
from woodlot.desk.live_book import LiveBook
from woodlot.errors import WoodlotError
from woodlot.orders.fills import Fill
from woodlot.stream.connection import Vitals
from woodlot.stream.findings import Findings
from woodlot.tui.rate import Rate
from woodlot.wire.asset import GetBalances
from woodlot.wire.enums import PositionSide
from woodlot.wire.events import TradePrint
from woodlot.wire.futures import GetPositions
from woodlot.wire.public import GetSystemInfo

_TRADES_KEPT = 500
_FILLS_KEPT = 200
_NEWS_KEPT = 50
_SAMPLES_KEPT = 120
_PING_EVERY_S = 5.0
_LOOK_EVERY_S = 1.0
_QUOTES = frozenset({"USDT", "USDC", "USD"})
_CENT = Decimal("0.01")
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
    stop: Callable[[str], None] = lambda _: None
    """Hold back whoever else trades with this profile."""
    lift: Callable[[], object] = lambda: None
    timeout_s: float = 15.0


@dataclass(slots=True)
class Line:
    """One connection as it was seen lately. Sockets of one stream share its counters."""

    name: str
    state: str = "CONNECTING"
    open_s: float | None = None
    gaps: int = 0
    rate: Rate = field(default_factory=Rate)
    trips_ms: deque[float] = field(default_factory=lambda: deque[float](maxlen=_SAMPLES_KEPT))
    answered_s: float | None = None

    def saw(self, vitals: Vitals, findings: Findings, *, now_s: float) -> None:
        """Take in how a socket is."""
        self.open_s = vitals.open_s
        self.state = "CONNECTING" if vitals.open_s is None else "OPEN"
        self.gaps = findings.interruptions
        self.rate.saw(findings.frames, now_s=now_s)
        if vitals.round_trip_s is not None and vitals.answered_s != self.answered_s:
            self.answered_s = vitals.answered_s
            self.trips_ms.append(vitals.round_trip_s * 1000)


@dataclass(slots=True)
class Watch:
    """A desk at work, and the last of everything it told."""

    setting: Setting
    desk: Desk
    book: LiveBook
    trades: deque[TradePrint] = field(default_factory=lambda: deque[TradePrint](maxlen=_TRADES_KEPT))
    fills: deque[Fill] = field(default_factory=lambda: deque[Fill](maxlen=_FILLS_KEPT))
    news: deque[str] = field(default_factory=lambda: deque[str](maxlen=_NEWS_KEPT))
    lines: dict[str, Line] = field(default_factory=dict[str, "Line"])
    marks: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    position_marks: dict[tuple[str, PositionSide], Decimal] = field(
        default_factory=dict[tuple[str, PositionSide], Decimal]
    )
    worth_before: Decimal | None = None
    """What all balances were worth when they were first known."""
    backfill: str = ""
    smallest_trade: Decimal = Decimal(0)
    cursor: Decimal | None = None
    """The price on the ladder that the next order is for."""
    problem: str | None = None
    """What ended the following, once something has."""

    @property
    def worth(self) -> Decimal:
        """What all balances are worth by the exchange's marks; those without a mark count nothing."""
        return sum((self.worth_of(token) or Decimal(0) for token in self.desk.balances()), Decimal(0))

    def worth_of(self, token: str) -> Decimal | None:
        mark = self.marks.get(token, Decimal(1) if token in _QUOTES else None)
        return None if mark is None else (self.desk.balances()[token].holding * mark).quantize(_CENT)

    async def follow(self) -> None:
        """Take in everything the desk tells, for as long as nobody cancels it or something ends it."""
        try:
            await self._follow()
        except* WoodlotError as group:
            self.problem = str(_first(group))

    async def _follow(self) -> None:
        jobs: list[Coroutine[Any, Any, None]] = [self._follow_trades(), self._look(), self._ping()]
        if self.setting.credentials is not None:
            jobs += [self._follow_fills(), self._follow_events(), self._follow_balances()]
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job)

    async def _follow_trades(self) -> None:
        async for trade in self.desk.trades(self.setting.symbol):
            self.trades.appendleft(trade)

    async def _follow_fills(self) -> None:
        async for fill in self.desk.executions():
            self.fills.appendleft(fill)

    async def _follow_events(self) -> None:
        async for event in self.desk.events():
            self._tell(_in_words(event))
            if isinstance(event, GapClosed):
                self.backfill = f"at {time.strftime('%H:%M:%S')}, {event.recovered} fills recovered"

    async def _follow_balances(self) -> None:
        # The stream tells holdings; what they are worth only REST does.
        while True:
            try:
                rows = (await self.desk.client.send(GetBalances())).holding
                self.marks = {row.token: row.mark_price for row in rows if row.mark_price is not None}
                held = (await self.desk.client.send(GetPositions())).positions
                self.position_marks = {(row.symbol, row.position_side): row.mark_price for row in held}
            except WoodlotError as error:
                self._tell(str(error))
            else:
                self.worth_before = self.worth if self.worth_before is None else self.worth_before
            await asyncio.sleep(_BALANCES_EVERY_S)

    async def _look(self) -> None:
        """Look at every connection, once a second."""
        while True:
            now_s = time.monotonic()
            public = self.desk.market.stream
            for number, vitals in enumerate(public.vitals):
                line = self._line(f"public {number}" if len(public.vitals) > 1 else "public")
                line.saw(vitals, public.findings, now_s=now_s)
            if self.setting.credentials is not None:
                private = self.desk.account.stream
                line = self._line("private")
                line.saw(private.vitals, private.findings, now_s=now_s)
                line.state = "LIVE" if private.is_live else "INTERRUPTED"
            calls = self._line("REST")
            calls.rate.saw(self.desk.client.pacer.counters.calls, now_s=now_s)
            await asyncio.sleep(_LOOK_EVERY_S)

    def _line(self, name: str) -> Line:
        return self.lines.setdefault(name, Line(name))

    def _tell(self, news: str) -> None:
        self.news.appendleft(f"{time.strftime('%H:%M:%S')}  {news}")

    async def _ping(self) -> None:
        line = self._line("REST")
        while True:
            began_s = time.monotonic()
            try:
                await self.desk.client.send(GetSystemInfo())
                line.state = "OPEN"
                line.trips_ms.append((time.monotonic() - began_s) * 1000)
            except WoodlotError as error:
                line.state = "NO ANSWER"
                line.gaps += 1
                self._tell(str(error))
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
        case DeadManChanged(armed, reason):
            return f"the dead man's switch is {'armed again' if armed else 'not armed'}: {reason}"
        case AlgoReported():
            return "an algo order took a step"
        case _:
            return type(event).__name__
