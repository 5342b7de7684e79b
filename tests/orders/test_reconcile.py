import random
from typing import Literal

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


class History:
    """A transaction history as an exchange may keep it; `calls` counts the pages it gave.

    A page is taken from the end that comes first; `turned` shows its rows the other way round.
    """

    def __init__(
        self,
        rows: list[Transaction],
        *,
        cap: int = 100,
        oldest_first: bool = False,
        turned: bool = False,
        id_goes: Literal["up", "down", "nowhere"] = "nowhere",
        excludes: int = 0,
    ) -> None:
        self._rows = sorted(rows, key=lambda row: (row.executed_timestamp.ms, row.id), reverse=not oldest_first)
        self._cap = cap
        self._turned = turned
        self._id_goes = id_goes
        self._excludes = excludes
        self.calls = 0

    def page(self, request: GetTransactionHistory) -> list[Transaction]:
        self.calls += 1
        start, end = _ms(request.start_time) + self._excludes, _ms(request.end_time) - self._excludes
        inside = [row for row in self._rows if start <= row.executed_timestamp.ms <= end]
        if (first := request.from_id) is not None and self._id_goes != "nowhere":
            inside = [row for row in inside if (row.id > first if self._id_goes == "up" else row.id < first)]
        shown = inside[: min(request.limit or 100, self._cap)]
        return shown[::-1] if self._turned else shown

    def walked(self, *, until_ms: int) -> list[int]:
        pages = FillPages(since_ms=START_MS - 1, until_ms=START_MS + until_ms + 1)
        while pages.request is not None:
            pages.take(self.page(pages.request))
        return sorted(row.id for row in pages.rows)


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200, 555])
@pytest.mark.parametrize(("oldest_first", "turned"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("cap", [100, 40, 1_000])
@pytest.mark.parametrize("excludes", [0, 1])
def test_every_fill_of_the_window_is_read_however_the_history_is_kept(
    count: int, oldest_first: bool, turned: bool, cap: int, excludes: int
) -> None:
    chance = random.Random(count)
    rows = [transaction(number, "1", at=chance.randint(0, 400)) for number in range(1, count + 1)]
    history = History(rows, cap=cap, oldest_first=oldest_first, turned=turned, excludes=excludes)
    assert history.walked(until_ms=400) == [*range(1, count + 1)]
    assert history.calls <= (3 if oldest_first or turned else 2) + count // min(cap, 100) * 2


@pytest.mark.parametrize(
    ("oldest_first", "id_goes", "cap"),
    [(False, "down", 100), (True, "up", 100), (False, "nowhere", 500), (True, "nowhere", 500)],
)
def test_a_millisecond_with_more_fills_than_a_page_is_read_too(
    oldest_first: bool, id_goes: Literal["up", "down", "nowhere"], cap: int
) -> None:
    rows = [transaction(number, "1", at=at) for number, at in zip(range(1, 301), (1, *[5] * 298, 9), strict=True)]
    history = History(rows, cap=cap, oldest_first=oldest_first, id_goes=id_goes)
    assert history.walked(until_ms=10) == [*range(1, 301)]


@pytest.mark.parametrize("oldest_first", [False, True])
def test_a_full_first_page_of_one_millisecond_tells_of_no_order(oldest_first: bool) -> None:
    rows = [transaction(number, "1", at=at) for number, at in enumerate((*[1] * 100, *[5] * 80, *[9] * 100), 1)]
    assert History(rows, cap=500, oldest_first=oldest_first).walked(until_ms=10) == [*range(1, 281)]


@pytest.mark.parametrize(("oldest_first", "turned"), [(False, False), (True, False), (False, True)])
def test_a_millisecond_that_does_not_show_whole_does_not_stop_the_walk(oldest_first: bool, turned: bool) -> None:
    rows = [transaction(number, "1", at=at) for number, at in zip(range(1, 301), (1, *[5] * 298, 9), strict=True)]
    walked = History(rows, oldest_first=oldest_first, turned=turned).walked(until_ms=10)
    assert (walked[0], walked[-1], len(walked)) == (1, 300, 102)


def test_an_exchange_that_keeps_to_no_window_is_not_asked_for_ever() -> None:
    rows = [transaction(number, "1", at=number) for number in range(1, 300)]
    history = History(rows, excludes=-1_000_000)
    history.walked(until_ms=1_000_000)
    assert history.calls < 5
