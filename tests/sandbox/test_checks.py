"""What an order has to pass, rule by rule, and which rule comes first."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.sandbox.floor import BTC, Floor, floor_with_a_touch

from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.instruments import LISTING
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import InstrumentStatus
from woodlot.wire.trade import PlaceOrder

LIMIT = {"kind": "LIMIT", "side": "BUY", "quantity": "0.001", "price": "80000"}
MARKET = {"kind": "MARKET", "side": "BUY", "quantity": "0.001"}

REFUSALS: list[tuple[str, dict[str, Any], int]] = [
    ("a blank symbol", LIMIT | {"symbol": ""}, -1005),
    ("a tag of 65 characters", LIMIT | {"order_tag": "x" * 65}, -1005),
    ("an unknown symbol", LIMIT | {"symbol": "SPOT_NOPE_USDT"}, 317155),
    ("a perpetual, which is not listed", LIMIT | {"symbol": "PERP_BTC_USDT"}, 317155),
    ("an RPI order where none is allowed", LIMIT | {"kind": "RPI"}, 317167),
    ("an ASK at the sixth level", {"kind": "ASK", "side": "SELL", "quantity": "0.001", "bid_ask_level": 6}, -1005),
    (
        "an ASK at a level that is not there",
        {"kind": "ASK", "side": "SELL", "quantity": "0.1", "bid_ask_level": 2},
        -1103,
    ),
    ("more visible than there is", LIMIT | {"visible_quantity": "1"}, -1104),
    ("less visible than nothing", LIMIT | {"visible_quantity": "-1"}, -1104),
    ("a negative price", LIMIT | {"price": "-1"}, -1005),
    ("a price of zero", LIMIT | {"price": "0"}, 302114),
    ("a price off the tick", LIMIT | {"price": "80000.001"}, -1103),
    ("a price above quoteMax", LIMIT | {"price": "1000000.01"}, -1103),
    ("a huge price", LIMIT | {"price": "9" * 50}, -1103),
    ("a negative quantity", LIMIT | {"quantity": "-0.001"}, -1005),
    ("a quantity of zero", LIMIT | {"quantity": "0"}, 302115),
    ("a quantity off the step", LIMIT | {"quantity": "0.0010005"}, -1104),
    ("a quantity below baseMin", LIMIT | {"quantity": "0.000009"}, -1104),
    ("a quantity above baseMax", LIMIT | {"quantity": "201"}, -1104),
    ("a huge quantity", MARKET | {"quantity": "9" * 50}, -1104),
    ("a value below minNotional", LIMIT | {"quantity": "0.00001", "price": "80000"}, 302164),
    ("a buy above the cap", LIMIT | {"price": "95700.01"}, -1105),
    ("a sell below the floor", LIMIT | {"side": "SELL", "price": "78299.99"}, -1105),
    ("a long position on spot", LIMIT | {"position_side": "LONG"}, 302186),
    ("a reduce-only order on spot", LIMIT | {"reduce_only": True}, 302163),
    ("more than there is", LIMIT | {"quantity": "100"}, 302301),
    ("a sell of more than there is", LIMIT | {"side": "SELL", "quantity": "10.000001", "price": "90000"}, 302301),
    ("an amount of zero", {"kind": "MARKET", "side": "BUY", "amount": "0"}, 302135),
    ("a negative amount", {"kind": "MARKET", "side": "BUY", "amount": "-5"}, 302135),
    ("an amount of nine decimals", {"kind": "MARKET", "side": "BUY", "amount": "5.000000001"}, -1005),
    ("an amount below minNotional", {"kind": "MARKET", "side": "BUY", "amount": "0.99"}, 302164),
    ("a huge amount", {"kind": "MARKET", "side": "BUY", "amount": "9" * 50}, -1104),
    ("an amount that is not there", {"kind": "MARKET", "side": "BUY", "amount": "1000000.01"}, 302301),
    ("a sell for more than it is worth", {"kind": "MARKET", "side": "SELL", "amount": "900000"}, 302301),
]


@pytest.mark.parametrize(("order", "code"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_it_is_refused_and_nothing_has_happened(order: dict[str, Any], code: int) -> None:
    assert floor_with_a_touch().refused("ann", **order) == code


IN_ORDER: list[tuple[dict[str, Any], int]] = [
    ({"order_tag": "x" * 65}, -1005),
    ({"symbol": "SPOT_NOPE_USDT"}, 317155),
    ({"kind": "RPI"}, 317167),
    ({"price": "95700.015"}, -1103),
    ({"quantity": "200.0000005"}, -1104),
    ({"quantity": "201"}, -1104),
    ({"quantity": "0.00001", "price": "80000"}, 302164),
    ({"price": "95800"}, -1105),
    ({"position_side": "LONG"}, 302186),
    ({"quantity": "199"}, 302301),
]


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_of_several_broken_rules_the_first_one_is_named(first: int) -> None:
    order: dict[str, Any] = LIMIT | {"client_order_id": 1}
    floor = floor_with_a_touch()
    floor.limit("ann", "BUY", "0.001", "80000", client_order_id=1)
    floor.exchange.take_events()
    for broken, _ in reversed(IN_ORDER[first:]):
        order |= broken

    assert floor.refused("ann", **order) == IN_ORDER[first][1]


def test_what_just_fits_is_taken() -> None:
    floor = floor_with_a_touch()

    floor.limit("ann", "BUY", "0.001", "30000")
    floor.limit("ann", "SELL", "0.001", "999999.99")
    floor.limit("ann", "BUY", "0.00002", "50000")
    floor.limit("ann", "BUY", "0.001", "95700")


def test_without_a_reference_price_nothing_is_far_from_it() -> None:
    floor = Floor("ann")

    floor.limit("ann", "BUY", "0.001", "500000")


def test_the_last_price_is_the_reference_while_a_side_is_empty() -> None:
    floor = Floor("ann", "bob")
    floor.limit("ann", "SELL", "0.001", "87000")
    floor.limit("bob", "BUY", "0.001", "87000")
    floor.exchange.take_events()

    assert floor.refused("ann", "BUY", "LIMIT", quantity="0.001", price="95700.01") == -1105
    floor.limit("ann", "BUY", "0.001", "95700")


def test_a_client_order_id_may_not_repeat_while_the_first_is_open() -> None:
    floor = floor_with_a_touch()
    floor.limit("ann", "BUY", "0.001", "80000", client_order_id=5)
    floor.exchange.take_events()

    assert floor.refused("ann", **LIMIT, client_order_id=5) == 302117
    floor.limit("bob", "BUY", "0.001", "80000", client_order_id=5)


def test_a_client_order_id_is_free_again_once_its_order_has_ended() -> None:
    floor = floor_with_a_touch()
    floor.limit("ann", "BUY", "0.001", "80000", client_order_id=5)
    floor.exchange.cancel(floor.id("ann"), client_order_id=5)

    second = floor.limit("ann", "BUY", "0.002", "80000", client_order_id=5)

    assert floor.exchange.order(floor.id("ann"), client_order_id=5).order_id == second


def test_zero_is_no_client_order_id() -> None:
    floor = floor_with_a_touch()

    floor.limit("ann", "BUY", "0.001", "80000", client_order_id=0)
    floor.limit("ann", "BUY", "0.001", "80000", client_order_id=0)

    with pytest.raises(Refusal):
        floor.exchange.order(floor.id("ann"), client_order_id=0)


def test_without_margin_a_market_buy_needs_an_amount_and_a_sell_a_quantity() -> None:
    floor = floor_with_a_touch()
    floor.open("pure", mode="PURE_SPOT")

    assert floor.refused("pure", "BUY", "MARKET", quantity="0.001") == 302147
    assert floor.refused("pure", "SELL", "MARKET", amount="100") == 302150
    floor.place("pure", "BUY", "MARKET", amount="100")
    floor.place("pure", "SELL", "MARKET", quantity="0.001")


def test_a_suspended_symbol_takes_no_orders() -> None:
    floor = Floor("ann")
    suspended = msgspec.structs.replace(LISTING[0], status=InstrumentStatus.SUSPENDED)
    exchange = Exchange(clock=floor.clock, listing=[suspended])
    account = exchange.open_account("ann", {"USDT": "1000"})
    order = PlaceOrder(symbol=BTC, side=Side.BUY, type=OrderType.LIMIT, price="30000", quantity="0.001")

    with pytest.raises(Refusal) as refusal:
        exchange.place(account.id, order)

    assert refusal.value.code == 317157


EDITS: list[tuple[str, dict[str, Any], int]] = [
    ("off the tick", {"price": "80000.001"}, -1103),
    ("off the step", {"quantity": "0.0100005"}, -1104),
    ("too far away", {"price": "95700.01"}, -1105),
    ("worth too little", {"price": "0.01"}, 302164),
    ("not more than is executed", {"quantity": "0.005"}, 317170),
    ("more than can be paid", {"quantity": "100"}, 302301),
]


@pytest.mark.parametrize(("edit", "code"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS])
def test_an_edit_that_breaks_a_rule_leaves_the_order_as_it_was(edit: dict[str, Any], code: int) -> None:
    floor = Floor("ann", "bob")
    order_id = floor.limit("ann", "BUY", "0.01", "87000")
    floor.limit("bob", "SELL", "0.005", "87000")
    before = floor.exchange.order(floor.id("ann"), order_id=order_id), floor.held("ann", "USDT")
    floor.exchange.take_events()

    with pytest.raises(Refusal) as refusal:
        floor.edit("ann", order_id, **edit)

    assert refusal.value.code == code
    assert (floor.exchange.order(floor.id("ann"), order_id=order_id), floor.held("ann", "USDT")) == before
    assert floor.exchange.take_events() == []


def test_an_edit_may_spend_what_the_order_itself_had_frozen() -> None:
    floor = Floor()
    floor.open("poor", {"USDT": "100"})
    order_id = floor.limit("poor", "BUY", "0.001", "80000")

    floor.edit("poor", order_id, price="100000")

    assert floor.held("poor", "USDT") == (Decimal(100), Decimal(100))
