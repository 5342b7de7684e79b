"""This file is the private side of a desk: orders followed, executions recorded once, holes filled after every connect.

What the stream says and what REST answers enters the same tracker. After each connection, before anything that came
over it is looked at, REST is asked for what may have been missed; meanwhile live events wait in the stream's mailbox.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Any
from weakref import WeakValueDictionary

from woodlot.clock import Clock
from woodlot.desk.executions import ExecutionLog
from woodlot.desk.live_order import LiveOrder
from woodlot.errors import NotFound, WoodlotError
from woodlot.orders.commands import Command
from woodlot.orders.fills import Fill
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import AskFills, AskOrder, Changed, Doubtful, Executed, Output
from woodlot.orders.reconcile import SECOND_PASS_MS, Answers, FillPages, believe, fills_since_ms, missing
from woodlot.orders.tracker import Tracker
from woodlot.rest.async_client import AsyncClient
from woodlot.rest.handle import with_handle
from woodlot.stream.continuity import Interrupted, Resumed
from woodlot.stream.private import PrivateStream
from woodlot.wire.enums import StatusFilter
from woodlot.wire.events import ExecutionReport
from woodlot.wire.frames import Push
from woodlot.wire.trade import (
    CancelAllOrders,
    CancelOrder,
    EditOrder,
    GetOrder,
    GetOrders,
    PlaceOrder,
    Transaction,
)

log = logging.getLogger(__name__)

# What was executed before the desk opened is not news; asked further back than any overlap or clock reaches.
_BEFORE_MS = 600_000


class Account:
    """Place, follow, cancel; and know every execution since `open`."""

    def __init__(self, client: AsyncClient, stream: PrivateStream, *, clock: Clock) -> None:
        self.executions = ExecutionLog()
        self.recovered = 0
        self.resumptions = 0
        self._client = client
        self._stream = stream
        self._clock = clock
        self._tracker = Tracker()
        self._live: WeakValueDictionary[int, LiveOrder] = WeakValueDictionary()
        self._questions: asyncio.Queue[AskOrder | AskFills] = asyncio.Queue()
        self._is_asked: set[AskOrder | AskFills] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_ready = asyncio.Event()
        self._opened_ms = 0

    async def open(self) -> None:
        """Learn what is old, listen, and fill the first hole: from here on nothing is missed."""
        self._opened_ms = self._clock.now_ms()
        before = await self._fills_since(self._opened_ms - _BEFORE_MS)
        self._tracker.restore(fills=map(Fill.from_transaction, before), at_ms=self._opened_ms)
        await self._stream.__aenter__()
        for work in (self._listen, self._answer, self._tick):
            self._start(work())
        await self._first(self._is_ready.wait())

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

    async def close(self) -> None:
        """Stop listening. Orders stay at the exchange as they are."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stream.close()
        self.executions.close()

    @property
    def is_live(self) -> bool:
        """Whether the private stream is up and its key believed to be alive."""
        return self._stream.is_live

    @property
    def keys_made(self) -> int:
        return self._stream.keys_made

    async def place(self, order: PlaceOrder) -> LiveOrder:
        """Send an order and return it once the exchange has taken it.

        Raises Rejected and its kin where it was refused, OutcomeUnknown where the answer was lost: then the order is
        followed all the same, and `find` by its client order id tells what is learned of it.
        """
        order = with_handle(order)
        now_ms = self._clock.now_ms()
        self._apply(self._tracker.intent(order, at_ms=now_ms))
        # Made before anything is sent, so that reports which come before the reply find it.
        live = self._live_of(TrackedOrder.intended(order, at_ms=now_ms))
        await self._exchange(order)
        return live

    async def send_command(self, command: CancelOrder | EditOrder | CancelAllOrders) -> None:
        """Send a cancel or an amend; the order's own reports tell what becomes of it."""
        self._apply(self._tracker.intent(command, at_ms=self._clock.now_ms()))
        await self._exchange(command)

    def find(self, *, order_id: int | None = None, client_order_id: int | None = None) -> LiveOrder | None:
        """Return an order of this account, placed here or seen since the desk opened."""
        known = self._tracker.find(order_id=order_id, client_order_id=client_order_id)
        return None if known is None else self._live_of(known)

    def open_orders(self) -> list[LiveOrder]:
        """Return every order that is not known to be over, oldest first."""
        return [self._live_of(order) for order in self._tracker.open_orders()]

    async def _exchange(self, command: Command) -> None:
        try:
            answer = await self._client.send(command)
        except WoodlotError as error:
            self._apply(self._tracker.failed(command, error, at_ms=self._clock.now_ms()))
            raise
        self._apply(self._tracker.reply(command, answer, at_ms=self._clock.now_ms()))

    # What comes in.

    async def _listen(self) -> None:
        async for heard in self._stream:
            match heard:
                case Push(event=ExecutionReport() as report):
                    self._apply(self._tracker.report(report, at_ms=self._clock.now_ms()))
                case Resumed():
                    await self._fill_the_hole(heard)
                case Interrupted(_, cause, detail):
                    log.info("private stream interrupted: %s %s", cause, detail)
                case _:
                    pass

    async def _fill_the_hole(self, resumed: Resumed) -> None:
        """Learn over REST what the stream may not have told, then once more, because REST may lag."""
        since_ms = min(resumed.at_ms if resumed.since_ms is None else resumed.since_ms, resumed.at_ms)
        if not self._is_ready.is_set():
            since_ms = self._opened_ms
        self.resumptions += 1
        while not await self._looked(since_ms):  # noqa: ASYNC110 - each round asks anew; nothing signals success
            await asyncio.sleep(1.0)
        self._is_ready.set()
        self._start(self._look_again(since_ms))

    async def _look_again(self, since_ms: int) -> None:
        await asyncio.sleep(SECOND_PASS_MS / 1000)
        await self._looked(since_ms)

    async def _looked(self, since_ms: int) -> bool:
        """Ask REST for what may have been missed and believe it; say whether everything was answered."""
        try:
            asked_ms = fills_since_ms(self._tracker, last_frame_ms=since_ms)
            rows = (await self._client.send(GetOrders(status=StatusFilter.INCOMPLETE, size=500))).rows
            fills = await self._fills_since(asked_ms)
        except WoodlotError as error:
            log.warning("the hole since %d could not be looked into: %s", since_ms, error)
            return False
        recorded = len(self.executions)
        answers = Answers(orders=rows, transactions=fills)
        self._apply(believe(self._tracker, answers, at_ms=self._clock.now_ms()))
        self.recovered += len(self.executions) - recorded
        self._apply(missing(self._tracker, rows))
        return True

    async def _fills_since(self, since_ms: int) -> tuple[Transaction, ...]:
        # A minute into the future, since the exchange's clock and ours differ.
        pages = FillPages(since_ms=max(0, since_ms), until_ms=self._clock.now_ms() + 60_000)
        while pages.request is not None:
            pages.take((await self._client.send(pages.request)).rows)
        return pages.rows

    # What REST is asked.

    async def _answer(self) -> None:
        while True:
            question = await self._questions.get()
            try:
                await (self._ask_order(question) if isinstance(question, AskOrder) else self._ask_fills(question))
            except WoodlotError as error:
                # The tracker repeats what stays unanswered.
                log.warning("a question about order %s stays open: %s", question.order_id, error)
            finally:
                self._is_asked.discard(question)

    async def _ask_order(self, question: AskOrder) -> None:
        if question.order_id is None and question.client_order_id is None:
            return
        handle = None if question.order_id else question.client_order_id
        try:
            row = await self._client.send(GetOrder(order_id=question.order_id, client_order_id=handle))
        except NotFound:
            # Silence is no proof: the order may not be shown yet. The tracker asks again.
            return
        self._apply(self._tracker.poll(row, at_ms=self._clock.now_ms()))

    async def _ask_fills(self, question: AskFills) -> None:
        rows = await self._fills_since(question.since_ms)
        self._apply(self._tracker.backfill(rows, at_ms=self._clock.now_ms()))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self._apply(self._tracker.due(self._clock.now_ms()))

    # What comes out.

    def _apply(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            match output:
                case Executed(fill=fill):
                    self.executions.record(fill)
                case Doubtful(fill=fill):
                    log.warning("the fill %s is too old to tell whether it was recorded; left out", fill.key)
                case Changed(order=order):
                    self._tell(order)
                case AskOrder() | AskFills():
                    if output not in self._is_asked:
                        self._is_asked.add(output)
                        self._questions.put_nowait(output)

    def _tell(self, order: TrackedOrder) -> None:
        live = self._live.get(_key(order))
        if live is None and order.client_order_id is not None and order.order_id is not None:
            live = self._live.get(-order.order_id)
        if live is not None:
            live.became(order)

    def _live_of(self, order: TrackedOrder) -> LiveOrder:
        live = self._live.get(_key(order))
        if live is None:
            live = self._live[_key(order)] = LiveOrder(order, self)
        return live

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the desk hears nothing more of its orders: %s", type(error).__name__)
            self.executions.close(error)


def _key(order: TrackedOrder) -> int:
    """Client order ids are positive; an order without one is kept by its own id, turned negative."""
    return order.client_order_id or -(order.order_id or 0)
