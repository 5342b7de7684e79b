"""Order types beyond the usual: adjusted post-only, ASK and BID, icebergs, RPI, the dead man's switch."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from tests.sandbox.floor import BTC, PLENTY, Floor, floor_with_a_touch

from woodlot.sandbox.exchange import Exchange, TradePrinted
from woodlot.sandbox.instruments import LISTING
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.enums import StatusFilter
from woodlot.wire.trade import GetOrders

WITH_RPI = [replace(item, is_allowed_rpi=True) for item in LISTING]


def rpi_floor() -> Floor:
    """A floor with a retail customer "ron" and an RPI maker who betters the public touch of 86990 and 87010."""
    floor = Floor("maker", "ann")
    floor.exchange = Exchange(clock=floor.clock, seed=7, listing=WITH_RPI)
    for name in ("maker", "ann", "rpi"):
        floor.open(name)
    floor.open("ron", is_retail=True)
    floor.limit("maker", "BUY", "1", "86990")
    floor.limit("maker", "SELL", "1", "87010")
    floor.place("rpi", "SELL", "RPI", quantity="0.5", price="87001")
    floor.exchange.take_events()
    return floor


def prices(floor: Floor, *, rpi: bool = False) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    bids, asks = floor.exchange.window(BTC, 10, rpi=rpi)
    return [(str(p), str(q)) for p, q in bids], [(str(p), str(q)) for p, q in asks]


@pytest.mark.parametrize(("side", "asked", "given"), [("BUY", "87050", 87009.99), ("SELL", "86000", 86990.01)])
def test_an_adjusted_post_only_order_moves_to_just_before_the_other_side(side: str, asked: str, given: float) -> None:
    floor = floor_with_a_touch()

    ack = floor.place("ann", side, "POST_ONLY", quantity="0.1", price=asked, post_only_adjusted=True)

    assert ack.price == Decimal(str(given))
    assert floor.story("ann") == ["NEW"]


def test_an_adjusted_post_only_order_that_crosses_nothing_stays_where_it_was_put() -> None:
    ack = floor_with_a_touch().place("ann", "BUY", "POST_ONLY", quantity="0.1", price="80000", post_only_adjusted=True)

    assert ack.price == 80000


@pytest.mark.parametrize(
    ("side", "kind", "level", "price"),
    [("BUY", "BID", None, 86990), ("BUY", "BID", 2, 86980), ("SELL", "ASK", 1, 87010), ("SELL", "ASK", 2, 87020)],
)
def test_bid_and_ask_orders_rest_at_their_level_of_the_book(
    side: str, kind: str, level: int | None, price: int
) -> None:
    floor = floor_with_a_touch()
    floor.limit("maker", "BUY", "1", "86980")
    floor.limit("maker", "SELL", "1", "87020")

    ack = floor.place("ann", side, kind, quantity="0.1", bid_ask_level=level)

    assert (ack.price, ack.bid_ask_level) == (price, level or 1)
    assert floor.status("ann", ack.order_id) == "NEW"


def test_a_buy_at_the_ask_takes_it_and_rests_with_what_is_left() -> None:
    floor = floor_with_a_touch()

    order_id = floor.place("ann", "BUY", "ASK", quantity="1.5").order_id

    assert floor.status("ann", order_id) == "PARTIAL_FILLED"
    assert prices(floor)[0][0] == ("87010.00", "0.500000")


def test_a_bid_by_amount_buys_what_the_amount_pays_for() -> None:
    ack = floor_with_a_touch().place("ann", "BUY", "BID", amount="8699")

    assert ack.quantity == Decimal("0.1")


@pytest.mark.parametrize(
    ("side", "kind", "fields", "code"),
    [
        ("BUY", "MARKET", {"quantity": "0.1"}, 302147),
        ("BUY", "ASK", {"quantity": "0.1"}, 302148),
        ("BUY", "BID", {"quantity": "0.1"}, 302149),
        ("SELL", "MARKET", {"amount": "1000"}, 302150),
        ("SELL", "ASK", {"amount": "1000"}, 302151),
        ("SELL", "BID", {"amount": "1000"}, 302152),
    ],
)
def test_without_margin_buys_are_by_amount_and_sells_by_quantity(
    side: str, kind: str, fields: dict[str, Any], code: int
) -> None:
    floor = floor_with_a_touch()
    floor.open("spot", PLENTY, mode="PURE_SPOT")

    assert floor.refused("spot", side, kind, **fields) == code


def test_an_iceberg_shows_its_tip_and_refills_behind_the_others() -> None:
    floor = floor_with_a_touch()
    ice = floor.limit("ann", "BUY", "1", "86995", visible_quantity="0.2")
    other = floor.limit("bob", "BUY", "0.1", "86995")
    assert prices(floor)[0][0] == ("86995.00", "0.300000")

    floor.place("maker", "SELL", "MARKET", quantity="0.25")

    assert (floor.row("ann", ice).executed, floor.row("bob", other).executed) == (Decimal("0.2"), Decimal("0.05"))
    assert prices(floor)[0][0] == ("86995.00", "0.250000")
    floor.place("maker", "SELL", "MARKET", quantity="0.85")
    assert (floor.status("ann", ice), floor.status("bob", other)) == ("FILLED", "FILLED")


def test_a_hidden_order_is_not_shown_and_comes_last_at_its_price() -> None:
    floor = floor_with_a_touch()
    hidden = floor.limit("ann", "SELL", "1", "87000", visible_quantity="0")
    assert prices(floor)[1][0] == ("87010.00", "1.000000")
    shown = floor.limit("bob", "SELL", "0.1", "87000")

    floor.place("maker", "BUY", "MARKET", quantity="0.3")

    assert floor.status("bob", shown) == "FILLED"
    assert floor.row("ann", hidden).executed == Decimal("0.2")
    assert floor.row("ann", hidden).visible == 0


def test_an_iceberg_can_be_cancelled_and_made_smaller() -> None:
    floor = floor_with_a_touch()
    ice = floor.limit("ann", "BUY", "1", "86995", visible_quantity="0.2")

    floor.edit("ann", ice, quantity="0.1")
    assert prices(floor)[0][0] == ("86995.00", "0.100000")
    assert floor.exchange.audit() == []
    floor.exchange.cancel(floor.id("ann"), order_id=ice)

    assert prices(floor)[0][0] == ("86990.00", "1.000000")
    assert floor.exchange.audit() == []


def test_an_api_taker_never_meets_an_rpi_order() -> None:
    floor = rpi_floor()
    assert prices(floor)[1] == [("87010.00", "1.000000")]
    assert prices(floor, rpi=True)[1] == [("87001.00", "0.500000"), ("87010.00", "1.000000")]

    floor.place("ann", "BUY", "MARKET", quantity="0.1")

    assert floor.exchange.last(BTC) == 87010


def test_a_retail_taker_gets_the_better_of_both_books() -> None:
    floor = rpi_floor()

    floor.place("ron", "BUY", "MARKET", quantity="0.7")

    trades = [event for event in floor.exchange.take_events() if isinstance(event, TradePrinted)]
    assert [(trade.price, trade.quantity, trade.rpi) for trade in trades] == [
        (87001, Decimal("0.5"), True),
        (87010, Decimal("0.2"), False),
    ]
    assert floor.exchange.audit() == []


def test_the_rpi_version_moves_without_the_public_one() -> None:
    floor = rpi_floor()
    public, both = floor.exchange.version(BTC), floor.exchange.version(BTC, rpi=True)

    floor.place("rpi", "BUY", "RPI", quantity="0.5", price="86995")

    assert floor.exchange.version(BTC) == public
    assert floor.exchange.version(BTC, rpi=True) > both


def test_an_rpi_order_that_would_match_ends_and_one_that_is_crossed_is_taken_away() -> None:
    floor = rpi_floor()
    ends = floor.place("rpi", "BUY", "RPI", quantity="0.1", price="87001").order_id
    assert floor.status("rpi", ends) == "CANCELLED"

    rests = floor.limit("ann", "BUY", "0.1", "87005")

    assert floor.status("ann", rests) == "NEW"
    assert floor.exchange.orders(floor.id("rpi"), GetOrders(status=StatusFilter.INCOMPLETE)).rows == ()
    assert floor.exchange.audit() == []


def test_nobody_is_kept_from_trading_with_himself() -> None:
    floor = floor_with_a_touch()
    floor.limit("ann", "SELL", "0.1", "87000")

    floor.limit("ann", "BUY", "0.1", "87000")

    assert floor.story("ann") == ["NEW", "NEW", "FILLED", "FILLED"]
    assert floor.exchange.audit() == []


def test_the_dead_mans_switch_cancels_everything_when_it_is_not_renewed() -> None:
    floor = floor_with_a_touch()
    mine, bobs = floor.limit("ann", "BUY", "0.1", "80000"), floor.limit("bob", "BUY", "0.1", "80000")
    ack = floor.exchange.cancel_all_after(floor.id("ann"), 5000)
    assert ack.expected_trigger_time.ms == floor.clock.now_ms() + 5000

    floor.clock.advance(4)
    floor.exchange.cancel_all_after(floor.id("ann"), 5000)
    floor.clock.advance(4)
    floor.exchange.tick()
    assert floor.status("ann", mine) == "NEW"
    floor.clock.advance(1)
    floor.exchange.tick()

    assert (floor.status("ann", mine), floor.status("bob", bobs)) == ("CANCELLED", "NEW")


def test_the_dead_mans_switch_is_switched_off_by_zero_and_refuses_a_day() -> None:
    floor = floor_with_a_touch()
    mine = floor.limit("ann", "BUY", "0.1", "80000")
    floor.exchange.cancel_all_after(floor.id("ann"), 1000)
    floor.exchange.cancel_all_after(floor.id("ann"), 0)
    floor.clock.advance(10)
    floor.exchange.tick()

    assert floor.status("ann", mine) == "NEW"
    with pytest.raises(Refusal) as refusal:
        floor.exchange.cancel_all_after(floor.id("ann"), 900_001)
    assert refusal.value.code == 317176


def test_several_orders_are_cancelled_by_either_id_and_those_that_are_gone_are_passed_over() -> None:
    floor = floor_with_a_touch()
    first = floor.limit("ann", "BUY", "0.1", "80000")
    floor.limit("ann", "BUY", "0.1", "80000", client_order_id=5)
    cancel = floor.exchange.cancel_several

    assert cancel(floor.id("ann"), order_ids=[first, 1], client_order_ids=[5]) == 2
    with pytest.raises(Refusal) as refusal:
        cancel(floor.id("ann"), order_ids=[first])
    assert refusal.value.code == 317184
