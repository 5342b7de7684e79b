"""This file is what is asked of REST about algo orders, and what becomes of the answers.

The procedures are as in `desk.recovery`: they yield requests and are sent the answers.
"""

import contextlib
import logging
from collections.abc import Generator

from woodlot.desk.bookkeeping import Books
from woodlot.desk.recovery import Asking, Doubts, Now, every_open
from woodlot.errors import NotFound
from woodlot.orders.algo_tracker import missing
from woodlot.orders.output import AskAlgo, Question
from woodlot.orders.states import OrderState
from woodlot.wire.algo import AlgoOrderRow, GetAlgoOrder, GetAlgoOrders
from woodlot.wire.enums import StatusFilter

log = logging.getLogger(__name__)

_PAGE = 100


def look_at_algos(books: Books, *, now_ms: Now) -> Asking:
    """Ask for every open algo order, and for each that is open here and not there; believe the answers."""
    rows = yield from every_open(_open_algos, _algo_order_id, size=_PAGE)
    questions: tuple[Question, ...] = ()
    for row in rows:
        questions += books.keep(books.algos.poll(row, at_ms=now_ms()))
    for question in tuple(missing(books.algos, rows)):
        with contextlib.suppress(NotFound):
            questions += yield from _ask(books, question, now_ms=now_ms)
    return questions


def answer_algo(books: Books, question: AskAlgo, *, now_ms: Now, doubts: Doubts) -> Asking:
    """Ask what became of one order. Silence is an answer only where it is proof."""
    doubted = books.algos.find(order_id=question.order_id, client_order_id=question.client_order_id)
    # Before the exchange is asked: what could still arrive after its answer, the answer does not rule out.
    is_proof = (
        doubted is not None
        and doubted.order_id is None
        and doubted.state is OrderState.UNKNOWN
        and doubts.is_absence_proof(doubted)
    )
    try:
        return (yield from _ask(books, question, now_ms=now_ms))
    except NotFound:
        if not is_proof or question.client_order_id is None:
            return ()
        log.warning("the algo order %s was never placed: the exchange does not have it, and no copy of its request "
                    "can arrive any more", question.client_order_id)  # fmt: skip
        return books.keep(books.algos.absent(client_order_id=question.client_order_id, at_ms=now_ms()))


def _ask(books: Books, question: AskAlgo, *, now_ms: Now) -> Asking:
    """Ask for the order, and for those of its legs that may still act and that the answer leaves out."""
    handle = None if question.order_id else question.client_order_id
    row: AlgoOrderRow = yield GetAlgoOrder(algo_order_id=question.order_id, client_algo_order_id=handle)
    questions = books.keep(books.algos.poll(row, at_ms=now_ms()))
    order = books.algos.find(order_id=row.algo_order_id)
    if order is None or not order.state.is_final:
        return questions
    told = set(_ids(row))
    for leg in order.waiting_legs:
        if leg.algo_order_id not in told:
            with contextlib.suppress(NotFound):
                leg_row: AlgoOrderRow = yield GetAlgoOrder(algo_order_id=leg.algo_order_id)
                questions += books.keep(books.algos.poll(leg_row, at_ms=now_ms()))
    return questions


def _open_algos(page: int) -> GetAlgoOrders:
    return GetAlgoOrders(status=StatusFilter.INCOMPLETE, page=page, size=_PAGE)


def _algo_order_id(row: AlgoOrderRow) -> int:
    return row.algo_order_id


def _ids(row: AlgoOrderRow) -> Generator[int]:
    yield row.algo_order_id
    for child in row.child_orders or ():
        yield from _ids(child)
