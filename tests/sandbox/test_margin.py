"""Spot margin: balances below zero within the leverage, hourly interest, repayment, liquidation, trading modes."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from tests.sandbox.floor import BTC, PERP, WOO, Floor, futures_floor

from woodlot.sandbox.instruments import LISTING
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.account import TradingMode
from woodlot.wire.spot_margin import GetInterestHistory

HOUR_S = 3600


def margin_floor(**holdings: str) -> Floor:
    """Meg has 10,000 USDT, or what is given, and may be levered five times. Prices may jump here."""
    free = [replace(item, bid_cap_ratio=None, ask_floor_ratio=None) for item in LISTING]
    floor = Floor("maker", "ann", "bob", listing=free)
    floor.limit("maker", "BUY", "9", "86990")
    floor.limit("maker", "SELL", "6", "87010")
    floor.open("meg", holdings or {"USDT": "10000"}, mode="MARGIN")
    floor.exchange.take_events()
    return floor


def wait(floor: Floor, hours: float) -> None:
    floor.clock.advance(hours * HOUR_S)
    floor.exchange.tick()


def history(floor: Floor, **query: Any) -> list[tuple[str, Decimal | None]]:
    rows = floor.exchange.margin.interest_history(floor.id("meg"), GetInterestHistory(**query)).rows
    return [(row.side, row.interest) for row in rows]


def crash(floor: Floor, price: str) -> None:
    for name in ("maker", "ann", "bob"):
        floor.exchange.cancel_all(floor.id(name))
    floor.limit("ann", "BUY", "0.001", price)
    floor.limit("bob", "SELL", "0.001", str(Decimal(price) + 1))
    floor.exchange.tick()


def test_a_margin_account_buys_with_money_it_does_not_have() -> None:
    floor = margin_floor()

    floor.place("meg", "BUY", "MARKET", quantity="0.4")

    assert floor.held("meg", "USDT")[0] == Decimal(10_000) - 34804
    assert floor.held("meg", "BTC")[0] == Decimal("0.3996")
    assert floor.exchange.audit() == []


def test_and_sells_what_it_does_not_have() -> None:
    floor = margin_floor()

    floor.place("meg", "SELL", "MARKET", quantity="0.4")

    assert floor.held("meg", "BTC")[0] == Decimal("-0.4")
    assert floor.exchange.audit() == []


def test_only_so_far_as_its_leverage_goes() -> None:
    floor = margin_floor()
    assert floor.refused("meg", "BUY", "LIMIT", quantity="0.6", price="87000") == 302169
    floor.exchange.margin.set_leverage(floor.id("meg"), 10)

    floor.limit("meg", "BUY", "0.6", "87000")


def test_open_orders_count_as_debts() -> None:
    floor = margin_floor()
    floor.limit("meg", "BUY", "0.4", "86000")

    assert floor.refused("meg", "BUY", "LIMIT", quantity="0.4", price="86000") == 302169


@pytest.mark.parametrize("mode", ["PURE_SPOT", "FUTURES"])
def test_nobody_else_borrows(mode: str) -> None:
    floor = margin_floor()
    floor.open("other", {"USDT": "10000"}, mode=mode)

    assert floor.refused("other", "BUY", "LIMIT", quantity="0.2", price="87000") == 302301


def test_a_token_has_a_most_that_may_be_borrowed() -> None:
    floor = margin_floor(USDT="100000000")
    floor.exchange.margin.set_leverage(floor.id("meg"), 10)

    assert floor.refused("meg", "SELL", "LIMIT", quantity="101", price="87000") == 302172


@pytest.mark.parametrize("leverage", [0, 11])
def test_leverage_is_one_to_ten(leverage: int) -> None:
    floor = margin_floor()
    with pytest.raises(Refusal) as refusal:
        floor.exchange.margin.set_leverage(floor.id("meg"), leverage)
    assert refusal.value.code == 302306


def test_leverage_does_not_fall_below_what_is_owed() -> None:
    floor = margin_floor()
    floor.place("meg", "BUY", "MARKET", quantity="0.4")

    with pytest.raises(Refusal) as refusal:
        floor.exchange.margin.set_leverage(floor.id("meg"), 2)

    assert refusal.value.code == 302305
    assert floor.exchange.account_info(floor.id("meg")).leverage == 5


def test_interest_is_charged_each_hour_on_the_most_that_was_owed_in_it() -> None:
    floor = margin_floor()
    floor.place("meg", "BUY", "MARKET", quantity="0.4")
    floor.place("meg", "SELL", "MARKET", quantity="0.39")

    wait(floor, 1)

    # 24,804 USDT at 5E-6 an hour; a moment later nothing is owed, and the next hour is free.
    assert history(floor) == [("LOAN", Decimal("-0.12402"))]
    wait(floor, 1)
    assert len(history(floor)) == 1
    assert floor.exchange.balances(floor.id("meg"), "USDT")[0].interest == Decimal("0.12402")


def test_interest_is_repaid_at_midnight() -> None:
    floor = margin_floor()
    floor.place("meg", "BUY", "MARKET", quantity="0.4")
    before = floor.held("meg", "USDT")[0]

    wait(floor, 25)

    paid = before - floor.held("meg", "USDT")[0]
    assert [side for side, _ in history(floor, side="AUTO_REPAY")] == ["AUTO_REPAY"]
    assert history(floor, side="AUTO_REPAY")[0][1] == paid > 0
    assert floor.exchange.audit() == []


def test_interest_can_be_repaid_before() -> None:
    floor = margin_floor()
    floor.place("meg", "SELL", "MARKET", quantity="0.1")
    floor.place("meg", "BUY", "MARKET", quantity="0.2")
    wait(floor, 1)
    owed = floor.exchange.balances(floor.id("meg"), "BTC")[0].interest
    repay = floor.exchange.margin.repay_interest
    assert owed > 0

    repay(floor.id("meg"), token="BTC", amount=Decimal(1))

    assert history(floor, side="REPAY") == [("REPAY", owed)]
    for token, code in (("BTC", 302144), ("WOO", 302144)):
        with pytest.raises(Refusal) as refusal:
            repay(floor.id("meg"), token=token, amount=Decimal(1))
        assert refusal.value.code == code
    assert floor.exchange.audit() == []


def test_who_falls_below_the_maintenance_margin_is_liquidated() -> None:
    floor = margin_floor()
    floor.place("meg", "BUY", "MARKET", quantity="0.5")
    fund = floor.exchange.perpetuals.insurance_fund().data["rows"][0]["balance"]

    crash(floor, "60000")

    assert floor.held("meg", "USDT")[0] == 0
    assert floor.held("meg", "BTC")[0] == 0
    assert floor.exchange.perpetuals.insurance_fund().data["rows"][0]["balance"] < fund
    assert floor.exchange.audit() == []


def test_a_short_seller_is_liquidated_when_the_price_rises() -> None:
    floor = margin_floor()
    floor.place("meg", "SELL", "MARKET", quantity="0.4")

    crash(floor, "112000")

    assert floor.held("meg", "BTC")[0] == 0
    assert floor.held("meg", "USDT")[0] == 0
    assert floor.exchange.audit() == []


def test_rates_and_terms_can_be_asked() -> None:
    floor = margin_floor()
    (rate,) = floor.exchange.margin.interest_rates("USDT").rows
    config = {row.token: row for row in floor.exchange.margin.token_config().rows}

    assert rate.current_hourly_base_rate == Decimal("0.000005")
    assert rate.est_time.minute == 0
    assert (config["WOO"].collateral_ratio, config["BTC"].can_short) == (Decimal("0.85"), True)
    assert floor.exchange.margin.max_margin(floor.id("meg"), BTC).data["rows"][1] == {
        "token": "USDT",
        "maxMargin": Decimal(40_000),
    }


def switch(floor: Floor, name: str, mode: str) -> None:
    floor.exchange.margin.set_trading_mode(floor.id(name), TradingMode(mode))


def test_the_trading_mode_is_switched_when_nothing_is_in_the_way() -> None:
    floor = margin_floor()

    for mode in ("PURE_SPOT", "FUTURES", "MARGIN", "MARGIN"):
        switch(floor, "meg", mode)
        assert floor.exchange.account_info(floor.id("meg")).account_mode == mode


def test_a_mode_is_not_left_with_orders_debts_or_interest() -> None:
    floor = margin_floor()
    order_id = floor.limit("meg", "BUY", "0.1", "80000")
    refusals: list[int | None] = []

    def attempt() -> None:
        with pytest.raises(Refusal) as refusal:
            switch(floor, "meg", "PURE_SPOT")
        refusals.append(refusal.value.code)

    attempt()
    floor.exchange.cancel(floor.id("meg"), order_id=order_id)
    floor.place("meg", "BUY", "MARKET", quantity="0.2")
    attempt()
    floor.place("meg", "SELL", "MARKET", quantity="0.19")
    wait(floor, 1)
    attempt()

    assert refusals == [302308, 302132, 302121]


def test_futures_are_not_left_with_a_position() -> None:
    floor = futures_floor()
    floor.perp("ann", "BUY", "1")

    with pytest.raises(Refusal) as refusal:
        switch(floor, "ann", "PURE_SPOT")
    assert refusal.value.code == 302126
    floor.perp("ann", "SELL", "1")
    switch(floor, "ann", "MARGIN")

    assert floor.refused("ann", "BUY", "MARKET", symbol=PERP, quantity="1") == 302131
    assert floor.exchange.audit() == []


def test_collateral_counts_at_its_ratio() -> None:
    floor = Floor("ann", "bob")
    floor.limit("ann", "BUY", "1000", "0.05", symbol=WOO)
    floor.limit("bob", "SELL", "1000", "0.05002", symbol=WOO)
    floor.open("cat", {"WOO": "100000"}, mode="MARGIN")

    info = floor.exchange.account_info(floor.id("cat"))

    assert info.total_account_value == 5001
    assert info.total_collateral == 5001 * Decimal("0.85")
