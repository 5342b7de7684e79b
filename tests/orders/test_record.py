from decimal import Decimal

from tests.orders.messages import ORDER_ID, START_MS, SYMBOL, fill_report, place, report, transaction

from woodlot.orders.evidence import Evidence
from woodlot.orders.fills import Fill, FillBook
from woodlot.orders.ledger import HOLD_MS
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import AskOrder, Executed
from woodlot.orders.record import EARLY_LIMIT, Record
from woodlot.orders.states import OrderState


def stray() -> Record:
    return Record(SYMBOL, order_id=ORDER_ID)


def ours() -> Record:
    order = TrackedOrder.intended(place(), at_ms=START_MS)
    return Record(SYMBOL, order_id=ORDER_ID, order=order)


def test_a_stray_keeps_what_it_hears_and_asks_once_whose_it_is() -> None:
    record = stray()
    told = [record.hear(Evidence.from_report(report("NEW", at=number)), at_ms=START_MS) for number in range(100)]
    assert told[0] == (AskOrder(symbol=SYMBOL, order_id=ORDER_ID, client_order_id=None),)
    assert set(told[1:]) == {()}
    assert len(record.early) == EARLY_LIMIT


def test_what_was_kept_is_applied_once_there_is_a_name() -> None:
    record = stray()
    record.hear(Evidence.from_report(report("NEW")), at_ms=START_MS)
    assert record.replay() == ()
    record.name(TrackedOrder.intended(place(), at_ms=START_MS))
    record.replay()
    assert record.order is not None
    assert record.order.state is OrderState.WORKING
    assert record.replay() == ()


def test_nothing_is_asked_of_what_has_no_id() -> None:
    assert Record(SYMBOL).ask_name(at_ms=START_MS) == ()


def test_a_fill_that_waited_in_a_stray_is_signed_by_the_order_it_joins() -> None:
    record, early, book = ours(), stray(), FillBook()
    early.awaits_name = True
    early.count(Fill.from_report(fill_report(8, "10", "50", at=9, client_order_id=0)), book, at_ms=START_MS)
    record.join(early)
    assert early.due(START_MS + HOLD_MS) == ()
    (told,) = (output for output in record.due(START_MS + HOLD_MS) if isinstance(output, Executed))
    assert record.order is not None
    assert told.fill.client_order_id == record.order.client_order_id


def test_a_restored_record_adds_up_the_fills_it_is_given() -> None:
    record = ours()
    record.restore([Fill.from_transaction(transaction(7, "40", at=5))])
    assert record.order is not None
    assert (record.order.booked_quantity, record.order.trade_ids) == (Decimal(40), (7,))
