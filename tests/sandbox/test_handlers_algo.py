"""Orders that wait for a price, over the wire, in the recorded shapes."""

from typing import Any

import pytest
from tests.sandbox.caller import BTC
from tests.sandbox.office import Office

PATH = "/v3/trade/algoOrder"
STOP = {
    "symbol": BTC,
    "side": "BUY",
    "algoType": "STOP",
    "type": "LIMIT",
    "triggerPrice": "99000",
    "price": "99100",
    "quantity": "0.01",
}


@pytest.fixture
def office() -> Office:
    return Office()


def placed(office: Office, **changes: Any) -> int:
    (row,) = office.data("POST", PATH, STOP | changes)["rows"]
    assert list(row) == ["algoOrderId", "clientAlgoOrderId", "algoType", "quantity"]
    return row["algoOrderId"]


def test_a_stop_is_acknowledged_with_a_row_and_numbers(office: Office) -> None:
    (row,) = office.data("POST", PATH, STOP | {"clientAlgoOrderId": 5})["rows"]

    assert (row["clientAlgoOrderId"], row["quantity"]) == (5, 0.01)
    assert row["algoType"] in {"STOP", "TAKE_PROFIT", "STOP_LOSS"}


def test_an_algo_order_reads_back_with_the_recorded_fields(office: Office) -> None:
    algo_order_id = placed(office)

    row = office.data("GET", f"{PATH}?algoOrderId={algo_order_id}")

    assert set(row) >= {
        "algoOrderId",
        "clientAlgoOrderId",
        "rootAlgoOrderId",
        "parentAlgoOrderId",
        "symbol",
        "algoOrderTag",
        "algoType",
        "side",
        "quantity",
        "isTriggered",
        "triggerPrice",
        "triggerStatus",
        "type",
        "rootAlgoStatus",
        "algoStatus",
        "triggerPriceType",
        "price",
        "triggerTime",
        "totalExecutedQuantity",
        "visibleQuantity",
        "averageExecutedPrice",
        "totalFee",
        "feeAsset",
        "totalRebate",
        "rebateAsset",
        "reduceOnly",
        "createdTime",
        "updatedTime",
        "positionSide",
    }
    assert (row["triggerPrice"], row["price"], row["quantity"]) == (99000, 99100, 0.01)
    assert (row["isTriggered"], row["triggerStatus"], row["triggerTime"]) == (False, "USELESS", "0")
    assert row["createdTime"] == office.clock.now_ms(), "integer ms (rest-v3 §14 no 5)"


def test_an_edit_and_both_cancels_are_acknowledged_in_the_recorded_words(office: Office) -> None:
    one, two = placed(office), placed(office, clientAlgoOrderId=9)

    assert office.data("PUT", PATH, {"algoOrderId": one, "triggerPrice": "98000"}) == {"status": "EDIT_SENT"}
    assert office.data("GET", f"{PATH}?algoOrderId={one}")["triggerPrice"] == 98000
    assert office.data("DELETE", f"{PATH}?algoOrderId={one}") == {"status": "CANCEL_SENT"}
    assert office.data("GET", f"{PATH}?algoOrderId={one}")["algoStatus"] == "CANCELLED"
    assert [row["algoOrderId"] for row in office.data("GET", f"{PATH}s?status=INCOMPLETE")["rows"]] == [two]
    assert office.data("DELETE", f"{PATH}s?symbol={BTC}") == {"status": "CANCEL_ALL_SENT"}
    assert office.data("GET", f"{PATH}s?status=INCOMPLETE")["rows"] == []


def test_cancelling_all_orders_cancels_the_algo_orders_too(office: Office) -> None:
    algo_order_id = placed(office)

    office.data("DELETE", f"/v3/trade/allOrders?symbol={BTC}")

    assert office.data("GET", f"{PATH}?algoOrderId={algo_order_id}")["algoStatus"] == "CANCELLED"


def test_algo_orders_come_in_pages_newest_first(office: Office) -> None:
    ids = [placed(office) for _ in range(3)]

    reply = office.data("GET", f"{PATH}s?size=2&page=2&isTriggered=false")

    assert [row["algoOrderId"] for row in reply["rows"]] == ids[:1]
    assert reply["meta"] == {"total": 3, "recordsPerPage": 2, "currentPage": 2}


@pytest.mark.parametrize(
    ("method", "target", "body", "code"),
    [
        ("GET", f"{PATH}?algoOrderId=1", b"", -1006),
        ("GET", PATH, b"", -1005),
        ("DELETE", f"{PATH}?algoOrderId=1", b"", 317184),
        ("DELETE", PATH, b"", -1005),
        ("DELETE", f"{PATH}s?symbol=X", b"", 317155),
        ("PUT", PATH, {"algoOrderId": 1, "price": "5"}, 317184),
        ("POST", PATH, STOP | {"symbol": "SPOT_NOPE_USDT"}, 317155),
        ("POST", PATH, STOP | {"callbackRate": "0.1", "callbackValue": "5"}, -1005),
        ("POST", PATH, STOP | {"algoType": "NOPE"}, -1005),
        ("POST", PATH, STOP | {"side": "buy"}, -1005),
        ("POST", PATH, STOP | {"algoOrderTag": "x" * 65}, -1005),
        ("POST", PATH, STOP | {"clientAlgoOrderId": -1}, 317164),
        ("POST", PATH, STOP | {"clientAlgoOrderId": str(2**63)}, 317164),
        ("GET", f"{PATH}s?side=buy", b"", -1005),
    ],
)
def test_an_algo_call_that_makes_no_sense_is_refused(
    office: Office, method: str, target: str, body: Any, code: int
) -> None:
    assert office.refused(method, target, body)[0] == code
