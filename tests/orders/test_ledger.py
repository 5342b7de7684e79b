from decimal import Decimal

from tests.orders.messages import START_MS, fill_report, transaction

from woodlot.orders.fills import Fill
from woodlot.orders.ledger import HOLD_MS, Ledger


def live(trade_id: int, quantity: str, total: str, *, at: int) -> Fill:
    return Fill.from_report(fill_report(trade_id, quantity, total, at=at))


def row(trade_id: int, quantity: str, *, at: int) -> Fill:
    return Fill.from_transaction(transaction(trade_id, quantity, at=at))


def ledger_with(*fills: Fill) -> Ledger:
    ledger = Ledger()
    for fill in fills:
        assert ledger.count(fill)
        ledger.wait(fill, at_ms=START_MS)
    return ledger


def ids(fills: list[Fill]) -> list[int]:
    return [fill.trade_id for fill in fills]


def test_fills_are_added_up_once_each() -> None:
    ledger = ledger_with(live(1, "5", "5", at=1), live(2, "7", "12", at=2))
    assert not ledger.count(row(2, "7", at=2))
    assert (ledger.quantity, ledger.notional) == (Decimal(12), Decimal(3))
    assert ledger.fees == {"WOO": Decimal("0.02")}


def test_a_fill_that_follows_on_is_due_at_once() -> None:
    ledger = ledger_with(live(1, "5", "5", at=1))
    assert ids(ledger.due(START_MS)) == [1]
    assert ids(ledger.due(START_MS)) == []


def test_a_fill_waits_for_the_one_before_it() -> None:
    ledger = ledger_with(live(2, "7", "12", at=2))
    assert ledger.is_short
    assert ids(ledger.due(START_MS)) == []
    ledger.count(row(1, "5", at=1))
    ledger.wait(row(1, "5", at=1), at_ms=START_MS)
    assert ids(ledger.due(START_MS)) == [1, 2]


def test_a_backfilled_fill_waits_too_while_others_are_missing() -> None:
    ledger = ledger_with(row(2, "7", at=2))
    ledger.expect(Decimal(12))
    assert ids(ledger.due(START_MS)) == []


def test_fills_that_follow_on_do_not_wait_for_a_later_gap() -> None:
    ledger = ledger_with(live(1, "5", "5", at=1), live(3, "1", "20", at=3))
    assert ids(ledger.due(START_MS)) == [1]
    assert ledger.complete_until_ms == START_MS + 1


def test_no_fill_waits_longer_than_the_hold() -> None:
    ledger = ledger_with(live(2, "7", "12", at=2))
    assert ids(ledger.overdue(START_MS + HOLD_MS - 1)) == []
    assert ids(ledger.due(START_MS + HOLD_MS)) == [2]


def test_what_was_delivered_before_is_followed_on() -> None:
    ledger = Ledger()
    ledger.count(row(1, "5", at=1))
    ledger.was_delivered(row(1, "5", at=1))
    ledger.count(live(2, "7", "12", at=2))
    ledger.wait(live(2, "7", "12", at=2), at_ms=START_MS)
    ledger.expect(Decimal(90))
    assert ids(ledger.due(START_MS)) == [2]


def test_two_ledgers_of_one_order_become_one() -> None:
    joined = ledger_with(live(1, "5", "5", at=1)).joined(
        ledger_with(live(2, "7", "12", at=2), live(3, "1", "13", at=3))
    )
    assert ids(joined.due(START_MS)) == [1, 2, 3]
    assert joined.quantity == Decimal(13)


def test_a_forgotten_order_hands_out_the_rest_in_trade_order() -> None:
    ledger = ledger_with(live(3, "1", "20", at=3), live(2, "7", "12", at=2))
    assert ids(ledger.rest()) == [2, 3]
