"""This file is the private side of a desk: its parts put together, started and stopped, and what the stream says.

What the stream says and what REST answers enters the same books.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Any

from woodlot.clock import Clock
from woodlot.desk.bookkeeping import Books
from woodlot.desk.doubts import Doubts
from woodlot.desk.entry import Entry
from woodlot.desk.events import AlgoReported, EventLog, OrderRefused
from woodlot.desk.executions import ExecutionLog
from woodlot.desk.facts import DeskFacts
from woodlot.desk.gate import Gate
from woodlot.desk.holdings import Holdings
from woodlot.desk.holes import Holes
from woodlot.desk.inquiry import Inquiry
from woodlot.desk.journal import Journal
from woodlot.desk.kill_switch import KillSwitch
from woodlot.desk.limits import Limits
from woodlot.desk.live_algo import LiveAlgoOrder
from woodlot.desk.live_order import LiveOrder
from woodlot.desk.outlet import Outlet
from woodlot.desk.terms import OnExit, Terms, TouchOf
from woodlot.desk.theft import Theft
from woodlot.errors import DeskClosed, WoodlotError
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.algo_tracker import AlgoTracker
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import Output
from woodlot.orders.tracker import Tracker
from woodlot.rest.server_time import ServerTime
from woodlot.stream.continuity import Interrupted, Resumed
from woodlot.stream.private import PrivateStream
from woodlot.wire.asset import GetBalances
from woodlot.wire.events import AlgoExecutionReport, BalanceUpdate, ExecutionReport, PositionUpdate
from woodlot.wire.frames import Push
from woodlot.wire.futures import GetPositions

log = logging.getLogger(__name__)

# A commit costs as much as writing ten reports; a burst of more than this waits no longer for its first.
_AT_ONCE = 256


class Account:
    """Place, follow, cancel; and know every execution since the journal began."""

    def __init__(
        self,
        outlet: Outlet,
        stream: PrivateStream,
        *,
        journal: Journal,
        limits: Limits,
        terms: Terms,
        touch: TouchOf,
        environment: str,
        clock: Clock,
    ) -> None:
        self.events = EventLog()
        self.holdings = Holdings()
        self.resumptions = 0
        self._outlet = outlet
        self._on_exit = terms.on_exit
        self._stream = stream
        self._clock = clock
        self._doubts = Doubts(absence_is_proof_after_s=terms.absence_is_proof_after_s, clock=clock)
        tracker, algos = Tracker(), AlgoTracker()
        facts = DeskFacts(tracker, algos, self.holdings, touch=touch)
        self.books = Books(
            journal,
            tracker=tracker,
            algos=algos,
            told=self._tell,
            algo_told=self._tell_algo,
            executed=facts.executed,
        )
        time = ServerTime(clock)
        self._now_ms = time.now_ms
        self._inquiry = Inquiry(self.books, send=outlet.send, doubts=self._doubts, now_ms=time.now_ms)
        self._holes = Holes(
            self.books, inquiry=self._inquiry, events=self.events, count=self._count, time=time, clock=clock
        )
        self.gate = Gate(
            limits,
            facts=facts,
            environment=environment,
            clock=clock,
            told=lambda refusal: self.events.tell(OrderRefused(refusal)),
        )
        self.entry = Entry(
            self.books, gate=self.gate, send=outlet.send_admitted, ask=self._inquiry.ask, now_ms=time.now_ms
        )
        outlet.guard = self.entry.command
        self.kill_switch = KillSwitch(
            self.books,
            gate=self.gate,
            entry=self.entry,
            send=outlet.send,
            events=self.events,
            clock=clock,
            now_ms=time.now_ms,
        )
        self._theft = Theft(clock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_ready = asyncio.Event()
        self._is_deaf = False

    async def open(self) -> None:
        """Take over the journal, listen, and fill the first hole: from here on nothing is missed."""
        opened_ms = await self._holes.measure_time()
        is_restart = self.books.journal.fact("cursor_ms") is not None
        self._inquiry.ask(self.books.open(opened_ms))
        if is_restart:
            self._holes.opened(self.books.cursor_ms, "the program was not running")
        await self._stream.__aenter__()
        for work in (self._listen, self._inquiry.answer_all, self._tick):
            self._start(work())
        await self._first(self._is_ready.wait())
        for work in (self._holes.look_regularly, self.kill_switch.keep_killed):
            self._start(work())

    async def close(self) -> None:
        """Stop listening. What becomes of open orders is as configured, and said."""
        if self._is_ready.is_set():
            # What waits for its turn would leave behind the last cancel, or unseen.
            self.gate.stopped_because = self.gate.stopped_because or "the desk is being left"
            await self._leave_orders()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stream.close()
        self._end(DeskClosed("the desk was closed"), lets_cancel=False)

    async def _leave_orders(self) -> None:
        open_now: list[LiveOrder | LiveAlgoOrder] = [*self.open_orders(), *self.open_algos()]
        count = len(open_now)
        if self._on_exit is OnExit.CANCEL:
            left = await self.kill_switch.cancel_everything()
            log.warning("left the desk: of %d open orders %d were cancelled", count, count - len(left))
        elif count:
            named = ", ".join(f"{order.known.order_id or order.known.client_order_id}" for order in open_now[:20])
            log.warning("left the desk: %d orders stay open at the exchange, as configured: %s", count, named)

    @property
    def executions(self) -> ExecutionLog:
        return self.books.executions

    @property
    def recovered(self) -> int:
        """How many executions came over REST and not over the stream."""
        return self.books.recovered

    @property
    def is_live(self) -> bool:
        """Whether the private stream is up, its key believed to be alive, and what it says taken in."""
        return self._stream.is_live and not self._is_deaf

    @property
    def stream(self) -> PrivateStream:
        """The private stream, for its age, its key and its counters; the account is its one reader."""
        return self._stream

    @property
    def keys_made(self) -> int:
        return self._stream.keys_made

    def find(self, *, order_id: int | None = None, client_order_id: int | None = None) -> LiveOrder | None:
        """Return an order of this account, placed here or seen since the journal began."""
        known = self.books.tracker.find(order_id=order_id, client_order_id=client_order_id)
        return None if known is None else self.entry.orders.of(known)

    def open_orders(self) -> list[LiveOrder]:
        """Return every order that is not known to be over, oldest first."""
        return [self.entry.orders.of(order) for order in self.books.tracker.open_orders()]

    def recent_orders(self, count: int) -> list[LiveOrder]:
        """Return at most so many orders, open or over, those first that took their last step last."""
        known = sorted(self.books.tracker.orders(), key=lambda order: order.history[-1].at_ms if order.history else 0)
        return [self.entry.orders.of(order) for order in reversed(known[-count:])]

    def open_algos(self) -> list[LiveAlgoOrder]:
        """Return every algo order that is not known to be over, oldest first."""
        return [self.entry.algos.of(order) for order in self.books.algos.open_orders()]

    # What comes in.

    async def _listen(self) -> None:
        async for heard in self._stream:
            match heard:
                case Push():
                    self._hear_all([heard, *self._stream.take_pushes(_AT_ONCE - 1)])
                case Resumed():
                    await self._fill_the_hole()
                case Interrupted():
                    self._theft.interrupted(heard, keys_made=self._stream.keys_made)
                    since_ms = heard.since_ms + self._holes.time.offset_ms
                    self._holes.opened(since_ms, ": ".join(filter(None, (heard.cause.value, heard.detail))))

    def _hear_all(self, pushes: Iterable[Push[Any]]) -> None:
        """Take in what came together; what its reports say is written down in one transaction, and told after it."""
        at_ms = self._now_ms()
        outputs: list[Output] = []
        for push in pushes:
            match push.event:
                case ExecutionReport() as report:
                    outputs += self.books.tracker.report(report, at_ms=at_ms)
                case (AlgoExecutionReport(), *_) as reports:
                    self._keep([*outputs, *self.books.algos.report(reports, at_ms=at_ms)])
                    outputs = []
                    for report in reports:
                        self.events.tell(AlgoReported(report))
                case BalanceUpdate() as balances:
                    self.holdings.push_balances(balances, ts_ms=push.ts)
                case PositionUpdate() as positions:
                    self.holdings.push_positions(positions, ts_ms=push.ts)
                case _:
                    pass
        self._keep(outputs)

    def _keep(self, outputs: Iterable[Output]) -> None:
        self._inquiry.ask(self.books.keep(outputs))

    def _tell(self, order: TrackedOrder) -> None:
        self._doubts.heard(order)
        self.entry.orders.tell(order)

    def _tell_algo(self, order: AlgoOrder) -> None:
        self._doubts.heard(order)
        self.entry.algos.tell(order)

    async def _fill_the_hole(self) -> None:
        if (taken := self._theft.resumed(keys_made=self._stream.keys_made)) is not None:
            self.events.tell(taken)
        self.resumptions += 1
        look_again = await self._holes.fill()
        self._is_ready.set()
        self._start(look_again())

    async def _count(self) -> None:
        """Hold balances and positions against REST; where it does not answer, they stay as old as they say."""
        try:
            asked_ms = self._now_ms()
            self.holdings.poll_balances((await self._outlet.send(GetBalances())).holding, at_ms=asked_ms)
            self.holdings.poll_positions((await self._outlet.send(GetPositions())).positions, at_ms=asked_ms)
        except WoodlotError as error:
            log.info("balances or positions could not be asked for: %s", error)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            if (failure := self.books.journal.failure) is not None:
                raise failure
            self._inquiry.ask(self.books.due(self._now_ms()))
            if self.holdings.is_doubtful:
                await self._count()

    # Its work.

    async def _first(self, event: Coroutine[Any, Any, Any]) -> None:
        """Wait for an event, but no longer than the work that brings it about goes on."""
        waiting = asyncio.ensure_future(event)
        working = list(self._tasks)
        try:
            await asyncio.wait([waiting, *working], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        for task in working:
            if task.done():
                await task

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the desk hears nothing more of its orders, and makes no new ones: %s", error)
            closed = DeskClosed(f"the desk had to stop: {type(error).__name__}")
            closed.__cause__ = error
            self._end(error if isinstance(error, DeskClosed) else closed, error=error, lets_cancel=True)

    def _end(self, closed: DeskClosed, *, error: BaseException | None = None, lets_cancel: bool) -> None:
        """Let nobody wait for what will not come, and vouch for nothing any more."""
        self._is_deaf = True
        self.executions.close(error)
        self.events.close()
        self.entry.close(closed, lets_cancel=lets_cancel)
