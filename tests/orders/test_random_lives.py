"""Any order, repetition and loss of the messages of an order, then one backfill: one final state, one set of fills."""

import random
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.orders.lives import Life, live
from tests.orders.messages import START_MS, executed_ids

from woodlot.errors import OutcomeUnknown
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import Executed, Output
from woodlot.orders.reconcile import SECOND_PASS_MS, Answers, believe
from woodlot.orders.states import OrderState
from woodlot.orders.tracker import Tracker
from woodlot.wire.trade import OrderAck

STATE_OF = {
    "NEW": OrderState.WORKING,
    "PARTIAL_FILLED": OrderState.PARTLY_FILLED,
    "FILLED": OrderState.FILLED,
    "CANCELLED": OrderState.CANCELLED,
}
seeds = st.integers(min_value=0, max_value=2**32)


def check_truth(life: Life, order: TrackedOrder | None, executed: list[Executed]) -> None:
    assert order is not None
    assert order.state is STATE_OF[life.status]
    assert (order.price, order.quantity) == (life.price, life.quantity)
    assert order.filled_quantity == order.booked_quantity == order.reported_quantity == life.filled
    assert (order.average_price or 0) == life.average
    fees: dict[str, Decimal] = {}
    for row in life.transactions:
        fees[row.fee_asset] = fees.get(row.fee_asset, Decimal(0)) + row.fee
    assert order.fees == fees
    assert not order.foreign
    told = [(output.fill.trade_id, output.fill.quantity, output.fill.price, output.fill.side) for output in executed]
    assert told == [(row.id, row.executed_quantity, row.executed_price, order.side) for row in life.transactions]
    assert {output.fill.client_order_id for output in executed} <= {life.client_order_id}


def of_life(life: Life, outputs: list[Output]) -> list[Executed]:
    return [item for item in outputs if isinstance(item, Executed) and item.fill.order_id == life.order_id]


def backfilled(tracker: Tracker, lives: list[Life], *, at_ms: int) -> list[Output]:
    """Both passes after a reconnect, with what is true by then."""
    answers = Answers(
        orders=tuple(life.row() for life in lives),
        transactions=tuple(row for life in lives for row in life.transactions),
    )
    first = believe(tracker, answers, at_ms=at_ms)
    return [*first, *believe(tracker, answers, at_ms=at_ms + SECOND_PASS_MS)]


@settings(max_examples=400, deadline=None)
@given(seeds)
def test_any_order_any_repetition_and_any_loss_end_in_the_truth(seed: int) -> None:
    chance = random.Random(seed)
    lives = [live(chance.getrandbits(32), number=number) for number in range(chance.randint(1, 3))]
    tracker, outputs = Tracker(), list[Output]()
    for life in lives:
        outputs += tracker.intent(life.placed, at_ms=START_MS)
    messages = [(life, message) for life in lives for message in [life.ack, *life.reports] if chance.random() < 0.7]
    messages += chance.choices(messages, k=len(messages) // 2) if messages else []
    chance.shuffle(messages)
    for life, message in messages:
        if isinstance(message, OrderAck):
            outputs += tracker.reply(life.placed, life.ack, at_ms=START_MS)
        else:
            outputs += tracker.report(message, at_ms=START_MS + life.now_ms)
    outputs += backfilled(tracker, lives, at_ms=START_MS + 15_000)
    outputs += tracker.due(START_MS + 300_000)
    for life in lives:
        check_truth(life, tracker.find(client_order_id=life.client_order_id), of_life(life, outputs))
    assert tracker.due(START_MS + 900_000) == ()


@settings(max_examples=200, deadline=None)
@given(seeds)
def test_without_a_backfill_what_was_said_in_any_order_is_the_truth(seed: int) -> None:
    chance = random.Random(seed)
    life = live(chance.getrandbits(32))
    tracker = Tracker()
    outputs: list[Output] = [*tracker.intent(life.placed, at_ms=START_MS)]
    outputs += tracker.failed(life.placed, OutcomeUnknown("POST", "cut"), at_ms=START_MS)
    for message in chance.sample(life.reports, k=len(life.reports)) + chance.choices(life.reports, k=3):
        outputs += tracker.report(message, at_ms=START_MS)
    check_truth(life, tracker.find(order_id=life.order_id), of_life(life, outputs))


@settings(max_examples=200, deadline=None)
@given(seeds)
def test_a_backfill_that_lags_in_the_middle_of_live_reports_loses_nothing(seed: int) -> None:
    chance = random.Random(seed)
    life = live(chance.getrandbits(32))
    tracker = Tracker()
    outputs: list[Output] = [*tracker.intent(life.placed, at_ms=START_MS)]
    outputs += tracker.reply(life.placed, life.ack, at_ms=START_MS)
    cut = chance.randint(0, len(life.reports))
    seen_ms = chance.randint(0, life.now_ms)
    lagging = tuple(row for row in life.transactions if row.executed_timestamp.ms <= START_MS + seen_ms)
    buffered = [message for message in life.reports[cut:] if chance.random() < 0.8]
    outputs += believe(
        tracker,
        Answers(orders=(life.row_at(seen_ms),), transactions=lagging),
        buffered=buffered,
        at_ms=START_MS + seen_ms,
    )
    outputs += backfilled(tracker, [life], at_ms=START_MS + life.now_ms + 10_000)
    check_truth(life, tracker.find(order_id=life.order_id), of_life(life, outputs))


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_a_tracker_restored_from_what_was_delivered_tells_only_the_rest(seed: int) -> None:
    chance = random.Random(seed)
    life = live(chance.getrandbits(32))
    before = Tracker()
    told: list[Output] = [*before.intent(life.placed, at_ms=START_MS)]
    for message in chance.sample(life.reports, k=chance.randint(0, len(life.reports))):
        told += before.report(message, at_ms=START_MS)
    fills = [output.fill for output in of_life(life, told)]

    after = Tracker()
    told += after.restore(before.orders(), fills=fills, at_ms=START_MS)
    told += backfilled(after, [life], at_ms=START_MS + life.now_ms + 10_000)
    check_truth(life, after.find(order_id=life.order_id), of_life(life, told))


@settings(max_examples=200, deadline=None)
@given(seeds, st.integers(0, 2), st.integers(0, 2))
def test_an_order_that_was_forgotten_in_between_still_tells_each_fill_once(
    seed: int, finished_limit: int, stray_limit: int
) -> None:
    chance = random.Random(seed)
    lives = [live(chance.getrandbits(32), number=number) for number in range(3)]
    tracker, outputs = Tracker(finished_limit=finished_limit, stray_limit=stray_limit), list[Output]()
    for life in lives:
        outputs += tracker.intent(life.placed, at_ms=START_MS)
    messages = [report for life in lives for report in chance.choices(life.reports, k=2 * len(life.reports))]
    for report in chance.sample(messages, k=len(messages)):
        outputs += tracker.report(report, at_ms=START_MS)
        if chance.random() < 0.1:
            rows = [row for life in lives for row in life.transactions if chance.random() < 0.5]
            outputs += tracker.backfill(rows, at_ms=START_MS)
    outputs += backfilled(tracker, lives, at_ms=START_MS + 15_000)
    outputs += tracker.due(START_MS + 300_000)
    told = sorted(output.fill.trade_id for output in outputs if isinstance(output, Executed))
    assert told == sorted(row.id for life in lives for row in life.transactions)


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_an_order_of_somebody_else_is_adopted_and_its_fills_told_once(seed: int) -> None:
    chance = random.Random(seed)
    life = live(chance.getrandbits(32))
    tracker = Tracker()
    outputs: list[Output] = []
    for message in chance.choices(life.reports, k=len(life.reports)):
        outputs += tracker.report(message, at_ms=START_MS)
    outputs += backfilled(tracker, [life], at_ms=START_MS + life.now_ms + 10_000)
    order = tracker.find(order_id=life.order_id)
    assert order is not None
    assert (order.foreign, order.state, order.filled_quantity) == (True, STATE_OF[life.status], life.filled)
    assert executed_ids(tuple(outputs)) == [row.id for row in life.transactions]
