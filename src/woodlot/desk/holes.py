"""This file is the holes in what the stream told: opened by an interruption, closed by what REST answers.

After each connection, before anything that came over it is looked at, REST is asked for what may have been missed;
meanwhile live events wait in the stream's mailbox. It is asked again five seconds later, because it may lag, and every
half minute, because a report can be lost alone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from woodlot.clock import Clock
from woodlot.desk.algo_recovery import look_at_algos
from woodlot.desk.bookkeeping import Books
from woodlot.desk.events import EventLog, GapClosed, GapOpened
from woodlot.desk.inquiry import Inquiry
from woodlot.desk.recovery import HISTORY_REACH_MS, look
from woodlot.errors import WoodlotError
from woodlot.orders.reconcile import SECOND_PASS_MS
from woodlot.rest.server_time import ServerTime
from woodlot.wire.public import GetSystemInfo

log = logging.getLogger(__name__)

LOOK_EVERY_S = 30.0
_AGAIN_S = 1.0
# How often one page of a look is asked for; the look as a whole is repeated without end.
_TRIES = 5


class Holes:
    """Look, and tell readers of gaps. `count` is called after each look, to hold balances against REST as well."""

    def __init__(
        self,
        books: Books,
        *,
        inquiry: Inquiry,
        events: EventLog,
        count: Callable[[], Awaitable[None]],
        time: ServerTime,
        clock: Clock,
    ) -> None:
        self.time = time
        self._books = books
        self._inquiry = inquiry
        self._events = events
        self._count = count
        self._clock = clock
        self._looking = asyncio.Lock()
        self._gap: tuple[GapOpened, int] | None = None
        self._interruptions = 0

    def opened(self, since_ms: int, cause: str) -> None:
        """Note that something may be missing; an interruption within a gap makes it longer, not two."""
        self._interruptions += 1
        if self._gap is None:
            opened = GapOpened(since_ms, cause)
            self._gap = opened, self._books.recovered
            log.info("executions since %d may be missing: %s", since_ms, cause)
            self._events.tell(opened)
            self._books.executions.mark(opened)

    async def fill(self) -> Callable[[], Coroutine[Any, Any, None]]:
        """Learn over REST what the stream may not have told; return the second look, which closes the gap."""
        await self._until_looked()
        interruptions = self._interruptions

        async def look_again() -> None:
            await asyncio.sleep(SECOND_PASS_MS / 1000)
            await self._until_looked()
            if interruptions == self._interruptions:
                self._close()

        return look_again

    async def look_regularly(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self._look()

    async def measure_time(self) -> int:
        """Learn the exchange's time: fills are stamped with it. Return what it is at least, by the exchange's own word.

        What `time` says is carried on by half a round trip, and may be ahead by as much.
        """
        asked_s = self._clock.monotonic_s()
        info = await self._inquiry.send(GetSystemInfo())
        if info.timestamp:
            self.time.heard(info.timestamp, asked_s=asked_s, answered_s=self._clock.monotonic_s())
        return info.timestamp or self.time.now_ms()

    async def _until_looked(self) -> None:
        while not await self._look():  # noqa: ASYNC110 - each round asks anew; nothing signals success
            await asyncio.sleep(_AGAIN_S)

    async def _look(self) -> bool:
        """Ask REST for what may have been missed and believe it; say whether everything was answered."""
        async with self._looking:
            try:
                await self.measure_time()
                await self._inquiry.carry_out(look(self._books, now_ms=self.time.now_ms), tries=_TRIES)
            except WoodlotError as error:
                log.warning("what may be missing since %d could not be asked for: %s", self._books.cursor_ms, error)
                return False
            await self._look_at_algos()
            await self._count()
            return True

    async def _look_at_algos(self) -> None:
        """Ask for algo orders too; executions never wait for that, since none of them is known from there."""
        try:
            await self._inquiry.carry_out(look_at_algos(self._books, now_ms=self.time.now_ms))
        except WoodlotError as error:
            log.info("algo orders could not be asked for (%s); they are with the next look", error)

    def _close(self) -> None:
        if self._gap is None:
            return
        opened, recovered_before = self._gap
        self._gap = None
        now_ms = self.time.now_ms()
        reach_ms = now_ms - HISTORY_REACH_MS
        lost_before_ms = reach_ms if opened.since_ms < reach_ms else None
        if lost_before_ms is not None:
            log.error("executions before %d are out of the exchange's reach: two years", lost_before_ms)
        closed = GapClosed(opened.since_ms, now_ms, self._books.recovered - recovered_before, lost_before_ms)
        self._events.tell(closed)
        self._books.executions.mark(closed)
