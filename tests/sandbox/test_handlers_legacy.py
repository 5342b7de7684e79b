"""What the sandbox says to V1, by requests signed here by hand."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from tests.sandbox.caller import FAR_BID, headers
from tests.sandbox.office import KEY, SECRET, Office


@pytest.fixture
def office() -> Office:
    return Office()


def bought(office: Office) -> int:
    """Buy enough for several fills; return the order's id."""
    return office.placed(type="MARKET", price=None, quantity="0.3")


def signed_v1(office: Office, text: str, *, secret: str = SECRET) -> dict[str, str]:
    """Sign as rest-v3 §11 says: the sorted parameters, a bar, the timestamp."""
    timestamp = str(office.clock.now_ms())
    digest = hmac.new(secret.encode(), f"{text}|{timestamp}".encode(), hashlib.sha256)
    return {"x-api-key": KEY, "x-api-timestamp": timestamp, "x-api-signature": digest.hexdigest()}


def trades(office: Office, order_id: object, *, query: str = "", text: str = "", **how: str) -> tuple[int, Any]:
    target = f"/v1/order/{order_id}/trades{query}"
    status, reply = office.send("GET", target, head=signed_v1(office, text, **how))
    return status, json.loads(reply)


def test_the_fills_of_an_order_come_in_snake_case_at_the_top(office: Office) -> None:
    order_id = bought(office)
    bought(office)
    status, reply = trades(office, order_id)
    row = reply["rows"][0]

    assert (status, list(reply)) == (200, ["success", "rows"])
    assert list(row) == [
        "id",
        "symbol",
        "order_id",
        "order_tag",
        "side",
        "executed_price",
        "executed_quantity",
        "fee",
        "fee_asset",
        "is_maker",
        "executed_timestamp",
    ]
    assert {row["order_id"] for row in reply["rows"]} == {order_id}
    assert sum(row["executed_quantity"] for row in reply["rows"]) == pytest.approx(0.3)
    assert (row["side"], row["fee_asset"], row["is_maker"]) == ("BUY", "BTC", 0)
    assert row["executed_timestamp"] == f"{office.clock.now_ms() / 1000:.3f}"


def test_the_fills_of_an_order_are_those_of_the_history(office: Office) -> None:
    order_id = bought(office)
    _, reply = trades(office, order_id)
    history = office.data("GET", "/v3/trade/transactionHistory")["rows"]

    assert [row["id"] for row in reply["rows"]] == [row["id"] for row in history if row["orderId"] == order_id]


def test_an_order_without_fills_has_none(office: Office) -> None:
    assert trades(office, office.placed()) == (200, {"success": True, "rows": []})


def test_an_order_of_nobody_and_one_of_somebody_else_are_not_found(office: Office) -> None:
    other = office.key_of(office.exchange.open_account("bob", {"USDT": "100000"}).id)
    order_id = office.signed("POST", "/v3/trade/order", FAR_BID, key=other)[1]["data"]["orderId"]

    for unknown in (order_id, 999_999_999_999):
        assert trades(office, unknown)[1]["code"] == -1006
    assert trades(office, "nine")[1]["code"] == -1005


def test_parameters_are_signed_sorted_by_name_in_whatever_order_they_come(office: Office) -> None:
    order_id = bought(office)

    assert trades(office, order_id, query="?b=2&a1=3&a=1", text="a=1&a1=3&b=2")[0] == 200
    assert trades(office, order_id, query="?b=2&a=1", text="b=2&a=1") == (
        401,
        {"success": False, "code": -1001, "message": "The signature is invalid."},
    )


def test_a_signature_of_the_other_generation_or_another_secret_opens_nothing(office: Office) -> None:
    order_id = bought(office)
    as_v3 = headers(KEY, SECRET, "GET", f"/v1/order/{order_id}/trades", at_ms=office.clock.now_ms())

    assert office.send("GET", f"/v1/order/{order_id}/trades", head=as_v3)[0] == 401
    assert office.send("GET", "/v3/asset/balances", head=signed_v1(office, ""))[0] == 401
    assert trades(office, order_id, secret="another")[0] == 401
