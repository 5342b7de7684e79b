"""This file is the proof of how our own orders are marked in a book."""

from dataclasses import dataclass
from decimal import Decimal

from woodlot.book.book import Book
from woodlot.desk.own_orders import OwnLevel, overlay
from woodlot.wire.enums import Side

D = Decimal
NOTHING = D(0)


@dataclass(frozen=True)
class Resting:
    """An open order."""

    side: Side
    price: Decimal | None
    quantity: Decimal | None
    filled_quantity: Decimal = NOTHING
    symbol: str = "S"


def book() -> Book:
    made = Book(50)
    made.load([("100.0", "3"), ("99", "1")], [("101", "2")], ts=7)
    return made


def test_orders_of_one_price_add_up_and_what_is_filled_does_not_count() -> None:
    orders = [Resting(Side.BUY, D(100), D(1)), Resting(Side.BUY, D("100.00"), D(2), filled_quantity=D("1.5"))]

    view = overlay(book().view(), orders)

    assert view.ts == 7
    assert view.bids == (OwnLevel(D(100), D(3), D("1.5")), OwnLevel(D(99), D(1), D(0)))
    assert view.bids[0].others == D("1.5")


def test_an_order_outside_the_window_is_shown_in_its_place() -> None:
    view = overlay(book().view(1), [Resting(Side.BUY, D(90), D(1)), Resting(Side.SELL, D("100.5"), D(1))])

    assert [(level.price, level.size) for level in view.bids] == [(100, 3), (90, 0)]
    assert [(level.price, level.size) for level in view.asks] == [(D("100.5"), 0), (101, 2)]


def test_an_order_without_a_price_or_nothing_left_rests_nowhere() -> None:
    orders = [
        Resting(Side.BUY, None, D(1)),
        Resting(Side.BUY, D(95), None),
        Resting(Side.BUY, D(95), D(1), filled_quantity=D(1)),
    ]

    assert [level.price for level in overlay(book().view(), orders).bids] == [100, 99]


def test_while_the_book_lags_behind_our_order_nothing_is_others() -> None:
    [level, _] = overlay(book().view(), [Resting(Side.BUY, D(100), D(5))]).bids

    assert (level.own, level.others) == (5, 0)
