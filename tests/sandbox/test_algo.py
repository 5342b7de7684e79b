"""Algo orders: they wait for a price, become ordinary orders, and their legs end one another."""

from decimal import Decimal
from typing import Any

import pytest
from tests.sandbox.floor import BTC, PERP, Floor, floor_with_a_touch, futures_floor

from woodlot.sandbox.algo_desk import MOST_OPEN, MOST_TP_SL
from woodlot.sandbox.exchange import AlgoReported
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.algo import (
    AlgoAck,
    AlgoLeg,
    AlgoLegEdit,
    AlgoOrderRow,
    AlgoOrderType,
    AlgoType,
    EditAlgoOrder,
    GetAlgoOrders,
    PlaceAlgoOrder,
)
from woodlot.wire.enums import Side, StatusFilter
from woodlot.wire.events import AlgoExecutionReport
from woodlot.wire.futures import PositionModeChoice


def algo(floor: Floor, name: str, kind: str, *, symbol: str = PERP, **fields: Any) -> AlgoAck:
    return floor.exchange.algo.place(floor.id(name), PlaceAlgoOrder(symbol=symbol, algo_type=AlgoType(kind), **fields))


def stop(floor: Floor, side: str, trigger: str, *, quantity: str = "0.1", **fields: Any) -> int:
    order = {"type": "MARKET", "symbol": BTC, "quantity": quantity, "trigger_price": trigger} | fields
    return algo(floor, "ann", "STOP", side=side, **order).rows[0].algo_order_id


def row(floor: Floor, algo_order_id: int, name: str = "ann") -> AlgoOrderRow:
    return floor.exchange.algo.order(floor.id(name), algo_order_id=algo_order_id)


def trade_at(floor: Floor, price: str, *, symbol: str = BTC) -> None:
    """Let two others trade once at a price inside the spread."""
    floor.limit("bob", "SELL", "0.01", price, symbol=symbol)
    floor.limit("bob", "BUY", "0.01", price, symbol=symbol)


def pushed(floor: Floor) -> list[tuple[AlgoExecutionReport, ...]]:
    events = floor.exchange.take_events()
    return [event.legs for event in events if isinstance(event, AlgoReported) and event.account_id == floor.id("ann")]


def outcome(kind: str, trigger: str, *, order: str = "CLOSE_POSITION", side: str = "SELL", **fields: Any) -> AlgoLeg:
    return AlgoLeg(
        algo_type=AlgoType(kind), side=Side(side), type=AlgoOrderType(order), trigger_price=trigger, **fields
    )


def refused(floor: Floor, kind: str, **fields: Any) -> int | None:
    floor.exchange.take_events()
    with pytest.raises(Refusal) as refusal:
        algo(floor, "ann", kind, **fields)
    assert floor.exchange.take_events() == []
    return refusal.value.code


def spot_floor() -> Floor:
    floor = floor_with_a_touch()
    trade_at(floor, "87000")
    floor.exchange.take_events()
    return floor


@pytest.mark.parametrize(
    ("side", "trigger", "word"),
    [
        ("BUY", "86995", "TAKE_PROFIT"),
        ("BUY", "87005", "STOP_LOSS"),
        ("SELL", "86995", "STOP_LOSS"),
        ("SELL", "87005", "TAKE_PROFIT"),
    ],
)
def test_a_stop_is_renamed_after_the_side_it_waits_on_and_fires_there(side: str, trigger: str, word: str) -> None:
    floor = spot_floor()
    order_id = stop(floor, side, trigger)
    assert (row(floor, order_id).algo_type, row(floor, order_id).is_triggered) == (word, False)
    trade_at(floor, "87000")
    assert not row(floor, order_id).is_triggered

    trade_at(floor, trigger)

    done = row(floor, order_id)
    assert (done.algo_status, done.trigger_status, done.is_triggered) == ("FILLED", "SUCCESS", True)
    assert done.total_executed_quantity == Decimal("0.1")
    assert done.trigger_time == str(floor.clock.now_ms())
    assert floor.exchange.audit() == []


def test_a_stop_limit_order_rests_at_its_price() -> None:
    floor = spot_floor()
    order_id = stop(floor, "BUY", "87005", type="LIMIT", price="87003")

    trade_at(floor, "87006")

    assert row(floor, order_id).algo_status == "NEW"
    assert row(floor, order_id).is_triggered
    assert floor.exchange.window(BTC, 1)[0][0][0] == 87003


def test_a_price_that_was_touched_in_passing_triggers_too() -> None:
    floor = spot_floor()
    order_id = stop(floor, "SELL", "86991", type="LIMIT", price="86995")
    floor.limit("bob", "BUY", "0.01", "86991")
    floor.limit("bob", "BUY", "0.01", "86992")

    floor.place("maker", "SELL", "LIMIT", quantity="0.02", price="86991")
    floor.limit("bob", "SELL", "0.01", "87000")

    assert row(floor, order_id).is_triggered


def test_reports_say_what_has_become_of_an_order() -> None:
    floor = spot_floor()
    stop(floor, "BUY", "87005")
    trade_at(floor, "87005")

    pushes = pushed(floor)

    assert [(leg.algo_status, leg.is_triggered, leg.trigger_status) for (leg,) in pushes] == [
        ("NEW", False, "USELESS"),
        ("FILLED", True, "SUCCESS"),
    ]
    (done,) = pushes[-1]
    assert (done.total_executed_quantity, done.average_executed_price) == (Decimal("0.1"), 87010)
    assert (done.trigger_trade_price, done.trade_id > 0, done.fee_asset) == (87005, True, "BTC")
    assert (done.status, done.root_algo_status) == ("FILLED", "FILLED")


def test_a_leg_that_has_not_traded_names_no_asset_and_shows_nothing_unless_it_would_rest() -> None:
    floor = spot_floor()
    stop(floor, "SELL", "86995")
    resting = stop(floor, "BUY", "87005", type="LIMIT", price="86000")

    market, limit = (leg for (leg,) in pushed(floor))

    assert (market.fee_asset, market.total_fee_currency, market.total_rebate_currency) == ("", "", "")
    assert (market.visible_quantity, limit.visible_quantity) == (0, Decimal("0.1"))
    assert (row(floor, resting).fee_asset, row(floor, resting).rebate_asset) == ("", "")


def test_a_cancel_gives_its_reason_to_every_leg_it_ends() -> None:
    floor = spot_floor()
    _, root = oco(floor)
    pushed(floor)

    floor.exchange.algo.cancel(floor.id("ann"), algo_order_id=root)

    assert {leg.reason for leg in pushed(floor)[-1]} == {"cancelled by the user"}


def test_an_order_that_nobody_can_pay_for_once_triggered_is_rejected() -> None:
    floor = spot_floor()
    order_id = stop(floor, "BUY", "87005", quantity="100")

    trade_at(floor, "87005")

    assert row(floor, order_id).algo_status == "REJECTED"
    assert pushed(floor)[-1][0].reason == "The balance is not enough."


@pytest.mark.parametrize(
    ("callback", "fires_at"), [({"callback_rate": "0.0001"}, "86992"), ({"callback_value": "9"}, "86992")]
)
def test_a_trailing_stop_follows_the_price_and_fires_when_it_comes_back(
    callback: dict[str, str], fires_at: str
) -> None:
    floor = spot_floor()
    order_id = (
        algo(floor, "ann", "TRAILING_STOP", symbol=BTC, side="SELL", type="MARKET", quantity="0.1", **callback)
        .rows[0]
        .algo_order_id
    )
    for price in ("87001", "87001", "86995"):
        trade_at(floor, price)
    assert not row(floor, order_id).is_triggered

    trade_at(floor, fires_at)

    assert row(floor, order_id).algo_status == "FILLED"


def test_a_trailing_stop_waits_for_its_activation() -> None:
    floor = spot_floor()
    order_id = (
        algo(
            floor,
            "ann",
            "TRAILING_STOP",
            symbol=BTC,
            side="SELL",
            type="MARKET",
            quantity="0.1",
            callback_value="2",
            activated_price="87005",
        )
        .rows[0]
        .algo_order_id
    )
    trade_at(floor, "86995")
    assert row(floor, order_id).is_activated is False

    pushed(floor)

    trade_at(floor, "87006")
    assert (row(floor, order_id).is_activated, row(floor, order_id).is_triggered) == (True, False)
    assert [(leg.is_activated, leg.is_triggered) for (leg,) in pushed(floor)] == [(True, False)]
    trade_at(floor, "87004")

    assert row(floor, order_id).is_triggered


def oco(floor: Floor) -> tuple[int, int]:
    """Return the ids of the stop leg and of the root: sell at 87008, or below 86995."""
    leg = AlgoLeg(algo_type=AlgoType.STOP, side=Side.SELL, type=AlgoOrderType.MARKET, trigger_price="86995")
    ack = algo(
        floor, "ann", "OCO", symbol=BTC, side="SELL", type="LIMIT", price="87008", quantity="9", child_orders=(leg,)
    )
    return ack.rows[0].algo_order_id, ack.rows[1].algo_order_id


def test_of_an_oco_the_limit_order_ends_the_stop() -> None:
    floor = spot_floor()
    floor.limit("bob", "BUY", "0.1", "80000")
    leg, root = oco(floor)
    assert floor.exchange.window(BTC, 1)[1][0][0] == 87008

    floor.place("bob", "BUY", "LIMIT", quantity="9", price="87008")

    assert (row(floor, root).algo_status, row(floor, leg).algo_status) == ("FILLED", "CANCELLED")


def test_of_an_oco_the_stop_takes_what_the_limit_order_has_left() -> None:
    floor = spot_floor()
    floor.limit("maker", "BUY", "9", "86980")
    leg, root = oco(floor)
    floor.place("bob", "BUY", "LIMIT", quantity="4", price="87008")

    floor.limit("bob", "BUY", "0.01", "86994")
    floor.place("maker", "SELL", "LIMIT", quantity="0.01", price="86994")

    assert row(floor, root).algo_status == "CANCELLED"
    told = next(part for part in pushed(floor)[-1] if part.algo_order_id == root)
    assert told.reason == "the stop leg was triggered"
    assert row(floor, leg).total_executed_quantity == 5
    assert floor.exchange.audit() == []


def with_position() -> Floor:
    floor = futures_floor()
    floor.perp("ann", "BUY", "1")
    floor.exchange.take_events()
    return floor


def tp_sl(kind: str = "POSITIONAL_TP_SL", *, high: str = "87500", low: str = "86500", **fields: Any) -> dict[str, Any]:
    order = "CLOSE_POSITION" if kind == "POSITIONAL_TP_SL" else "MARKET"
    legs = (outcome("TAKE_PROFIT", high, order=order), outcome("STOP_LOSS", low, order=order))
    return {"side": "SELL", "child_orders": legs} | fields


@pytest.mark.parametrize(("price", "fired"), [(87_600, "TAKE_PROFIT"), (86_400, "STOP_LOSS")])
def test_a_positional_pair_closes_the_position_on_either_side(price: int, fired: str) -> None:
    floor = with_position()
    ack = algo(floor, "ann", "POSITIONAL_TP_SL", **tp_sl())
    assert [leg.algo_type for leg in ack.rows] == ["TAKE_PROFIT", "STOP_LOSS", "POSITIONAL_TP_SL"]

    floor.quote(price)
    trade_at(floor, str(price), symbol=PERP)

    assert floor.position("ann") is None
    statuses = {
        str(leg.algo_type): str(leg.algo_status) for leg in row(floor, ack.rows[2].algo_order_id).child_orders or ()
    }
    assert statuses[fired] == "FILLED"
    assert sorted(statuses.values()) == ["CANCELLED", "FILLED"]
    assert row(floor, ack.rows[2].algo_order_id).algo_status == "FILLED"
    assert floor.exchange.audit() == []


def test_a_positional_pair_goes_with_its_position() -> None:
    floor = with_position()
    ack = algo(floor, "ann", "POSITIONAL_TP_SL", **tp_sl())

    floor.perp("ann", "SELL", "1")

    assert row(floor, ack.rows[2].algo_order_id).algo_status == "CANCELLED"


def test_a_newer_positional_pair_replaces_the_older() -> None:
    floor = with_position()
    first = algo(floor, "ann", "POSITIONAL_TP_SL", **tp_sl()).rows[2].algo_order_id
    second = algo(floor, "ann", "POSITIONAL_TP_SL", **tp_sl(high="88000")).rows[2].algo_order_id

    assert (row(floor, first).algo_status, row(floor, second).algo_status) == ("CANCELLED", "NEW")


def test_the_mark_price_triggers_where_it_is_asked_for() -> None:
    floor = with_position()
    order_id = (
        algo(
            floor,
            "ann",
            "STOP",
            side="SELL",
            type="MARKET",
            quantity="1",
            trigger_price="86000",
            trigger_price_type="MARK_PRICE",
            reduce_only=True,
        )
        .rows[0]
        .algo_order_id
    )
    trade_at(floor, "86995", symbol=PERP)

    floor.exchange.perpetuals.set_index(PERP, Decimal(85_000))
    floor.clock.advance(1)
    floor.exchange.tick()

    assert row(floor, order_id).is_triggered
    assert floor.position("ann") is None


def test_a_bracket_wakes_its_pair_once_the_entry_is_filled() -> None:
    floor = futures_floor()
    pair = AlgoLeg(algo_type=AlgoType.POSITIONAL_TP_SL, child_orders=tp_sl()["child_orders"])
    ack = algo(floor, "ann", "BRACKET", side="BUY", type="LIMIT", price="87000", quantity="1", child_orders=(pair,))
    assert [leg.algo_type for leg in ack.rows] == ["TAKE_PROFIT", "STOP_LOSS", "POSITIONAL_TP_SL", "BRACKET"]
    root = ack.rows[3].algo_order_id
    floor.perp("bob", "SELL", "1", "87000")
    assert row(floor, root).algo_status == "FILLED"
    assert floor.position("ann") is not None

    floor.quote(86_400)
    trade_at(floor, "86400", symbol=PERP)

    assert floor.position("ann") is None
    assert {leg.algo_status for leg in row(floor, root).child_orders or ()} == {"FILLED"}
    assert floor.exchange.audit() == []


def test_a_bracket_whose_entry_is_cancelled_takes_its_pair_along() -> None:
    floor = futures_floor()
    pair = AlgoLeg(algo_type=AlgoType.POSITIONAL_TP_SL, child_orders=tp_sl()["child_orders"])
    ack = algo(floor, "ann", "BRACKET", side="BUY", type="LIMIT", price="87000", quantity="1", child_orders=(pair,))

    floor.exchange.cancel_all(floor.id("ann"))

    assert {row(floor, leg.algo_order_id).algo_status for leg in ack.rows} == {"CANCELLED"}
    assert len(pushed(floor)[-1]) == 4
    assert floor.exchange.window(PERP, 1)[0][0][0] == 86990


def test_a_stop_bracket_enters_at_its_trigger() -> None:
    floor = futures_floor()
    trade_at(floor, "87000", symbol=PERP)
    pair = AlgoLeg(
        algo_type=AlgoType.TP_SL,
        child_orders=(
            outcome("TAKE_PROFIT", "88000", order="LIMIT", price="88000"),
            outcome("STOP_LOSS", "86500", order="MARKET"),
        ),
    )
    root = (
        algo(
            floor,
            "ann",
            "STOP_BRACKET",
            side="BUY",
            type="MARKET",
            trigger_price="87005",
            quantity="0.5",
            child_orders=(pair,),
        )
        .rows[3]
        .algo_order_id
    )
    assert floor.position("ann") is None

    trade_at(floor, "87006", symbol=PERP)
    position = floor.position("ann")
    assert position is not None
    assert position.holding == Decimal("0.5")
    floor.quote(88_100)
    trade_at(floor, "88100", symbol=PERP)

    assert floor.position("ann") is None
    assert row(floor, root).is_triggered
    assert floor.exchange.audit() == []


def test_a_bracket_protects_no_more_than_it_was_asked_to() -> None:
    floor = futures_floor()
    legs = (
        outcome("TAKE_PROFIT", "88000", order="MARKET"),
        outcome("STOP_LOSS", "86500", order="MARKET"),
    )
    pair = AlgoLeg(algo_type=AlgoType.TP_SL, quantity="0.6", child_orders=legs)
    ack = algo(floor, "ann", "BRACKET", side="BUY", type="LIMIT", price="87000", quantity="1", child_orders=(pair,))

    floor.perp("bob", "SELL", "1", "87000")
    assert {row(floor, leg.algo_order_id).quantity for leg in ack.rows[:3]} == {Decimal("0.6")}
    floor.quote(86_400)
    trade_at(floor, "86400", symbol=PERP)

    position = floor.position("ann")
    assert position is not None
    assert position.holding == Decimal("0.4")


SPOT_STOP = {"symbol": BTC, "side": "BUY", "type": "MARKET", "quantity": "0.1"}
LEGS = tp_sl("TP_SL")["child_orders"]
SELL_LOW = outcome("STOP_LOSS", "86500", side="BUY")


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("STOP", SPOT_STOP, -1005),
        ("STOP", SPOT_STOP | {"trigger_price": "87000.001"}, -1103),
        ("STOP", SPOT_STOP | {"trigger_price": "87000", "quantity": "0"}, 302115),
        ("STOP", SPOT_STOP | {"trigger_price": "87000", "symbol": "SPOT_NOPE_USDT"}, 317155),
        ("STOP", SPOT_STOP | {"trigger_price": "87000", "type": "LIMIT"}, -1005),
        ("STOP", SPOT_STOP | {"trigger_price": "87000", "trigger_price_type": "MARK_PRICE"}, -1005),
        ("STOP", SPOT_STOP | {"trigger_price": "87000", "position_side": "LONG"}, 302186),
        ("TAKE_PROFIT", SPOT_STOP | {"trigger_price": "87000"}, 317167),
        ("STOP", SPOT_STOP | {"trigger_price": "87000", "visible_quantity": "0.2"}, -1104),
        ("TRAILING_STOP", SPOT_STOP, -1005),
        ("TRAILING_STOP", SPOT_STOP | {"callback_rate": "1.5"}, -1005),
        ("OCO", SPOT_STOP | {"price": "80000"}, -1005),
        ("POSITIONAL_TP_SL", tp_sl() | {"symbol": BTC}, 317167),
        ("POSITIONAL_TP_SL", tp_sl(low="87500"), 317151),
        ("POSITIONAL_TP_SL", tp_sl(high="86500"), 317150),
        ("POSITIONAL_TP_SL", {"side": "SELL", "child_orders": ()}, -1005),
        ("TP_SL", {"side": "SELL", "child_orders": LEGS}, 317140),
        ("TP_SL", tp_sl() | {"quantity": "1"}, 317142),
        ("TP_SL", {"quantity": "1", "child_orders": (outcome("TAKE_PROFIT", "88000", order="LIMIT"),)}, 317141),
        (
            "TP_SL",
            {"quantity": "1", "child_orders": (LEGS[0], outcome("STOP_LOSS", "88000", order="MARKET", side="BUY"))},
            317143,
        ),
        ("POSITIONAL_TP_SL", {"child_orders": (outcome("TAKE_PROFIT", "88000"), SELL_LOW)}, 317143),
        (
            "TP_SL",
            {"quantity": "1", "child_orders": (LEGS[0], outcome("STOP_LOSS", "86000", order="MARKET", quantity="2"))},
            317138,
        ),
        ("STOP_BRACKET", {"side": "BUY", "type": "MARKET", "quantity": "1"}, 317139),
    ],
)
def test_what_does_not_hold_together_is_refused(kind: str, fields: dict[str, Any], code: int) -> None:
    floor = with_position()
    trade_at(floor, "87000", symbol=PERP)

    assert refused(floor, kind, **fields) == code


def test_hedge_mode_wants_a_side() -> None:
    floor = futures_floor()
    floor.exchange.futures.set_position_mode(floor.id("ann"), PositionModeChoice.HEDGE_MODE)

    assert refused(floor, "STOP", **SPOT_STOP | {"symbol": PERP, "trigger_price": "88000"}) == 302186


def test_without_a_position_there_is_nothing_to_protect() -> None:
    assert refused(futures_floor(), "POSITIONAL_TP_SL", **tp_sl()) == 302138


def test_legs_that_would_make_a_position_larger_protect_nothing() -> None:
    floor = with_position()
    trade_at(floor, "87000", symbol=PERP)
    legs = (outcome("TAKE_PROFIT", "86500", side="BUY"), outcome("STOP_LOSS", "87500", side="BUY"))

    assert refused(floor, "POSITIONAL_TP_SL", side="BUY", child_orders=legs) == 302138


def test_there_is_room_for_a_hundred_of_a_symbol_and_ten_pairs() -> None:
    floor = with_position()
    trade_at(floor, "87000", symbol=PERP)
    for _ in range(MOST_TP_SL):
        algo(floor, "ann", "TP_SL", **tp_sl("TP_SL", quantity="0.01"))
    assert refused(floor, "TP_SL", **tp_sl("TP_SL", quantity="0.01")) == -1012
    for _ in range(MOST_OPEN - MOST_TP_SL):
        stop(floor, "BUY", "90000", symbol=PERP)
    assert refused(floor, "STOP", **SPOT_STOP | {"symbol": PERP, "trigger_price": "90000"}) == -1012

    assert floor.exchange.algo.cancel_all(floor.id("ann"), PERP) == MOST_OPEN


def test_a_client_id_is_unique_among_open_algo_orders() -> None:
    floor = spot_floor()
    stop(floor, "BUY", "88000", client_algo_order_id=7)
    assert refused(floor, "STOP", **SPOT_STOP | {"trigger_price": "88000", "client_algo_order_id": 7}) == 302117

    floor.exchange.algo.cancel(floor.id("ann"), client_algo_order_id=7)

    stop(floor, "BUY", "88000", client_algo_order_id=7)


def test_a_waiting_order_can_be_changed_and_a_triggered_one_not() -> None:
    floor = spot_floor()
    order_id = stop(floor, "BUY", "88000")
    edit = floor.exchange.algo.edit

    edit(floor.id("ann"), EditAlgoOrder(algo_order_id=order_id, trigger_price="86995", quantity="0.2"))
    assert (row(floor, order_id).trigger_price, row(floor, order_id).quantity) == (86995, Decimal("0.2"))
    assert row(floor, order_id).algo_type == "TAKE_PROFIT"
    with pytest.raises(Refusal):
        edit(floor.id("ann"), EditAlgoOrder(algo_order_id=order_id, trigger_price="86995.001"))
    trade_at(floor, "86995")

    with pytest.raises(Refusal) as refusal:
        edit(floor.id("ann"), EditAlgoOrder(algo_order_id=order_id, trigger_price="86000"))
    assert refusal.value.code == 317161


def test_what_the_book_may_show_of_a_waiting_order_can_be_changed() -> None:
    floor = spot_floor()
    order_id = stop(floor, "BUY", "88000", type="LIMIT", price="88000")

    floor.exchange.algo.edit(floor.id("ann"), EditAlgoOrder(algo_order_id=order_id, visible_quantity="0.04"))

    assert row(floor, order_id).visible_quantity == Decimal("0.04")


@pytest.mark.parametrize(
    "change",
    [
        {"callback_rate": "2"},
        {"callback_value": "-2"},
        {"callback_value": "2", "callback_rate": "0.1"},
        {"activated_price": "86000"},
    ],
)
def test_a_change_that_cannot_be_made_to_a_trailing_stop_is_refused(change: dict[str, Any]) -> None:
    floor = spot_floor()
    fields = {"symbol": BTC, "side": "SELL", "type": "MARKET", "quantity": "0.1", "callback_rate": "0.1"}
    order_id = algo(floor, "ann", "TRAILING_STOP", **fields).rows[0].algo_order_id

    with pytest.raises(Refusal) as refusal:
        floor.exchange.algo.edit(floor.id("ann"), EditAlgoOrder(algo_order_id=order_id, **change))

    assert refusal.value.code == -1005
    assert row(floor, order_id).callback_rate == Decimal("0.1")


def test_a_callback_is_refused_where_nothing_trails_and_so_is_a_leg_without_a_change() -> None:
    floor = spot_floor()
    order_id = stop(floor, "BUY", "88000")

    for change in (
        EditAlgoOrder(algo_order_id=order_id, callback_rate="0.1"),
        EditAlgoOrder(algo_order_id=order_id, child_orders=(AlgoLegEdit(algo_order_id=order_id),)),
    ):
        with pytest.raises(Refusal) as refusal:
            floor.exchange.algo.edit(floor.id("ann"), change)
        assert refusal.value.code == -1005


@pytest.mark.parametrize(
    ("quantities", "code"), [(["0.5", None], 317137), (["0.5", "0.6"], 317138), (["0.5", "0.5"], None)]
)
def test_the_legs_of_a_pair_are_changed_together(quantities: list[str | None], code: int | None) -> None:
    floor = with_position()
    trade_at(floor, "87000", symbol=PERP)
    ack = algo(floor, "ann", "TP_SL", **tp_sl("TP_SL", quantity="1"))
    edits = tuple(
        AlgoLegEdit(algo_order_id=leg.algo_order_id, quantity=quantity)
        for leg, quantity in zip(ack.rows, quantities, strict=False)
        if quantity
    )
    change = EditAlgoOrder(algo_order_id=ack.rows[2].algo_order_id, child_orders=edits)

    if code is None:
        floor.exchange.algo.edit(floor.id("ann"), change)
        assert row(floor, ack.rows[0].algo_order_id).quantity == Decimal("0.5")
    else:
        with pytest.raises(Refusal) as refusal:
            floor.exchange.algo.edit(floor.id("ann"), change)
        assert refusal.value.code == code


def test_the_entry_of_a_bracket_is_changed_in_the_book() -> None:
    floor = futures_floor()
    pair = AlgoLeg(algo_type=AlgoType.POSITIONAL_TP_SL, child_orders=tp_sl()["child_orders"])
    root = (
        algo(floor, "ann", "BRACKET", side="BUY", type="LIMIT", price="87000", quantity="1", child_orders=(pair,))
        .rows[3]
        .algo_order_id
    )

    floor.exchange.algo.edit(floor.id("ann"), EditAlgoOrder(algo_order_id=root, price="86995"))

    assert floor.exchange.window(PERP, 1)[0][0][0] == 86995
    assert row(floor, root).price == 86995


def test_cancels_and_lookups_of_what_is_not_there_are_refused() -> None:
    floor = spot_floor()
    order_id = stop(floor, "BUY", "88000")
    for account in ("bob", "ann"):
        with pytest.raises(Refusal) as refusal:
            floor.exchange.algo.cancel(floor.id(account), algo_order_id=order_id if account == "bob" else 1)
        assert refusal.value.code == 317184
    floor.exchange.algo.cancel(floor.id("ann"), algo_order_id=order_id)
    with pytest.raises(Refusal) as refusal:
        floor.exchange.algo.cancel(floor.id("ann"), algo_order_id=order_id)
    assert refusal.value.code == 317161


def test_lists_are_filtered_and_newest_first() -> None:
    floor = spot_floor()
    first, second = stop(floor, "BUY", "88000"), stop(floor, "SELL", "80000")
    floor.exchange.algo.cancel(floor.id("ann"), algo_order_id=first)

    def ids(**query: Any) -> list[int]:
        return [r.algo_order_id for r in floor.exchange.algo.orders(floor.id("ann"), GetAlgoOrders(**query)).rows]

    assert ids() == [second, first]
    assert ids(status=StatusFilter.INCOMPLETE) == ids(side="SELL") == [second]
    assert ids(status=StatusFilter.COMPLETED) == ids(status=StatusFilter.CANCELLED) == [first]
    assert ids(algo_type="STOP", order_type="MARKET", is_triggered=False) == [second, first]
    assert ids(symbol=PERP) == ids(is_triggered=True) == []


def test_the_dead_mans_switch_ends_algo_orders_too() -> None:
    floor = spot_floor()
    order_id = stop(floor, "BUY", "88000")
    floor.exchange.cancel_all_after(floor.id("ann"), 1000)
    floor.clock.advance(1)

    floor.exchange.tick()

    assert row(floor, order_id).algo_status == "CANCELLED"
