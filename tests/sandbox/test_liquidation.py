"""Liquidation: who cannot carry a position loses it, others pay only when the fund cannot."""

from decimal import Decimal

import pytest
from tests.sandbox.floor import BTC, PERP, Floor, futures_floor

from woodlot.sandbox.exchange import PositionsChanged, Reported
from woodlot.wire.enums import StatusFilter
from woodlot.wire.trade import GetOrders


def floor_at_the_edge(**how: str) -> Floor:
    """Pam is long 1 BTC at leverage ten with 10,000 USDT and an order open; the maker is her counterparty."""
    floor = futures_floor()
    floor.open("pam", {"USDT": "10000"} | how)
    floor.perp("pam", "BUY", "1", margin_mode="CROSS")
    floor.perp("pam", "SELL", "0.1", "95000")
    floor.exchange.take_events()
    return floor


def fund(floor: Floor) -> Decimal:
    return floor.exchange.perpetuals.insurance_fund().data["rows"][0]["balance"]


def test_a_position_above_its_maintenance_margin_is_left_alone() -> None:
    floor = floor_at_the_edge()

    floor.quote(78_300)

    assert floor.position("pam") is not None
    assert floor.exchange.audit() == []


def test_the_estimated_price_is_where_it_happens() -> None:
    floor = floor_at_the_edge()
    position = floor.position("pam")
    assert position is not None
    assert position.est_liq_price is not None
    price = int(position.est_liq_price)
    floor.exchange.cancel_all(floor.id("maker"))

    floor.exchange.perpetuals.set_index(PERP, Decimal(price + 2))
    floor.exchange.tick()
    assert floor.position("pam") is not None
    floor.exchange.perpetuals.set_index(PERP, Decimal(price - 2))
    floor.exchange.tick()

    assert floor.position("pam") is None


def test_below_it_the_orders_go_first_and_the_fund_takes_the_position() -> None:
    floor = floor_at_the_edge()
    before = fund(floor)

    floor.quote(77_500)

    assert floor.position("pam") is None
    assert floor.exchange.orders(floor.id("pam"), GetOrders(status=StatusFilter.INCOMPLETE)).rows == ()
    liquidation = floor.exchange.orders(floor.id("pam"), GetOrders()).rows[0]
    assert (liquidation.type, liquidation.status, liquidation.side, liquidation.reduce_only) == (
        "LIQUIDATE",
        "FILLED",
        "SELL",
        True,
    )
    assert floor.held("pam", "USDT")[0] > 0
    assert fund(floor) > before
    assert floor.exchange.audit() == []


def test_a_liquidation_is_told_order_by_order() -> None:
    floor = floor_at_the_edge()

    floor.quote(77_500)

    events = [event for event in floor.exchange.take_events() if getattr(event, "account_id", "") == floor.id("pam")]
    reports = [event.report for event in events if isinstance(event, Reported)]
    assert [(report.type, report.status) for report in reports] == [("LIMIT", "CANCELLED"), ("LIQUIDATE", "FILLED")]
    positions = [event.positions for event in events if isinstance(event, PositionsChanged)]
    assert positions[-1][-1].holding == 0


def test_what_is_lost_beyond_the_account_is_paid_by_the_fund() -> None:
    floor = floor_at_the_edge()
    before = fund(floor)

    floor.quote(70_000)

    assert floor.held("pam", "USDT")[0] == 0
    assert fund(floor) < before
    assert floor.exchange.audit() == []


def test_other_assets_are_sold_before_the_fund_pays() -> None:
    floor = floor_at_the_edge(WOO="200000")
    floor.limit("ann", "BUY", "1000", "0.05", symbol="SPOT_WOO_USDT")
    floor.limit("bob", "SELL", "1000", "0.052", symbol="SPOT_WOO_USDT")

    floor.quote(60_000)

    assert floor.held("pam", "USDT")[0] == 0
    assert floor.held("pam", "WOO")[0] == 0
    assert floor.exchange.audit() == []


def test_an_isolated_position_costs_its_margin_and_no_more() -> None:
    floor = futures_floor()
    floor.perp("ann", "BUY", "1", margin_mode="ISOLATED")
    left = floor.held("ann", "USDT")[0]

    floor.quote(70_000)

    assert floor.position("ann") is None
    assert floor.held("ann", "USDT")[0] == left
    assert floor.exchange.audit() == []


def test_the_fund_sells_what_it_has_taken_over() -> None:
    floor = floor_at_the_edge()
    floor.quote(77_500)
    interest = floor.exchange.perpetuals.open_interest(PERP)

    floor.exchange.tick()

    assert interest <= 1
    assert floor.exchange.perpetuals.open_interest(PERP) == 0
    assert floor.exchange.audit() == []


@pytest.mark.parametrize("price", [70_000, 60_000])
def test_an_empty_fund_lets_the_winners_close_the_position(price: int) -> None:
    floor = floor_at_the_edge()
    floor.impoverish_the_fund(10)
    floor.open("winner", {"USDT": "100000"})
    floor.perp("winner", "SELL", "2")
    floor.exchange.take_events()

    floor.quote(price)

    assert floor.position("pam") is None
    assert floor.held("pam", "USDT")[0] == 0
    winner = floor.position("winner")
    assert winner is not None
    assert winner.holding == -1
    assert fund(floor) >= 0
    assert floor.exchange.audit() == []


def test_the_most_profitable_at_the_highest_leverage_stands_first_in_the_queue() -> None:
    floor = futures_floor(spread=1000)
    for name, price in (("ann", 86_900), ("bob", 86_500)):
        floor.perp("maker", "SELL", "1", str(price))
        floor.perp(name, "BUY", "1", str(price))

    ranks = [position.adl_quantile for name in ("ann", "bob") if (position := floor.position(name))]

    assert ranks[1] > ranks[0]


def test_an_account_on_spot_alone_is_never_liquidated() -> None:
    floor = futures_floor()
    floor.limit("ann", "BUY", "1", "80000", symbol=BTC)

    floor.quote(60_000)

    assert floor.story("ann") == ["NEW"]
