"""Perpetuals: positions in one-way and hedge mode, cross and isolated margin, leverage, reduce-only, prices."""

from decimal import Decimal
from typing import Any

import pytest
from tests.sandbox.floor import BTC, PERP, WOO, Floor, futures_floor

from woodlot.sandbox.exchange import ExchangeEvent, PositionsChanged
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.enums import MarginMode, PositionSide
from woodlot.wire.futures import AdjustIsolatedMargin, GetLeverage, MarginAction, PositionModeChoice, SetLeverage
from woodlot.wire.trade import GetTransactionHistory


def hedged(floor: Floor, name: str = "ann") -> None:
    floor.exchange.futures.set_position_mode(floor.id(name), PositionModeChoice.HEDGE_MODE)


def lever(floor: Floor, leverage: int, mode: MarginMode = MarginMode.CROSS, **fields: Any) -> None:
    change = SetLeverage(symbol=PERP, margin_mode=mode, leverage=leverage, **fields)
    floor.exchange.futures.set_leverage(floor.id("ann"), change)


def code_of(refused: pytest.ExceptionInfo[Refusal]) -> int | None:
    return refused.value.code


def test_a_position_is_opened_grows_shrinks_and_turns() -> None:
    floor = futures_floor()
    seen: list[tuple[Decimal, Decimal]] = []
    for side, quantity in (("BUY", "1"), ("BUY", "1"), ("SELL", "0.5"), ("SELL", "2")):
        floor.perp("ann", side, quantity)
        position = floor.position("ann")
        assert position is not None
        seen.append((position.holding, position.average_open_price))
        assert floor.exchange.audit() == []

    assert seen == [
        (Decimal(1), Decimal(87010)),
        (Decimal(2), Decimal(87010)),
        (Decimal("1.5"), Decimal(87010)),
        (Decimal("-0.5"), Decimal(86990)),
    ]


def test_profit_and_fees_are_paid_in_usdt_and_nothing_else_moves() -> None:
    floor = futures_floor()
    before = floor.held("ann", "USDT")[0]

    floor.perp("ann", "BUY", "1")
    assert floor.held("ann", "USDT")[0] == before - Decimal("43.505")
    floor.quote(88000)
    floor.perp("ann", "SELL", "1")

    fees = Decimal("43.505") + Decimal("43.995")
    assert floor.held("ann", "USDT")[0] == before + (87990 - 87010) - fees
    assert floor.held("ann", "BTC")[0] == 10
    assert floor.position("ann") is None


def test_a_fill_says_what_it_has_brought() -> None:
    floor = futures_floor()
    floor.perp("ann", "BUY", "1")
    order_id = floor.perp("ann", "SELL", "0.4").order_id

    fill = floor.exchange.transactions(floor.id("ann"), GetTransactionHistory(limit=1)).rows[0]
    row = floor.exchange.order(floor.id("ann"), order_id=order_id, with_realized_pnl=True)

    assert (fill.fee_asset, fill.realized_pnl, fill.side) == ("USDT", Decimal(-8), "SELL")
    assert (row.realized_pnl, row.margin_mode, row.leverage) == (Decimal(-8), "CROSS", 10)
    assert floor.row("ann", order_id).realized_pnl is None


def test_positions_are_pushed_with_what_is_pending() -> None:
    floor = futures_floor()
    floor.perp("ann", "BUY", "1")
    floor.exchange.take_events()
    floor.perp("ann", "BUY", "2", "80000")

    (changed,) = [
        event.positions
        for event in floor.exchange.take_events()
        if isinstance(event, PositionsChanged) and event.account_id == floor.id("ann")
    ]

    assert [(p.holding, p.pending_long_qty, p.pending_short_qty) for p in changed] == [(1, 2, 0)]
    assert (changed[0].leverage, changed[0].margin_mode, changed[0].position_side) == (10, "CROSS", "BOTH")
    assert changed[0].adl_quantile in range(1, 6)
    assert changed[0].opening_ts > 0


def test_an_order_needs_a_tenth_of_its_value_at_leverage_ten() -> None:
    floor = futures_floor()
    floor.open("poor", {"USDT": "8900"})

    assert floor.refused("poor", "BUY", "LIMIT", symbol=PERP, quantity="1.1", price="87000") == 302170
    floor.perp("poor", "BUY", "1", "86000")
    assert floor.refused("poor", "BUY", "LIMIT", symbol=PERP, quantity="0.1", price="86000") == 302170


def test_the_first_orders_of_a_market_without_any_price_are_taken() -> None:
    floor = Floor(listing=(*LISTING, *PERPETUALS))

    floor.perp("ann", "SELL", "0.3", "87001")
    floor.perp("bob", "BUY", "0.2", "87001")

    position = floor.position("bob")
    assert position is not None
    assert (position.holding, position.mark_price) == (Decimal("0.2"), 87001)
    assert floor.exchange.audit() == []


def test_an_order_that_closes_needs_nothing() -> None:
    floor = futures_floor()
    floor.open("poor", {"USDT": "8900"})
    floor.perp("poor", "BUY", "0.99")

    order_id = floor.perp("poor", "SELL", "0.99").order_id

    assert floor.status("poor", order_id) == "FILLED"


def test_who_may_only_trade_spot_is_told_to_enable_futures() -> None:
    floor = futures_floor()
    floor.open("spot", {"USDT": "100000"}, mode="PURE_SPOT")

    assert floor.refused("spot", "BUY", "MARKET", symbol=PERP, quantity="0.1") == 302131


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"amount": "1000"}, -1005), ({"quantity": "0.1", "position_side": "LONG"}, 302186)],
)
def test_what_a_perpetual_order_may_not_say(fields: dict[str, Any], code: int) -> None:
    assert futures_floor().refused("ann", "BUY", "MARKET", symbol=PERP, **fields) == code


def test_reduce_only_orders_never_open_anything() -> None:
    floor = futures_floor()
    reduce: dict[str, Any] = {"symbol": PERP, "reduce_only": True}
    assert floor.refused("ann", "SELL", "MARKET", quantity="1", **reduce) == 302138
    floor.perp("ann", "BUY", "1")
    floor.exchange.take_events()
    assert floor.refused("ann", "BUY", "MARKET", quantity="1", **reduce) == 302138
    assert floor.refused("ann", "SELL", "MARKET", quantity="1.1", **reduce) == 302138
    floor.perp("ann", "SELL", "0.7", "88000", reduce_only=True)
    floor.exchange.take_events()
    assert floor.refused("ann", "SELL", "LIMIT", quantity="0.4", price="88000", **reduce) == 302303


def test_a_reduce_only_order_goes_when_there_is_nothing_left_to_reduce() -> None:
    floor = futures_floor()
    floor.perp("ann", "BUY", "1")
    waiting = floor.perp("ann", "SELL", "1", "88000", reduce_only=True).order_id

    floor.perp("ann", "SELL", "0.5")

    assert floor.status("ann", waiting) == "CANCELLED"
    assert floor.exchange.audit() == []


def test_of_two_orders_that_meet_one_taker_the_second_finds_nothing_to_reduce() -> None:
    floor = futures_floor(spread=500)
    floor.perp("ann", "BUY", "1")
    first = floor.perp("ann", "SELL", "1", "86900").order_id
    second = floor.perp("ann", "SELL", "1", "86950", reduce_only=True).order_id

    floor.perp("bob", "BUY", "2", "86950")

    assert (floor.status("ann", first), floor.status("ann", second)) == ("FILLED", "CANCELLED")
    assert floor.position("ann") is None
    assert floor.exchange.audit() == []


def test_hedge_mode_has_two_positions_a_symbol() -> None:
    floor = futures_floor()
    hedged(floor)
    assert floor.refused("ann", "BUY", "MARKET", symbol=PERP, quantity="1") == 302186
    floor.perp("ann", "BUY", "2", position_side="LONG")
    floor.perp("ann", "SELL", "1", position_side="SHORT")
    floor.exchange.take_events()

    long, short = floor.position("ann", "LONG"), floor.position("ann", "SHORT")
    assert long is not None
    assert short is not None
    assert (long.holding, short.holding) == (2, -1)
    assert floor.refused("ann", "SELL", "MARKET", symbol=PERP, quantity="2.1", position_side="LONG") == 302138
    floor.perp("ann", "SELL", "2", position_side="LONG")
    side = floor.exchange.transactions(floor.id("ann"), GetTransactionHistory(limit=1)).rows[0].side
    assert side == "CLOSE LONG"
    assert floor.position("ann", "LONG") is None


def test_the_position_mode_is_not_changed_with_positions_or_orders() -> None:
    floor = futures_floor()
    order_id = floor.perp("ann", "BUY", "1", "80000").order_id
    with pytest.raises(Refusal) as refused:
        hedged(floor)
    assert code_of(refused) == 302308
    floor.exchange.cancel(floor.id("ann"), order_id=order_id)
    floor.perp("ann", "BUY", "1")

    with pytest.raises(Refusal) as refused:
        hedged(floor)

    assert code_of(refused) == 302126


def test_an_isolated_position_has_margin_of_its_own() -> None:
    floor = futures_floor()
    waiting = floor.perp("ann", "BUY", "1", "80000", margin_mode="ISOLATED").order_id
    assert floor.held("ann", "USDT")[1] == 8000
    floor.exchange.cancel(floor.id("ann"), order_id=waiting)
    floor.perp("ann", "BUY", "1", margin_mode="ISOLATED")

    position = floor.position("ann")

    assert position is not None
    assert (position.isolated_margin_token, position.isolated_margin_amount) == ("USDT", 8701)
    assert floor.held("ann", "USDT") == (1_000_000 - 8701 - Decimal("43.505"), 0)
    assert position.est_liq_price is not None
    assert 78_000 < position.est_liq_price < 80_000
    assert floor.refused("ann", "BUY", "MARKET", symbol=PERP, quantity="1", margin_mode="CROSS") == 302308
    floor.perp("ann", "SELL", "1", margin_mode="ISOLATED")
    assert floor.exchange.audit() == []
    assert floor.held("ann", "USDT")[1] == 0


def test_isolated_margin_is_added_and_taken_out_as_far_as_it_is_not_needed() -> None:
    floor = futures_floor()
    floor.perp("ann", "BUY", "1", margin_mode="ISOLATED")

    def adjust(amount: str, action: MarginAction) -> None:
        change = AdjustIsolatedMargin(symbol=PERP, adjust_token="USDT", adjust_amount=amount, action=action)
        floor.exchange.futures.adjust_margin(floor.id("ann"), change)

    adjust("1000", MarginAction.ADD)
    position = floor.position("ann")
    assert position is not None
    assert position.isolated_margin_amount == 9701
    adjust("900", MarginAction.REDUCE)
    for amount, action, code in (
        ("500", MarginAction.REDUCE, 302192),
        ("10000000", MarginAction.ADD, 302193),
        ("0", MarginAction.ADD, 302135),
    ):
        with pytest.raises(Refusal) as refused:
            adjust(amount, action)
        assert code_of(refused) == code
    assert floor.exchange.audit() == []


def test_leverage_is_kept_by_symbol_and_mode_and_by_side_when_isolated() -> None:
    floor = futures_floor()
    hedged(floor)
    lever(floor, 5)
    lever(floor, 3, MarginMode.ISOLATED, position_side=PositionSide.SHORT)

    def details(mode: MarginMode) -> list[tuple[str, int]]:
        query = GetLeverage(symbol=PERP, margin_mode=mode)
        return [(d.position_side, d.leverage) for d in floor.exchange.futures.leverage(floor.id("ann"), query).details]

    assert details(MarginMode.CROSS) == [("LONG", 5), ("SHORT", 5)]
    assert details(MarginMode.ISOLATED) == [("LONG", 10), ("SHORT", 3)]


@pytest.mark.parametrize("leverage", [0, -1, 51])
def test_leverage_is_a_positive_integer_up_to_fifty(leverage: int) -> None:
    with pytest.raises(Refusal) as refused:
        lever(futures_floor(), leverage)
    assert code_of(refused) == 302306


def test_leverage_cannot_fall_below_what_the_account_affords() -> None:
    floor = futures_floor()
    floor.open("ann", {"USDT": "10000"})
    floor.perp("ann", "BUY", "1")

    with pytest.raises(Refusal) as refused:
        lever(floor, 5)

    assert code_of(refused) == 302305
    assert floor.exchange.audit() == []
    lever(floor, 20)


def test_isolated_leverage_does_not_change_with_orders_open() -> None:
    floor = futures_floor()
    floor.perp("ann", "BUY", "1", "80000", margin_mode="ISOLATED")

    with pytest.raises(Refusal) as refused:
        lever(floor, 5, MarginMode.ISOLATED)

    assert code_of(refused) == 302189


def test_a_default_margin_mode_is_used_where_an_order_names_none() -> None:
    floor = futures_floor()
    floor.exchange.futures.set_margin_mode(floor.id("ann"), MarginMode.ISOLATED, PERP)

    floor.perp("ann", "BUY", "1")

    position = floor.position("ann")
    assert position is not None
    assert position.margin_mode == "ISOLATED"


def test_spot_money_is_not_spent_twice() -> None:
    floor = futures_floor()
    floor.open("poor", {"USDT": "10000", "WOO": "10"})
    floor.perp("poor", "BUY", "1")
    floor.exchange.take_events()

    assert floor.refused("poor", "BUY", "LIMIT", symbol=BTC, quantity="0.1", price="87000") == 302170


def test_the_mark_price_is_the_median_of_three() -> None:
    floor = futures_floor()
    prices = floor.exchange.perpetuals
    assert prices.mark(PERP) == 87000

    prices.set_index(PERP, Decimal(86000))
    floor.clock.advance(1)
    floor.exchange.tick()

    # Index 86000, index and average basis 86500, and the median of bid, ask and last 87000.
    assert prices.mark(PERP) == 86500


def test_without_a_two_sided_book_the_mark_is_the_index() -> None:
    floor = futures_floor()
    floor.exchange.cancel_all(floor.id("maker"))
    floor.exchange.perpetuals.set_index(PERP, Decimal(90000))
    floor.clock.advance(1)
    floor.exchange.tick()

    assert floor.exchange.perpetuals.mark(PERP) == 90000


def test_without_a_supplied_index_the_spot_market_is_it() -> None:
    floor = futures_floor()
    floor.limit("ann", "BUY", "1", "87100", symbol=BTC)
    floor.limit("bob", "SELL", "1", "87300", symbol=BTC)
    floor.exchange.perpetuals.set_index(PERP, None)

    assert floor.exchange.perpetuals.index(PERP) == 87200


def test_statistics_tell_the_day() -> None:
    floor = futures_floor()
    floor.perp("ann", "BUY", "1")
    floor.perp("ann", "SELL", "0.5")

    (row,) = floor.exchange.perpetuals.statistics(PERP).rows

    assert (row.open_24h, row.close_24h, row.high_24h, row.low_24h) == (87010, 86990, 87010, 86990)
    assert (row.volume_24h, row.amount_24h) == (Decimal("1.5"), Decimal(130505))
    assert (row.open_interest, row.index_price, row.mark_price) == (Decimal("0.5"), 87000, 87000)
    with pytest.raises(Refusal) as refused:
        floor.exchange.perpetuals.statistics("PERP_NOPE_USDT")
    assert refused.value.http_status == 500


def test_the_same_seed_and_the_same_commands_give_the_same_events() -> None:
    def story() -> list[ExchangeEvent]:
        floor = futures_floor()
        floor.perp("ann", "BUY", "60", "87010")
        floor.perp("bob", "SELL", "1", margin_mode="ISOLATED")
        floor.perp("bob", "BUY", "0.5", "80000", margin_mode="ISOLATED")
        floor.quote(70_000)
        floor.clock.advance(30_000)
        floor.exchange.tick()
        return floor.exchange.take_events()

    assert story() == story()
    assert len(story()) > 20


def test_who_has_had_a_position_may_spend_all_he_has() -> None:
    floor = futures_floor()
    floor.open("woo", {"USDT": "10000", "WOO": "1000"})
    floor.perp("woo", "BUY", "0.1")
    floor.perp("woo", "SELL", "0.1")

    floor.limit("woo", "SELL", "1000", "0.06", symbol=WOO)

    assert floor.exchange.audit() == []


def test_account_ratios_are_shares_of_the_notional() -> None:
    floor = futures_floor()
    floor.open("poor", {"USDT": "10000"})
    floor.perp("poor", "BUY", "1")

    info = floor.exchange.account_info(floor.id("poor"))

    assert info.initial_margin_ratio == Decimal("0.1")
    assert info.maintenance_margin_ratio == Decimal("0.012")
    assert info.margin_ratio < Decimal("0.12")
    assert info.free_collateral == info.total_collateral - 8700
