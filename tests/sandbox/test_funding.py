"""Funding and settlement: longs pay shorts at the end of each interval, profit is paid out every ten minutes."""

from decimal import Decimal

from tests.sandbox.floor import PERP, Floor, futures_floor

from woodlot.clock import ManualClock
from woodlot.sandbox.simulation import Simulation
from woodlot.wire.futures import GetFundingFeeHistory
from woodlot.wire.public import GetFundingRateHistory

HOUR_S = 3600


def wait(floor: Floor, seconds: float) -> None:
    floor.clock.advance(seconds)
    floor.exchange.tick()


def to_the_next_funding(floor: Floor) -> None:
    (row,) = floor.exchange.perpetuals.funding_rate(PERP).rows
    wait(floor, (row.next_funding_time.ms - floor.clock.now_ms()) / 1000)


def funded_floor() -> Floor:
    """Ann is long and bob short by one; the rate is the baseline of 0.0001."""
    floor = futures_floor()
    floor.perp("ann", "BUY", "1", "87000")
    floor.perp("bob", "SELL", "1", "87000")
    floor.exchange.take_events()
    return floor


def test_longs_pay_the_baseline_to_shorts_when_the_premium_is_nothing() -> None:
    floor = funded_floor()
    ann, bob = floor.held("ann", "USDT")[0], floor.held("bob", "USDT")[0]

    to_the_next_funding(floor)

    assert floor.held("ann", "USDT")[0] == ann - Decimal("8.7")
    assert floor.held("bob", "USDT")[0] == bob + Decimal("8.7")
    assert floor.exchange.audit() == []


def test_the_history_says_who_paid_what() -> None:
    floor = funded_floor()
    to_the_next_funding(floor)

    paid, received = (
        floor.exchange.futures.funding_fees(floor.id(name), GetFundingFeeHistory(symbol=PERP)).rows[0]
        for name in ("ann", "bob")
    )

    assert (paid.payment_type, paid.funding_fee, paid.funding_rate) == ("Pay", Decimal("8.7"), Decimal("0.0001"))
    assert (received.payment_type, received.funding_fee, received.status) == ("Receive", Decimal("8.7"), "COMPLETED")
    assert (paid.funding_interval_hours, paid.mark_price) == (8, 87000)


def test_funding_is_settled_at_midnight_eight_and_four_in_the_afternoon() -> None:
    floor = funded_floor()
    for _ in range(3):
        to_the_next_funding(floor)

    rows = floor.exchange.perpetuals.funding_rates(GetFundingRateHistory(symbol=PERP)).rows

    assert [row.funding_rate_timestamp.hour % 8 for row in rows] == [0, 0, 0]
    assert [row.funding_rate_timestamp.minute for row in rows] == [0, 0, 0]
    assert rows[0].funding_rate_timestamp > rows[-1].funding_rate_timestamp
    assert rows[0].next_funding_time.ms - rows[0].funding_rate_timestamp.ms == 8 * HOUR_S * 1000


def test_every_interval_that_a_pause_has_missed_is_settled() -> None:
    floor = funded_floor()

    wait(floor, 25 * HOUR_S)

    assert floor.exchange.perpetuals.funding_rates(GetFundingRateHistory(symbol=PERP)).meta.total == 3


def test_a_dear_perpetual_costs_its_longs_up_to_the_cap() -> None:
    floor = funded_floor()
    floor.exchange.perpetuals.set_index(PERP, Decimal(80000))
    for _ in range(50):
        wait(floor, 5)

    (row,) = floor.exchange.perpetuals.funding_rate(PERP).rows

    assert row.est_funding_rate == Decimal("0.003")


def test_a_flat_account_pays_nothing() -> None:
    floor = funded_floor()
    floor.open("cat")

    to_the_next_funding(floor)

    assert floor.exchange.futures.funding_fees(floor.id("cat"), GetFundingFeeHistory()).rows == ()


def test_profit_of_ten_usdt_is_paid_out_after_ten_minutes_and_counts_from_the_new_price() -> None:
    floor = funded_floor()
    ann = floor.held("ann", "USDT")[0]
    floor.quote(87_100)
    assert floor.held("ann", "USDT")[0] == ann

    wait(floor, 600)

    position = floor.position("ann")
    assert position is not None
    assert (position.settle_price, position.average_open_price, position.pnl_24h) == (87_100, 87_000, 100)
    assert floor.held("ann", "USDT")[0] == ann + 100
    assert floor.exchange.audit() == []


def test_less_than_ten_usdt_stays_where_it_is() -> None:
    floor = funded_floor()
    floor.quote(87_009)

    wait(floor, 600)

    position = floor.position("ann")
    assert position is not None
    assert position.settle_price == 87_000


def test_rounding_goes_to_the_insurance_fund() -> None:
    floor = futures_floor()
    for name in ("ann", "bob"):
        floor.perp(name, "BUY", "0.00037", "87000")
    floor.open("cat")
    floor.perp("cat", "SELL", "0.00074", "87000")
    floor.exchange.perpetuals.set_index(PERP, Decimal("87000.12345678"))
    floor.exchange.cancel_all(floor.id("maker"))
    before = floor.exchange.perpetuals.insurance_fund().data["rows"][0]["balance"]

    to_the_next_funding(floor)

    assert 0 <= floor.exchange.perpetuals.insurance_fund().data["rows"][0]["balance"] - before < Decimal("1E-10")
    assert floor.exchange.audit() == []


def test_the_estimate_is_pushed_once_a_minute_even_when_its_second_is_missed() -> None:
    clock = ManualClock()
    market = Simulation(clock=clock, seed=7, quiet=True)
    wanted = frozenset({f"estfundingrate@{PERP}"})
    pushed: list[int] = []
    # In steps of three seconds and a half, some minutes' second 59 is met and others' is not.
    for _ in range(120):
        clock.advance(3.5)
        pushed += [clock.now_ms() for topic, _, _ in market.publish(wanted=wanted) if topic in wanted]
    minutes = [(at_ms + 1_000) // 60_000 for at_ms in pushed]
    assert minutes == list(range(minutes[0], minutes[0] + 7))
