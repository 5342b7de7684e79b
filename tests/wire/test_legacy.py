import json

import msgspec
import pytest
from tests.wire.recordings import PAYLOADS

from woodlot.wire.envelope import open_reply
from woodlot.wire.legacy import BuyingPower, GetBuyingPower, GetOrderTrades, GetV1Tokens, OrderTrades, V1Tokens
from woodlot.wire.request import Endpoint, Generation, Method, Request


class Made(Request[V1Tokens]):
    """A V1 call with more than one parameter; the living ones have none."""

    endpoint = Endpoint(Method.GET, "/v1/made", signed=True, repeatable=True)

    zulu: str
    alpha: int


def body(name: str) -> bytes:
    return json.dumps(json.loads((PAYLOADS / "rest" / f"{name}.json").read_text())["replies"][0]["body"]).encode()


def test_the_generation_is_that_of_the_path() -> None:
    assert GetV1Tokens.endpoint.generation is Generation.V1
    assert GetOrderTrades.endpoint.generation is Generation.V1
    assert GetBuyingPower.endpoint.generation is Generation.V3


def test_a_v1_call_spells_its_parameters_in_sorted_order() -> None:
    assert Made(zulu="a b", alpha=1).query == "alpha=1&zulu=a+b"
    assert Made(zulu="a b", alpha=1).target == "/v1/made?alpha=1&zulu=a+b"


def test_what_stands_in_the_path_is_no_parameter() -> None:
    trades = GetOrderTrades(order_id=7)

    assert (trades.target, trades.query) == ("/v1/order/7/trades", "")


def test_v1_answers_come_in_snake_case_from_the_top_of_the_reply() -> None:
    (trade,) = open_reply(OrderTrades, http_status=200, body=body("v1_order_trades")).rows
    (token,) = open_reply(V1Tokens, http_status=200, body=body("v1_public_token")).rows

    assert (trade.order_id, trade.executed_timestamp.ms) == (82000000044, 1788900001250)
    assert (token.balance_token, token.decimals) == ("USDT", 6)


def test_the_buying_power_is_a_list_without_a_name() -> None:
    (row,) = open_reply(BuyingPower, http_status=200, body=body("buypower")).rows

    assert (row.symbol, str(row.available_quote_quantity)) == ("SPOT_WOO_USDT", "90.21")


def test_a_buying_power_of_another_shape_is_kept_and_not_guessed_at() -> None:
    answer = BuyingPower(data={"something": 1})

    with pytest.raises(msgspec.ValidationError):
        _ = answer.rows
    assert answer.data == {"something": 1}
