"""This file is the books of a desk: what is learned goes to the journal first, then to whoever waits for it.

It asks nobody and waits for nothing. What is learned comes in as the tracker's outputs; what only REST can answer goes
out as questions. The same books are kept by a live desk, and by the proofs in virtual time.
"""

import logging
from collections.abc import Callable, Iterable

from woodlot.desk.executions import ExecutionLog
from woodlot.desk.journal import Journal
from woodlot.orders.evidence import REST_LAG_MS
from woodlot.orders.fills import Fill, FillSource
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import AskFills, AskOrder, Changed, Doubtful, Executed, Output, Question
from woodlot.orders.tracker import Tracker

log = logging.getLogger(__name__)


class Books:
    """Keep one account's orders and executions. Times are the exchange's, in milliseconds.

    `recovered` counts the executions that came over REST and not over the stream.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        tracker: Tracker | None = None,
        told: Callable[[TrackedOrder], None] = lambda _: None,
        executed: Callable[[Fill], None] = lambda _: None,
    ) -> None:
        self.journal = journal
        self.tracker = tracker or Tracker()
        self.executions = ExecutionLog(journal)
        self._told = told
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
        return self.keep(self.tracker.restore(orders, fills=journal.fills_of(orders), at_ms=now_ms))

    def keep(self, outputs: Iterable[Output]) -> tuple[Question, ...]:
        """Write down what the tracker said, then tell it; return its questions."""
        changes: list[Changed] = []
        fills: list[Fill] = []
        questions: list[Question] = []
        for output in outputs:
            match output:
                case Changed():
                    changes.append(output)
                case Executed(fill=fill) if fill.ts_ms >= self._first_ms:
                    fills.append(fill)
                case Doubtful(fill=fill) if self._is_news(fill):
                    fills.append(fill)
                case AskOrder() | AskFills():
                    questions.append(output)
                case Executed() | Doubtful():
                    pass
        self._write_and_tell(changes, fills)
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

    def _is_news(self, fill: Fill) -> bool:
        if self.journal.is_in_memory:
            log.warning("the fill %s is too old to tell whether it was recorded; left out", fill.key)
        return fill.ts_ms >= self._first_ms and not self.journal.is_in_memory

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
