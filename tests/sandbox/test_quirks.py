"""The switches as a list, the page made from it, and what each of ours changes on the wire."""

import json
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.sandbox.caller import FAR_BID, headers, running
from tests.sandbox.office import KEY, SECRET, Office

from woodlot.clock import ManualClock
from woodlot.errors import ConfigurationError
from woodlot.sandbox.events import AlgoReported, BalancesChanged, PositionsChanged
from woodlot.sandbox.frame_quirks import FrameQuirks
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.open_points import OPEN_POINTS, document
from woodlot.sandbox.pushes import spelled
from woodlot.sandbox.quirk_list import quirk_list, with_quirks
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.reply_quirks import ReplyQuirks
from woodlot.sandbox.signatures import ApiKey
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


def test_every_open_point_has_a_switch():
    assert [sum(point.sheet.startswith(sheet) for point in OPEN_POINTS) for sheet in ("rest", "websocket")] == [20, 22]
    for point in OPEN_POINTS:
        assert set(point.quirks) <= NAMES, point
        assert point.quirks, point


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
            {"past_times": "seconds"},
            "/v3/trade/algoOrder",
            {"createdTime": 1752055173630, "childOrders": [{"updatedTime": 1752055173000}]},
            {"createdTime": "1752055173.630", "childOrders": [{"updatedTime": "1752055173.000"}]},
        ),
        (
            {"order_times": "seconds"},
            "/v3/trade/order",
            {"createdTime": 1752049062496},
            {"createdTime": "1752049062.496"},
        ),
        (
            {"order_keys": "page"},
            "/v3/trade/algoOrders",
            {"rows": [{"algoOrderTag": "a", "rebateAsset": "USDT", "childOrders": [{"rebateAsset": "USDT"}]}]},
            {"rows": [{"orderTag": "a", "rebateCurrency": "USDT", "childOrders": [{"rebateCurrency": "USDT"}]}]},
        ),
        (
            {"unlisted_fields": False},
            "/v3/trade/orders",
            {"rows": [{"orderId": 5, "bidAskLevel": None, "realizedPnl": None, "marginMode": "CROSS", "leverage": 10}]},
            {"rows": [{"orderId": 5}]},
        ),
        (
            {"unlisted_fields": False},
            "/v3/futures/positions",
            {"positions": [{"symbol": "A", "isolatedMarginToken": "", "isolatedFrozenLong": "0", "leverage": 10}]},
            {"positions": [{"symbol": "A"}]},
        ),
        (
            {"leverage_rows": "two"},
            "/v3/futures/leverage",
            {"details": [{"positionSide": "BOTH", "leverage": 5}]},
            {"details": [{"positionSide": "LONG", "leverage": 5}, {"positionSide": "SHORT", "leverage": 5}]},
        ),
        (
            {"hedge_fill_sides": "plain", "fills_have_rpi": True},
            "/v3/trade/transactionHistory",
            {"rows": [{"id": 1, "side": "CLOSE SHORT"}, {"id": 2, "side": "SELL", "isMatchRpi": True}]},
            {"rows": [{"id": 1, "side": "BUY", "isMatchRpi": False}, {"id": 2, "side": "SELL", "isMatchRpi": True}]},
        ),
        (
            {"perpetual_order_mode": "REDUCE_ONLY"},
            "/v3/public/instruments",
            {"rows": [{"symbol": "PERP_A_B", "quoteTick": "0.1"}, {"symbol": "SPOT_A_B", "orderMode": "NORMAL"}]},
            {
                "rows": [
                    {"symbol": "PERP_A_B", "quoteTick": "0.1", "orderMode": "REDUCE_ONLY", "tickGranularity": "0.1"},
                    {"symbol": "SPOT_A_B", "orderMode": "NORMAL"},
                ]
            },
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


def test_codes_can_be_text():
    assert _reply("/v3/x", {"success": False, "code": -1003}, error_code_is_text=True)["code"] == "-1003"


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
    assert "data" not in _said({"cmd": "NOPE"}, refusal_text_key="message")
    assert _said(eleven, refusal_text_key="message")["message"] == "Command type invalid!"
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


# --- over the whole exchange, from outside


STOP = {"symbol": "SPOT_BTC_USDT", "side": "SELL", "algoType": "STOP", "type": "MARKET", "quantity": "0.001"}


def _office(**settings: Any) -> Office:
    return Office(quirks=Quirks(**settings))


def test_a_new_algo_order_can_be_acknowledged_by_the_older_names():
    row = _office(algo_ack_keys="recorded").data("POST", "/v3/trade/algoOrder", STOP | {"triggerPrice": "50000"})

    assert set(row["rows"][0]) == {"orderId", "clientOrderId", "algoType", "quantity"}


def test_changed_settings_can_be_answered_with_data():
    call = ("POST", "/v3/spotMargin/leverage", {"leverage": 3})

    assert "data" not in _office().signed(*call)[1]
    assert _office(settings_replies_have_data=True).signed(*call)[1]["data"] == {"success": True}


def test_several_orders_are_cancelled_by_what_the_switch_says():
    by_symbol, by_list = "/v3/trade/orders?symbol=SPOT_BTC_USDT", "/v3/trade/orders?orderIds={}"

    for setting, is_taken in (("both", (True, True)), ("lists", (False, True)), ("symbol", (True, False))):
        office = _office(several_orders_by=setting)
        for target, taken in zip((by_symbol, by_list), is_taken, strict=True):
            order_id = office.placed()
            assert office.signed("DELETE", target.format(order_id))[1]["success"] is taken
            assert (office.data("GET", f"/v3/trade/order?orderId={order_id}")["status"] == "CANCELLED") is taken


@pytest.mark.parametrize(
    ("setting", "codes"),
    [
        ("first", [(400, 302117), (400, 317184), (400, 317161), (400, 302301), (400, 302164)]),
        ("second", [(400, 302117), (400, 302129), (400, 317177), (400, 302154), (400, -1102)]),
        ("general", [(409, -1007), (400, -1006), (400, -1006), (400, -1012), (400, -1102)]),
    ],
)
def test_refusals_have_the_codes_that_the_switch_says(setting: str, codes: list[tuple[int, int]]):
    duplicate, unknown, finished, poor, small = codes
    office = _office(refusal_codes=setting)

    def refused(method: str, target: str, body: Any = b"") -> tuple[int, int]:
        status, reply = office.signed(method, target, body)
        return status, reply["code"]

    order = ("POST", "/v3/trade/order")
    order_id = office.placed(clientOrderId=5)
    assert refused(*order, FAR_BID | {"clientOrderId": 5}) == duplicate
    assert refused("DELETE", "/v3/trade/order?orderId=1") == unknown
    office.signed("DELETE", f"/v3/trade/order?orderId={order_id}")
    assert refused("DELETE", f"/v3/trade/order?orderId={order_id}") == finished
    assert refused(*order, FAR_BID | {"quantity": "99"}) == poor
    assert refused(*order, FAR_BID | {"quantity": "0.00001", "price": "60000"}) == small


def test_a_change_that_was_long_on_its_way_is_refused_by_the_engines_window():
    for setting, codes in ((0, (None, None)), (5_000, (None, 317179))):
        office = _office(receive_window_ms=setting)
        body = json.dumps(FAR_BID).encode()
        for age_ms, code in zip((5_000, 5_001), codes, strict=True):
            at_ms = office.clock.now_ms() - age_ms
            head = headers(KEY, SECRET, "POST", "/v3/trade/order", body, at_ms=at_ms)
            reply = json.loads(office.send("POST", "/v3/trade/order", body, head)[1])
            assert reply.get("code") == code
            head = headers(KEY, SECRET, "GET", "/v3/asset/balances", at_ms=at_ms)
            assert office.send("GET", "/v3/asset/balances", head=head)[0] == 200


def test_limits_are_counted_for_the_application_or_for_each_key():
    for setting, admitted in (("application", 5), ("key", 10)):
        office = Office(limits=1.0, quirks=Quirks(limits_are_counted_by=setting))  # type: ignore[arg-type]
        office.keys["second"] = ApiKey(SECRET, office.account_id)
        statuses = [
            office.signed("POST", "/v3/trade/order", FAR_BID, key=key)[0] for key in (KEY, "second") for _ in range(6)
        ]
        assert statuses.count(200) == admitted


def test_prices_are_judged_by_the_mid_or_by_the_last_trade():
    for setting, code in (("mid", -1105), ("last", None)):
        office = _office(ratio_reference=setting)
        office.placed(type="MARKET", price=None, quantity="0.01")
        last = office.exchange.last("SPOT_BTC_USDT")
        assert last is not None
        limit = last * Decimal("1.1") // Decimal("0.01") * Decimal("0.01")
        reply = office.signed("POST", "/v3/trade/order", FAR_BID | {"type": "POST_ONLY", "price": str(limit)})[1]
        assert reply.get("code") == code


def test_levels_of_ask_and_bid_go_as_far_as_the_switch_says():
    for setting, allowed in ((5, 5), (1, 1), (10, 10)):
        office = _office(ask_bid_levels=setting)
        bid = FAR_BID | {"type": "BID", "price": None}
        for level, is_taken in ((allowed, True), (allowed + 1, False)):
            status, _ = office.signed("POST", "/v3/trade/order", bid | {"bidAskLevel": level})
            assert (status == 200) is is_taken


def test_an_order_of_the_smallest_notional_is_taken_or_not():
    exactly_one = FAR_BID | {"price": "50000", "quantity": "0.00002"}

    assert _office().signed("POST", "/v3/trade/order", exactly_one)[0] == 200
    assert _office(notional_must_exceed=True).signed("POST", "/v3/trade/order", exactly_one)[1]["code"] == 302164


def test_order_lists_go_by_when_an_order_was_made_or_changed():
    for setting, found in (("creation", False), ("change", True)):
        office = _office(order_lists_filter_by=setting)
        order_id = office.placed()
        office.clock.advance(60)
        office.signed("DELETE", f"/v3/trade/order?orderId={order_id}")
        rows = office.data("GET", f"/v3/trade/orders?startTime={office.clock.now_ms()}")["rows"]
        assert bool(rows) is found


def test_a_leg_that_went_live_can_name_its_order():
    for setting in (False, True):
        office = _office(algo_legs_name_orders=setting)
        ask = office.exchange.best("SPOT_BTC_USDT")[1]
        assert ask is not None
        entry = STOP | {"algoType": "OCO", "type": "LIMIT", "price": str(ask[0] + 100)}
        leg = {"side": "SELL", "algoType": "STOP", "triggerPrice": "50000", "type": "MARKET"}
        office.data("POST", "/v3/trade/algoOrder", entry | {"childOrders": [leg]})
        (told,) = [event for event in office.exchange.take_events() if isinstance(event, AlgoReported)]
        frame = json.loads(spelled("algoexecutionreport", told.legs, ts=5))
        (order,) = office.data("GET", "/v3/trade/orders?status=INCOMPLETE")["rows"]
        assert [leg.get("oid") for leg in frame["data"]] == [order["orderId"] if setting else None, None]


def test_a_push_of_balances_lists_what_changed_or_everything():
    for setting, listed in ((False, ["USDT"]), (True, ["BTC", "USDT"])):
        office = _office(private_lists_are_full=setting)
        office.exchange.take_events()
        office.placed()
        (pushed,) = [event for event in office.exchange.take_events() if isinstance(event, BalancesChanged)]
        assert sorted(row.token for row in pushed.balances) == listed
        assert {row.token: row.version for row in pushed.balances}["USDT"] == 1


def test_a_push_of_positions_lists_what_changed_or_everything():
    for setting, listed in ((False, ["PERP_ETH_USDT"]), (True, ["PERP_BTC_USDT", "PERP_ETH_USDT"])):
        office = Office(listing=(*LISTING, *PERPETUALS), quirks=Quirks(private_lists_are_full=setting))
        bob = office.key_of(office.exchange.open_account("bob", {"USDT": "1000000"}).id)
        for symbol, price in (("PERP_BTC_USDT", "60000"), ("PERP_ETH_USDT", "3000")):
            office.exchange.perpetuals.set_index(symbol, Decimal(price))
            office.exchange.tick()
            order = {"symbol": symbol, "type": "LIMIT", "price": price, "quantity": "0.01", "side": "SELL"}
            office.data("POST", "/v3/trade/order", order, key=bob)
            office.exchange.take_events()
            office.placed(**(order | {"side": "BUY"}))
        told = [event for event in office.exchange.take_events() if isinstance(event, PositionsChanged)]
        mine = [event for event in told if event.account_id == office.account_id]
        assert sorted(row.symbol for row in mine[-1].positions) == listed


async def test_a_bad_listen_key_is_refused_and_closed_as_the_switches_say():
    async with running(limits=None, quirks=Quirks(bad_key_status=403)) as caller:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await caller.stream(path="/v3/private?key=nope")
        assert refused.value.status == 403
    async with running(limits=None, quirks=Quirks(bad_key="accept", key_close_code=1000)) as caller:
        socket = await caller.stream(path="/v3/private?key=nope")
        assert (await socket.receive(timeout=5)).data == 1000
