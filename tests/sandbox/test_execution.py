"""What orders of each kind do: what they trade, freeze and pay, how they end, and in which order it is told."""

from decimal import Decimal

import pytest
from tests.sandbox.floor import BTC, WOO, Floor, floor_with_a_touch

from woodlot.sandbox.exchange import BalancesChanged, Reported, TradePrinted
from woodlot.sandbox.quirks import Quirks
from woodlot.wire.enums import OrderStatus, Side
from woodlot.wire.trade import GetTransactionHistory


def test_a_far_buy_rests_freezes_its_price_and_is_acknowledged_as_recorded() -> None:
    floor = floor_with_a_touch()

    ack = floor.place("ann", "BUY", "LIMIT", quantity="0.001", price="30000", client_order_id=9)

    assert len(str(ack.order_id)) == 11
    assert (ack.client_order_id, ack.type, ack.price) == (9, "LIMIT", Decimal(30000))
    assert (ack.quantity, ack.amount, ack.bid_ask_level) == (Decimal("0.001"), None, None)
    assert floor.held("ann", "USDT") == (Decimal(1000000), Decimal(30))
    assert floor.story("ann") == ["NEW"]


def test_two_orders_meet_at_the_price_of_the_one_that_waited() -> None:
    floor = Floor("ann", "bob")
    floor.limit("ann", "SELL", "0.5", "87000")
    floor.limit("bob", "BUY", "0.2", "88000")

    taker = floor.exchange.transactions(floor.id("bob"), GetTransactionHistory()).rows[0]
    maker = floor.exchange.transactions(floor.id("ann"), GetTransactionHistory()).rows[0]

    assert (taker.executed_price, taker.executed_quantity, taker.is_maker) == (Decimal(87000), Decimal("0.2"), 0)
    assert (taker.fee, taker.fee_asset) == (Decimal("0.0002"), "BTC")
    assert (maker.fee, maker.fee_asset, maker.is_maker) == (Decimal("13.92"), "USDT", 1)
    assert floor.held("bob", "BTC") == (Decimal("10.1998"), 0)
    assert floor.held("bob", "USDT") == (Decimal(1000000 - 17400), 0)
    assert floor.held("ann", "USDT") == (Decimal("1017386.08"), 0)
    assert floor.held("ann", "BTC") == (Decimal("9.8"), Decimal("0.3"))


def test_events_tell_new_then_fills_then_the_end_and_balances_behind() -> None:
    floor = Floor("ann", "bob")
    floor.limit("ann", "SELL", "0.1", "87000")
    floor.limit("ann", "SELL", "0.1", "87010")
    floor.exchange.take_events()

    floor.place("bob", "BUY", "IOC", quantity="0.3", price="87010")

    events = floor.exchange.take_events()
    assert [type(event) for event in events] == [
        Reported,
        *[TradePrinted, Reported, Reported] * 2,
        Reported,
        BalancesChanged,
        BalancesChanged,
    ]
    told = [e.report for e in events if isinstance(e, Reported) and e.account_id == floor.id("bob")]
    assert [report.status for report in told] == ["NEW", "PARTIAL_FILLED", "PARTIAL_FILLED", "CANCELLED"]
    assert [report.total_executed_quantity for report in told] == [Decimal(x) for x in ("0", "0.1", "0.2", "0.2")]
    assert told[-1].trade_id == 0
    assert told[-1].reason
    prints = [event for event in events if isinstance(event, TradePrinted)]
    assert [(p.price, p.quantity, p.side) for p in prints] == [
        (Decimal(87000), Decimal("0.1"), Side.BUY),
        (Decimal(87010), Decimal("0.1"), Side.BUY),
    ]


def test_a_report_carries_everything_the_page_documents() -> None:
    floor = floor_with_a_touch()
    order_id = floor.limit("ann", "BUY", "1.5", "87010", client_order_id=3, order_tag="grid")

    new, fill = floor.reports("ann")

    assert (new.trade_id, new.executed_quantity, new.fee, new.fee_asset) == (0, 0, 0, "BTC")
    assert (fill.order_id, fill.client_order_id, fill.order_tag, fill.symbol) == (order_id, 3, "grid", BTC)
    assert (fill.quantity, fill.price, fill.visible_quantity) == (Decimal("1.5"), Decimal(87010), Decimal("1.5"))
    assert (fill.executed_quantity, fill.executed_price) == (Decimal(1), Decimal(87010))
    assert (fill.total_executed_quantity, fill.average_executed_price) == (Decimal(1), Decimal(87010))
    assert (fill.fee, fill.fee_asset, fill.total_fee, fill.total_fee_currency) == (
        Decimal("0.001"),
        "BTC",
        Decimal("0.001"),
        "BTC",
    )
    assert (fill.is_maker, fill.reduce_only, fill.margin_mode, fill.reason) == (False, False, "CROSS", "")
    assert fill.ts == floor.clock.now_ms()
    assert fill.trade_id > 0


def test_a_maker_is_told_of_each_fill_as_maker() -> None:
    floor = floor_with_a_touch()
    floor.limit("ann", "BUY", "0.4", "87010")
    floor.limit("bob", "BUY", "0.6", "87010")

    first, second = floor.reports("maker")

    assert (first.status, first.total_executed_quantity, first.is_maker) == ("PARTIAL_FILLED", Decimal("0.4"), True)
    assert (second.status, second.total_executed_quantity, second.is_maker) == ("FILLED", Decimal(1), True)
    assert second.trade_id > first.trade_id


def test_a_market_buy_by_quantity_reads_back_with_its_reserve_as_recorded() -> None:
    floor = Floor("ann", "bob")
    floor.limit("bob", "BUY", "100", "0.95", symbol=WOO)
    floor.limit("bob", "SELL", "100", "0.96001", symbol=WOO)

    ack = floor.place("ann", "BUY", "MARKET", symbol=WOO, quantity="10")
    row = floor.exchange.order(floor.id("ann"), order_id=ack.order_id)

    assert ack.amount is None
    assert (row.quantity, row.amount, row.price) == (Decimal(10), Decimal("10.505"), None)
    assert (row.visible, row.executed, row.status) == (0, Decimal(10), "FILLED")
    assert (row.average_executed_price, row.total_fee, row.fee_asset) == (Decimal("0.96001"), Decimal("0.01"), "WOO")
    assert floor.held("ann", "USDT")[1] == 0


def test_a_market_buy_on_a_one_sided_market_reserves_from_its_best_ask() -> None:
    floor = Floor("ann", "bob")
    floor.limit("bob", "SELL", "1", "87000")

    order_id = floor.place("ann", "BUY", "MARKET", quantity="0.001").order_id

    row = floor.exchange.order(floor.id("ann"), order_id=order_id)
    assert (row.status, row.amount) == ("FILLED", Decimal("95.7"))


def test_a_market_order_by_amount_ends_filled_when_only_dust_is_left() -> None:
    floor = floor_with_a_touch()

    order_id = floor.place("ann", "BUY", "MARKET", amount="100").order_id

    row = floor.exchange.order(floor.id("ann"), order_id=order_id)
    assert (row.status, row.quantity, row.amount) == ("FILLED", None, Decimal(100))
    assert row.executed == Decimal("0.001149")
    assert [report.quantity for report in floor.reports("ann")] == [0, 0]


def test_dust_may_end_a_market_order_cancelled() -> None:
    floor = floor_with_a_touch(quirks=Quirks(market_by_amount_with_dust_ends_filled=False))

    floor.place("ann", "BUY", "MARKET", amount="100")

    assert floor.story("ann") == ["NEW", "PARTIAL_FILLED", "CANCELLED"]


def test_a_market_sell_by_amount_stops_at_what_it_was_to_bring() -> None:
    floor = floor_with_a_touch()

    floor.place("ann", "SELL", "MARKET", amount="100")

    (fill,) = floor.exchange.transactions(floor.id("ann"), GetTransactionHistory()).rows
    assert fill.executed_quantity == Decimal("0.001149")
    assert floor.story("ann") == ["NEW", "FILLED"]


def test_a_market_order_does_not_walk_beyond_the_band() -> None:
    floor = floor_with_a_touch()
    floor.limit("maker", "SELL", "1", "95700.01")
    floor.exchange.take_events()

    floor.place("ann", "BUY", "MARKET", quantity="2")

    assert floor.story("ann") == ["NEW", "PARTIAL_FILLED", "CANCELLED"]
    assert floor.held("ann", "USDT") == (Decimal(1000000 - 87010), 0)


@pytest.mark.parametrize("size", [{"quantity": "0.001"}, {"amount": "100"}])
@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_a_market_order_on_an_empty_book_is_accepted_and_cancelled(side: str, size: dict[str, str]) -> None:
    floor = Floor("ann")

    floor.place("ann", side, "MARKET", **size)

    events = floor.exchange.take_events()
    assert [e.report.status for e in events if isinstance(e, Reported)] == ["NEW", "CANCELLED"]
    assert not [event for event in events if isinstance(event, BalancesChanged)]


def test_fill_or_kill_takes_all_or_nothing() -> None:
    floor = floor_with_a_touch()

    floor.place("ann", "BUY", "FOK", quantity="1.1", price="87010")
    floor.place("ann", "BUY", "FOK", quantity="1", price="87010")

    assert floor.story("ann") == ["NEW", "CANCELLED", "NEW", "FILLED"]


def test_a_crossing_post_only_ends_cancelled_and_a_patient_one_rests() -> None:
    floor = floor_with_a_touch()

    floor.place("ann", "BUY", "POST_ONLY", quantity="0.001", price="87010")
    floor.place("ann", "BUY", "POST_ONLY", quantity="0.001", price="87009.99")

    assert floor.story("ann") == ["NEW", "CANCELLED", "NEW"]


def test_a_crossing_post_only_may_end_rejected() -> None:
    floor = floor_with_a_touch(quirks=Quirks(crossing_post_only_ends=OrderStatus.REJECTED))

    floor.place("ann", "BUY", "POST_ONLY", quantity="0.001", price="87010")
    floor.place("ann", "BUY", "POST_ONLY", quantity="0.001", price="87000")

    assert floor.story("ann") == ["REJECTED", "NEW"]


def test_new_may_be_left_out_before_an_immediate_fill() -> None:
    floor = floor_with_a_touch(quirks=Quirks(new_before_immediate_fill=False))

    floor.place("ann", "BUY", "MARKET", quantity="0.001")
    floor.limit("ann", "BUY", "0.001", "30000")

    assert floor.story("ann") == ["FILLED", "NEW"]


def test_a_partly_filled_market_order_may_end_filled() -> None:
    floor = floor_with_a_touch(quirks=Quirks(partial_market_ends=OrderStatus.FILLED))

    floor.place("ann", "BUY", "MARKET", quantity="2")

    assert floor.story("ann") == ["NEW", "PARTIAL_FILLED", "FILLED"]


def test_a_cancel_gives_back_what_was_frozen() -> None:
    floor = floor_with_a_touch()
    order_id = floor.limit("ann", "SELL", "0.5", "90000")

    floor.exchange.cancel(floor.id("ann"), order_id=order_id, symbol=BTC)

    assert floor.story("ann") == ["NEW", "CANCELLED"]
    assert floor.held("ann", "BTC") == (Decimal(10), 0)


def test_an_edit_keeps_the_id_and_freezes_for_the_new_order() -> None:
    floor = floor_with_a_touch()
    order_id = floor.limit("ann", "BUY", "0.001", "30000")

    floor.edit("ann", order_id, price="40000", quantity="0.002")

    new, replaced = floor.reports("ann")
    assert (new.status, replaced.status) == ("NEW", "REPLACED")
    assert (replaced.order_id, replaced.price, replaced.quantity) == (order_id, Decimal(40000), Decimal("0.002"))
    assert floor.status("ann", order_id) == "NEW"
    assert floor.held("ann", "USDT")[1] == Decimal(80)


def test_an_edit_that_crosses_trades_at_once() -> None:
    floor = floor_with_a_touch()
    order_id = floor.limit("ann", "BUY", "1.5", "80000")

    floor.edit("ann", order_id, price="87010")

    assert floor.story("ann") == ["NEW", "REPLACED", "PARTIAL_FILLED"]
    assert floor.held("ann", "USDT")[1] == Decimal("0.5") * 87010


def test_a_post_only_order_edited_across_the_touch_ends() -> None:
    floor = floor_with_a_touch()
    order_id = floor.place("ann", "BUY", "POST_ONLY", quantity="0.5", price="80000").order_id

    floor.edit("ann", order_id, price="87010")

    assert floor.story("ann") == ["NEW", "REPLACED", "CANCELLED"]
    assert floor.held("ann", "USDT") == (Decimal(1000000), 0)


@pytest.mark.parametrize(
    ("edit", "keeps_its_place"),
    [({"quantity": "0.2"}, True), ({"quantity": "0.4"}, False), ({"price": "87001"}, False)],
)
def test_only_a_smaller_order_keeps_its_place(edit: dict[str, str], keeps_its_place: bool) -> None:
    floor = Floor("ann", "bob", "cat")
    anns = floor.limit("ann", "SELL", "0.3", "87000")
    floor.limit("bob", "SELL", "0.3", "87000")

    floor.edit("ann", anns, **edit)
    floor.place("cat", "BUY", "MARKET", quantity="0.1")

    assert (floor.status("ann", anns) == "PARTIAL_FILLED") is keeps_its_place


def test_the_quantity_of_an_edit_is_the_new_total() -> None:
    floor = Floor("ann", "bob")
    order_id = floor.limit("ann", "SELL", "0.3", "87000")
    floor.limit("bob", "BUY", "0.1", "87000")

    floor.edit("ann", order_id, quantity="0.15")

    row = floor.exchange.order(floor.id("ann"), order_id=order_id)
    assert (row.status, row.quantity, row.executed) == ("PARTIAL_FILLED", Decimal("0.15"), Decimal("0.1"))
    assert floor.held("ann", "BTC")[1] == Decimal("0.05")


def test_trading_with_oneself_costs_the_fees_and_makes_two_fills() -> None:
    floor = Floor("ann")
    floor.limit("ann", "SELL", "0.1", "87000")
    floor.limit("ann", "BUY", "0.1", "87000")

    rows = floor.exchange.transactions(floor.id("ann"), GetTransactionHistory()).rows

    assert len({row.id for row in rows}) == 2
    assert floor.held("ann", "BTC") == (Decimal("9.9999"), 0)
    assert floor.held("ann", "USDT") == (Decimal("999993.04"), 0)
    assert floor.exchange.audit() == []


def test_both_sides_may_share_a_trade_id() -> None:
    floor = Floor("ann", "bob", quirks=Quirks(trade_id_per_side=False))
    floor.limit("ann", "SELL", "0.1", "87000")
    floor.limit("bob", "BUY", "0.1", "87000")

    ids = {floor.exchange.transactions(floor.id(name), GetTransactionHistory()).rows[0].id for name in ("ann", "bob")}

    assert len(ids) == 1
