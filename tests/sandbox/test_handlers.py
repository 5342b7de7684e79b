import dataclasses
import json
import logging
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

import pytest
from tests.sandbox.caller import BTC, FAR_BID, WOO, headers
from tests.sandbox.office import KEY, SECRET, Office

from woodlot.sandbox import parameters
from woodlot.sandbox.gate import Gate
from woodlot.sandbox.handlers import ROUTES
from woodlot.sandbox.signatures import ApiKey
from woodlot.sandbox.throttle import Throttle


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture(autouse=True)
def _warnings_from_the_start() -> Iterator[None]:
    parameters._warned_of_form.clear()
    yield
    parameters._warned_of_form.clear()


def test_every_route_is_made_from_its_request():
    for path, methods in ROUTES.items():
        for method, route in methods.items():
            assert route.endpoint.method == method
            assert (route.older.path if route.older else route.endpoint.path) == path


@pytest.mark.parametrize(
    ("method", "target", "body", "code", "message"),
    [
        ("POST", "/v3/trade/cancelAllAfter", {"triggerAfter": 900_001}, 317176, "triggerAfter must be 0 to 900000."),
        ("POST", "/v3/trade/order", FAR_BID | {"clientOrderId": 2**63}, 317164, "Invalid client order id."),
        ("POST", "/v3/trade/order", {"side": "BUY", "type": "LIMIT"}, -1005, "symbol must not be blank"),
        ("GET", "/v3/trade/order", b"", -1005, "orderId: give orderId or clientOrderId"),
        (
            "PUT",
            "/v3/trade/algoOrder",
            {"algoOrderId": 1, "childOrders": [{"price": "1"}]},
            -1005,
            "childOrders[0].algoOrderId must not be blank",
        ),
        ("PUT", "/v3/trade/algoOrder", {"algoOrderId": 1}, -1005, "quantity: give at least one field to change"),
    ],
)
def test_what_cannot_be_is_refused_by_the_exchanges_names(
    office: Office, method: str, target: str, body: Any, code: int, message: str
):
    assert office.refused(method, target, body) == (code, message)


def test_an_unknown_path_is_the_gateways_miss(office: Office):
    assert office.send("GET", "/v3/public/nope") == (200, '{"code":503,"message":"[GW] no upstream server"}')


def test_system_info_tells_the_time(office: Office):
    status, reply = office.get("/v3/public/systemInfo")

    assert status == 200
    assert list(reply) == ["success", "data", "timestamp"]
    assert reply["data"]["status"] == 0
    assert reply["data"]["msg"] == "System is functioning properly."
    assert isinstance(reply["data"]["estimatedEndTime"], int)
    assert reply["timestamp"] == office.clock.now_ms()


def test_instruments_have_the_recorded_fields(office: Office):
    _, reply = office.get("/v3/public/instruments")
    row = reply["data"]["rows"][0]

    assert {row["symbol"] for row in reply["data"]["rows"]} >= {BTC, WOO, "SPOT_ETH_USDT"}
    assert row["bidFloorRatio"] is None
    assert row["quoteTick"] == "0.01"
    assert row["baseAssetMultiplier"] == 1
    assert "fundingCap" not in row
    assert [row["symbol"] for row in office.get(f"/v3/public/instruments?symbol={WOO}")[1]["data"]["rows"]] == [WOO]


def test_the_book_has_its_timestamp_before_its_data(office: Office):
    status, reply = office.get(f"/v3/public/orderbook?symbol={BTC}&maxLevel=3")

    assert status == 200
    assert list(reply) == ["success", "timestamp", "data"]
    assert list(reply["data"]) == ["asks", "bids"]
    bids, asks = ([Decimal(level["price"]) for level in reply["data"][side]] for side in ("bids", "asks"))
    assert len(bids) == len(asks) == 3
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert not reply["data"]["bids"][0]["quantity"].endswith("0")


@pytest.mark.parametrize(
    ("query", "status", "reply"),
    [
        ("?symbol=PERP_NOPE_USDT", 400, {"success": False, "message": "invalid symbol PERP_NOPE_USDT"}),
        (
            "",
            400,
            {
                "success": False,
                "code": -1005,
                "error_code": 90000,
                "message": "invalid request, please check your request",
            },
        ),
    ],
)
def test_the_book_is_refused_in_the_recorded_words(office: Office, query: str, status: int, reply: Any):
    assert office.get(f"/v3/public/orderbook{query}") == (status, reply)


def test_a_depth_that_is_no_number_gets_the_recorded_internal_error(office: Office):
    status, reply = office.get(f"/v3/public/orderbook?symbol={BTC}&maxLevel=abc")

    assert status == 500
    assert reply["code"] == -1000
    assert re.fullmatch(r"The server encountered an internal error, request id: \w+", reply["message"])


def test_market_trades_are_newest_first_and_ten_by_default(office: Office):
    _, reply = office.get(f"/v3/public/marketTrades?symbol={BTC}")
    rows = reply["data"]["rows"]

    assert len(rows) == 10
    assert rows[0]["executedTimestamp"] > rows[-1]["executedTimestamp"]
    assert isinstance(rows[0]["executedPrice"], str)
    everything = office.get(f"/v3/public/marketTrades?symbol={BTC}&limit=99999")[1]["data"]["rows"]
    assert everything[0]["executedTimestamp"] - everything[-1]["executedTimestamp"] >= 3_600_000
    assert len(everything) <= 10_000


def test_candles_have_the_recorded_fields(office: Office):
    _, reply = office.get(f"/v3/public/kline?symbol={BTC}&type=1m&limit=60")
    rows = reply["data"]["rows"]

    assert len(rows) == 60
    assert list(rows[0]) == [
        "symbol",
        "open",
        "close",
        "high",
        "low",
        "volume",
        "amount",
        "type",
        "startTimestamp",
        "endTimestamp",
    ]
    assert rows[0]["startTimestamp"] == rows[1]["endTimestamp"]
    assert rows[0]["type"] == "1m"
    assert len(office.get(f"/v3/public/kline?symbol={BTC}&type=1m")[1]["data"]["rows"]) == 100


@pytest.mark.parametrize(
    "target",
    [
        f"/v3/public/kline?symbol={BTC}",
        f"/v3/public/kline?symbol={BTC}&type=7m",
        f"/v3/public/kline?symbol={BTC}&type=1m&limit=0",
        f"/v3/public/kline?symbol={BTC}&type=1m&limit=abc",
        f"/v3/public/marketTrades?symbol={BTC}&limit=-1",
        f"/v3/public/orderbook?symbol={BTC}&maxLevel=0",
        "/v3/public/orderbook?symbol=",
        "/v3/public/orderbook?symbol=A&symbol=B",
        "/v3/public/orderbook?symbol=%FF",
        "/v3/public/marketTrades",
    ],
)
def test_a_public_parameter_that_makes_no_sense_is_invalid(office: Office, target: str):
    status, reply = office.get(target)

    assert status == 400
    assert reply["success"] is False
    assert reply["code"] == -1005
    assert reply["message"]


def test_placing_answers_with_numbers_and_nulls(office: Office):
    status, text = office.signed_text("POST", "/v3/trade/order", FAR_BID | {"price": "30000.50"})

    assert status == 200
    assert re.fullmatch(
        r'\{"success":true,"data":\{"orderId":\d{11},"clientOrderId":0,"type":"LIMIT","price":30000.5,'
        r'"quantity":0.001,"amount":null,"bidAskLevel":null\},"timestamp":\d{13}\}',
        text,
    )


def test_ids_may_be_numbers_or_text_and_amounts_may_be_numbers(office: Office):
    office.placed(clientOrderId="77", price=30000.25, quantity=0.002)

    _, reply = office.signed("GET", "/v3/trade/order?clientOrderId=77")

    assert reply["data"]["clientOrderId"] == 77
    assert (reply["data"]["price"], reply["data"]["quantity"]) == (30000.25, 0.002)


def test_an_order_reads_back_field_for_field_as_recorded(office: Office):
    order_id = office.placed()

    _, reply = office.signed("GET", f"/v3/trade/order?orderId={order_id}&symbol={BTC}")

    assert reply["data"] == {
        "orderId": order_id,
        "clientOrderId": 0,
        "symbol": BTC,
        "orderTag": "default",
        "side": "BUY",
        "quantity": 0.001,
        "amount": None,
        "type": "LIMIT",
        "status": "NEW",
        "price": 30000,
        "executed": 0,
        "visible": 0.001,
        "averageExecutedPrice": 0,
        "totalFee": 0,
        "feeAsset": "BTC",
        "totalRebate": 0,
        "rebateAsset": "USDT",
        "reduceOnly": False,
        "createdTime": office.clock.now_ms(),
        "realizedPnl": None,
        "positionSide": "BOTH",
        "bidAskLevel": None,
    }


def test_orders_come_in_pages(office: Office):
    ids = [office.placed() for _ in range(3)]

    _, reply = office.signed("GET", f"/v3/trade/orders?symbol={BTC}&status=INCOMPLETE&size=2&page=2")

    assert [row["orderId"] for row in reply["data"]["rows"]] == ids[:1]
    assert reply["data"]["meta"] == {"total": 3, "recordsPerPage": 2, "currentPage": 2}


def test_an_edit_and_a_cancel_are_acknowledged_in_the_recorded_words(office: Office):
    order_id = office.placed()

    edited = office.signed("PUT", "/v3/trade/order", {"orderId": str(order_id), "price": "29000"})
    cancelled = office.signed("DELETE", f"/v3/trade/order?orderId={order_id}&symbol={BTC}")
    all_cancelled = office.signed("DELETE", "/v3/trade/allOrders?symbol=" + BTC)

    assert [reply["data"] for _, reply in (edited, cancelled, all_cancelled)] == [
        {"status": "EDIT_SENT"},
        {"status": "CANCEL_SENT"},
        {"status": "CANCEL_ALL_SENT"},
    ]
    assert office.signed("GET", f"/v3/trade/order?orderId={order_id}")[1]["data"]["status"] == "CANCELLED"
    assert office.signed("DELETE", f"/v3/trade/order?orderId={order_id}")[1]["code"] == 317161


def test_cancelling_everything_needs_no_symbol(office: Office):
    office.placed()

    assert office.signed("DELETE", "/v3/trade/allOrders")[1]["success"] is True
    assert office.signed("GET", "/v3/trade/orders?status=INCOMPLETE")[1]["data"]["rows"] == []


def test_fills_read_back_with_numbers_and_integer_times(office: Office):
    office.signed("POST", "/v3/trade/order", {"symbol": BTC, "side": "SELL", "type": "MARKET", "quantity": "0.001"})

    _, reply = office.signed("GET", f"/v3/trade/transactionHistory?symbol={BTC}&limit=1")
    (row,) = reply["data"]["rows"]

    assert (row["side"], row["isMaker"], row["feeAsset"], row["realizedPnl"]) == ("SELL", 0, "USDT", None)
    assert row["executedQuantity"] == 0.001
    assert row["executedTimestamp"] == office.clock.now_ms()
    assert row["fee"] == pytest.approx(row["executedPrice"] * 1e-6)


def test_balances_are_strings_and_account_fees_are_numbers(office: Office):
    office.placed()

    usdt = next(row for row in office.holdings() if row["token"] == "USDT")
    info = office.signed("GET", "/v3/account/info")[1]["data"]

    assert (usdt["holding"], usdt["availableBalance"]) == ("100000", "99970")
    assert (info["makerFeeRate"], info["takerFeeRate"]) == (8, 10)
    assert (info["accountMode"], info["positionMode"]) == ("FUTURES", "ONE_WAY")
    assert isinstance(info["totalAccountValue"], str)


def test_a_listen_key_comes_with_its_end(office: Office):
    status, reply = office.signed("POST", "/v3/account/listenKey", {"type": "WEBSOCKET"})

    assert status == 200
    assert len(reply["data"]["authKey"]) == 64
    assert reply["data"]["expiredTime"] == reply["timestamp"] + 86_400_000
    assert list(reply["data"]) == ["authKey", "expiredTime"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"[]",
        b"null",
        b'{"symbol":"A","symbol":"B"}',
        b'{"symbol":NaN}',
        b'{"price":1e999999999}',
        b'{"price":' + b"9" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 5_000,
        b"\xff\xfe{}",
        json.dumps(FAR_BID | {"symbol": "\ud800"}).encode(),
        json.dumps(FAR_BID | {"orderTag": "\ud800"}).encode(),
        json.dumps(FAR_BID | {"symbol": ["x"]}).encode(),
        json.dumps(FAR_BID | {"price": {"a": 1}}).encode(),
        json.dumps(FAR_BID | {"price": True}).encode(),
        json.dumps(FAR_BID | {"price": "NaN"}).encode(),
        json.dumps(FAR_BID | {"price": "-1"}).encode(),
        json.dumps(FAR_BID | {"price": "0"}).encode(),
        json.dumps(FAR_BID | {"price": "30000.001"}).encode(),
        json.dumps(FAR_BID | {"price": 1e60}).encode(),
        json.dumps(FAR_BID | {"quantity": "0"}).encode(),
        json.dumps(FAR_BID | {"quantity": 10**40}).encode(),
        json.dumps(FAR_BID | {"amount": "1"}).encode(),
        json.dumps(FAR_BID | {"symbol": "SPOT_NOPE_USDT"}).encode(),
        json.dumps(FAR_BID | {"side": "buy"}).encode(),
        json.dumps(FAR_BID | {"type": "AC"}).encode(),
        json.dumps(FAR_BID | {"clientOrderId": -1}).encode(),
        json.dumps(FAR_BID | {"clientOrderId": 2**63}).encode(),
        json.dumps(FAR_BID | {"clientOrderId": 1.5}).encode(),
        json.dumps({key: value for key, value in FAR_BID.items() if key != "side"}).encode(),
    ],
    ids=lambda body: repr(body[:50]),
)
def test_garbage_gets_an_envelope_and_changes_nothing(office: Office, body: bytes):
    before = office.holdings()

    status, reply = office.signed("POST", "/v3/trade/order", body)

    assert 400 <= status < 500
    assert reply["success"] is False
    assert isinstance(reply["code"], int)
    assert reply["message"]
    assert office.holdings() == before
    assert office.signed("GET", "/v3/trade/orders")[1]["data"]["rows"] == []


def test_unknown_fields_are_ignored(office: Office):
    assert office.placed(timeInForce="GTC", nested={"a": [1]})


def test_a_private_call_is_checked_before_anything_is_read(office: Office):
    status, reply = office.get("/v3/trade/order")

    assert (status, reply["code"]) == (401, -1002)


def test_a_signature_over_another_body_is_refused(office: Office):
    head = headers(KEY, SECRET, "POST", "/v3/trade/order", b"{}", at_ms=office.clock.now_ms())

    status, text = office.send("POST", "/v3/trade/order", json.dumps(FAR_BID).encode(), head)

    assert (status, json.loads(text)["code"]) == (401, -1001)


def test_the_query_is_signed_as_it_stands(office: Office):
    order_id = office.placed()

    assert office.signed("DELETE", f"/v3/trade/order?symbol=SPOT%5FBTC%5FUSDT&orderId={order_id}&")[0] == 200


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"symbol":"a","symbol":"b"}', b"\xff"])
def test_a_body_that_cannot_be_read_counts_like_any_other_call(body: bytes):
    office = Office(limits=1.0)

    statuses = [office.signed("POST", "/v3/trade/order", body)[0] for _ in range(7)]

    assert statuses == [400] * 5 + [429] * 2


def test_the_sixth_order_of_a_second_is_refused_and_nothing_happens():
    office = Office(limits=1.0)
    for _ in range(5):
        office.placed()

    assert office.signed_text("POST", "/v3/trade/order", FAR_BID) == (
        429,
        '{"success":false,"code":-1003,"message":"Rate limit exceed."}',
    )
    assert office.signed("GET", "/v3/trade/orders")[1]["data"]["meta"]["total"] == 5
    office.clock.advance(1)
    office.placed()


def test_a_method_without_a_route_gets_an_envelope(office: Office):
    status, text = office.send("PATCH", "/v3/trade/order")

    assert status == 405
    assert json.loads(text)["code"] == -1005


def test_the_guides_form_body_cancels_with_one_warning(office: Office, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.WARNING, "woodlot.sandbox")

    for _ in range(2):
        body = f"symbol={BTC}&order_id={office.placed()}".encode()
        assert office.signed("DELETE", "/v3/trade/order", body)[1]["data"] == {"status": "CANCEL_SENT"}

    assert len(caplog.records) == 1
    assert "query form" in caplog.text


def test_the_guides_form_body_is_refused_when_strict():
    office = Office(strict=True)
    order_id = office.placed()

    status, reply = office.signed("DELETE", "/v3/trade/order", f"symbol={BTC}&order_id={order_id}".encode())

    assert (status, reply["code"]) == (400, -1005)
    assert office.signed("DELETE", f"/v3/trade/order?orderId={order_id}")[0] == 200


def test_a_fault_of_ours_is_told_as_one_and_logged(office: Office, caplog: pytest.LogCaptureFixture):
    broken = dataclasses.replace(office.venue, listen_keys=cast("Any", None))
    keys = {KEY: ApiKey(SECRET, office.account_id)}
    office.gate = Gate(broken, keys=keys, throttle=Throttle(clock=office.clock), strict=False)

    status, reply = office.signed("POST", "/v3/account/listenKey", {"type": "WEBSOCKET"})

    assert (status, reply["code"]) == (500, -1000)
    assert "/v3/account/listenKey failed" in caplog.text
    assert SECRET not in caplog.text
