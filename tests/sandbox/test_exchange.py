"""The exchange as its accounts ask it: cancels, lists, balances, values, windows, and what is remembered."""

from decimal import Decimal
from typing import Any

import pytest
from tests.sandbox.floor import BTC, PLENTY, WOO, Floor, floor_with_a_touch

from woodlot.clock import ManualClock
from woodlot.sandbox.exchange import BalancesChanged, Exchange, TradePrinted
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.enums import Side, StatusFilter
from woodlot.wire.trade import GetOrders, GetTransactionHistory


def test_what_cannot_be_cancelled_is_refused_by_its_reason() -> None:
    floor = floor_with_a_touch()
    mine = floor.limit("ann", "BUY", "0.001", "30000")
    done = floor.place("ann", "BUY", "MARKET", quantity="0.001").order_id
    cases: list[tuple[int, dict[str, Any]]] = [
        (317160, {"order_id": mine, "symbol": WOO}),
        (317161, {"order_id": done}),
        (317184, {"order_id": 1}),
        (317184, {"client_order_id": 1}),
        (-1005, {}),
    ]

    for code, handle in cases:
        with pytest.raises(Refusal) as refusal:
            floor.exchange.cancel(floor.id("ann"), **handle)
        assert refusal.value.code == code
    with pytest.raises(Refusal) as refusal:
        floor.exchange.cancel(floor.id("bob"), order_id=mine)
    assert refusal.value.code == 317184


def test_cancel_all_touches_neither_others_nor_other_symbols() -> None:
    floor = floor_with_a_touch()
    floor.limit("ann", "BUY", "0.001", "30000")
    floor.limit("ann", "BUY", "0.002", "30000")
    woo = floor.limit("ann", "BUY", "100", "0.05", symbol=WOO)
    bobs = floor.limit("bob", "BUY", "0.001", "30000")

    assert floor.exchange.cancel_all(floor.id("ann"), BTC) == 2
    assert (floor.status("ann", woo), floor.status("bob", bobs)) == ("NEW", "NEW")
    assert floor.exchange.cancel_all(floor.id("ann")) == 1


def test_a_balance_push_names_what_changed_with_a_growing_version() -> None:
    floor = floor_with_a_touch()
    floor.limit("ann", "BUY", "0.001", "30000")
    floor.place("ann", "BUY", "MARKET", quantity="0.001")

    pushes = [
        event.balances
        for event in floor.exchange.take_events()
        if isinstance(event, BalancesChanged) and event.account_id == floor.id("ann")
    ]

    assert [[balance.token for balance in push] for push in pushes] == [["USDT"], ["BTC", "USDT"]]
    assert [balance.version for push in pushes for balance in push if balance.token == "USDT"] == [1, 2]
    assert pushes[0][0].frozen == Decimal(30)


def test_lists_are_filtered_paged_and_newest_first() -> None:
    floor = floor_with_a_touch()
    open_ids = [floor.limit("ann", "BUY", "0.001", "30000") for _ in range(3)]
    floor.clock.advance(10)
    done = floor.place("ann", "SELL", "MARKET", quantity="0.001").order_id
    ann, orders = floor.id("ann"), floor.exchange.orders

    def ids(query: GetOrders) -> list[int]:
        return [row.order_id for row in orders(ann, query).rows]

    assert ids(GetOrders()) == [done, *reversed(open_ids)]
    assert ids(GetOrders(status=StatusFilter.INCOMPLETE)) == [*reversed(open_ids)]
    assert ids(GetOrders(status=StatusFilter.COMPLETED)) == [done]
    assert ids(GetOrders(status=StatusFilter.FILLED, side=Side.SELL)) == [done]
    assert ids(GetOrders(symbol=WOO)) == []
    assert ids(GetOrders(start_time=floor.clock.now_ms())) == [done]
    assert ids(GetOrders(end_time=floor.clock.now_ms() - 1, page=2, size=2)) == [open_ids[0]]
    page = orders(ann, GetOrders(page=2, size=3))
    assert (page.meta.total, page.meta.records_per_page, page.meta.current_page) == (4, 3, 2)
    for wrong in (GetOrders(size=501), GetOrders(size=0), GetOrders(page=0)):
        with pytest.raises(Refusal):
            orders(ann, wrong)


def test_fills_go_on_from_an_id() -> None:
    floor = floor_with_a_touch()
    for _ in range(4):
        floor.place("ann", "BUY", "MARKET", quantity="0.001")

    def ids(query: GetTransactionHistory) -> list[int]:
        return [row.id for row in floor.exchange.transactions(floor.id("ann"), query).rows]

    newest_first = ids(GetTransactionHistory())
    assert newest_first == sorted(newest_first, reverse=True)
    assert ids(GetTransactionHistory(limit=2)) == newest_first[:2]
    assert ids(GetTransactionHistory(from_id=newest_first[2])) == newest_first[:3]
    assert ids(GetTransactionHistory(from_id=newest_first[2], limit=2)) == newest_first[1:3]


def test_the_order_that_finished_first_is_forgotten_first() -> None:
    floor = Floor("maker", "ann", history_kept=2)
    floor.limit("maker", "SELL", "1", "87010")
    waiting = floor.limit("ann", "BUY", "0.001", "80000")
    done = [floor.place("ann", "BUY", "MARKET", quantity="0.001").order_id for _ in range(3)]

    kept = [row.order_id for row in floor.exchange.orders(floor.id("ann"), GetOrders()).rows]

    assert kept == [done[2], done[1], waiting]
    assert len(floor.exchange.transactions(floor.id("ann"), GetTransactionHistory()).rows) == 2


def test_a_refusal_leaves_no_trace_in_the_balances() -> None:
    floor = Floor("ann")
    floor.open("cat", {"USDT": "1000"})

    assert floor.refused("cat", "SELL", "LIMIT", quantity="1", price="90000") == 302301
    assert [holding.token for holding in floor.exchange.balances(floor.id("cat"))] == ["USDT"]


def test_asking_for_an_order_that_is_not_there_is_refused() -> None:
    floor = Floor("ann", "bob")
    bobs = floor.limit("bob", "BUY", "0.001", "30000")

    for order_id in (1, bobs):
        with pytest.raises(Refusal) as refusal:
            floor.exchange.order(floor.id("ann"), order_id=order_id)
        assert refusal.value.code == -1006


def test_the_crowd_leaves_no_trace_but_its_trades() -> None:
    floor = Floor("ann")
    floor.open("crowd", PLENTY, watched=False)
    order_id = floor.limit("crowd", "SELL", "1", "87000")
    assert floor.exchange.take_events() == []

    floor.place("ann", "BUY", "MARKET", quantity="1")

    crowd = floor.id("crowd")
    told = {e.account_id for e in floor.exchange.take_events() if not isinstance(e, TradePrinted)}
    assert told == {floor.id("ann")}
    assert floor.exchange.transactions(crowd, GetTransactionHistory()).rows == ()
    assert floor.exchange.orders(crowd, GetOrders()).rows == ()
    with pytest.raises(Refusal):
        floor.exchange.order(crowd, order_id=order_id)


def test_the_window_shows_levels_with_the_decimals_of_the_wire() -> None:
    floor = floor_with_a_touch()
    floor.limit("ann", "BUY", "0.5", "86990")
    before = floor.exchange.version(BTC)

    bids, asks = floor.exchange.window(BTC, 10)

    assert (str(bids[0][0]), str(bids[0][1])) == ("86990.00", "1.500000")
    assert floor.exchange.best(BTC) == (bids[0], asks[0])
    assert (floor.exchange.mid(BTC), floor.exchange.last(BTC)) == (Decimal(87000), None)
    assert floor.exchange.version(BTC) == before
    with pytest.raises(Refusal, match="invalid symbol SPOT_NOPE_USDT"):
        floor.exchange.window("SPOT_NOPE_USDT", 10)


def test_an_account_is_worth_its_holdings_at_mid_prices() -> None:
    floor = floor_with_a_touch()
    floor.open("cat", {"USDT": "1000", "BTC": "2"})
    floor.limit("cat", "BUY", "0.01", "30000")

    info = floor.exchange.account_info(floor.id("cat"))
    state = floor.exchange.account_state(floor.id("cat"))

    assert (info.total_account_value, info.free_collateral) == (Decimal(175000), Decimal(174700))
    assert (info.taker_fee_rate, info.maker_fee_rate) == (Decimal(10), Decimal(8))
    assert (info.account_mode, info.position_mode) == ("FUTURES", "ONE_WAY")
    assert (state.account_mode, state.margin_mode, state.position_mode) == ("FUTURE", "CROSS", "ONE_WAY")
    assert (state.total_account_value, state.free_collateral) == (info.total_account_value, info.free_collateral)


def test_the_same_seed_gives_the_same_account_ids() -> None:
    def account_id(seed: int) -> str:
        return Exchange(clock=ManualClock(), seed=seed).open_account("ann", {}).id

    assert account_id(1) == account_id(1) != account_id(2)


def test_an_unknown_account_is_refused() -> None:
    with pytest.raises(Refusal):
        Floor().exchange.balances("nobody")
