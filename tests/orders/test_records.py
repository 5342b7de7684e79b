from tests.orders.messages import CLIENT_ORDER_ID, ORDER_ID, START_MS, SYMBOL, place

from woodlot.orders.order import TrackedOrder
from woodlot.orders.record import Record
from woodlot.orders.records import Records


def records() -> Records:
    return Records(finished_limit=2, stray_limit=2)


def ours() -> Record:
    return Record(SYMBOL, order=TrackedOrder.intended(place(), at_ms=START_MS))


def added(shelf: Records, record: Record) -> Record:
    shelf.add(record)
    shelf.file(record)
    return record


def test_an_order_is_found_by_our_id_until_it_has_the_exchanges() -> None:
    shelf = records()
    record = added(shelf, ours())
    assert shelf.get(None, CLIENT_ORDER_ID) is record
    assert shelf.get(ORDER_ID, None) is None
    assert shelf.find(ORDER_ID, CLIENT_ORDER_ID) is record
    assert shelf.get(ORDER_ID, None) is record


def test_looking_does_not_bind() -> None:
    shelf = records()
    record = added(shelf, ours())
    assert shelf.get(ORDER_ID, CLIENT_ORDER_ID) is record
    assert record.order_id is None


def test_zero_is_no_id() -> None:
    assert records().get(0, 0) is None
    assert records().find(0, None) is None


def test_an_order_without_its_id_may_be_behind_a_nameless_message_of_its_symbol() -> None:
    shelf = records()
    added(shelf, ours())
    assert shelf.may_be_ours(SYMBOL)
    assert not shelf.may_be_ours("SPOT_BTC_USDT")
    shelf.find(ORDER_ID, CLIENT_ORDER_ID)
    assert not shelf.may_be_ours(SYMBOL)


def test_the_first_stray_falls_out_for_the_third() -> None:
    shelf = records()
    strays = [Record(SYMBOL, order_id=number) for number in (1, 2, 3)]
    for stray in strays:
        shelf.add(stray)
    assert [shelf.file(stray) for stray in strays] == [[], [], strays[:1]]
    assert [shelf.get(number, None) for number in (1, 2, 3)] == [None, *strays[1:]]
