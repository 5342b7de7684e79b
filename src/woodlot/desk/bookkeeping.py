"""This file is the books of a desk: what is learned goes to the journal first, then to whoever waits for it.

It asks nobody and waits for nothing. What is learned comes in as the tracker's outputs; what only REST can answer goes
out as questions. The same books are kept by a live desk, and by the proofs in virtual time.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from woodlot.desk.executions import ExecutionLog
from woodlot.desk.journal import Journal
from woodlot.errors import WoodlotError
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.algo_tracker import AlgoTracker
from woodlot.orders.commands import AlgoCommand, Command
from woodlot.orders.evidence import REST_LAG_MS
from woodlot.orders.fills import Fill, FillSource
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import (
    AlgoChanged,
    AskAlgo,
    AskFills,
    AskOrder,
    Changed,
    Doubtful,
    Executed,
    Output,
    Question,
)
from woodlot.orders.tracker import Tracker
from woodlot.wire.algo import CancelAlgoOrder, CancelAlgoOrders, EditAlgoOrder, PlaceAlgoOrder
from woodlot.wire.trade import CancelAllOrders

log = logging.getLogger(__name__)

_OF_ALGOS = (PlaceAlgoOrder, EditAlgoOrder, CancelAlgoOrder, CancelAlgoOrders)


class Books:
    """Keep one account's orders and executions. Times are the exchange's, in milliseconds.

    `recovered` counts the executions that came over REST and not over the stream.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        tracker: Tracker | None = None,
        algos: AlgoTracker | None = None,
        told: Callable[[TrackedOrder], None] = lambda _: None,
        algo_told: Callable[[AlgoOrder], None] = lambda _: None,
        executed: Callable[[Fill], None] = lambda _: None,
    ) -> None:
        self.journal = journal
        self.tracker = tracker or Tracker()
        self.algos = algos or AlgoTracker()
        self.executions = ExecutionLog(journal)
        self._told = told
        self._algo_told = algo_told
        self._executed = executed
        self._first_ms = 0
        self._cursor_ms = 0
        self.recovered = 0

    def open(self, now_ms: int) -> tuple[Question, ...]:
        """Take over what the journal has; return what that leaves open. `now_ms` is when nothing was missed yet.

        What was executed before the journal began is not news.
        """
        journal = self.journal
        if journal.fact("first_ms") is None:
            journal.state("first_ms", now_ms)
            journal.state("cursor_ms", now_ms)
        self._first_ms = int(journal.fact("first_ms") or now_ms)
        self._cursor_ms = int(journal.fact("cursor_ms") or now_ms)
        orders = journal.orders()
        questions = self.keep(self.tracker.restore(orders, fills=journal.fills_of(orders), at_ms=now_ms))
        return questions + self.keep(self.algos.restore(journal.algo_orders(), at_ms=now_ms))

    # What becomes of a command, ordinary or algo; cancelling all of them concerns both.

    def intended(self, command: Command | AlgoCommand, *, at_ms: int) -> tuple[Question, ...]:
        """Write down what is about to be sent."""
        return self._about(command, lambda tracker, of: tracker.intent(of, at_ms=at_ms))

    def answered(self, command: Command | AlgoCommand, answer: Any, *, at_ms: int) -> tuple[Question, ...]:
        """Write down the exchange's acknowledgement."""
        return self._about(command, lambda tracker, of: tracker.reply(of, answer, at_ms=at_ms))

    def failed(self, command: Command | AlgoCommand, error: WoodlotError, *, at_ms: int) -> tuple[Question, ...]:
        """Write down why there is none."""
        return self._about(command, lambda tracker, of: tracker.failed(of, error, at_ms=at_ms))

    def due(self, now_ms: int) -> tuple[Question, ...]:
        """Write down what time alone brings. Call it each second."""
        return self.keep((*self.tracker.due(now_ms), *self.algos.due(now_ms)))

    def _about(
        self, command: Command | AlgoCommand, apply: Callable[[Any, Any], tuple[Output, ...]]
    ) -> tuple[Question, ...]:
        outputs: tuple[Output, ...] = ()
        if not isinstance(command, _OF_ALGOS):
            outputs += apply(self.tracker, command)
        if isinstance(command, (*_OF_ALGOS, CancelAllOrders)):
            outputs += apply(self.algos, command)
        return self.keep(outputs)

    def keep(self, outputs: Iterable[Output]) -> tuple[Question, ...]:
        """Write down what the tracker said, then tell it; return its questions."""
        changes: list[Changed] = []
        algos: list[AlgoChanged] = []
        fills: list[Fill] = []
        questions: list[Question] = []
        for output in outputs:
            match output:
                case Changed():
                    changes.append(output)
                case AlgoChanged():
                    algos.append(output)
                case Executed(fill=fill) if self._is_news(fill):
                    fills.append(fill)
                case Doubtful(fill=fill) if self._may_be_unrecorded(fill):
                    fills.append(fill)
                case AskOrder() | AskFills() | AskAlgo():
                    questions.append(output)
                case Executed() | Doubtful():
                    pass
        self._write_and_tell(changes, fills)
        self._write_and_tell_algos(algos)
        return tuple(questions)

    def _write_and_tell(self, changes: list[Changed], fills: list[Fill]) -> None:
        if not changes and not fills:
            return
        for numbered in self.journal.note(changes, fills):
            self.recovered += numbered.fill.source is FillSource.BACKFILL
            self._executed(numbered.fill)
            self.executions.record(numbered)
        for change in changes:
            self._told(change.order)

    def _write_and_tell_algos(self, changes: list[AlgoChanged]) -> None:
        if not changes:
            return
        self.journal.note_algos(change.order for change in changes)
        for change in changes:
            self._algo_told(change.order)

    def _is_news(self, fill: Fill) -> bool:
        """Whether it was executed since the journal began. An order of ours was placed since, whatever clocks say."""
        if fill.ts_ms >= self._first_ms:
            return True
        order = self.tracker.find(order_id=fill.order_id)
        return order is not None and not order.foreign

    def _may_be_unrecorded(self, fill: Fill) -> bool:
        if self.journal.is_in_memory:
            log.warning("the fill %s is too old to tell whether it was recorded; left out", fill.key)
        return self._is_news(fill) and not self.journal.is_in_memory

    # The cursor: up to when every execution is known.

    @property
    def cursor_ms(self) -> int:
        """The time from which executions have to be asked for, should the program end now."""
        held_ms = self.tracker.unsettled_since_ms
        return self._cursor_ms if held_ms is None else min(self._cursor_ms, held_ms)

    def verified(self, asked_ms: int) -> None:
        """Note that REST was asked for everything at `asked_ms`; what it may not have shown is younger than its lag.

        Only this moves the cursor. The stream may lose a report without any sign, so its word does not.
        """
        self._cursor_ms = max(self._cursor_ms, asked_ms - REST_LAG_MS)
        self.journal.state("cursor_ms", self.cursor_ms)
