from decimal import Decimal

import pytest
from tests.orders.messages import (
    CLIENT_ORDER_ID,
    ORDER_ID,
    START_MS,
    SYMBOL,
    ack,
    changes,
    executed_ids,
    fill_report,
    place,
    questions,
    refusal,
    report,
    row,
    transaction,
)

from woodlot.errors import ConnectionFailed, DuplicateClientOrderId, InsufficientFunds, OutcomeUnknown, WoodlotError
from woodlot.orders.evidence import Source
from woodlot.orders.fills import Fill
from woodlot.orders.ledger import HOLD_MS
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import AskFills, AskOrder, Changed, Doubtful, Executed
from woodlot.orders.record import OVERLAP_MS
from woodlot.orders.states import News, OrderState
from woodlot.orders.tracker import Tracker
from woodlot.orders.wish import Wish, WishStage
from woodlot.wire.trade import CancelAck, CancelAllOrders, CancelOrder, CancelOrders, EditAck, EditOrder

NOW = START_MS
CANCEL = CancelOrder(order_id=ORDER_ID, symbol=SYMBOL)
EDIT = EditOrder(order_id=ORDER_ID, price="0.3")
ASK_ORDER = AskOrder(symbol=SYMBOL, order_id=ORDER_ID, client_order_id=CLIENT_ORDER_ID)
LOST = OutcomeUnknown("POST /v3/trade/order", "cut", client_order_id=CLIENT_ORDER_ID)


def intended() -> Tracker:
    tracker = Tracker()
    tracker.intent(place(), at_ms=NOW)
    return tracker


def working() -> Tracker:
    tracker = intended()
    tracker.reply(place(), ack(), at_ms=NOW)
    tracker.report(report("NEW"), at_ms=NOW)
    return tracker


def order_of(tracker: Tracker) -> TrackedOrder:
    order = tracker.find(client_order_id=CLIENT_ORDER_ID)
    assert order is not None
    return order


def test_an_order_is_followed_from_intent_to_fill() -> None:
    tracker = working()
    outputs = tracker.report(fill_report(7, "100", "100", "FILLED", at=5), at_ms=NOW + 5)
    assert [type(output) for output in outputs] == [Executed, Changed]
    order = order_of(tracker)
    assert (order.state, order.trade_ids, order.fees) == (OrderState.FILLED, (7,), {"WOO": Decimal("0.01")})
    assert [(step.source, step.news) for step in order.history] == [
        (Source.INTENT, News.INTENDED),
        (Source.REPLY, News.ACKNOWLEDGED),
        (Source.REPORT, News.NEW),
        (Source.REPORT, News.FILLED),
    ]
    assert tracker.open_orders() == ()


def test_a_fill_before_the_reply_is_the_orders_own() -> None:
    tracker = intended()
    outputs = tracker.report(fill_report(7, "100", "100", "FILLED", at=5), at_ms=NOW)
    assert executed_ids(outputs) == [7]
    assert changes(tracker.reply(place(), ack(), at_ms=NOW)) == []
    assert order_of(tracker).state is OrderState.FILLED


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (InsufficientFunds("no funds"), OrderState.REJECTED),
        (ConnectionFailed("POST", "refused"), OrderState.NOT_PLACED),
        (LOST, OrderState.UNKNOWN),
    ],
)
def test_a_failed_call_ends_in_one_of_three_ways(error: WoodlotError, state: OrderState) -> None:
    tracker = intended()
    tracker.failed(place(), error, at_ms=NOW)
    order = order_of(tracker)
    assert order.state is state
    assert str(error) in order.history[-1].note


def test_an_unknown_outcome_asks_and_a_poll_resolves_it() -> None:
    tracker = intended()
    assert questions(tracker.failed(place(), LOST, at_ms=NOW)) == [
        AskOrder(symbol=SYMBOL, order_id=None, client_order_id=CLIENT_ORDER_ID)
    ]
    tracker.poll(row("NEW"), at_ms=NOW + 100)
    assert (order_of(tracker).state, order_of(tracker).order_id) == (OrderState.WORKING, ORDER_ID)
    assert tracker.due(NOW + 600_000) == ()


def test_an_unknown_outcome_is_not_rejected_by_the_refusal_of_a_second_try() -> None:
    tracker = intended()
    tracker.failed(place(), LOST, at_ms=NOW)
    tracker.failed(place(), DuplicateClientOrderId("repeated"), at_ms=NOW)
    assert order_of(tracker).state is OrderState.UNKNOWN


def test_proven_absence_is_not_placed_until_a_report_knows_better() -> None:
    tracker = intended()
    tracker.failed(place(), LOST, at_ms=NOW)
    tracker.absent(client_order_id=CLIENT_ORDER_ID, at_ms=NOW + 305_000)
    assert (order_of(tracker).state, order_of(tracker).is_final) == (OrderState.NOT_PLACED, True)
    tracker.report(report("NEW"), at_ms=NOW + 306_000)
    assert [order.state for order in tracker.open_orders()] == [OrderState.WORKING]


def test_a_fill_is_told_once_whatever_it_comes_by() -> None:
    tracker = working()
    told = tracker.report(fill_report(7, "40", "40", at=5), at_ms=NOW)
    told += tracker.backfill([transaction(7, "40", at=5)], at_ms=NOW)
    told += tracker.report(fill_report(7, "40", "40", at=5), at_ms=NOW)
    assert executed_ids(told) == [7]
    assert order_of(tracker).booked_quantity == Decimal(40)


def test_a_missed_fill_is_asked_for_and_told_before_the_later_one() -> None:
    tracker = working()
    outputs = tracker.report(fill_report(8, "10", "50", at=9), at_ms=NOW)
    assert executed_ids(outputs) == []
    assert questions(outputs) == [AskFills(symbol=SYMBOL, order_id=ORDER_ID, since_ms=START_MS - OVERLAP_MS)]
    assert order_of(tracker).missing_quantity == Decimal(40)
    assert tracker.unsettled_since_ms == START_MS + 9
    outputs = tracker.backfill([transaction(8, "10", at=9), transaction(7, "40", at=5)], at_ms=NOW)
    assert executed_ids(outputs) == [7, 8]
    assert (tracker.unsettled_since_ms, tracker.due(NOW + 600_000)) == (None, ())


def test_missing_fills_are_asked_for_from_the_last_complete_one() -> None:
    tracker = working()
    tracker.report(fill_report(7, "40", "40", at=5_000), at_ms=NOW)
    outputs = tracker.report(fill_report(9, "10", "60", at=9_000), at_ms=NOW)
    assert questions(outputs) == [AskFills(symbol=SYMBOL, order_id=ORDER_ID, since_ms=START_MS + 5_000 - OVERLAP_MS)]


def test_a_total_without_fills_is_a_question_too() -> None:
    tracker = working()
    assert isinstance(questions(tracker.poll(row("FILLED", "100"), at_ms=NOW))[0], AskFills)


def test_questions_are_put_again_ever_more_slowly() -> None:
    tracker = working()
    tracker.report(fill_report(8, "10", "50", at=9), at_ms=NOW)
    asked = [second for second in range(200) if questions(tracker.due(NOW + 1000 * second))]
    assert asked == [1, 3, 7, 15, 31, 63, 123, 183]


def test_a_fill_that_waited_long_enough_is_told_without_the_missing_one() -> None:
    tracker = working()
    tracker.report(fill_report(8, "10", "50", at=9), at_ms=NOW)
    assert executed_ids(tracker.due(NOW + HOLD_MS - 1)) == []
    assert executed_ids(tracker.due(NOW + HOLD_MS)) == [8]
    assert executed_ids(tracker.backfill([transaction(7, "40", at=5)], at_ms=NOW + 90_000)) == [7]


def test_fills_ahead_of_the_last_report_ask_for_the_order() -> None:
    tracker = working()
    outputs = tracker.backfill([transaction(7, "100", at=5)], at_ms=NOW)
    assert executed_ids(outputs) == [7]
    assert order_of(tracker).state is OrderState.PARTLY_FILLED, "only the exchange says that it is filled"
    assert questions(outputs) == [ASK_ORDER]
    tracker.poll(row("FILLED", "100"), at_ms=NOW)
    assert order_of(tracker).state is OrderState.FILLED


def test_a_fill_after_cancelled_is_told_and_the_order_stays_cancelled() -> None:
    tracker = working()
    tracker.report(report("CANCELLED", at=5), at_ms=NOW)
    assert executed_ids(tracker.report(fill_report(7, "40", "40", at=6), at_ms=NOW)) == [7]
    order = order_of(tracker)
    assert (order.state, order.filled_quantity) == (OrderState.CANCELLED, Decimal(40))


def test_a_doubt_that_comes_up_while_rest_is_asked_is_asked_about_again() -> None:
    tracker = working()
    assert questions(tracker.report(report("HALTED", at=1), at_ms=NOW)) == [ASK_ORDER]
    assert questions(tracker.report(report("HALTED", at=2), at_ms=NOW)) == []
    assert questions(tracker.poll(row("NEW"), at_ms=NOW)) == [ASK_ORDER]
    assert questions(tracker.poll(row("NEW"), at_ms=NOW)) == []


@pytest.mark.parametrize("message_type", [1, 2])
def test_a_refusal_resolves_its_wish_and_asks(message_type: int) -> None:
    tracker = working()
    for command, answer in ((CANCEL, CancelAck(status="CANCEL_SENT")), (EDIT, EditAck(status="EDIT_SENT"))):
        tracker.intent(command, at_ms=NOW)
        tracker.reply(command, answer, at_ms=NOW)
    assert [wish and wish.stage for wish in (order_of(tracker).cancel_wish, order_of(tracker).amend_wish)] == [
        WishStage.SENT,
        WishStage.SENT,
    ]
    outputs = tracker.report(refusal(message_type), at_ms=NOW)
    order = order_of(tracker)
    assert (order.amend_wish is None, order.cancel_wish is None) == (message_type == 1, message_type == 2)
    assert (order.state, order.price, order.quantity) == (OrderState.WORKING, Decimal("0.25"), Decimal(100))
    assert questions(outputs) == [ASK_ORDER]


@pytest.mark.parametrize("message_type", [1, 2])
def test_a_refusal_that_names_no_order_resolves_the_wishes_it_may_be_about(message_type: int) -> None:
    tracker = working()
    other = place(client_order_id=5)
    tracker.intent(other, at_ms=NOW)
    tracker.reply(other, ack(order_id=9, client_order_id=5), at_ms=NOW)
    for command in (CANCEL, EDIT):
        tracker.intent(command, at_ms=NOW)
    outputs = tracker.report(refusal(message_type, order_id=0), at_ms=NOW)
    order = order_of(tracker)
    assert (order.amend_wish is None, order.cancel_wish is None) == (message_type == 1, message_type == 2)
    assert questions(outputs) == [ASK_ORDER]


def test_a_refused_cancel_all_resolves_only_the_wishes_it_made() -> None:
    tracker = working()
    other = place(client_order_id=5)
    tracker.intent(other, at_ms=NOW)
    tracker.reply(other, ack(order_id=9, client_order_id=5), at_ms=NOW)
    tracker.intent(CancelAllOrders(symbol=SYMBOL), at_ms=NOW)
    tracker.intent(CANCEL, at_ms=NOW)
    tracker.report(refusal(3, order_id=0), at_ms=NOW)
    assert [order.cancel_wish is None for order in tracker.open_orders()] == [False, True]


def test_a_message_type_nobody_knows_asks_and_changes_nothing() -> None:
    tracker = working()
    before = order_of(tracker)
    assert tracker.report(refusal(9), at_ms=NOW) == (ASK_ORDER,)
    assert order_of(tracker) == before


def test_several_orders_are_cancelled_by_their_ids() -> None:
    tracker = working()
    tracker.intent(CancelOrders.by_id([ORDER_ID, 99]), at_ms=NOW)
    assert order_of(tracker).cancel_wish is not None
    tracker.intent(CancelOrders(client_order_ids=str(CLIENT_ORDER_ID)), at_ms=NOW + 1)
    assert order_of(tracker).cancel_wish == Wish(asked_ms=NOW + 1)


def test_open_orders_are_listed_oldest_first_whatever_happened_to_them() -> None:
    tracker = intended()
    tracker.intent(place(client_order_id=5), at_ms=NOW)
    tracker.reply(place(), ack(), at_ms=NOW)
    assert [order.client_order_id for order in tracker.open_orders()] == [CLIENT_ORDER_ID, 5]


def test_a_refusal_about_an_order_nobody_knows_is_let_be() -> None:
    assert Tracker().report(refusal(2), at_ms=NOW) == ()


def test_a_cancel_the_call_refused_is_no_wish_any_more() -> None:
    tracker = working()
    tracker.intent(CANCEL, at_ms=NOW)
    outputs = tracker.failed(CANCEL, InsufficientFunds("no"), at_ms=NOW)
    assert order_of(tracker).cancel_wish is None
    assert questions(outputs) == [ASK_ORDER]


def test_a_cancel_whose_answer_was_lost_stays_a_wish() -> None:
    tracker = working()
    tracker.intent(CANCEL, at_ms=NOW)
    assert questions(tracker.failed(CANCEL, LOST, at_ms=NOW)) == [ASK_ORDER]
    wish = order_of(tracker).cancel_wish
    assert wish is not None
    assert wish.stage is WishStage.LOST


def test_an_order_placed_elsewhere_is_adopted() -> None:
    tracker = Tracker()
    changed = changes(tracker.report(report("NEW", client_order_id=0), at_ms=NOW))
    assert [(change.order.foreign, change.order.state) for change in changed] == [(True, OrderState.WORKING)]
    assert tracker.find(order_id=ORDER_ID) == changed[0].order


def test_an_order_adopted_halfway_asks_for_its_beginning() -> None:
    tracker = Tracker()
    outputs = tracker.report(fill_report(8, "10", "50", at=9, client_order_id=0), at_ms=NOW)
    assert questions(outputs) == [AskOrder(symbol=SYMBOL, order_id=ORDER_ID, client_order_id=None)]
    outputs = tracker.poll(row("PARTIAL_FILLED", "50", client_order_id=0), at_ms=NOW)
    assert questions(outputs) == [AskFills(symbol=SYMBOL, order_id=ORDER_ID, since_ms=START_MS - OVERLAP_MS)]


def test_a_nameless_report_waits_for_the_reply_of_an_order_that_may_be_it() -> None:
    tracker = intended()
    nameless = fill_report(7, "40", "40", at=5, client_order_id=0)
    assert tracker.report(nameless, at_ms=NOW) == (AskOrder(symbol=SYMBOL, order_id=ORDER_ID, client_order_id=None),)
    outputs = tracker.reply(place(), ack(), at_ms=NOW)
    assert executed_ids(outputs) == [7]
    order = order_of(tracker)
    assert (order.state, order.filled_quantity, order.foreign) == (OrderState.PARTLY_FILLED, Decimal(40), False)
    assert len(list(tracker.orders())) == 1


def test_nothing_is_left_of_a_stray_that_found_its_order() -> None:
    tracker = intended()
    tracker.report(fill_report(8, "10", "50", at=9, client_order_id=0), at_ms=NOW)
    outputs = tracker.reply(place(), ack(), at_ms=NOW)
    assert [type(question) for question in questions(outputs)] == [AskFills]
    assert tracker.unsettled_since_ms == START_MS + 9
    assert executed_ids(tracker.backfill([transaction(7, "40", at=5)], at_ms=NOW)) == [7, 8]
    assert tracker.due(NOW + 600_000) == ()
    assert len(list(tracker.orders())) == 1


def test_an_order_adopted_too_early_becomes_ours_when_rest_names_it() -> None:
    tracker = Tracker()
    tracker.report(fill_report(7, "40", "40", at=5, client_order_id=0), at_ms=NOW)
    tracker.intent(place(), at_ms=NOW)
    outputs = tracker.reply(place(), ack(), at_ms=NOW)
    assert executed_ids(outputs) == []
    (order,) = tracker.orders()
    assert (order.foreign, order.client_order_id, order.state) == (False, CLIENT_ORDER_ID, OrderState.PARTLY_FILLED)
    assert order.booked_quantity == Decimal(40)


def test_a_nameless_report_is_adopted_when_rest_says_that_it_is_not_ours() -> None:
    tracker = intended()
    tracker.report(fill_report(7, "40", "40", at=5, client_order_id=0), at_ms=NOW)
    outputs = tracker.poll(row("PARTIAL_FILLED", "40", client_order_id=0), at_ms=NOW)
    assert executed_ids(outputs) == [7]
    assert [order.foreign for order in tracker.orders()] == [False, True]


def test_a_backfilled_fill_finds_the_order_whose_reply_was_lost() -> None:
    tracker = intended()
    tracker.failed(place(), LOST, at_ms=NOW)
    outputs = tracker.backfill([transaction(7, "100", at=5)], at_ms=NOW)
    assert questions(outputs) == [AskOrder(symbol=SYMBOL, order_id=ORDER_ID, client_order_id=None)]
    assert executed_ids(outputs) == []
    outputs = tracker.poll(row("FILLED", "100"), at_ms=NOW)
    fills = [output.fill for output in outputs if isinstance(output, Executed)]
    assert [(fill.trade_id, fill.client_order_id) for fill in fills] == [(7, CLIENT_ORDER_ID)]
    assert order_of(tracker).state is OrderState.FILLED


def test_a_fill_kept_for_a_name_that_never_comes_is_told_without_it() -> None:
    tracker = intended()
    tracker.backfill([transaction(7, "100", at=5)], at_ms=NOW)
    assert executed_ids(tracker.due(NOW + HOLD_MS)) == [7]


def test_a_fill_of_an_order_that_cannot_be_ours_is_told_at_once() -> None:
    outputs = Tracker().backfill([transaction(7, "100", at=5)], at_ms=NOW)
    assert [type(output) for output in outputs] == [Executed]


def test_an_id_that_is_used_again_means_the_latest_order() -> None:
    tracker = working()
    tracker.report(report("CANCELLED", at=5), at_ms=NOW)
    tracker.intent(place(), at_ms=NOW + 10)
    assert order_of(tracker).state is OrderState.INTENDED
    tracker.report(report("NEW", at=11, order_id=ORDER_ID + 1), at_ms=NOW + 11)
    assert order_of(tracker).order_id == ORDER_ID + 1
    assert [order.state for order in tracker.orders()] == [OrderState.WORKING, OrderState.CANCELLED]


def test_a_late_report_of_the_first_order_is_not_given_to_the_second_with_its_id() -> None:
    tracker = working()
    tracker.report(report("CANCELLED", at=5), at_ms=NOW)
    tracker.intent(place(), at_ms=NOW + 10)
    tracker.report(report("NEW"), at_ms=NOW + 11)
    assert order_of(tracker).order_id is None


def test_a_report_goes_to_the_open_order_and_not_to_the_refused_repeat_of_its_id() -> None:
    tracker = intended()
    tracker.failed(place(), LOST, at_ms=NOW)
    tracker.intent(place(), at_ms=NOW)
    tracker.failed(place(), DuplicateClientOrderId("open"), at_ms=NOW)
    tracker.report(report("NEW"), at_ms=NOW)
    assert [(order.state, order.foreign) for order in tracker.open_orders()] == [(OrderState.WORKING, False)]


def test_finished_orders_are_kept_up_to_the_bound_oldest_dropped() -> None:
    tracker = Tracker(finished_limit=2)
    for number in range(1, 5):
        tracker.report(report("CANCELLED", order_id=number, client_order_id=number), at_ms=NOW)
    assert [order.order_id for order in tracker.orders()] == [3, 4]
    assert tracker.find(order_id=1) is None
    assert tracker.find(client_order_id=1) is None


def test_a_fill_kept_back_is_told_when_its_order_is_dropped() -> None:
    tracker = Tracker(finished_limit=0)
    tracker.intent(place(), at_ms=NOW)
    assert executed_ids(tracker.report(fill_report(8, "60", "100", "FILLED", at=9), at_ms=NOW)) == [8]
    assert tracker.due(NOW + 600_000) == ()


def test_a_fill_of_a_forgotten_order_is_not_told_again() -> None:
    tracker = Tracker(finished_limit=0)
    fill = fill_report(7, "100", "100", "FILLED", at=9)
    assert executed_ids(tracker.report(fill, at_ms=NOW)) == [7]
    assert tracker.find(order_id=ORDER_ID) is None
    assert executed_ids(tracker.report(fill, at_ms=NOW)) == []


def test_a_fill_the_journal_has_is_not_told_again() -> None:
    tracker = Tracker()
    tracker.restore(fills=[Fill.from_transaction(transaction(7, "40", at=5))], at_ms=NOW)
    outputs = tracker.backfill([transaction(7, "40", at=5), transaction(8, "10", at=9)], at_ms=NOW)
    assert executed_ids(outputs) == [8]


def test_a_fill_older_than_the_memory_is_doubtful() -> None:
    tracker = Tracker(fill_limit=1)
    tracker.backfill([transaction(1, "1", at=60_000), transaction(2, "1", at=90_000)], at_ms=NOW)
    outputs = tracker.backfill([transaction(3, "1", at=0, order_id=5)], at_ms=NOW)
    assert [type(output) for output in outputs] == [Doubtful]


def test_a_backfilled_fill_waits_for_what_a_poll_has_told_of() -> None:
    tracker = working()
    tracker.poll(row("PARTIAL_FILLED", "50"), at_ms=NOW)
    assert executed_ids(tracker.backfill([transaction(8, "10", at=9)], at_ms=NOW)) == []
    assert executed_ids(tracker.backfill([transaction(7, "40", at=5)], at_ms=NOW)) == [7, 8]


def test_a_restored_order_still_knows_what_it_waits_for() -> None:
    before = working()
    before.poll(row("PARTIAL_FILLED", "50"), at_ms=NOW)
    after = Tracker()
    after.restore(before.orders(), at_ms=NOW)
    assert executed_ids(after.backfill([transaction(8, "10", at=9)], at_ms=NOW)) == []


def test_a_restored_order_counts_only_what_was_delivered_and_asks_for_the_rest() -> None:
    before = working()
    before.report(fill_report(7, "40", "40", at=5), at_ms=NOW)
    delivered = [
        output.fill
        for output in before.report(fill_report(9, "10", "60", at=9), at_ms=NOW)
        if isinstance(output, Executed)
    ]
    assert delivered == []
    after = Tracker()
    outputs = after.restore(before.orders(), at_ms=NOW)
    assert [type(output) for output in outputs] == [AskFills]
    outputs = after.backfill([transaction(n, q, at=n) for n, q in ((7, "40"), (8, "10"), (9, "10"))], at_ms=NOW)
    assert executed_ids(outputs) == [7, 8, 9]


def test_an_intent_of_an_earlier_program_may_have_left_and_is_asked_for() -> None:
    before = Tracker()
    before.intent(place(), at_ms=START_MS)
    after = Tracker()
    outputs = after.restore(before.orders(), at_ms=START_MS + 9)
    (order,) = after.open_orders()
    assert order.state is OrderState.UNKNOWN
    assert questions(outputs) == [AskOrder(symbol=SYMBOL, order_id=None, client_order_id=CLIENT_ORDER_ID)]
