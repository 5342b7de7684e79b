"""This file is the proof of what is read off two sides of levels."""

from decimal import Decimal

import pytest

from woodlot.book.book import Book
from woodlot.errors import ArgumentError, FloatRefused

D = Decimal


@pytest.fixture
def book() -> Book:
    made = Book(50)
    made.load([("99", "1"), ("98", "2"), ("97", "4")], [("101", "3"), ("102", "1"), ("104", "10")], ts=7)
    return made


def test_an_empty_side_has_no_prices() -> None:
    book = Book(50)
    book.load([("1", "1")], [], ts=1)

    assert (book.best_ask, book.mid, book.spread, book.micro_price) == (None, None, None, None)
    assert book.imbalance(5) == 1
    assert not book.is_crossed
    assert book.buy_quantity(1).missing == 1
    assert book.buy_quantity(1).average is None
    assert Book(50).imbalance(5) is None


def test_the_prices_between(book: Book) -> None:
    assert book.mid == 100
    assert book.spread == 2
    assert book.micro_price == D("99.5"), "one bid against three asks: the bid is used up first"
    assert book.imbalance(1) == D("-0.5")


def test_depth_is_what_rests_at_a_price_or_better(book: Book) -> None:
    assert book.bid_depth("98") == 3
    assert book.ask_depth("102.5") == 4
    assert book.ask_depth("100") == 0


def test_a_quantity_is_bought_level_by_level(book: Book) -> None:
    sweep = book.buy_quantity("5")

    assert (sweep.quantity, sweep.amount, sweep.worst, sweep.missing) == (5, 3 * 101 + 102 + 104, 104, 0)
    assert sweep.average == D("101.8")


def test_a_quantity_is_sold_level_by_level(book: Book) -> None:
    sweep = book.sell_quantity(10)

    assert (sweep.quantity, sweep.amount, sweep.worst, sweep.missing) == (7, 99 + 2 * 98 + 4 * 97, 97, 3)


def test_an_amount_is_spent_level_by_level(book: Book) -> None:
    sweep = book.buy_amount(303 + 51)

    assert (sweep.quantity, sweep.amount, sweep.worst, sweep.missing) == (D("3.5"), 354, 102, 0)
    assert book.sell_amount("1000").missing == 1000 - (99 + 2 * 98 + 4 * 97)


def test_sums_and_products_do_not_round() -> None:
    book = Book(50)
    book.load([], [("1234567890.12345", "9876543210.98765"), ("1234567890.12346", "0.00001")], ts=1)

    assert book.buy_quantity("9876543210.98765").amount == D("12193263113702107135.9549253925")
    assert book.ask_depth("2000000000") == D("9876543210.98766")


def test_a_float_or_less_than_nothing_is_refused(book: Book) -> None:
    with pytest.raises(FloatRefused):
        book.buy_quantity(0.1)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ArgumentError):
        book.sell_amount("-1")
