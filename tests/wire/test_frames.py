import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from woodlot.wire.events import BestBidOffer, BookDelta, ExecutionReport
from woodlot.wire.frames import (
    Ack,
    Pong,
    Push,
    Refusal,
    ServerPing,
    Unknown,
    Unreadable,
    decode_frame,
    encode_ping,
    encode_pong,
    encode_subscribe,
    encode_unsubscribe,
)

DELTA = {"ts": 20, "bids": [["1.50", "0.00020"]], "asks": [["2", "0"]], "prevTs": 10, "s": "SPOT_WOO_USDT"}


def frame(topic: str, data: Any) -> str:
    return json.dumps({"topic": topic, "ts": 21, "data": data}, separators=(",", ":"))


def event(topic: str, data: Any) -> Any:
    decoded = decode_frame(frame(topic, data))
    assert isinstance(decoded, Push), decoded
    return decoded.event


def test_a_book_delta_keeps_the_exchanges_spelling() -> None:
    assert event("orderbookupdate@SPOT_WOO_USDT@50", DELTA) == BookDelta(
        symbol="SPOT_WOO_USDT", prev_ts=10, ts=20, bids=[("1.50", "0.00020")], asks=[("2", "0")]
    )


def test_a_book_delta_means_the_same_with_its_keys_in_any_order() -> None:
    turned = json.dumps({"data": DELTA, "ts": 21, "topic": "orderbookupdate@SPOT_WOO_USDT@50"})
    usual = frame("orderbookupdate@SPOT_WOO_USDT@50", DELTA)
    assert decode_frame(turned) == decode_frame(usual)


def test_levels_sent_as_numbers_keep_their_digits() -> None:
    raw = (
        b'{"topic":"orderbookupdate@S@50","ts":1,"data":{"s":"S","prevTs":1,"ts":2,'
        b'"bids":[[0.1234567890123456789,2.1E-7]],"asks":[[3,0]]}}'
    )
    decoded = decode_frame(raw)
    assert isinstance(decoded, Push)
    assert decoded.event.bids == [("0.1234567890123456789", "2.1E-7")]
    assert decoded.event.asks == [("3", "0")]


@pytest.mark.parametrize("empty", [{}, {"bp": None, "bq": None}, {"bp": "", "bq": ""}, {"bp": "0", "bq": "0"}])
def test_an_empty_side_of_the_touch_is_none_however_it_is_spelled(empty: dict[str, Any]) -> None:
    touch = event("bbo@S", {"s": "S", "ts": 5, "ap": "2", "aq": "1"} | empty)
    assert touch == BestBidOffer(symbol="S", ts=5, ask_price=Decimal(2), ask_size=Decimal(1))


@pytest.mark.parametrize("spelled", [9223372036854775807, "9223372036854775807"])
def test_a_client_order_id_of_nineteen_digits_is_read_exactly(spelled: Any) -> None:
    report = event("executionreport", {"mt": 0, "s": "S", "oid": "7", "cid": spelled, "f": "2.1E-7"})
    assert (report.client_order_id, report.order_id, report.fee) == (2**63 - 1, 7, Decimal("0.00000021"))


def test_a_refused_wish_reads_without_the_fields_it_does_not_have() -> None:
    report = event("executionreport", {"mt": 2, "s": "S", "oid": 7, "rs": "filled"})
    assert isinstance(report, ExecutionReport)
    assert (report.message_type, report.status, report.is_fill) == (2, None, False)


@pytest.mark.parametrize("null", [None, "null"])
@pytest.mark.parametrize("field", ["rs", "tg", "f", "fa", "lv", "m", "vsx", "tr", "trc", "ro", "mk", "cid", "px", "ps"])
def test_a_null_in_a_field_that_nobody_needs_does_not_cost_the_fill(field: str, null: str | None) -> None:
    fill = {"mt": 0, "s": "S", "oid": 7, "tid": 9, "esx": "0.5", "epx": "2", "tesx": "0.5", "ss": "FILLED", "ts": 1}
    report = event("executionreport", fill | {field: null})
    assert (report.trade_id, report.executed_quantity, report.status) == (9, Decimal("0.5"), "FILLED")


def test_an_unknown_status_is_kept_as_it_came() -> None:
    report = event("executionreport", {"mt": 0, "s": "S", "oid": 7, "ss": "HALTED"})
    assert (report.status, report.status.is_known) == ("HALTED", False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"id":"1","cmd":"SUBSCRIBE","success":true,"time":1,"data":["a@b"]}', Ack("1", "SUBSCRIBE", ("a@b",))),
        ('{"id":1,"cmd":"subscribe","success":true,"time":1,"data":[]}', Ack("1", "SUBSCRIBE", ())),
        ('{"cmd":"SUBSCRIBE","success":true,"time":1,"data":[]}', Ack("", "SUBSCRIBE", ())),
        (
            '{"id":"8","cmd":"SUBSCRIBE","success":false,"time":1,"data":"Command type invalid!"}',
            Refusal("8", "SUBSCRIBE", "Command type invalid!"),
        ),
        (
            '{"id":"","cmd":"ERROR","success":false,"time":1,"data":"Invalid request."}',
            Refusal("", "ERROR", "Invalid request."),
        ),
        (
            '{"id":"1","cmd":"SUBSCRIBE","success":false,"message":"Auth is needed."}',
            Refusal("1", "SUBSCRIBE", "Auth is needed."),
        ),
        ('{"cmd":"PONG","success":true,"time":9}', Pong(9)),
        ('{"cmd":"PING","ts":9}', ServerPing(9)),
        ('{"topic":"weather@S","ts":1,"data":{}}', Unknown("weather@S")),
    ],
)
def test_a_control_frame_is_told_from_data_and_from_a_refusal(text: str, expected: object) -> None:
    assert decode_frame(text) == expected


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "not json",
        "[]",
        "5",
        "{}",
        '{"topic":5}',
        '{"topic":"bbo@S","ts":1}',
        '{"topic":"trade@S","ts":1,"data":{"s":"S","px":"NaN","sx":"1","sd":"BUY","src":1,"ts":1}}',
        '{"topic":"trade@S","ts":1,"data":{"s":"S","px":"x","sx":"1","sd":"BUY","src":1,"ts":1}}',
        '{"topic":"orderbookupdate@S@50","ts":1,"data":{"s":"S","prevTs":1,"ts":2,"bids":[["1"]],"asks":[]}}',
        '{"topic":"orderbookupdate@S@50","ts":1,"data":[]}',
        '{"topic":"bbo@S","ts":1,"data":[]}',
        '{"id":"1","cmd":"SUBSCRIBE","success":true,"data":"all"}',
        "\ud800",
        b"\xff\xfe",
        b'{"topic":"\xff"}',
    ],
)
def test_a_frame_that_breaks_the_contract_is_a_value_too(payload: Any) -> None:
    assert isinstance(decode_frame(payload), Unreadable)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_bytes_raise(payload: bytes | str) -> None:
    decode_frame(payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["orderbookupdate@S@50", "trade@S", "bbo@S", "executionreport", "balance", "account"]),
    st.dictionaries(
        st.sampled_from(["s", "ts", "prevTs", "bids", "asks", "px", "sx", "sd", "mt", "balances", "m", "v"]), JSON
    ),
)
def test_no_value_in_any_field_raises(topic: str, data: dict[str, Any]) -> None:
    decode_frame(json.dumps({"topic": topic, "ts": 1, "data": data}))


def test_commands_are_spelled_as_the_exchange_reads_them() -> None:
    assert encode_subscribe("1", ["bbo@S"]) == '{"id":"1","cmd":"SUBSCRIBE","params":["bbo@S"]}'
    assert encode_unsubscribe("2", ["bbo@S"]) == '{"id":"2","cmd":"UN_SUBSCRIBE","params":["bbo@S"]}'
    assert encode_ping(5) == '{"cmd":"PING","ts":5}'
    assert encode_pong(5) == '{"cmd":"PONG","ts":5}'
