"""The switches as a list, the page made from it, and what each of ours changes on the wire."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from woodlot.clock import ManualClock
from woodlot.errors import ConfigurationError
from woodlot.sandbox.frame_quirks import FrameQuirks
from woodlot.sandbox.open_points import OPEN_POINTS, document
from woodlot.sandbox.quirk_list import quirk_list, with_quirks
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.reply_quirks import ReplyQuirks
from woodlot.sandbox.sockets import PRIVATE_TOPICS, Session, public_topics
from woodlot.sandbox.throttle import Throttle
from woodlot.wire.enums import OrderStatus
from woodlot.wire.public import GetSystemInfo

PAGE = Path(__file__).parents[2] / "docs" / "design" / "open-points.md"
NAMES = {quirk.name for quirk in quirk_list()}


def test_every_switch_is_listed_with_a_source_and_its_default():
    assert {field.name for field in fields(Quirks)} == NAMES
    for quirk in quirk_list():
        assert quirk.decides, quirk.name
        assert quirk.source or quirk.name == "fee_step", quirk.name
        assert not quirk.choices or quirk.default in quirk.choices, quirk.name


def test_every_open_point_has_a_switch_or_says_why_not():
    assert [sum(point.sheet.startswith(sheet) for point in OPEN_POINTS) for sheet in ("rest", "websocket")] == [20, 22]
    for point in OPEN_POINTS:
        assert set(point.quirks) <= NAMES, point
        assert bool(point.quirks) != bool(point.instead), point


def test_the_page_is_made_from_the_list():
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run: python -m woodlot.sandbox.open_points > docs/design/open-points.md"
    )


def test_switches_are_set_by_name():
    quirks = with_quirks(
        ["replaced_key=silent", "topics_per_request=20", "idle_cut=false", "partial_market_ends=FILLED"]
    )

    assert (quirks.replaced_key, quirks.topics_per_request, quirks.idle_cut) == ("silent", 20, False)
    assert quirks.partial_market_ends is OrderStatus.FILLED


@pytest.mark.parametrize("quirk", quirk_list(), ids=lambda quirk: quirk.name)
def test_every_choice_of_a_switch_can_be_set(quirk: Any):
    for choice in quirk.choices or (quirk.default,):
        assert str(getattr(with_quirks([f"{quirk.name}={choice}"]), quirk.name)).lower() == choice.lower()


@pytest.mark.parametrize(
    "setting", ["replaced_key", "nope=1", "replaced_key=gone", "idle_cut=maybe", "topics_per_request=15", "fee_step=x"]
)
def test_a_setting_that_cannot_be_says_what_is_allowed(setting: str):
    with pytest.raises(ConfigurationError, match="expected"):
        with_quirks([setting])
    with pytest.raises(ConfigurationError, match="twice"):
        with_quirks(["idle_cut=true", "idle_cut=false"])


def _frame(topic: str, data: Any, **settings: Any) -> Any:
    payload = json.dumps({"topic": topic, "ts": 5, "data": data}).encode()
    return json.loads(FrameQuirks(Quirks(**settings)).respelled(payload, topic=topic))["data"]


@pytest.mark.parametrize(
    ("settings", "topic", "data", "shown"),
    [
        ({"client_order_id_is_text": True}, "executionreport", {"cid": 5}, {"cid": "5"}),
        ({"trades_have_rpi": True}, "trade@A", {"px": "1"}, {"px": "1", "rpi": False}),
        ({"futures_mode_is_plural": True}, "account", {"m": "FUTURE"}, {"m": "FUTURES"}),
        ({"bbo_empty_side": "null"}, "bbo@A", {"bp": "1", "bq": "1"}, {"bp": "1", "bq": "1", "ap": None, "aq": None}),
        ({"bbo_empty_side": "zero"}, "bbo@A", {"ap": "1", "aq": "1"}, {"ap": "1", "aq": "1", "bp": "0", "bq": "0"}),
        ({"stream_trims_zeros": True}, "orderbook10@A", {"bids": [["1.50", "20"]]}, {"bids": [["1.5", "20"]]}),
        (
            {"frozen_is_pending": True},
            "balance",
            {"balances": [{"t": "BTC", "f": "2"}, {"t": "USDT", "f": "3"}]},
            {"balances": [{"t": "BTC", "f": "0", "psq": "-2"}, {"t": "USDT", "f": "0", "plq": "3"}]},
        ),
        (
            {"version_counts": "everything"},
            "balance",
            {"balances": [{"ver": 9}, {"ver": 3}]},
            {"balances": [{"ver": 1}, {"ver": 2}]},
        ),
        (
            {"short_holding_is_negative": False},
            "position",
            {"positions": [{"ps": "SHORT", "h": "-2"}, {"ps": "BOTH", "h": "-1"}]},
            {"positions": [{"ps": "SHORT", "h": "2"}, {"ps": "BOTH", "h": "-1"}]},
        ),
        ({}, "executionreport", {"cid": 5}, {"cid": 5}),
    ],
    ids=str,
)
def test_a_switch_respells_a_frame(settings: Any, topic: str, data: Any, shown: Any):
    assert _frame(topic, data, **settings) == shown


def _reply(path: str, tree: Any, *, method: str = "GET", **settings: Any) -> Any:
    return json.loads(ReplyQuirks(Quirks(**settings)).respelled(json.dumps(tree).encode(), method=method, path=path))


@pytest.mark.parametrize(
    ("settings", "path", "data", "shown"),
    [
        (
            {"past_times": "seconds"},
            "/v3/trade/transactionHistory",
            {"rows": [{"executedTimestamp": 1752055173630}]},
            {"rows": [{"executedTimestamp": "1752055173.630"}]},
        ),
        ({"asset_list_keys": "snake"}, "/v3/public/token", {"rows": [{"canShort": 1}]}, {"rows": [{"can_short": 1}]}),
        ({"expired_time_is_text": True}, "/v3/account/listenKey", {"expiredTime": 5}, {"expiredTime": "5"}),
        (
            {"meta_is_snake_case": True, "lists_are_oldest_first": True},
            "/v3/trade/orders",
            {"rows": [{"a": 2}, {"a": 1}], "meta": {"currentPage": 1}},
            {"rows": [{"a": 1}, {"a": 2}], "meta": {"current_page": 1}},
        ),
        ({"asks_descend": True}, "/v3/public/orderbook", {"asks": [1, 2]}, {"asks": [2, 1]}),
        ({"null_is_text": True}, "/v3/trade/order", {"amount": None}, {"amount": "null"}),
        (
            {"mark_price_word": "MARK"},
            "/v3/trade/algoOrders",
            {"rows": [{"childOrders": [{"triggerPriceType": "MARK_PRICE"}]}]},
            {"rows": [{"childOrders": [{"triggerPriceType": "MARK"}]}]},
        ),
        (
            {"short_holding_is_negative": False},
            "/v3/futures/positions",
            {"positions": [{"positionSide": "SHORT", "holding": "-2"}]},
            {"positions": [{"positionSide": "SHORT", "holding": "2"}]},
        ),
    ],
    ids=str,
)
def test_a_switch_respells_a_reply(settings: Any, path: str, data: Any, shown: Any):
    assert _reply(path, {"success": True, "data": data}, **settings)["data"] == shown


def test_codes_can_be_text_and_settings_answered_without_data():
    assert _reply("/v3/x", {"success": False, "code": -1003}, error_code_is_text=True)["code"] == "-1003"
    changed = _reply(
        "/v3/futures/leverage", {"success": True, "data": {}}, method="PUT", settings_replies_have_data=False
    )
    assert changed == {"success": True}


def test_a_respelled_reply_keeps_every_digit():
    body = b'{"success":false,"code":-1,"price":0.10000000000000000001}'

    assert b"0.10000000000000000001" in ReplyQuirks(Quirks(error_code_is_text=True)).respelled(
        body, method="GET", path="/"
    )


def test_sliding_windows_let_no_two_bursts_through():
    clock = ManualClock(1_790_000_000_900)
    fixed, sliding = (
        Throttle(clock=clock, quirks=Quirks(rate_windows=windows))
        for windows in ("fixed", "sliding")  # type: ignore[arg-type]
    )

    def admitted(throttle: Throttle) -> int:
        return [throttle.admits(GetSystemInfo.endpoint, address="a") for _ in range(20)].count(True)

    assert (admitted(fixed), admitted(sliding)) == (10, 10)
    clock.advance(0.2)
    assert (admitted(fixed), admitted(sliding)) == (10, 0)
    clock.advance(1)
    assert admitted(sliding) == 10


def _said(command: Any, *, offered: frozenset[str] = frozenset({"trade@A"}), **settings: Any) -> Any:
    session = Session(offered, elsewhere=PRIVATE_TOPICS, quirks=Quirks(**settings))
    return json.loads(session.receive(json.dumps(command), now_ms=5)[0].text)


def test_commands_are_answered_as_the_switches_say():
    eleven = {"id": 1, "cmd": "SUBSCRIBE", "params": [f"trade@{number}" for number in range(11)]}
    foreign = {"id": 1, "cmd": "SUBSCRIBE", "params": ["account"]}
    nothing = {"id": 1, "cmd": "UN_SUBSCRIBE", "params": ["trade@A"]}

    assert _said(eleven)["success"] is False
    assert _said(eleven, topics_per_request=20)["success"] is True
    assert _said(eleven, topics_per_request=20, bad_topic_is_refused=True)["success"] is False
    assert _said(foreign)["data"] == []
    assert _said(foreign, foreign_topic_is_refused=True)["success"] is False
    assert _said(foreign, numeric_id_is_echoed_as="number")["id"] == 1
    assert _said({"id": "l", "cmd": "LIST_SUBSCRIPTION"}, list_subscription="topics")["data"] == []
    assert [_said(nothing, unsubscribing_nothing=how)["data"] for how in ("empty", "named")] == [[], ["trade@A"]]
    assert _said(nothing, unsubscribing_nothing="refused")["success"] is False
    assert (
        _said({"cmd": "SUBSCRIBE"}, malformed_command_text="Command type invalid!")["data"] == "Command type invalid!"
    )


def test_every_topic_word_is_offered():
    names = public_topics(["SPOT_BTC_USDT", "PERP_BTC_USDT"])

    assert {name.partition("@")[0] for name in names} == {
        "orderbookupdate",
        "orderbookupdaterpi",
        "orderbook10",
        "bbo",
        "bborpi",
        "trade",
        "kline",
        "ticker",
        "markprice",
        "indexprice",
        "openinterest",
        "estfundingrate",
    }
    assert "indexprice@PERP_BTC_USDT" not in names
    assert "markprice@SPOT_BTC_USDT" not in names
