"""This file is the machine of orders: lives that go on, and what is said of them in any order, repeated and lost."""

import random
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.orders.lives import Life
from tests.orders.messages import START_MS

from woodlot.errors import OutcomeUnknown
from woodlot.orders.ledger import HOLD_MS
from woodlot.orders.output import Executed, Output
from woodlot.orders.reconcile import SECOND_PASS_MS, Answers, believe
from woodlot.orders.states import OrderState
from woodlot.orders.tracker import Tracker

if TYPE_CHECKING:
    from woodlot.wire.events import ExecutionReport

_MOST_LIVES = 4
_STATE_OF = {
    "NEW": OrderState.WORKING,
    "PARTIAL_FILLED": OrderState.PARTLY_FILLED,
    "FILLED": OrderState.FILLED,
    "CANCELLED": OrderState.CANCELLED,
}
_index = st.integers(0, 1_000)


class OrderMachine(RuleBasedStateMachine):
    """Each fill is told once, nothing that never happened, and the end is the truth.

    A fill is told before an earlier one of its order only if it has waited for that one for `HOLD_MS`.
    """

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.tracker = Tracker()
        self.now_ms = 0
        self.lives: list[Life] = []
        self.said: list[ExecutionReport] = []
        self.told: list[tuple[int, int]] = []
        self.heard_ms: dict[int, int] = {}

    def keep(self, outputs: Iterable[Output]) -> None:
        """Take in what the tracker says."""
        for output in outputs:
            if isinstance(output, Executed):
                self._hold_to_its_place(output.fill.order_id, output.fill.trade_id)
                self.told.append((output.fill.order_id, output.fill.trade_id))

    def _hold_to_its_place(self, order_id: int, trade_id: int) -> None:
        life = next(life for life in self.lives if life.order_id == order_id)
        earlier = {(order_id, row.id) for row in life.transactions if row.id < trade_id}
        has_waited_ms = self.now_ms - self.heard_ms.get(trade_id, self.now_ms)
        assert earlier <= set(self.told) or has_waited_ms >= HOLD_MS

    # What happens at the exchange.

    @precondition(lambda self: len(self.lives) < _MOST_LIVES)
    @rule(is_lost=st.booleans())
    def place(self, is_lost: bool) -> None:  # noqa: FBT001 - drawn by name
        number = len(self.lives)
        life = Life(order_id=71_000_001 + number, client_order_id=9_000_001 + number, now_ms=self.now_ms)
        self.lives.append(life)
        self.keep(self.tracker.intent(life.placed, at_ms=self.at_ms))
        life.say("NEW")
        self._collect(life)
        if is_lost:
            self.keep(self.tracker.failed(life.placed, OutcomeUnknown("POST", "cut"), at_ms=self.at_ms))

    @rule(index=_index, quantity=st.integers(1, 60))
    def fill(self, index: int, quantity: int) -> None:
        if life := self._open(index):
            part = min(life.quantity - life.filled, Decimal(quantity))
            trade_id = 1_000 + sum(len(one.transactions) for one in self.lives)
            life.fill(trade_id, part, Decimal("0.25"), ("0.01", "WOO"))
            self._collect(life)

    @rule(index=_index, status=st.sampled_from(("REPLACED", "CANCELLED")))
    def end_or_change(self, index: int, status: str) -> None:
        if life := self._open(index):
            if status == "REPLACED":
                life.price += Decimal("0.0001")
            life.say(status)
            self._collect(life)

    @rule(passed_ms=st.sampled_from((1, 40, 900, 6_000)))
    def time_passes(self, passed_ms: int) -> None:
        self.now_ms += passed_ms
        for life in self.lives:
            life.now_ms = self.now_ms
        self.keep(self.tracker.due(self.at_ms))

    # What is heard of it.

    @precondition(lambda self: self.said)
    @rule(index=_index, is_kept=st.booleans())
    def report(self, index: int, is_kept: bool) -> None:  # noqa: FBT001 - drawn by name
        """Tell any report there is; one that is kept may come again."""
        place = index % len(self.said)
        report = self.said[place] if is_kept else self.said.pop(place)
        self.heard_ms.setdefault(report.trade_id, self.now_ms)
        self.keep(self.tracker.report(report, at_ms=self.at_ms))

    @precondition(lambda self: self.said)
    @rule(index=_index)
    def lose(self, index: int) -> None:
        self.said.pop(index % len(self.said))

    @precondition(lambda self: self.lives)
    @rule(index=_index)
    def reply(self, index: int) -> None:
        life = self.lives[index % len(self.lives)]
        self.keep(self.tracker.reply(life.placed, life.ack, at_ms=self.at_ms))

    @precondition(lambda self: self.lives)
    @rule(index=_index)
    def poll(self, index: int) -> None:
        self.keep(self.tracker.poll(self.lives[index % len(self.lives)].row(), at_ms=self.at_ms))

    @precondition(lambda self: self.lives)
    @rule(lag_ms=st.sampled_from((0, 50, 4_000)))
    def backfill(self, lag_ms: int) -> None:
        """Show what REST shows, which may be some seconds old."""
        seen_ms = START_MS + self.now_ms - lag_ms
        rows = [row for life in self.lives for row in life.transactions if row.executed_timestamp.ms <= seen_ms]
        for row in rows:
            self.heard_ms.setdefault(row.id, self.now_ms)
        self.keep(self.tracker.backfill(rows, at_ms=self.at_ms))

    # What must hold.

    @invariant()
    def nothing_is_told_twice_or_made_up(self) -> None:
        if not hasattr(self, "told"):
            return
        assert max(Counter(self.told).values(), default=0) <= 1
        assert set(self.told) <= {(life.order_id, row.id) for life in self.lives for row in life.transactions}

    def teardown(self) -> None:
        """After one reconciliation everything is as it is at the exchange."""
        if not hasattr(self, "lives"):
            return
        self.reconcile()
        self.nothing_is_told_twice_or_made_up()
        for life in self.lives:
            order = self.tracker.find(client_order_id=life.client_order_id)
            assert order is not None
            assert order.state is _STATE_OF[life.status]
            assert order.filled_quantity == order.booked_quantity == life.filled
            told = [trade_id for order_id, trade_id in self.told if order_id == life.order_id]
            assert sorted(told) == [row.id for row in life.transactions]

    def reconcile(self) -> None:
        """Ask for everything, and again a little later, as after a reconnect."""
        answers = Answers(
            orders=tuple(life.row() for life in self.lives),
            transactions=tuple(row for life in self.lives for row in life.transactions),
        )
        for passed_ms in (10_000, SECOND_PASS_MS):
            self.now_ms += passed_ms
            self.keep(believe(self.tracker, answers, at_ms=self.at_ms))
        self.now_ms += 300_000
        self.keep(self.tracker.due(self.at_ms))

    @property
    def at_ms(self) -> int:
        return START_MS + self.now_ms

    def _open(self, index: int) -> Life | None:
        lives: list[Any] = [life for life in self.lives if life.is_open()]
        return lives[index % len(lives)] if lives else None

    def _collect(self, life: Life) -> None:
        self.said.append(life.reports[-1])
