import random

import pytest
from tests.orders.messages import ORDER_ID, START_MS, SYMBOL, ack, executed_ids, fill_report, place, row, transaction

from woodlot.errors import OutcomeUnknown
from woodlot.orders.output import AskOrder
from woodlot.orders.reconcile import SECOND_PASS_MS, Answers, FillPages, believe, fills_since_ms, missing
from woodlot.orders.record import OVERLAP_MS
from woodlot.orders.states import OrderState
from woodlot.orders.tracker import Tracker
from woodlot.wire.moment import milliseconds
from woodlot.wire.trade import GetTransactionHistory, Transaction


def with_order(client_order_id: int, order_id: int | None) -> Tracker:
    tracker = Tracker()
    tracker.intent(place(client_order_id=client_order_id), at_ms=START_MS)
    if order_id:
        answer = ack(order_id=order_id, client_order_id=client_order_id)
        tracker.reply(place(client_order_id=client_order_id), answer, at_ms=START_MS)
    return tracker


def test_fills_are_asked_from_the_last_frame_less_an_overlap() -> None:
    assert fills_since_ms(Tracker(), last_frame_ms=START_MS) == START_MS - OVERLAP_MS


def test_fills_are_asked_from_the_oldest_one_kept_back() -> None:
    tracker = with_order(5, ORDER_ID)
    tracker.report(fill_report(8, "10", "50", at=9, client_order_id=5), at_ms=START_MS)
    assert fills_since_ms(tracker, last_frame_ms=START_MS + 60_000) == START_MS + 9 - OVERLAP_MS


@pytest.mark.parametrize(("order_id", "is_there"), [(ORDER_ID, True), (ORDER_ID + 1, False), (None, True)])
def test_an_order_open_here_and_not_there_is_asked_for(order_id: int | None, is_there: bool) -> None:
    tracker = with_order(5, order_id)
    asked = missing(tracker, [row("NEW", client_order_id=5)])
    assert asked == (() if is_there else (AskOrder(symbol=SYMBOL, order_id=order_id, client_order_id=5),))


def test_an_order_that_finished_meanwhile_is_told_with_its_fills_before_the_buffer() -> None:
    tracker = with_order(5, ORDER_ID)
    outputs = believe(
        tracker,
        Answers(
            orders=(row("FILLED", "100", client_order_id=5),),
            transactions=(transaction(8, "60", at=9), transaction(7, "40", at=5)),
        ),
        buffered=[fill_report(8, "60", "100", "FILLED", at=9, client_order_id=5)],
        at_ms=START_MS + 1000,
    )
    assert executed_ids(outputs) == [7, 8]
    assert [order.state for order in tracker.orders()] == [OrderState.FILLED]


def test_a_fill_rest_does_not_show_yet_comes_in_the_second_pass_in_its_place() -> None:
    tracker = with_order(5, ORDER_ID)
    lagging = Answers(
        orders=(row("PARTIAL_FILLED", "40", client_order_id=5),), transactions=(transaction(7, "40", at=5),)
    )
    buffered = [fill_report(9, "10", "60", at=9, client_order_id=5)]
    assert executed_ids(believe(tracker, lagging, buffered=buffered, at_ms=START_MS)) == [7]
    complete = Answers(transactions=(transaction(8, "10", at=8), transaction(7, "40", at=5)))
    assert executed_ids(believe(tracker, complete, at_ms=START_MS + SECOND_PASS_MS)) == [8, 9]


def test_an_order_proven_absent_ends_not_placed() -> None:
    tracker = with_order(5, None)
    tracker.failed(place(client_order_id=5), OutcomeUnknown("POST", "cut"), at_ms=START_MS)
    believe(tracker, Answers(absent=(5,)), at_ms=START_MS + 305_000)
    assert [order.state for order in tracker.orders()] == [OrderState.NOT_PLACED]


def _ms(moment: object) -> int:
    return milliseconds(moment, "time")


def page_of(history: list[Transaction], request: GetTransactionHistory, *, cap: int = 100) -> list[Transaction]:
    """The exchange's answer: newest first, both ends of the window included."""
    start, end, limit = _ms(request.start_time), _ms(request.end_time), request.limit or 100
    inside = [item for item in history if start <= item.executed_timestamp.ms <= end]
    return sorted(inside, key=lambda item: item.executed_timestamp.ms, reverse=True)[: min(limit, cap)]


def walked(pages: FillPages, history: list[Transaction]) -> int:
    calls = 0
    while pages.request is not None:
        pages.take(page_of(history, pages.request))
        calls += 1
    return calls


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200, 555])
def test_every_fill_of_the_window_is_read_whatever_the_page_boundary(count: int) -> None:
    chance = random.Random(count)
    history = [transaction(number, "1", at=chance.randint(0, 400)) for number in range(1, count + 1)]
    pages = FillPages(since_ms=START_MS, until_ms=START_MS + 400)
    calls = walked(pages, history)
    assert {item.id for item in pages.rows} == set(range(1, count + 1))
    assert calls <= count // 50 + 2


def test_a_millisecond_that_fills_pages_does_not_stop_the_walk() -> None:
    history = [transaction(number, "1", at=5) for number in range(1, 150)] + [transaction(500, "1", at=1)]
    pages = FillPages(since_ms=START_MS, until_ms=START_MS + 10)
    walked(pages, history)
    assert 500 in {item.id for item in pages.rows}
