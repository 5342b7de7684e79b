from decimal import Decimal

from tests.orders.messages import CLIENT_ORDER_ID, ORDER_ID, START_MS, report, row

from woodlot.orders.evidence import REST_LAG_MS, Evidence, Standing
from woodlot.wire.enums import OrderTypeWord


def said(status: str, total: str = "0", *, at: int = 0) -> Standing:
    return Evidence.from_report(report(status, total, at=at)).standing


def test_a_greater_total_is_later_whatever_its_time() -> None:
    assert said("PARTIAL_FILLED", "50", at=1) > said("PARTIAL_FILLED", "40", at=9)


def test_with_equal_totals_a_final_status_is_later_than_an_open_one() -> None:
    assert said("CANCELLED", "40", at=1) > said("PARTIAL_FILLED", "40", at=9)


def test_then_the_time_decides() -> None:
    assert said("REPLACED", at=9) > said("NEW", at=1)


def test_a_final_status_stands_against_a_later_open_one_with_more() -> None:
    assert said("CANCELLED", "10") > said("PARTIAL_FILLED", "40", at=9)


def test_zeros_that_mean_none_are_none() -> None:
    told = Evidence.from_report(report("NEW", client_order_id=0, price=Decimal(0), quantity=Decimal(0)))
    assert (told.client_order_id, told.price, told.quantity, told.average_price) == (None, None, None, None)


def test_a_row_tells_what_a_report_tells_and_since_when() -> None:
    told = Evidence.from_row(row("NEW"), at_ms=START_MS + 60_000)
    assert (told.order_id, told.client_order_id, told.type) == (ORDER_ID, CLIENT_ORDER_ID, OrderTypeWord.LIMIT)
    assert (told.created_ms, told.ts_ms) == (START_MS, START_MS + 60_000 - REST_LAG_MS)


def test_only_a_report_can_lack_a_name_that_rest_would_give() -> None:
    assert Evidence.from_report(report("NEW", client_order_id=0)).is_nameless_report
    assert not Evidence.from_row(row("NEW", client_order_id=0), at_ms=START_MS).is_nameless_report
