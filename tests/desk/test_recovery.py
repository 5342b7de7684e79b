"""What is asked of REST, and what is believed of its answers: procedures carried out by hand."""

from typing import Any

import pytest
from tests.orders.messages import CLIENT_ORDER_ID, ORDER_ID, START_MS, ack, fill_report, place, report, row, transaction

from woodlot.clock import ManualClock
from woodlot.desk.bookkeeping import Books
from woodlot.desk.doubts import Doubts
from woodlot.desk.journal import Journal
from woodlot.desk.questions import Questions
from woodlot.desk.recovery import Asking, answer, look
from woodlot.errors import ConnectionFailed, NotFound, OutcomeUnknown, Rejected
from woodlot.orders.output import AskFills, AskOrder, Question
from woodlot.orders.states import OrderState
from woodlot.wire.answer import Meta
from woodlot.wire.trade import GetOrder, GetOrders, GetTransactionHistory, OrderRow, OrderRows, TransactionRows

LATER_MS = START_MS + 100_000


class Rest:
    """Answer what a procedure asks; `orders` are all there are, `fills` what the history shows.

    A page of more than `most` rows is refused.
    """

    def __init__(
        self, *, orders: tuple[OrderRow, ...] = (), fills: tuple[Any, ...] = (), most: int | None = None
    ) -> None:
        self.orders = orders
        self.most = most
        self.refused = 0
        self.fills = fills
        self.asked: list[Any] = []

    def carry_out(self, asking: Asking) -> tuple[Question, ...]:
        try:
            request = next(asking)
            while True:
                self.asked.append(request)
                try:
                    reply = self._reply(request)
                except Rejected as error:
                    request = asking.throw(error)
                else:
                    request = asking.send(reply)
        except StopIteration as end:
            return end.value

    def _reply(self, request: Any) -> Any:
        match request:
            case GetOrders():
                rows = [row for row in self.orders if not row.status.is_final]
                size = request.size or 100
                page = rows[((request.page or 1) - 1) * size :][:size]
                return OrderRows(rows=tuple(page), meta=Meta(total=len(rows)))
            case GetOrder():
                for row in self.orders:
                    if request.order_id in (None, row.order_id) and request.client_order_id in (
                        None,
                        row.client_order_id,
                    ):
                        return row
                raise NotFound("no", code=-1006)
            case GetTransactionHistory():
                if self.most is not None and (request.limit or 0) > self.most:
                    self.refused += 1
                    raise Rejected("too many", code=-1005)
                return TransactionRows(rows=self.fills)
            case _:
                raise AssertionError(request)


def books() -> Books:
    books = Books(Journal())
    books.open(START_MS)
    return books


def placed(books: Books) -> None:
    books.keep(books.tracker.intent(place(), at_ms=START_MS))
    books.keep(books.tracker.reply(place(), ack(), at_ms=START_MS))


def lost(books: Books) -> None:
    books.keep(books.tracker.intent(place(), at_ms=START_MS))
    books.keep(books.tracker.failed(place(), OutcomeUnknown("POST", "cut"), at_ms=START_MS))


def told(books: Books) -> list[int]:
    found, number = [], 0
    while (numbered := books.journal.fill_after(number)) is not None:
        found.append(numbered.fill.trade_id)
        number = numbered.number
    return found


def looked(books: Books, rest: Rest, *, at_ms: int = LATER_MS) -> tuple[Question, ...]:
    return rest.carry_out(look(books, now_ms=lambda: at_ms))


def doubts(*, proof: bool = False) -> Doubts:
    return Doubts(absence_is_proof_after_s=0.0 if proof else None, clock=ManualClock())


ASK = AskOrder(symbol="SPOT_WOO_USDT", order_id=None, client_order_id=CLIENT_ORDER_ID)


def asked(books: Books, rest: Rest, question: AskOrder | AskFills, *, proof: bool = False) -> tuple[Question, ...]:
    return rest.carry_out(answer(books, question, now_ms=lambda: LATER_MS, doubts=doubts(proof=proof)))


def test_a_look_finds_what_was_executed_and_what_became_of_the_order() -> None:
    kept = books()
    placed(kept)
    rest = Rest(orders=(row("FILLED", "100"),), fills=(transaction(2, "60", at=9), transaction(1, "40", at=5)))
    assert looked(kept, rest) == ()
    assert told(kept) == [1, 2]
    (order,) = kept.tracker.orders()
    assert (order.state, kept.recovered) == (OrderState.FILLED, 2)


def test_a_look_reads_every_page_of_open_orders() -> None:
    kept = books()
    orders = tuple(row("NEW", order_id=number, client_order_id=number) for number in range(1, 1202))
    rest = Rest(orders=orders)
    looked(kept, rest)
    assert len(kept.tracker.open_orders()) == 1201
    assert [request.page for request in rest.asked if isinstance(request, GetOrders)] == [1, 2, 3]


def test_a_look_that_is_cut_short_changes_nothing_and_moves_no_cursor() -> None:
    kept = books()
    placed(kept)
    asking = look(kept, now_ms=lambda: LATER_MS)
    next(asking)
    with pytest.raises(ConnectionFailed):
        asking.throw(ConnectionFailed("GET", "cut"))
    assert (told(kept), kept.cursor_ms) == ([], START_MS)


def test_a_larger_page_that_is_refused_costs_no_more_than_itself() -> None:
    kept = books()
    placed(kept)
    fills = tuple(transaction(number, "0.5", at=5) for number in range(1, 101))
    rest = Rest(orders=(row("PARTIAL_FILLED", "50"),), fills=fills, most=100)
    looked(kept, rest)
    assert rest.refused == 1
    assert told(kept) == [*range(1, 101)]


def test_a_young_fill_waits_while_one_before_it_may_be_hidden() -> None:
    kept = books()
    placed(kept)
    young_ms = LATER_MS - START_MS - 1_000
    fills = (transaction(2, "60", at=young_ms),)
    looked(kept, Rest(orders=(row("PARTIAL_FILLED", "100"),), fills=fills))
    assert told(kept) == [], "the order's total says that 40 are missing"
    looked(kept, Rest(orders=(), fills=fills))
    assert told(kept) == [], "its total is not known"
    looked(kept, Rest(orders=(row("FILLED", "100"),), fills=(*fills, transaction(1, "40", at=young_ms - 5))))
    assert told(kept) == [1, 2]


def test_an_old_fill_is_believed_by_itself() -> None:
    kept = books()
    looked(kept, Rest(fills=(transaction(2, "60", at=5),)))
    assert told(kept) == [2]


def test_an_order_of_somebody_else_that_is_over_already_is_explained_by_its_id() -> None:
    kept = books()
    young_ms = LATER_MS - START_MS - 1_000
    looked(kept, Rest(orders=(row("FILLED", "60"),), fills=(transaction(2, "60", at=young_ms),)))
    assert told(kept) == [2]


def test_missing_fills_are_asked_for_with_the_total_after_them() -> None:
    kept = books()
    placed(kept)
    kept.keep(kept.tracker.report(fill_report(2, "60", "100", at=5), at_ms=LATER_MS))
    rest = Rest(orders=(row("FILLED", "100"),), fills=(transaction(2, "60", at=5), transaction(1, "40", at=4)))
    asked(kept, rest, AskFills(symbol="SPOT_WOO_USDT", order_id=ORDER_ID, since_ms=START_MS))
    assert [type(request) for request in rest.asked] == [GetTransactionHistory, GetTransactionHistory, GetOrder]
    assert told(kept) == [1, 2]


def test_an_unknown_order_that_exists_is_found_by_its_handle() -> None:
    kept = books()
    lost(kept)
    asked(kept, Rest(orders=(row("NEW"),)), ASK)
    (order,) = kept.tracker.orders()
    assert (order.state, order.order_id, order.foreign) == (OrderState.WORKING, ORDER_ID, False)


def test_a_market_order_that_filled_at_once_is_found_through_its_execution() -> None:
    kept = books()
    lost(kept)
    hidden = Rest(fills=(transaction(1, "100", at=5),))
    (question,) = asked(kept, hidden, ASK, proof=True)
    assert isinstance(question, AskOrder)
    assert question.order_id == ORDER_ID
    (order,) = kept.tracker.orders()
    assert order.state is OrderState.UNKNOWN, "an execution that nobody explains forbids to call it absent"
    asked(kept, Rest(orders=(row("FILLED", "100"),)), question)
    (order,) = kept.tracker.orders()
    assert (order.state, told(kept)) == (OrderState.FILLED, [1])


@pytest.mark.parametrize(("proof", "state"), [(False, OrderState.UNKNOWN), (True, OrderState.NOT_PLACED)])
def test_silence_is_proof_only_where_it_can_be(proof: bool, state: OrderState) -> None:
    kept = books()
    lost(kept)
    asked(kept, Rest(), ASK, proof=proof)
    (order,) = kept.tracker.orders()
    assert order.state is state


def test_an_order_that_was_seen_is_not_unseen_because_rest_does_not_show_it() -> None:
    kept = books()
    placed(kept)
    kept.keep(kept.tracker.report(report("NEW"), at_ms=START_MS))
    asked(kept, Rest(), AskOrder(symbol="SPOT_WOO_USDT", order_id=ORDER_ID, client_order_id=None), proof=True)
    (order,) = kept.tracker.orders()
    assert order.state is OrderState.WORKING


def test_history_is_not_asked_for_beyond_its_reach() -> None:
    kept = books()
    rest = Rest()
    far_ms = START_MS + 800 * 24 * 3_600_000
    looked(kept, rest, at_ms=far_ms)
    asked_for = next(request for request in rest.asked if isinstance(request, GetTransactionHistory))
    assert asked_for.start_time == far_ms - 730 * 24 * 3_600_000


def test_a_question_waits_once_and_one_that_fails_is_put_again_a_few_times() -> None:
    questions = Questions()
    questions.add([ASK, ASK])
    taken = 0
    while questions:
        taken += 1
        questions.failed(questions.take())
    assert taken == 5
