"""A V1 call is signed over its sorted parameters and the time, without method and path (rest-v3 §11)."""

from tests.rest.scripted import flow, play
from tests.wire.test_legacy import Made, body

from woodlot.clock import ManualClock
from woodlot.rest.steps import HttpReply
from woodlot.wire.legacy import GetOrderTrades
from woodlot.wire.signing import sign_v1


def test_a_v1_call_is_signed_as_v1() -> None:
    clock = ManualClock()
    reply = HttpReply(200, body("v1_public_token"))

    (send,) = play(flow(clock=clock).call(Made(zulu="z", alpha=1)), [reply], clock=clock).sends

    headers = send.request.headers
    assert headers["x-api-signature"] == sign_v1("the-secret", headers["x-api-timestamp"], "alpha=1&zulu=z")


def test_a_v1_call_without_parameters_signs_the_time_alone() -> None:
    clock = ManualClock()
    reply = HttpReply(200, body("v1_order_trades"))

    played = play(flow(clock=clock).call(GetOrderTrades(order_id=5)), [reply], clock=clock)

    (send,) = played.sends
    assert send.request.target == "/v1/order/5/trades"
    assert send.request.headers["x-api-signature"] == sign_v1("the-secret", send.request.headers["x-api-timestamp"], "")
    assert played.answer.rows[0].order_id == 82000000044
