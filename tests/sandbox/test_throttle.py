import pytest

from woodlot.clock import ManualClock
from woodlot.sandbox.throttle import Throttle
from woodlot.wire.account import CreateListenKey
from woodlot.wire.public import GetOrderBook, GetSystemInfo
from woodlot.wire.request import Endpoint
from woodlot.wire.trade import CancelOrder, PlaceOrder


def admitted(throttle: Throttle, endpoint: Endpoint, *, tries: int = 40, **whose: str) -> int:
    return sum(throttle.admits(endpoint, **({"address": "here", "account_id": "ann"} | whose)) for _ in range(tries))


def test_orders_are_counted_for_each_symbol():
    throttle = Throttle(clock=ManualClock())

    assert admitted(throttle, PlaceOrder.endpoint, symbol="SPOT_BTC_USDT") == 5
    assert admitted(throttle, PlaceOrder.endpoint, symbol="SPOT_ETH_USDT") == 5
    assert admitted(throttle, PlaceOrder.endpoint) == 5


def test_other_endpoints_count_all_symbols_together():
    throttle = Throttle(clock=ManualClock())

    assert admitted(throttle, CancelOrder.endpoint, symbol="SPOT_BTC_USDT") == 10
    assert admitted(throttle, CancelOrder.endpoint, symbol="SPOT_ETH_USDT") == 0


def test_each_endpoint_has_its_own_counter():
    throttle = Throttle(clock=ManualClock())

    assert admitted(throttle, GetOrderBook.endpoint) == 10
    assert admitted(throttle, GetSystemInfo.endpoint) == 10


def test_public_calls_count_for_the_address_and_private_ones_for_the_account():
    throttle = Throttle(clock=ManualClock())

    assert admitted(throttle, GetSystemInfo.endpoint) == 10
    assert admitted(throttle, GetSystemInfo.endpoint, account_id="bob") == 0
    assert admitted(throttle, GetSystemInfo.endpoint, address="there") == 10
    assert admitted(throttle, CancelOrder.endpoint) == 10
    assert admitted(throttle, CancelOrder.endpoint, address="there") == 0
    assert admitted(throttle, CancelOrder.endpoint, account_id="bob") == 10


def test_the_next_window_starts_from_nothing():
    clock = ManualClock()
    throttle = Throttle(clock=clock)
    assert admitted(throttle, CreateListenKey.endpoint) == 5

    clock.advance(9.9)
    assert admitted(throttle, CreateListenKey.endpoint) == 0

    clock.advance(0.1)
    assert admitted(throttle, CreateListenKey.endpoint) == 5


def test_two_bursts_may_meet_at_the_edge_of_a_window():
    clock = ManualClock()
    throttle = Throttle(clock=clock)
    clock.advance(0.999)

    first = admitted(throttle, PlaceOrder.endpoint)
    clock.advance(0.002)

    assert first + admitted(throttle, PlaceOrder.endpoint) == 10


@pytest.mark.parametrize(("factor", "calls"), [(2.0, 10), (0.5, 2), (0.001, 1), (None, 40)])
def test_limits_are_scaled_or_off(factor: float | None, calls: int):
    throttle = Throttle(clock=ManualClock(), factor=factor)

    assert admitted(throttle, PlaceOrder.endpoint, symbol="SPOT_BTC_USDT") == calls


def test_counters_whose_window_is_over_are_dropped():
    clock = ManualClock()
    throttle = Throttle(clock=clock)
    for number in range(10_000):
        throttle.admits(GetSystemInfo.endpoint, address=str(number))
    clock.advance(1)

    throttle.admits(GetSystemInfo.endpoint, address="one more")

    assert len(throttle._counters) == 1
