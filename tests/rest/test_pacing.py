from typing import Any

import pytest

from woodlot.errors import ArgumentError
from woodlot.rest.lanes import Lane, lane_of
from woodlot.rest.pacing import Pacer, Turn, Waiting
from woodlot.wire.account import GetAccountInfo
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.limits import LIMITS, limit_of
from woodlot.wire.public import GetSystemInfo
from woodlot.wire.request import Request
from woodlot.wire.trade import CancelAllAfter, CancelAllOrders, CancelOrder, GetOrders, PlaceOrder


def order(symbol: str = "SPOT_BTC_USDT") -> PlaceOrder:
    return PlaceOrder(symbol=symbol, side=Side.BUY, type=OrderType.MARKET, quantity="1")


def turns(pacer: Pacer, request: Request[Any], times: int, *, now_s: float = 0.0) -> list[tuple[Turn, float]]:
    """Ask so often, all before any reply; return each turn with its wait."""
    asked = [pacer.queue(request, now_s=now_s) for _ in range(times)]
    return [(turn, pacer.wait_s(turn, now_s=now_s)) for turn in asked]


def test_a_burst_of_the_limit_leaves_at_once_and_the_next_waits_for_a_window() -> None:
    waits = [wait_s for _, wait_s in turns(Pacer(), order(), 7)]
    assert waits[:5] == [0.0] * 5
    assert all(1.0 < wait_s < 1.02 for wait_s in waits[5:])


def test_a_slot_is_free_a_window_after_its_reply_and_not_after_its_request() -> None:
    pacer = Pacer()
    burst = turns(pacer, order(), 5)
    for turn, _ in burst:
        pacer.replied(turn, now_s=1.9)
    turn = pacer.queue(order(), now_s=2.0)
    assert pacer.wait_s(turn, now_s=2.0) == pytest.approx(0.9, abs=0.01)
    assert pacer.wait_s(turn, now_s=2.91) == 0.0


def test_a_lost_reply_counts_until_its_timeout_and_a_window_more() -> None:
    pacer = Pacer()
    for turn, _ in turns(pacer, order(), 5):
        pacer.lost(turn, until_s=10.0)
    turn = pacer.queue(order(), now_s=2.0)
    assert pacer.wait_s(turn, now_s=2.0) == pytest.approx(9.0, abs=0.01)


def test_a_request_that_was_never_written_costs_nothing() -> None:
    pacer = Pacer()
    for turn, _ in turns(pacer, order(), 5):
        pacer.unsent(turn)
    assert [wait_s for _, wait_s in turns(pacer, order(), 5)] == [0.0] * 5


def test_each_symbol_has_its_own_limit_where_the_exchange_says_so() -> None:
    pacer = Pacer()
    turns(pacer, order("SPOT_BTC_USDT"), 5)
    assert turns(pacer, order("SPOT_ETH_USDT"), 1)[0][1] == 0.0


def test_a_slow_account_endpoint_never_delays_a_cancel() -> None:
    pacer = Pacer()
    turns(pacer, GetAccountInfo(), 10)
    turns(pacer, GetOrders(), 200)
    assert turns(pacer, CancelOrder(order_id=1), 1)[0][1] == 0.0


def test_those_who_wait_go_in_the_order_in_which_they_came() -> None:
    pacer = Pacer()
    asked = turns(pacer, order(), 12)
    for turn, _ in asked[:5]:
        pacer.replied(turn, now_s=0.1)
    later = [pacer.wait_s(turn, now_s=1.15) for turn, _ in asked[5:]]
    assert later[:5] == [0.0] * 5
    assert all(wait_s > 0.9 for wait_s in later[5:])


def test_one_who_comes_later_does_not_take_the_slot_of_one_who_sleeps() -> None:
    pacer = Pacer()
    for turn, _ in turns(pacer, order(), 5):
        pacer.replied(turn, now_s=0.0)
    sleeping = turns(pacer, order(), 5, now_s=0.5)
    assert pacer.wait_s(pacer.queue(order(), now_s=1.2), now_s=1.2) > 0
    assert all(pacer.wait_s(turn, now_s=1.3) == 0.0 for turn, _ in sleeping)


def test_one_who_leaves_the_queue_makes_room() -> None:
    pacer = Pacer()
    for turn, _ in turns(pacer, order(), 5):
        pacer.replied(turn, now_s=0.0)
    for turn, _ in turns(pacer, order(), 5, now_s=0.5):
        pacer.leave(turn)
    assert pacer.wait_s(pacer.queue(order(), now_s=1.2), now_s=1.2) == 0.0


def test_a_429_halves_the_pace_once_for_all_that_were_refused_together() -> None:
    pacer = Pacer()
    for turn, _ in turns(pacer, GetOrders(), 10):
        pacer.refused(turn, now_s=0.1)
    assert pacer.counters.slowed == 1
    assert sum(wait_s == 0 for _, wait_s in turns(pacer, GetOrders(), 10, now_s=1.2)) == 6


def test_the_pace_recovers_window_by_window() -> None:
    pacer = Pacer()
    (turn, _), *_ = turns(pacer, GetOrders(), 1)
    pacer.refused(turn, now_s=0.0)
    allowed: list[int] = []
    for now_s in (2, 4, 6, 8):
        burst = [turn for turn, wait_s in turns(pacer, GetOrders(), 10, now_s=now_s) if wait_s == 0]
        allowed.append(len(burst))
        for turn in burst:
            pacer.replied(turn, now_s=now_s)
        for turn in pacer_queue_of(pacer):
            pacer.leave(turn)
    assert allowed == [7, 9, 10, 10]


def pacer_queue_of(pacer: Pacer) -> list[Turn]:
    return [
        Turn(endpoint, symbol, place, counter, 0.0)
        for (endpoint, symbol), counter in pacer._counters.items()
        for place in list(counter._queue)
    ]


@pytest.mark.parametrize(("share", "at_once"), [(1.0, 10), (1 / 2, 5), (1 / 8, 1), (1 / 20, 1), (0.3, 3)])
def test_a_share_is_a_part_of_every_limit_in_whole_calls(share: float, at_once: int) -> None:
    waits = [wait_s for _, wait_s in turns(Pacer(share=share), GetOrders(), 10)]
    assert waits.count(0.0) == at_once


def test_less_than_one_call_per_window_is_one_call_in_a_longer_time() -> None:
    first, second = turns(Pacer(share=1 / 20), GetOrders(), 2)
    assert first[1] == 0.0
    assert second[1] == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("share", [0, -1, 1.5, 8])
def test_a_share_that_is_no_part_is_refused(share: float) -> None:
    with pytest.raises(ArgumentError, match="1/8"):
        Pacer(share=share)


def test_waiting_is_seen_and_counted() -> None:
    seen: list[Waiting] = []
    pacer = Pacer(on_wait=seen.append)
    *_, (turn, wait_s) = turns(pacer, order(), 6)
    for _ in range(3):
        pacer.wait_s(turn, now_s=0.5)
    assert [(wait.endpoint, wait.symbol, wait.lane) for wait in seen] == [
        (PlaceOrder.endpoint, "SPOT_BTC_USDT", Lane.ORDER)
    ]
    assert seen[0].seconds == wait_s
    assert pacer.wait_s(turn, now_s=0.5) > 0
    assert (pacer.counters.calls, pacer.counters.waits) == (5, 0)


def test_without_limits_everything_goes_at_once() -> None:
    assert {wait_s for _, wait_s in turns(Pacer.unlimited(), order(), 1000)} == {0.0}


def test_symbols_that_nobody_uses_any_more_take_no_room() -> None:
    pacer = Pacer()
    for number in range(10_000):
        (turn, _), *_ = turns(pacer, order(f"SPOT_{number}_USDT"), 1, now_s=float(number))
        pacer.replied(turn, now_s=float(number))
    assert len(pacer._counters) <= 4096


def test_cancels_and_the_dead_mans_call_are_urgent_and_orders_come_before_reads() -> None:
    assert {lane_of(kind.endpoint) for kind in (CancelOrder, CancelAllOrders, CancelAllAfter)} == {Lane.URGENT}
    assert lane_of(PlaceOrder.endpoint) is Lane.ORDER
    assert lane_of(GetOrders.endpoint) is lane_of(GetSystemInfo.endpoint) is Lane.READ


def test_every_signed_endpoint_stands_in_the_table() -> None:
    unlisted = [str(kind.endpoint) for kind in requests() if kind.endpoint.signed and str(kind.endpoint) not in LIMITS]
    assert not unlisted
    assert limit_of(GetAccountInfo.endpoint).calls == 10
    assert limit_of(GetAccountInfo.endpoint).window_s == 60


def requests() -> list[type[Request[Any]]]:
    of_this_generation = [kind for kind in Request.__subclasses__() if "endpoint" in vars(kind)]
    return [kind for kind in of_this_generation if kind.endpoint.path.startswith("/v3/")]


def test_a_gauge_shows_what_is_taken_of_a_limit_and_who_waits() -> None:
    pacer = Pacer()
    asked = turns(pacer, order(), 7)
    turns(pacer, GetSystemInfo(), 1)
    gauge, other = pacer.gauges(now_s=0.0)
    assert (gauge.symbol, gauge.taken, gauge.slots, gauge.waiting) == ("SPOT_BTC_USDT", 5, 5, 2)
    assert (other.taken, other.slots) == (1, 10)
    pacer.refused(asked[0][0], now_s=0.1)
    assert pacer.gauges(now_s=0.2)[0].slots == 2


def test_limits_that_nobody_uses_have_no_gauge() -> None:
    pacer = Pacer()
    ((turn, _),) = turns(pacer, order(), 1)
    pacer.replied(turn, now_s=0.5)
    assert pacer.gauges(now_s=2.0) == []
