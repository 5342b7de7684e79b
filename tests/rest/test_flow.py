import contextlib
import logging
from collections.abc import Iterable
from typing import Any

import pytest
from tests.rest.scripted import ACK, REFUSED, RESET, TOO_MANY, Played, flow, play, refusal, success

from woodlot.clock import ManualClock
from woodlot.errors import (
    ConfigurationError,
    ConnectionFailed,
    DuplicateClientOrderId,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    UnexpectedReply,
)
from woodlot.rest.pacing import Pacer
from woodlot.rest.patience import Patience
from woodlot.rest.steps import HttpReply, Lost, Send, Sleep
from woodlot.wire.account import CreateListenKey
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import GetSystemInfo
from woodlot.wire.signing import verify
from woodlot.wire.trade import CancelAllOrders, CancelOrder, EditOrder, GetOrders, OrderAck, PlaceOrder

HTML = HttpReply(200, b"<html>hello</html>")


def order(**changes: Any) -> PlaceOrder:
    fields: dict[str, Any] = {"symbol": "SPOT_LTC_USDT", "side": Side.BUY, "type": OrderType.LIMIT}
    fields |= {"price": "60", "quantity": "0.1"} | changes
    return PlaceOrder(**fields)


CHANGING_CALLS = [
    order(client_order_id=5),
    EditOrder(order_id=9, price="1"),
    CancelOrder(order_id=9, symbol="SPOT_LTC_USDT"),
    CancelAllOrders(symbol="SPOT_LTC_USDT"),
]


def called(request: Any, *replies: HttpReply | Lost, timeout_s: float | None = None, **changes: Any) -> Played:
    clock = ManualClock()
    return play(flow(clock=clock, **changes).call(request, timeout_s=timeout_s), replies, clock=clock)


def test_an_answer_is_typed() -> None:
    played = called(order(), success(ACK))
    assert isinstance(played.answer, OrderAck)
    assert played.answer.order_id == 60667653330


def test_what_is_signed_is_what_is_sent() -> None:
    (send,) = called(order(), success(ACK)).sends
    headers, body = send.request.headers, send.request.body.decode()
    assert headers["x-api-key"] == "the-key"
    timestamp = headers["x-api-timestamp"]
    assert verify(headers["x-api-signature"], "the-secret", timestamp, "POST", send.request.target, body)


def test_a_query_is_signed_with_its_path() -> None:
    (send,) = called(GetOrders(symbol="SPOT_LTC_USDT", size=3), success({"rows": []})).sends
    assert send.request.target == "/v3/trade/orders?symbol=SPOT_LTC_USDT&size=3"
    headers = send.request.headers
    timestamp = headers["x-api-timestamp"]
    assert verify(headers["x-api-signature"], "the-secret", timestamp, "GET", send.request.target, "")


def test_every_attempt_is_signed_for_its_own_time() -> None:
    played = called(order(), TOO_MANY, TOO_MANY, success(ACK))
    times = [int(send.request.headers["x-api-timestamp"]) for send in played.sends]
    assert times[0] < times[1] < times[2]


def test_a_public_call_needs_no_credentials_and_shows_none() -> None:
    played = called(GetSystemInfo(), success({"status": 0}), credentials=None)
    assert played.answer.status == 0
    assert not [name for name in played.sends[0].request.headers if name.startswith("x-api")]


def test_a_signed_call_without_credentials_fails_before_anything_is_sent() -> None:
    with pytest.raises(ConfigurationError, match="signed"):
        flow(credentials=None).call(order())


def test_an_order_gets_an_id_before_its_first_byte_and_keeps_it() -> None:
    played = called(order(), TOO_MANY, REFUSED, success(ACK), draw_id=lambda: 4711)
    assert played.attempts == 3
    assert {send.request.body for send in played.sends} == {played.sends[0].request.body}
    assert b'"clientOrderId":4711' in played.sends[0].request.body


@pytest.mark.parametrize("request_", [GetSystemInfo(), *CHANGING_CALLS])
def test_a_rate_limit_is_waited_out_for_every_call(request_: Any) -> None:
    played = called(request_, TOO_MANY, TOO_MANY, RESET)
    assert played.attempts >= 3
    assert len(played.sleeps) >= 2


@pytest.mark.parametrize(
    "reply",
    [TOO_MANY, refusal(-1003), refusal("-1003", status=200), HttpReply(429, b"<html>slow down</html>")],
)
def test_a_rate_limit_is_known_by_its_status_and_by_its_code(reply: HttpReply) -> None:
    assert called(order(), reply, success(ACK)).answer.order_id == 60667653330


def test_waiting_out_a_rate_limit_ends_with_its_attempts() -> None:
    played = called(order(client_order_id=5), TOO_MANY, timeout_s=10_000)
    assert isinstance(played.error, RateLimited)
    assert played.error.attempts == played.attempts == Patience().rate_limited_attempts
    assert played.error.client_order_id == 5


def test_waiting_out_a_rate_limit_ends_at_the_deadline() -> None:
    played = called(order(), TOO_MANY, timeout_s=3)
    assert isinstance(played.error, RateLimited)
    assert sum(played.sleeps) < 3
    assert played.attempts < Patience().rate_limited_attempts


def test_every_attempt_gets_what_is_left_of_the_call() -> None:
    played = called(order(), TOO_MANY, success(ACK), timeout_s=10)
    assert played.sends[0].timeout_s == 10
    assert played.sends[1].timeout_s == pytest.approx(10 - played.sleeps[0])


@pytest.mark.parametrize("request_", CHANGING_CALLS)
@pytest.mark.parametrize(
    "reply",
    [
        RESET,
        refusal(-1000, status=500),
        refusal("-1011"),
        refusal(302159),
        refusal(302311),
        refusal(302312),
        refusal(302313),
        refusal(311999),
        refusal(302109),
        refusal(424242),
        refusal(503, status=200),
        HttpReply(500, b'{"success": false, "message": "oops"}'),
        HttpReply(502, b"<html>bad gateway</html>"),
        HttpReply(503, b""),
        HttpReply(504, b""),
        HttpReply(204, b""),
        HttpReply(301, b"moved"),
        HttpReply(413, b"<html>too large</html>"),
        HTML,
        HttpReply(200, b'{"success": true, "data": {"orderId": '),
        HttpReply(200, b'{"success": true, "data": {"orderId": "what"}}'),
        HttpReply(429, b'{"success": true, "data": {"orderId": "what"}}'),
    ],
)
def test_a_call_that_may_have_happened_is_unknown_and_never_sent_again(request_: Any, reply: HttpReply | Lost) -> None:
    played = called(request_, reply)
    assert isinstance(played.error, OutcomeUnknown)
    assert played.attempts == 1
    assert played.error.client_order_id == getattr(request_, "client_order_id", None)
    assert played.error.order_id == getattr(request_, "order_id", None)


def test_an_unknown_order_is_unknown_under_the_id_it_was_given() -> None:
    played = called(order(), RESET, draw_id=lambda: 4711)
    assert isinstance(played.error, OutcomeUnknown)
    assert played.error.client_order_id == 4711
    assert "client_order_id=4711" in str(played.error)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refusal(-1005), Rejected),
        (refusal(302301), Rejected),
        (refusal(302301, status=500), Rejected),
        (refusal(317184), NotFound),
        (refusal(-1001, status=401), Unauthorized),
        (refusal(None), Rejected),
        (HttpReply(400, b'{"success": false, "message": "invalid symbol PERP_NOPE_USDT"}'), Rejected),
    ],
)
@pytest.mark.parametrize("request_", CHANGING_CALLS)
def test_a_refusal_is_final_and_says_so(request_: Any, reply: HttpReply, kind: type[Exception]) -> None:
    played = called(request_, reply)
    assert isinstance(played.error, kind)
    assert played.attempts == 1


def test_a_repeated_id_that_we_drew_means_that_the_order_is_there() -> None:
    played = called(order(), refusal(302117))
    assert isinstance(played.error, OutcomeUnknown)


def test_a_repeated_id_that_the_caller_chose_is_a_refusal() -> None:
    played = called(order(client_order_id=5), refusal(302117))
    assert isinstance(played.error, DuplicateClientOrderId)
    assert played.error.client_order_id == 5


@pytest.mark.parametrize("request_", [order(), *CHANGING_CALLS, GetSystemInfo()])
def test_a_refused_connection_proves_that_nothing_happened(request_: Any) -> None:
    played = called(request_, REFUSED)
    assert isinstance(played.error, ConnectionFailed)
    assert played.attempts == Patience().attempts


@pytest.mark.parametrize("request_", [GetSystemInfo(), GetOrders(), CreateListenKey.for_stream()])
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (RESET, ConnectionFailed),
        (refusal(-1000, status=500), Unavailable),
        (refusal("-1011"), Unavailable),
        (refusal(302159), Unavailable),
        (HttpReply(503, b"<html>"), UnexpectedReply),
    ],
)
def test_a_repeatable_call_is_tried_again_and_then_given_up(request_: Any, reply: Any, kind: type[Exception]) -> None:
    played = called(request_, reply)
    assert isinstance(played.error, kind)
    assert played.attempts == Patience().attempts
    assert called(GetSystemInfo(), reply, success({"status": 0})).answer.status == 0


@pytest.mark.parametrize(
    "reply", [HTML, HttpReply(204, b""), HttpReply(301, b""), HttpReply(413, b""), HttpReply(200, b"\x1f\x8b\x08cut")]
)
def test_a_reply_that_makes_no_sense_is_not_asked_for_again(reply: HttpReply) -> None:
    played = called(GetSystemInfo(), reply)
    assert isinstance(played.error, UnexpectedReply)
    assert played.attempts == 1


def test_no_error_and_no_line_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    played = called(order(), RESET)
    signature = played.sends[0].request.headers["x-api-signature"]
    shown = [repr(played.sends[0]), *texts_of(played.error), caplog.text]
    assert not [secret for secret in ("the-key", "the-secret", signature) for text in shown if secret in text]


def test_the_log_names_the_order_that_is_unknown(caplog: pytest.LogCaptureFixture) -> None:
    called(order(), RESET, draw_id=lambda: 4711)
    assert "POST /v3/trade/order symbol=SPOT_LTC_USDT client_order_id=4711" in caplog.text
    assert "not sent again" in caplog.text


def test_a_call_abandoned_in_the_middle_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    steps = flow().call(order(client_order_id=5))
    next(steps)
    steps.close()
    assert "client_order_id=5: abandoned" in caplog.text


def texts_of(error: BaseException | None) -> Iterable[str]:
    while error is not None:
        yield from (str(error), repr(error))
        error = error.__cause__ or error.__context__


class Stopped(Exception):
    """What a caller has against one more attempt."""


@pytest.mark.parametrize("attempts", [0, 1, 3])
def test_a_caller_that_is_against_another_attempt_is_asked_before_each_one(attempts: int) -> None:
    clock, sent = ManualClock(), 0

    def check() -> None:
        if sent == attempts:
            raise Stopped

    steps = flow(clock=clock).call(order(), check=check)
    told: HttpReply | None = None
    with contextlib.suppress(Stopped):
        while True:
            match steps.send(told):
                case Send():
                    sent, told = sent + 1, TOO_MANY
                case Sleep(seconds):
                    clock.advance(seconds)
                    told = None
    assert sent == attempts


def test_a_call_that_waits_for_its_turn_is_asked_meanwhile_whether_it_is_still_wanted() -> None:
    clock, pacer, asked = ManualClock(), Pacer(), 0
    busy = flow(clock=clock, pacer=pacer)

    def check() -> None:
        nonlocal asked
        asked += 1

    sleeps: list[float] = []
    for _ in range(30):
        steps, told = busy.call(order(), check=check), None
        with contextlib.suppress(StopIteration):
            while True:
                match steps.send(told):
                    case Send():
                        told = success(ACK)
                    case Sleep(seconds):
                        clock.advance(seconds)
                        sleeps.append(seconds)
                        told = None
    assert asked > 30
    assert sleeps
    assert max(sleeps) <= 0.2
