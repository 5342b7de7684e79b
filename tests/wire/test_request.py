import json
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest

from woodlot.errors import ArgumentError, FloatRefused
from woodlot.wire.account import CreateListenKey, ListenKey
from woodlot.wire.asset import Withdraw
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import GetOrderBook, GetSystemInfo, OrderBook
from woodlot.wire.request import answer_type
from woodlot.wire.trade import CancelOrder, EditOrder, GetOrders, OrderAck, PlaceOrder, StatusFilter


def limit_order(**changes: Any) -> PlaceOrder:
    fields: dict[str, Any] = {
        "symbol": "SPOT_BTC_USDT",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "price": "30000",
        "quantity": "0.001",
    }
    return PlaceOrder(**(fields | changes))


def test_a_post_carries_compact_json_with_amounts_as_strings() -> None:
    order = limit_order(client_order_id=7)
    assert order.target == "/v3/trade/order"
    assert order.body == (
        '{"symbol":"SPOT_BTC_USDT","side":"BUY","type":"LIMIT","price":"30000","quantity":"0.001","clientOrderId":7}'
    )


def test_a_small_amount_is_spelled_without_an_exponent() -> None:
    assert json.loads(limit_order(quantity=Decimal("1.23E-6")).body)["quantity"] == "0.00000123"


def test_a_get_and_a_delete_carry_their_parameters_in_the_target_alone() -> None:
    cancel = CancelOrder(order_id=5, symbol="SPOT_BTC_USDT")
    assert (cancel.target, cancel.body) == ("/v3/trade/order?orderId=5&symbol=SPOT_BTC_USDT", "")
    assert GetOrderBook(symbol="SPOT_BTC_USDT", max_level=50, rpi=True).target.endswith("maxLevel=50&rpi=true")
    assert GetSystemInfo().target == "/v3/public/systemInfo"


def test_what_needs_escaping_is_escaped_once_and_in_what_is_signed_too() -> None:
    assert GetOrders(order_tag="a b&c=ü").target == "/v3/trade/orders?orderTag=a+b%26c%3D%C3%BC"


def test_the_brokers_field_keeps_the_spelling_that_the_exchange_gave_it() -> None:
    assert json.loads(limit_order(broker_id="b").body)["broker_id"] == "b"


def test_a_request_knows_what_it_is_answered_with() -> None:
    assert answer_type(PlaceOrder) is OrderAck
    assert answer_type(GetOrderBook) is OrderBook
    assert answer_type(CreateListenKey) is ListenKey


@pytest.mark.parametrize("field", ["price", "quantity", "visible_quantity"])
def test_a_float_is_refused_before_anything_can_be_sent(field: str) -> None:
    with pytest.raises(FloatRefused, match=f"^{field}: got the float 0.1"):
        limit_order(**{field: 0.1})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": None}, "quantity"),
        ({"amount": "10"}, "quantity"),
        ({"quantity": None, "amount": "10"}, "amount"),
        ({"price": None}, "price"),
        ({"client_order_id": -1}, "client_order_id"),
        ({"client_order_id": 2**63}, "client_order_id"),
        ({"side": "HOLD"}, "side"),
        ({"type": "AC"}, "type"),
    ],
)
def test_fields_that_do_not_fit_together_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        limit_order(**changes)
    assert caught.value.field == field


def test_none_for_an_amount_that_is_needed_is_refused_by_name() -> None:
    with pytest.raises(ArgumentError) as refused:
        Withdraw(token="USDT", network="TRC20", address="T1", amount=cast("Any", None))
    assert refused.value.field == "amount"


def test_an_edit_and_a_cancel_need_something_to_find_the_order_by() -> None:
    with pytest.raises(ArgumentError):
        CancelOrder(symbol="SPOT_BTC_USDT")
    with pytest.raises(ArgumentError):
        EditOrder(price="1")
    with pytest.raises(ArgumentError):
        EditOrder(order_id=1)


def test_a_request_does_not_change_once_it_is_made() -> None:
    order = limit_order()
    with pytest.raises(AttributeError):
        cast("Any", order).price = Decimal(1)


def test_the_other_end_reads_ids_and_flags_in_either_spelling() -> None:
    arrived = {"orderId": "123", "symbol": "SPOT_BTC_USDT"}
    assert CancelOrder.from_parameters(arrived) == CancelOrder(order_id=123, symbol="SPOT_BTC_USDT")
    assert GetOrders.from_parameters({"status": "INCOMPLETE", "size": "5"}) == GetOrders(
        status=StatusFilter.INCOMPLETE, size=5
    )


@pytest.mark.parametrize(
    "arrived",
    [{}, {"symbol": 5}, {"symbol": "S", "side": "BUY", "type": "LIMIT", "price": "NaN", "quantity": "1"}],
)
def test_the_other_end_refuses_what_does_not_fit(arrived: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        PlaceOrder.from_parameters(arrived)


def test_a_word_that_is_kept_from_the_exchange_is_no_word_towards_it() -> None:
    with pytest.raises(ArgumentError, match="side: expected one of BUY, SELL, got 'buy'"):
        limit_order(side=Side("buy"))
