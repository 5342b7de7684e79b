"""This file is a desk in virtual time: the real books, journal and recovery, with time and network moved by hand.

What a desk does in tasks happens here in steps of a schedule: a mailbox that waits while REST is asked, a queue of
questions, a look after each connection, a second one five seconds later, and one every half minute.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from proofs.schedule import Schedule
from proofs.venue import SYMBOL, Venue
from proofs.weather import Dice
from woodlot.desk.bookkeeping import Books
from woodlot.desk.doubts import Doubts
from woodlot.desk.executions import Executions
from woodlot.desk.journal import Journal
from woodlot.desk.questions import RETRY_S, Questions
from woodlot.desk.recovery import Asking, answer, look
from woodlot.errors import ConnectionFailed, OutcomeUnknown, WoodlotError
from woodlot.orders.commands import Command
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import AskAlgo, Question
from woodlot.orders.reconcile import SECOND_PASS_MS
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.events import ExecutionReport
from woodlot.wire.request import Request
from woodlot.wire.trade import CancelOrder, PlaceOrder

_LOOK_EVERY_MS = 30_000
_RETRY_MS = 1_000


class Trader:
    """One run of a program: born with a journal, dead after `die`. Nothing scheduled for the dead happens."""

    absence_is_proof_after_s = 310.0

    def __init__(self, schedule: Schedule, venue: Venue, dice: Dice, journal: Journal) -> None:
        self._schedule = schedule
        self._venue = venue
        self._dice = dice
        self._doubts = Doubts(absence_is_proof_after_s=self.absence_is_proof_after_s, clock=schedule.clock)
        self.books = Books(journal, told=self._doubts.heard)
        self.reader = Executions(self.books.executions, consumer="bot")
        self.is_alive = True
        self.unknown_outcomes = 0
        self._is_looking = False
        self._mail: deque[ExecutionReport] = deque()
        self._questions = Questions()
        self._is_asking = False
        self._ask(self.books.open(self._now()))
        self._later(1_000, self._tick)
        self._later(_LOOK_EVERY_MS, self._look_regularly)
        self.connected()

    def die(self) -> None:
        """End as a killed process does: what is not in the journal is gone."""
        self.is_alive = False

    # The stream.

    def hear(self, report: ExecutionReport) -> None:
        """Take a frame from the socket."""
        self._mail.append(report)
        self._read()

    def connected(self) -> None:
        """Ask REST what may have been missed; frames wait until it has answered."""
        self._is_looking = True
        self._look(self._looked)

    def _looked(self) -> None:
        self._is_looking = False
        self._read()
        self._later(SECOND_PASS_MS, lambda: self._look(lambda: None))

    def _read(self) -> None:
        while self._mail and not self._is_looking:
            self._ask(self.books.keep(self.books.tracker.report(self._mail.popleft(), at_ms=self._now())))

    # Orders.

    def place(self) -> None:
        """Send an order of some kind."""
        chance = self._dice.chance
        side = chance.choice((Side.BUY, Side.SELL))
        kind = chance.choice((OrderType.LIMIT, OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET, OrderType.IOC))
        near = "0.249" if side is Side.BUY else "0.251"
        far = "0.27" if side is Side.BUY else "0.23"
        price = {OrderType.MARKET: None, OrderType.IOC: far}.get(kind, near)
        handle = chance.randint(1, 2**62)
        quantity = chance.randint(100, 3_000)
        self._carry_out(PlaceOrder(symbol=SYMBOL, side=side, type=kind, price=price, quantity=quantity,
                                   client_order_id=handle))  # fmt: skip

    def cancel(self) -> None:
        """Cancel one of the open orders."""
        known = [order for order in self.books.tracker.open_orders() if order.order_id]
        if known:
            self._carry_out(CancelOrder(order_id=self._dice.chance.choice(known).order_id, symbol=SYMBOL))

    @property
    def open_count(self) -> int:
        return len(self.books.tracker.open_orders())

    def _carry_out(self, command: Command) -> None:
        """As `desk.entry` does: into the journal, out, and back or not."""
        self._intend(command)
        weather = self._dice.weather
        is_lost_on_the_way = self._dice.happens(weather.request_lost, "requests lost")
        # Once sent it arrives even if the program dies meanwhile.
        if not is_lost_on_the_way:
            self._schedule.after(self._dice.latency_ms(), lambda: self._arrive(command))
        else:
            self._fail(command, OutcomeUnknown("POST", "lost on the way"))

    def _intend(self, command: Command) -> None:
        self._ask(self.books.keep(self.books.tracker.intent(command, at_ms=self._now())))

    def _arrive(self, command: Command) -> None:
        try:
            reply = self._venue.act(command)
        except WoodlotError as error:
            self._fail(command, error)
        else:
            if self._dice.happens(self._dice.weather.reply_lost, "replies lost"):
                self._fail(command, OutcomeUnknown("POST", "the reply was lost"))
            else:
                self._later(self._dice.latency_ms(), lambda: self._replied(command, reply))
        self._schedule.say()

    def _replied(self, command: Command, reply: Any) -> None:
        self._ask(self.books.keep(self.books.tracker.reply(command, reply, at_ms=self._now())))

    def _fail(self, command: Command, error: WoodlotError) -> None:
        self.unknown_outcomes += isinstance(error, OutcomeUnknown)
        self._later(
            self._dice.latency_ms(),
            lambda: self._failed(command, error),
        )

    def _failed(self, command: Command, error: WoodlotError) -> None:
        self._ask(self.books.keep(self.books.tracker.failed(command, error, at_ms=self._now())))

    # REST.

    def _look(self, then: Callable[[], None]) -> None:
        def again(_: WoodlotError) -> None:
            self._later(_RETRY_MS, lambda: self._look(then))

        self._run(look(self.books, now_ms=self._now), then=then, failed=again)

    def _look_regularly(self) -> None:
        self._look(lambda: None)
        self._later(_LOOK_EVERY_MS, self._look_regularly)

    def _ask(self, questions: tuple[Question, ...]) -> None:
        self._questions.add(questions)
        if self._questions and not self._is_asking:
            self._is_asking = True
            self._later(1, self._answer_next)

    def _answer_next(self) -> None:
        if not self._questions:
            self._is_asking = False
            return
        question = self._questions.take()
        if isinstance(question, AskAlgo):
            raise TypeError(f"there are no algo orders here: {question}")

        def failed(_: WoodlotError) -> None:
            self._later(round(RETRY_S * 1000) if self._questions.failed(question) else 0, self._answer_next)

        def answered() -> None:
            self._questions.answered(question)
            self._answer_next()

        asking = answer(self.books, question, now_ms=self._now, doubts=self._doubts)
        self._run(asking, then=answered, failed=failed)

    def _run(self, asking: Asking, *, then: Callable[[], None], failed: Callable[[WoodlotError], None]) -> None:
        """Carry out a procedure request by request, each taking its time and failing at times."""

        def step(advance: Callable[[], Request[Any]]) -> None:
            try:
                request = advance()
            except StopIteration as end:
                self._ask(end.value)
                then()
            except WoodlotError as error:
                failed(error)
            else:
                self._make(request, answered)

        def answered(result: Any) -> None:
            if isinstance(result, WoodlotError):
                step(lambda: asking.throw(result))
            else:
                step(lambda: asking.send(result))

        step(lambda: next(asking))

    def _make(self, request: Request[Any], ended: Callable[[Any], None]) -> None:
        """Make a call; what ends it, answer or error, goes to who asked."""

        def arrive() -> None:
            try:
                if self._dice.happens(self._dice.weather.rest_fails, "REST failures"):
                    raise ConnectionFailed(str(request.endpoint), "cut")
                reply = self._venue.act(request)
            except WoodlotError as error:
                ended(error)
            else:
                self._later(self._dice.latency_ms(), lambda: ended(reply))

        self._later(self._dice.latency_ms(), arrive)

    # Time.

    def _tick(self) -> None:
        self._ask(self.books.keep(self.books.tracker.due(self._now())))
        self._later(1_000, self._tick)

    def _now(self) -> int:
        return self._schedule.clock.now_ms()

    def _later(self, delay_ms: int, action: Callable[[], None]) -> None:
        self._schedule.after(delay_ms, lambda: action() if self.is_alive else None)

    def orders(self) -> list[TrackedOrder]:
        return list(self.books.tracker.orders())
