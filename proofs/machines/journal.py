"""This file is the machine of the journal: the same orders, a program that dies and starts again, and its consumer."""

import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from hypothesis.stateful import initialize, invariant, rule
from tests.orders.messages import START_MS

from proofs.machines.order import OrderMachine
from woodlot.desk.bookkeeping import Books
from woodlot.desk.executions import Executions
from woodlot.desk.journal import Journal
from woodlot.orders.output import Output
from woodlot.orders.tracker import Tracker

_CONSUMER = "bot"


class JournalMachine(OrderMachine):
    """What was learned outlives the program, and a consumer is told each fill once, but for the one it had in hand."""

    @initialize()
    def open_the_journal(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.received: list[tuple[int, int, bool]] = []
        self.deaths = 0
        self._start(Tracker())

    def keep(self, outputs: Iterable[Output]) -> None:
        self.books.keep(outputs)

    @rule()
    def die_and_start_again(self) -> None:
        """The program is gone, with all that it had not written; another one takes the journal over."""
        self.journal.close()
        self.deaths += 1
        self._start(Tracker())

    @rule()
    def read(self) -> None:
        if (fill := self.reader.take()) is not None:
            self.received.append((fill.order_id, fill.trade_id, fill.redelivered))

    @invariant()
    def a_consumer_is_told_each_fill_once(self) -> None:
        if not hasattr(self, "received"):
            return
        first = Counter((order_id, trade_id) for order_id, trade_id, again in self.received if not again)
        assert max(first.values(), default=0) <= 1
        assert sum(again for _, _, again in self.received) <= self.deaths

    @invariant()
    def orders_are_known_after_any_death(self) -> None:
        for life in getattr(self, "lives", ()):
            assert self.tracker.find(client_order_id=life.client_order_id) is not None

    def teardown(self) -> None:
        if not hasattr(self, "received"):
            return
        try:
            if hasattr(self, "lives"):
                self.reconcile()
                self._hold()
        finally:
            self.journal.close()
            with contextlib.suppress(OSError):
                self.directory.cleanup()

    def _hold(self) -> None:
        while (fill := self.reader.take()) is not None:
            self.received.append((fill.order_id, fill.trade_id, fill.redelivered))
        self.a_consumer_is_told_each_fill_once()
        told = {(order_id, trade_id) for order_id, trade_id, _ in self.received}
        assert told == {(life.order_id, row.id) for life in self.lives for row in life.transactions}
        for life in self.lives:
            order = self.tracker.find(client_order_id=life.client_order_id)
            assert order is not None
            assert order.filled_quantity == order.booked_quantity == life.filled

    def _start(self, tracker: Tracker) -> None:
        self.tracker = tracker
        self.journal = Journal(Path(self.directory.name) / "journal")
        self.books = Books(self.journal, tracker=tracker)
        self.books.open(START_MS + getattr(self, "now_ms", 0) if self.deaths else START_MS)
        self.reader = Executions(self.books.executions, consumer=_CONSUMER)
