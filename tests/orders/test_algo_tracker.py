"""Everything that is said of algo orders, in any order, makes one story."""

import itertools
from decimal import Decimal
from typing import Any

import pytest
from tests.orders.messages import START_MS

from woodlot.errors import OutcomeUnknown, Rejected
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.algo_tracker import AlgoTracker, missing
from woodlot.orders.output import AlgoChanged, AskAlgo, Outputs
from woodlot.orders.states import OrderState
from woodlot.wire.algo import (
    AlgoAck,
    AlgoAckRow,
    AlgoOrderRow,
    AlgoOrderType,
    AlgoType,
    AlgoTypeWord,
    CancelAlgoOrder,
    CancelAlgoOrders,
    EditAlgoOrder,
    PlaceAlgoOrder,
)
from woodlot.wire.answer import Time
from woodlot.wire.enums import OrderStatus, Side
from woodlot.wire.events import AlgoExecutionReport
from woodlot.wire.trade import CancelAck, CancelAllOrders, EditAck

SYMBOL, HANDLE, ROOT, PROFIT, LOSS = "PERP_BTC_USDT", 4_611_686_018_427_387_906, 10_500_001, 10_500_002, 10_500_003


def stop(**fields: Any) -> PlaceAlgoOrder:
    known: dict[str, Any] = {
        "symbol": SYMBOL,
        "algo_type": AlgoType.STOP,
        "side": Side.SELL,
        "type": AlgoOrderType.MARKET,
        "quantity": "0.01",
        "trigger_price": "60000",
        "client_algo_order_id": HANDLE,
    }
    return PlaceAlgoOrder(**known | fields)


def ack(*legs: tuple[int, str]) -> AlgoAck:
    listed = legs or ((ROOT, "STOP_LOSS"),)
    return AlgoAck(
        rows=tuple(AlgoAckRow(algo_order_id=number, algo_type=AlgoTypeWord(kind)) for number, kind in listed)
    )


def report(status: str, leg: int = ROOT, *, root: str | None = None, at: int = 0, **fields: Any) -> AlgoExecutionReport:
    known: dict[str, Any] = {
        "symbol": SYMBOL,
        "root_algo_order_id": ROOT,
        "parent_algo_order_id": 0 if leg == ROOT else ROOT,
        "algo_order_id": leg,
        "algo_type": "STOP_LOSS",
        "side": Side.SELL,
        "quantity": Decimal("0.01"),
        "trigger_price": Decimal(60000),
        "ts": START_MS + at,
        "root_algo_status": OrderStatus(root or status),
        "algo_status": OrderStatus(status),
    }
    return AlgoExecutionReport(**known | fields)


def row(status: str, leg: int = ROOT, **fields: Any) -> AlgoOrderRow:
    known: dict[str, Any] = {
        "algo_order_id": leg,
        "client_algo_order_id": HANDLE if leg == ROOT else 0,
        "root_algo_order_id": ROOT,
        "parent_algo_order_id": 0 if leg == ROOT else ROOT,
        "symbol": SYMBOL,
        "algo_type": AlgoTypeWord.STOP_LOSS,
        "side": Side.SELL,
        "quantity": Decimal("0.01"),
        "trigger_price": Decimal(60000),
        "algo_status": OrderStatus(status),
        "root_algo_status": OrderStatus(status),
        "created_time": Time.at(START_MS),
        "updated_time": Time.at(START_MS),
    }
    return AlgoOrderRow(**known | fields)


def placed(order: PlaceAlgoOrder | None = None, answer: AlgoAck | None = None) -> AlgoTracker:
    tracker, order = AlgoTracker(), order or stop()
    tracker.intent(order, at_ms=START_MS)
    tracker.reply(order, answer or ack(), at_ms=START_MS + 20)
    return tracker


def the(tracker: AlgoTracker) -> AlgoOrder:
    order = tracker.find(order_id=ROOT) or tracker.find(client_order_id=HANDLE)
    assert order is not None
    return order


def questions(outputs: Outputs) -> list[AskAlgo]:
    return [output for output in outputs if isinstance(output, AskAlgo)]


def test_a_stop_waits_triggers_and_is_filled() -> None:
    tracker = placed()
    tracker.report([report("NEW", at=30)], at_ms=START_MS + 30)
    assert (the(tracker).state, the(tracker).is_triggered) == (OrderState.WORKING, False)
    filled = report("FILLED", at=90, is_triggered=True, total_executed_quantity=Decimal("0.01"))
    tracker.report([filled], at_ms=START_MS + 90)
    order = the(tracker)
    assert (order.state, order.is_final, order.filled_quantity) == (OrderState.FILLED, True, Decimal("0.01"))
    assert order.algo_type == "STOP"


_STORY = (
    report("NEW", at=30, client_algo_order_id=HANDLE),
    report("PARTIAL_FILLED", at=60, is_triggered=True, total_executed_quantity=Decimal("0.004")),
    report("FILLED", at=90, is_triggered=True, total_executed_quantity=Decimal("0.01")),
)


@pytest.mark.parametrize("sequence", list(itertools.permutations([*_STORY, "reply"])))
def test_reports_and_the_reply_in_any_order_and_twice_end_in_one_state(sequence: tuple[Any, ...]) -> None:
    tracker, order = AlgoTracker(), stop()
    tracker.intent(order, at_ms=START_MS)
    for _ in range(2):
        for said in sequence:
            if said == "reply":
                tracker.reply(order, ack(), at_ms=START_MS + 100)
            else:
                tracker.report([said], at_ms=START_MS + 100)
    known = the(tracker)
    assert (known.state, known.filled_quantity) == (OrderState.FILLED, Decimal("0.01"))
    assert (known.client_order_id, known.foreign, known.is_final) == (HANDLE, False, True)
    assert tracker.open_orders() == ()


def test_a_late_report_neither_opens_a_finished_order_nor_takes_its_terms_back() -> None:
    tracker = placed()
    tracker.report([report("CANCELLED", at=90, trigger_price=Decimal(61000))], at_ms=START_MS + 90)
    assert tracker.report([report("NEW", at=30)], at_ms=START_MS + 95) == ()
    assert (the(tracker).state, the(tracker).trigger_price) == (OrderState.CANCELLED, Decimal(61000))


def test_a_filled_bracket_is_not_over_while_its_exits_wait() -> None:
    bracket = stop(algo_type=AlgoType.BRACKET, type=AlgoOrderType.LIMIT, price="60000", trigger_price=None)
    tracker = placed(bracket, ack((PROFIT, "TAKE_PROFIT"), (LOSS, "STOP_LOSS"), (ROOT, "BRACKET")))
    tracker.report([report("FILLED", at=50, total_executed_quantity=Decimal("0.01"))], at_ms=START_MS + 50)
    assert (the(tracker).state, the(tracker).is_final) == (OrderState.FILLED, False)
    tracker.report([report("FILLED", PROFIT, at=70, is_triggered=True)], at_ms=START_MS + 70)
    assert not the(tracker).is_final
    tracker.report([report("CANCELLED", LOSS, root="FILLED", at=70)], at_ms=START_MS + 70)
    assert the(tracker).is_final


def test_a_bracket_that_never_traded_is_over_with_its_root() -> None:
    tracker = placed(stop(algo_type=AlgoType.BRACKET), ack((PROFIT, "TAKE_PROFIT"), (ROOT, "BRACKET")))
    tracker.report([report("CANCELLED", at=50)], at_ms=START_MS + 50)
    assert the(tracker).is_final


def test_an_oco_whose_stop_was_triggered_is_followed_to_the_end_of_the_stop() -> None:
    tracker = placed(stop(algo_type=AlgoType.OCO, price="70000"), ack((LOSS, "STOP"), (ROOT, "OCO")))
    legs = [report("CANCELLED", at=60), report("NEW", LOSS, root="CANCELLED", at=60, is_triggered=True)]
    tracker.report(legs, at_ms=START_MS + 60)
    assert not the(tracker).is_final
    tracker.report([report("FILLED", LOSS, root="CANCELLED", at=61, is_triggered=True)], at_ms=START_MS + 61)
    assert the(tracker).is_final


def test_an_adopted_bracket_that_is_filled_asks_for_the_legs_nobody_has_told() -> None:
    tracker = AlgoTracker()
    told = tracker.report([report("FILLED", algo_type="BRACKET")], at_ms=START_MS)
    assert the(tracker).foreign
    assert not the(tracker).is_final
    assert questions(told) == [AskAlgo(order_id=ROOT, client_order_id=None)]
    legs = (row("NEW", PROFIT, root_algo_status=OrderStatus.FILLED),)
    tracker.poll(row("FILLED", child_orders=legs, client_algo_order_id=0), at_ms=START_MS + 100)
    assert [leg.algo_order_id for leg in the(tracker).waiting_legs] == [PROFIT]


def test_an_order_whose_answer_was_lost_is_asked_for_until_it_is_found_or_proven_absent() -> None:
    tracker, order = AlgoTracker(), stop()
    tracker.intent(order, at_ms=START_MS)
    lost = tracker.failed(order, OutcomeUnknown("POST", "cut"), at_ms=START_MS)
    asked = AskAlgo(order_id=None, client_order_id=HANDLE)
    assert (the(tracker).state, questions(lost)) == (OrderState.UNKNOWN, [asked])
    assert questions(tracker.due(START_MS + 4_999)) == []
    assert questions(tracker.due(START_MS + 5_000)) == [asked]
    tracker.poll(row("NEW"), at_ms=START_MS + 5_100)
    assert (the(tracker).state, the(tracker).order_id) == (OrderState.WORKING, ROOT)
    assert questions(tracker.due(START_MS + 100_000)) == []


def test_silence_that_is_proof_ends_an_order_and_a_report_is_better_evidence() -> None:
    tracker, order = AlgoTracker(), stop()
    tracker.intent(order, at_ms=START_MS)
    tracker.failed(order, OutcomeUnknown("POST", "cut"), at_ms=START_MS)
    tracker.absent(client_order_id=HANDLE, at_ms=START_MS + 400_000)
    assert (the(tracker).state, the(tracker).is_final) == (OrderState.NOT_PLACED, True)
    tracker.report([report("NEW", client_algo_order_id=HANDLE)], at_ms=START_MS + 500_000)
    assert (the(tracker).state, the(tracker).foreign) == (OrderState.WORKING, False)


def test_a_refused_order_is_rejected_and_asks_nothing() -> None:
    tracker, order = AlgoTracker(), stop()
    tracker.intent(order, at_ms=START_MS)
    told = tracker.failed(order, Rejected("no", code=317137), at_ms=START_MS)
    assert (the(tracker).state, questions(told)) == (OrderState.REJECTED, [])


def test_what_was_adopted_before_the_reply_turns_out_to_be_ours() -> None:
    tracker, order = AlgoTracker(), stop()
    tracker.intent(order, at_ms=START_MS)
    tracker.report([report("NEW", client_algo_order_id=0)], at_ms=START_MS + 10)
    assert len(tracker.open_orders()) == 2
    tracker.reply(order, ack(), at_ms=START_MS + 20)
    [known] = tracker.open_orders()
    assert (known.client_order_id, known.order_id, known.foreign, known.state) == (
        HANDLE, ROOT, False, OrderState.WORKING,
    )  # fmt: skip


def test_a_cancel_is_a_wish_until_the_order_says_what_became_of_it() -> None:
    tracker, cancel = placed(), CancelAlgoOrder(algo_order_id=ROOT)
    tracker.intent(cancel, at_ms=START_MS + 50)
    tracker.reply(cancel, CancelAck(status="CANCEL_SENT"), at_ms=START_MS + 60)
    assert the(tracker).cancel_wish is not None
    assert not the(tracker).is_final
    tracker.report([report("CANCELLED", at=70)], at_ms=START_MS + 70)
    assert (the(tracker).cancel_wish, the(tracker).is_final) == (None, True)


@pytest.mark.parametrize(
    "command", [CancelAllOrders(), CancelAlgoOrders(symbol=SYMBOL), CancelAllOrders(symbol=SYMBOL)]
)
def test_cancelling_all_is_a_wish_of_each(command: CancelAllOrders | CancelAlgoOrders) -> None:
    tracker = placed()
    tracker.intent(command, at_ms=START_MS + 50)
    assert the(tracker).cancel_wish is not None


def test_an_amend_is_over_once_the_order_has_the_terms_or_rest_shows_that_it_will_not() -> None:
    edit = EditAlgoOrder(algo_order_id=ROOT, trigger_price="61000")
    tracker = placed()
    tracker.intent(edit, at_ms=START_MS + 50)
    tracker.reply(edit, EditAck(status="EDIT_SENT"), at_ms=START_MS + 60)
    tracker.report([report("NEW", at=55)], at_ms=START_MS + 70)
    assert the(tracker).amend_wish is not None
    [question] = questions(tracker.due(START_MS + 5_060))
    assert question.order_id == ROOT
    tracker.poll(row("NEW"), at_ms=START_MS + 16_000)
    assert (the(tracker).amend_wish, the(tracker).trigger_price) == (None, Decimal(60000))
    tracker.intent(edit, at_ms=START_MS + 20_000)
    tracker.report([report("NEW", at=20_010, trigger_price=Decimal(61000))], at_ms=START_MS + 20_010)
    assert (the(tracker).amend_wish, the(tracker).trigger_price) == (None, Decimal(61000))


def test_statuses_nobody_knows_are_asked_about_and_not_guessed() -> None:
    tracker = placed()
    told = tracker.report([report("PAUSED", at=40)], at_ms=START_MS + 40)
    assert the(tracker).state is OrderState.ACKNOWLEDGED
    assert len(questions(told)) == 1


def test_what_is_open_here_and_not_there_is_asked_for_one_by_one() -> None:
    tracker = placed()
    assert list(missing(tracker, [row("NEW")])) == []
    assert list(missing(tracker, [])) == [AskAlgo(order_id=ROOT, client_order_id=HANDLE)]


def test_a_restart_takes_over_what_was_known_and_doubts_what_was_only_meant() -> None:
    first = placed()
    tracker = AlgoTracker()
    assert tracker.restore(first.open_orders(), at_ms=START_MS) == ()
    assert the(tracker) == the(first)
    meant = AlgoOrder.intended(stop(), at_ms=START_MS)
    tracker = AlgoTracker()
    told = tracker.restore([meant], at_ms=START_MS)
    assert the(tracker).state is OrderState.UNKNOWN
    assert len(questions(told)) == 1


def test_the_finished_ones_that_are_kept_have_a_bound() -> None:
    tracker = AlgoTracker(finished_limit=2)
    for number in range(1, 5):
        order = stop(client_algo_order_id=number)
        tracker.intent(order, at_ms=START_MS)
        tracker.failed(order, Rejected("no", code=317137), at_ms=START_MS)
    found = [number for number in range(1, 5) if tracker.find(client_order_id=number) is not None]
    assert found == [3, 4]


def test_every_step_is_told_with_what_the_order_is_then() -> None:
    tracker, order = AlgoTracker(), stop()
    [told] = tracker.intent(order, at_ms=START_MS)
    assert isinstance(told, AlgoChanged)
    assert told.order.history[-1] == told.step
