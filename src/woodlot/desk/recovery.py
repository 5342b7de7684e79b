"""This file is what is asked of REST about orders and executions, and what becomes of the answers.

Each procedure is a generator: it yields requests and is sent their answers, or thrown their errors. How they are
carried out is the caller's: awaited by a desk, answered by a simulated exchange in a proof.
"""

import contextlib
import itertools
import logging
from collections.abc import Callable, Generator
from typing import Any, Protocol, TypeAlias, TypeVar

from woodlot.desk.bookkeeping import Books
from woodlot.desk.doubts import Doubted
from woodlot.errors import NotFound, Rejected
from woodlot.orders.evidence import REST_LAG_MS
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import AskFills, AskOrder, Question
from woodlot.orders.reconcile import Answers, FillPages, believe, fills_since_ms, missing
from woodlot.orders.record import OVERLAP_MS
from woodlot.orders.states import OrderState
from woodlot.wire.enums import StatusFilter
from woodlot.wire.request import Request
from woodlot.wire.trade import GetOrder, GetOrders, OrderRow, Transaction, TransactionRows

log = logging.getLogger(__name__)

RowT = TypeVar("RowT")
Asking: TypeAlias = Generator[Request[Any], Any, tuple[Question, ...]]
"""Yields requests, is sent answers, returns the questions that are open then."""

HISTORY_REACH_MS = 730 * 24 * 3_600_000
"""How far back fills can be asked for: "last 2 years" (rest-v3 §9.1.10)."""
_PAGE = 500
# What is left over waits for the next look, when its fills are old enough to need no explanation.
_MOST_STRANGERS = 20
# The exchange's clock and ours differ by less, and nothing has been executed in the future.
_AHEAD_MS = 60_000


class Doubts(Protocol):
    """Knows of orders whose outcome is unknown whether the exchange's silence proves by now that they do not exist."""

    def is_absence_proof(self, order: Doubted) -> bool: ...


class Now(Protocol):
    """The exchange's time in milliseconds."""

    def __call__(self) -> int: ...


def look(books: Books, *, now_ms: Now) -> Asking:
    """Ask for what may have been missed since the cursor, and believe the answers.

    Nothing is believed before everything is answered, each order that is open here and not there included: its total
    shows whether one of its executions is not shown yet, and those after it then wait for it.
    """
    asked_ms = now_ms()
    since_ms = max(fills_since_ms(books.tracker, last_frame_ms=books.cursor_ms), asked_ms - HISTORY_REACH_MS)
    fills = yield from _fills(since_ms, asked_ms + _AHEAD_MS)
    # Orders after fills: a total that is older than a fill would not show that one before it is missing.
    orders = yield from every_open(_open_orders, _order_id, size=_PAGE)
    ended = yield from _each((*missing(books.tracker, orders), *_unexplained(books, fills, orders, asked_ms=asked_ms)))
    rows = orders + ended
    answers = Answers(orders=rows, transactions=_in_order(books, fills, rows, asked_ms=asked_ms))
    questions = books.keep(believe(books.tracker, answers, at_ms=now_ms()))
    books.verified(asked_ms)
    return tuple(question for question in questions if not _is_settled(books, question))


def answer(books: Books, question: AskOrder | AskFills, *, now_ms: Now, doubts: Doubts) -> Asking:
    """Ask REST what the tracker wants to know."""
    if isinstance(question, AskFills):
        asked_ms = now_ms()
        fills = yield from _fills(question.since_ms, asked_ms + _AHEAD_MS, symbol=question.symbol)
        own = tuple(row for row in fills if row.order_id == question.order_id)
        rows = yield from _each((AskOrder(symbol="", order_id=question.order_id, client_order_id=None),))
        answers = Answers(orders=rows, transactions=_in_order(books, own, rows, asked_ms=asked_ms))
        return books.keep(believe(books.tracker, answers, at_ms=now_ms()))
    if question.order_id is None and question.client_order_id is None:
        return ()
    handle = None if question.order_id else question.client_order_id
    doubted = None if question.order_id else books.tracker.find(client_order_id=handle)
    # Before the exchange is asked: what could still arrive after its answer, the answer does not rule out.
    is_proof = doubted is not None and doubts.is_absence_proof(doubted)
    try:
        row: OrderRow = yield GetOrder(order_id=question.order_id, client_order_id=handle)
    except NotFound:
        if doubted is None or doubted.state is not OrderState.UNKNOWN:
            return ()
        return (yield from _not_shown(books, doubted, is_proof=is_proof, now_ms=now_ms))
    return books.keep(books.tracker.poll(row, at_ms=now_ms()))


def _not_shown(books: Books, order: TrackedOrder, *, is_proof: bool, now_ms: Now) -> Asking:
    """Look for an order the exchange does not show: not yet, or because it does not exist.

    One that filled at once may show as an execution first; whose that is, the tracker then asks by its order id.
    """
    asked_ms = now_ms()
    since_ms = (order.created_ms or asked_ms) - OVERLAP_MS
    fills = yield from _fills(since_ms, asked_ms + _AHEAD_MS, symbol=order.symbol)
    strays = tuple(row for row in fills if books.tracker.find(order_id=row.order_id) is None)
    strays = _in_order(books, strays, (), asked_ms=asked_ms)
    questions = books.keep(books.tracker.backfill(strays, at_ms=now_ms()))
    if is_proof and not any(isinstance(question, AskOrder) for question in questions):
        log.warning("the order %s on %s was never placed: the exchange does not have it, and no copy of its request "
                    "can arrive any more", order.client_order_id, order.symbol)  # fmt: skip
        questions += books.keep(books.tracker.absent(client_order_id=order.client_order_id, at_ms=now_ms()))
    return questions


def _unexplained(
    books: Books, fills: tuple[Transaction, ...], orders: tuple[OrderRow, ...], *, asked_ms: int
) -> tuple[AskOrder, ...]:
    """Return a question for each of the last orders that young fills are of and nobody knows: placed elsewhere."""
    known = {row.order_id for row in orders}
    strangers = {
        fill.order_id: fill.symbol
        for fill in fills
        if fill.executed_timestamp.ms >= asked_ms - REST_LAG_MS
        and fill.order_id not in known
        and books.tracker.find(order_id=fill.order_id) is None
    }
    questions = [AskOrder(symbol=symbol, order_id=number, client_order_id=None) for number, symbol in strangers.items()]
    return tuple(questions[:_MOST_STRANGERS])


def _in_order(
    books: Books, fills: tuple[Transaction, ...], orders: tuple[OrderRow, ...], *, asked_ms: int
) -> tuple[Transaction, ...]:
    """Leave out fills of which it cannot be told whether one before them is not shown yet; they are asked for again.

    It can be told of a fill that is older than REST lags, and of orders whose total is known and younger than the
    fills: it was asked for after them, or it is final.
    """
    told = {row.order_id for row in orders}
    return tuple(
        fill
        for fill in fills
        if fill.order_id in told
        or fill.executed_timestamp.ms < asked_ms - REST_LAG_MS
        or ((order := books.tracker.find(order_id=fill.order_id)) is not None and order.is_final)
    )


def _is_settled(books: Books, question: Question) -> bool:
    """Whether the fills of the same pass have answered what its orders made the tracker ask."""
    order = books.tracker.find(order_id=question.order_id)
    return isinstance(question, AskFills) and order is not None and not order.missing_quantity


def _each(questions: tuple[AskOrder, ...]) -> Generator[Request[Any], Any, tuple[OrderRow, ...]]:
    """Return the orders asked for; one that is not shown yet is asked for again with the next look."""
    found: list[OrderRow] = []
    for question in questions:
        handle = None if question.order_id else question.client_order_id
        with contextlib.suppress(NotFound):
            found.append((yield GetOrder(order_id=question.order_id, client_order_id=handle)))
    return tuple(found)


def _open_orders(page: int) -> GetOrders:
    return GetOrders(status=StatusFilter.INCOMPLETE, page=page, size=_PAGE)


def _order_id(row: OrderRow) -> int:
    return row.order_id


def every_open(
    page_of: Callable[[int], Request[Any]], id_of: Callable[[RowT], int], *, size: int
) -> Generator[Request[Any], Any, tuple[RowT, ...]]:
    """Return every row of a list that moves, page by page, `size` rows asked for in each.

    What moves between pages comes twice, or is asked for by its id.
    """
    found: dict[int, RowT] = {}
    for page in itertools.count(1):
        answer = yield page_of(page)
        known = len(found)
        found |= {id_of(row): row for row in answer.rows}
        is_last = len(answer.rows) < size and len(found) >= answer.meta.total
        if is_last or len(found) == known:
            break
    return tuple(found.values())


def _fills(
    since_ms: int, until_ms: int, *, symbol: str | None = None
) -> Generator[Request[Any], Any, tuple[Transaction, ...]]:
    pages = FillPages(since_ms=max(0, since_ms), until_ms=until_ms, symbol=symbol)
    while pages.request is not None:
        try:
            page: TransactionRows = yield pages.request
        except Rejected:
            if not pages.may_be_refused:
                raise
            page = TransactionRows(rows=())
        pages.take(page.rows)
    return pages.rows
