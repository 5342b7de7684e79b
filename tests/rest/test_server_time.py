import json
import logging

import pytest
from tests.rest.scripted import ACK, RESET, Played, flow, play, refusal, success

from woodlot.clock import ManualClock
from woodlot.errors import Unauthorized
from woodlot.rest.flow import Flow
from woodlot.rest.server_time import ServerTime
from woodlot.rest.steps import HttpReply, Lost, Send, Sleep
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import GetSystemInfo
from woodlot.wire.trade import PlaceOrder

ORDER = PlaceOrder(symbol="S", side=Side.BUY, type=OrderType.MARKET, quantity="1")
HOUR_MS = 3_600_000


def at(server_ms: int) -> HttpReply:
    body = {"success": True, "data": {"status": 0}, "timestamp": server_ms}
    return HttpReply(200, json.dumps(body).encode())


class WallClock(ManualClock):
    """A clock whose wall time can be set, as by hand or by a time server; spans are measured all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.set_by_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.set_by_ms


def asking() -> tuple[Flow, WallClock]:
    clock = WallClock()
    return flow(clock=clock, server_time=ServerTime(clock)), clock


def called(asking_flow: Flow, clock: ManualClock, *replies: HttpReply | Lost) -> Played:
    return play(asking_flow.call(ORDER), replies, clock=clock)


def signed_ms(send: Send) -> int:
    return int(send.request.headers["x-api-timestamp"])


@pytest.mark.parametrize("off_ms", [-HOUR_MS, HOUR_MS])
def test_a_wrong_local_clock_does_not_stop_trading(off_ms: int) -> None:
    asking_flow, clock = asking()
    server_ms = clock.now_ms() + off_ms
    played = called(asking_flow, clock, at(server_ms), success(ACK))
    assert [send.request.target for send in played.sends] == ["/v3/public/systemInfo", "/v3/trade/order"]
    assert signed_ms(played.sends[1]) == server_ms
    assert asking_flow.server_time.offset_ms == off_ms


def test_the_time_is_asked_for_once_and_never_for_public_calls() -> None:
    asking_flow, clock = asking()
    public = play(asking_flow.call(GetSystemInfo()), [at(1)], clock=clock)
    assert len(public.sends) == 1
    called(asking_flow, clock, at(clock.now_ms()), success(ACK))
    assert len(called(asking_flow, clock, success(ACK)).sends) == 1


def test_the_time_of_the_middle_between_question_and_answer_is_taken() -> None:
    clock = ManualClock()
    server_time = ServerTime(clock)
    server_time.heard(clock.now_ms() + 600_000, asked_s=clock.monotonic_s() - 2, answered_s=clock.monotonic_s())
    assert server_time.offset_ms == 601_000


@pytest.mark.parametrize("set_by_ms", [-HOUR_MS, HOUR_MS])
def test_a_clock_that_is_set_while_trading_has_the_time_asked_for_before_the_next_signature(set_by_ms: int) -> None:
    asking_flow, clock = asking()
    server_ms = clock.now_ms()
    called(asking_flow, clock, at(server_ms), success(ACK))
    clock.advance(3)
    clock.set_by_ms = set_by_ms
    assert not asking_flow.server_time.is_known
    played = called(asking_flow, clock, at(server_ms + 3_000), success(ACK))
    assert [send.request.target for send in played.sends] == ["/v3/public/systemInfo", "/v3/trade/order"]
    assert signed_ms(played.sends[1]) == server_ms + 3_000
    assert len(called(asking_flow, clock, success(ACK)).sends) == 1


def test_a_clock_that_is_set_while_the_exchange_does_not_answer_changes_no_signature() -> None:
    asking_flow, clock = asking()
    server_ms = clock.now_ms()
    called(asking_flow, clock, at(server_ms), success(ACK))
    clock.set_by_ms = HOUR_MS
    assert signed_ms(called(asking_flow, clock, RESET, success(ACK)).sends[1]) == server_ms


def test_trading_goes_on_by_the_local_clock_where_the_exchange_does_not_say(caplog: pytest.LogCaptureFixture) -> None:
    asking_flow, clock = asking()
    played = called(asking_flow, clock, RESET, success(ACK))
    assert played.answer.order_id == 60667653330
    assert signed_ms(played.sends[1]) == ManualClock().now_ms()
    assert "going by this machine's clock" in caplog.text


@pytest.mark.parametrize("code", [-1001, -1002, 317179])
def test_a_refused_signature_is_made_again_where_the_clock_was_wrong(code: int) -> None:
    clock = ManualClock()
    trusting = flow(clock=clock, server_time=ServerTime.local(clock))
    server_ms = clock.now_ms() + HOUR_MS
    played = called(trusting, clock, refusal(code, status=401), at(server_ms), success(ACK))
    assert played.answer.order_id == 60667653330
    assert signed_ms(played.sends[2]) == server_ms
    bodies = {send.request.body for send in played.sends if send.request.body}
    assert len(bodies) == 1


def test_a_wrong_key_is_refused_and_does_not_ask_for_the_time_with_every_call() -> None:
    asking_flow, clock = asking()
    wrong = refusal(-1002, status=401)
    assert isinstance(called(asking_flow, clock, at(clock.now_ms()), wrong).error, Unauthorized)
    for _ in range(5):
        assert len(called(asking_flow, clock, wrong).sends) == 1
    clock.advance(31)
    assert len(called(asking_flow, clock, wrong, at(clock.now_ms())).sends) == 2


def test_calls_that_start_together_wait_for_the_one_that_asks() -> None:
    asking_flow, clock = asking()
    first, second = asking_flow.call(ORDER), asking_flow.call(ORDER)
    question, waiting = next(first), next(second)
    assert isinstance(question, Send)
    assert isinstance(waiting, Sleep)
    order = first.send(at(clock.now_ms() + HOUR_MS))
    other = second.send(None)
    assert isinstance(order, Send)
    assert isinstance(other, Send)
    assert signed_ms(order) == signed_ms(other) == clock.now_ms() + HOUR_MS


def test_a_question_without_an_answer_is_asked_again_soon_but_not_by_every_call() -> None:
    asking_flow, clock = asking()
    assert len(called(asking_flow, clock, RESET, success(ACK)).sends) == 2
    assert len(called(asking_flow, clock, success(ACK)).sends) == 1
    clock.advance(2.1)
    assert len(called(asking_flow, clock, at(clock.now_ms()), success(ACK)).sends) == 2


def test_a_question_that_is_interrupted_does_not_stop_the_next_call() -> None:
    asking_flow, clock = asking()
    interrupted = asking_flow.call(ORDER)
    next(interrupted)
    interrupted.close()
    clock.advance(2.1)
    assert called(asking_flow, clock, at(clock.now_ms()), success(ACK)).answer.order_id == 60667653330


def test_an_operator_reads_that_the_clock_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    asking_flow, clock = asking()
    called(asking_flow, clock, at(clock.now_ms() - HOUR_MS), success(ACK))
    assert "this machine's clock is +3600.0 s off the exchange's; corrected" in caplog.text
