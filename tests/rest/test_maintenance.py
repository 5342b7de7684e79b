import json

from tests.rest.scripted import Played, flow, play, refusal, success

from woodlot.clock import ManualClock
from woodlot.errors import OutcomeUnknown, Unavailable
from woodlot.rest.flow import Flow
from woodlot.rest.steps import HttpReply
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import GetOrders, PlaceOrder

AWAY = refusal("-1011", message="The system is under maintenance.")
ROWS = success({"rows": []})


def system(status: int) -> HttpReply:
    data = {"status": status, "msg": "", "estimatedEndTime": 1790000600000}
    return HttpReply(200, json.dumps({"success": True, "data": data, "timestamp": 1790000000000}).encode())


def asked(one: Flow, clock: ManualClock, *replies: HttpReply) -> Played:
    return play(one.call(GetOrders()), replies, clock=clock)


def test_a_call_stops_asking_when_the_exchange_says_it_is_away() -> None:
    clock = ManualClock()
    played = asked(flow(clock=clock), clock, AWAY, system(2))
    assert isinstance(played.error, Unavailable)
    assert [send.request.target for send in played.sends] == ["/v3/trade/orders", "/v3/public/systemInfo"]


def test_a_call_goes_on_when_the_exchange_says_it_is_well() -> None:
    clock = ManualClock()
    assert asked(flow(clock=clock), clock, AWAY, system(0), ROWS).answer.rows == ()


def test_one_answer_serves_all_calls_for_a_while() -> None:
    clock = ManualClock()
    one = flow(clock=clock)
    asked(one, clock, AWAY, system(1))
    assert [len(asked(one, clock, AWAY).sends) for _ in range(5)] == [1] * 5
    clock.advance(11)
    assert len(asked(one, clock, AWAY, system(0), ROWS).sends) == 3


def test_an_order_that_met_maintenance_is_unknown_and_asks_nothing() -> None:
    clock = ManualClock()
    order = PlaceOrder(symbol="S", side=Side.BUY, type=OrderType.MARKET, quantity="1")
    played = play(flow(clock=clock).call(order), [AWAY], clock=clock)
    assert isinstance(played.error, OutcomeUnknown)
    assert len(played.sends) == 1


def test_trouble_is_not_multiplied() -> None:
    for trouble in (AWAY, refusal(-1000, status=500), HttpReply(502, b"<html>")):
        clock = ManualClock()
        one = flow(clock=clock)
        attempts = sum(len(play(one.call(GetOrders()), [trouble], clock=clock).sends) for _ in range(1000))
        assert attempts <= 1100
