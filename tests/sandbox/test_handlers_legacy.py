"""What the sandbox says to V1, by requests signed here by hand."""

import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any

import pytest
from tests.sandbox.caller import FAR_BID, headers
from tests.sandbox.office import KEY, SECRET, Office

from woodlot.sandbox.instruments import LISTING, PERPETUALS


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


# --- paths of earlier generations that lead to calls of today


def sent_v1(office: Office, method: str, target: str, form: str) -> tuple[int, Any]:
    """Send V1's form, signed over its parameters in sorted order."""
    head = signed_v1(office, "&".join(sorted(form.split("&"))))
    status, reply = office.send(method, target, form.encode(), head)
    return status, json.loads(reply)


def test_a_withdrawal_is_taken_back_as_v1(office: Office) -> None:
    out = {"token": "USDT", "network": "ETH", "address": "0x34625d5f", "amount": 10}
    withdrawal = office.data("POST", "/v3/asset/wallet/withdraw", out)["withdrawId"]

    assert sent_v1(office, "DELETE", "/v1/asset/withdraw", f"id={withdrawal}") == (200, {"success": True})
    assert office.data("GET", "/v3/asset/wallet/history")["rows"][0]["status"] == "CANCELED"
    assert office.held("USDT") == 100_000


def test_margin_goes_into_an_isolated_position_as_v1() -> None:
    office = Office(listing=(*LISTING, *PERPETUALS))
    other = office.exchange.open_account("bob", {"USDT": "100000"}).id
    office.exchange.perpetuals.set_index("PERP_BTC_USDT", Decimal(60_000))
    office.exchange.tick()
    order = {"symbol": "PERP_BTC_USDT", "side": "SELL", "type": "LIMIT", "price": "60000", "quantity": "0.01"}
    office.signed("POST", "/v3/trade/order", order, key=office.key_of(other))
    office.placed(**{**order, "side": "BUY", "marginMode": "ISOLATED"})
    (before,) = office.data("GET", "/v3/futures/positions")["positions"]
    form = "symbol=PERP_BTC_USDT&adjust_token=USDT&adjust_amount=25.5&action=ADD"

    assert sent_v1(office, "POST", "/v1/client/isolated_margin", form) == (200, {"success": True})
    (after,) = office.data("GET", "/v3/futures/positions")["positions"]
    assert Decimal(after["isolatedMarginAmount"]) - Decimal(before["isolatedMarginAmount"]) == Decimal("25.5")
    assert sent_v1(office, "POST", "/v1/client/isolated_margin", form.replace("25.5", "9999999"))[1]["code"] == 302193


def test_interest_that_is_not_owed_is_not_repaid_as_v1(office: Office) -> None:
    status, reply = sent_v1(office, "POST", "/v1/interest/repay", "token=BTC&amount=0.1")

    assert (status, reply["success"], reply["code"]) == (400, False, 302144)


def test_a_body_of_v1_is_under_its_signature(office: Office) -> None:
    head = signed_v1(office, "amount=0.1&token=BTC")
    status, reply = office.send("POST", "/v1/interest/repay", b"amount=9.9&token=BTC", head)

    assert (status, json.loads(reply)["code"]) == (401, -1001)


def test_an_order_is_edited_and_cancelled_by_the_paths_of_the_first_v3(office: Office) -> None:
    order_id = office.placed(clientOrderId=77)
    edited = office.signed("PUT", f"/v3/order/{order_id}", {"price": "29000"})
    by_client_id = office.signed("PUT", "/v3/order/client/77", {"quantity": "0.002"})

    assert edited[1]["data"] == by_client_id[1]["data"] == {"success": True, "status": "EDIT_SENT"}
    row = office.data("GET", f"/v3/trade/order?orderId={order_id}")
    assert (row["price"], row["quantity"]) == (29000, 0.002)
    assert office.signed("DELETE", "/v3/orders/pending") == (200, {"success": True, "status": "CANCEL_ALL_SENT"})
    assert office.data("GET", f"/v3/trade/order?orderId={order_id}")["status"] == "CANCELLED"


def test_an_algo_order_is_placed_read_edited_and_cancelled_by_the_paths_of_the_first_v3(office: Office) -> None:
    stop = {"symbol": "SPOT_BTC_USDT", "side": "SELL", "algoType": "STOP", "type": "MARKET", "quantity": "0.001"}
    placed = office.data("POST", "/v3/algo/order", stop | {"triggerPrice": "50000", "clientOrderId": 5})["rows"][0]
    order_id = placed["orderId"]
    edited = office.data("PUT", f"/v3/algo/order/{order_id}", {"triggerPrice": "51000"})
    by_client_id = office.data("PUT", "/v3/algo/order/client/5", {"triggerPrice": "52000"})
    waiting = office.data("GET", f"/v3/algo/order/{order_id}")
    office.placed()

    assert (placed["clientOrderId"], edited, edited) == (5, by_client_id, {"success": True, "status": "EDIT_SENT"})
    assert (waiting["triggerPrice"], waiting["clientAlgoOrderId"]) == (52000, 5)
    assert office.data("GET", "/v3/algo/orders")["rows"][0]["algoOrderId"] == order_id
    assert office.signed("DELETE", "/v3/orders/pending")[1]["status"] == "CANCEL_ALL_SENT"
    assert office.data("GET", f"/v3/algo/order/{order_id}")["algoStatus"] == "NEW"
    assert office.signed("DELETE", f"/v3/algo/order/{order_id}") == (200, {"success": True, "status": "CANCEL_SENT"})
    assert office.data("GET", f"/v3/algo/order/{order_id}")["algoStatus"] == "CANCELLED"


@pytest.mark.parametrize("path", ["/v3/algo/orders/pending/SPOT_BTC_USDT", "/v3/merge/orders/pending/SPOT_BTC_USDT"])
def test_everything_of_a_symbol_goes_by_the_paths_of_the_first_v3(office: Office, path: str) -> None:
    stop = {"symbol": "SPOT_BTC_USDT", "side": "SELL", "algoType": "STOP", "type": "MARKET", "quantity": "0.001"}
    office.data("POST", "/v3/trade/algoOrder", stop | {"triggerPrice": "50000"})
    resting = office.placed()

    assert office.signed("DELETE", path) == (200, {"success": True, "status": "CANCEL_ALL_SENT"})
    assert office.data("GET", "/v3/trade/algoOrders?status=INCOMPLETE")["rows"] == []
    left = office.data("GET", f"/v3/trade/order?orderId={resting}")["status"]
    assert left == ("CANCELLED" if "merge" in path else "NEW")


def test_a_refusal_of_an_older_path_has_the_envelope_of_any_other(office: Office) -> None:
    assert office.signed("PUT", "/v3/order/1", {"price": "29000"})[1]["code"] == 317184
    assert office.signed("GET", "/v3/positions")[1]["data"] == {"positions": []}
