"""This file is the proof of how a book takes over levels, and how a view of it stays."""

from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest

from woodlot.book.book import Book

D = Decimal


@pytest.fixture
def book() -> Book:
    made = Book(50)
    made.load([("99", "1"), ("98", "2"), ("97", "4")], [("101", "3"), ("102", "1"), ("104", "10")], ts=7)
    return made


def test_the_best_levels_come_first(book: Book) -> None:
    assert book.best_bid == (D(99), D(1))
    assert book.best_ask == (D(101), D(3))
    assert book.levels(2) == ([(D(99), D(1)), (D(98), D(2))], [(D(101), D(3)), (D(102), D(1))])
    assert book.ts == 7


def test_a_delta_is_taken_over_wholly_or_not_at_all(book: Book) -> None:
    before = book.view()

    with pytest.raises(ValueError, match="plain number"):
        book.apply([("99", "0")], [("101", "NaN")], ts=8)
    with pytest.raises(ValueError, match="plain number"):
        book.load([("99", "1")], [("x", "1")], ts=8)

    assert book.view() == before


def test_a_side_never_holds_more_than_its_depth() -> None:
    book = Book(2)
    book.load([("1", "1"), ("2", "1"), ("3", "1")], [("7", "1"), ("6", "1"), ("5", "1")], ts=1)
    assert book.levels(9) == ([(3, 1), (2, 1)], [(5, 1), (6, 1)])

    book.apply([("4", "1"), ("2", "0")], [], ts=2)
    assert book.trim() == 0
    book.apply([("1", "1")], [("4.5", "1")], ts=3)
    assert book.trim() == 2
    assert book.levels(9) == ([(4, 1), (3, 1)], [(D("4.5"), 1), (5, 1)])


@pytest.mark.parametrize(
    ("bid", "ask", "is_crossed"),
    [
        ("1", "2", False),
        ("2", "2.0", True),
        ("3", "2", True),
        ("0.3", "0.30000000000000001", False),
        ("0.30000000000000001", "0.3", True),
        ("0.3", "0.30000000000000000", True),
    ],
)
def test_a_book_is_crossed_where_a_bid_reaches_an_ask(bid: str, ask: str, is_crossed: bool) -> None:
    book = Book(50)
    book.load([(bid, "1")], [(ask, "1")], ts=1)

    assert book.is_crossed is is_crossed


def test_a_view_stays_while_the_book_moves(book: Book) -> None:
    view = book.view(2)

    book.apply([("99", "0")], [], ts=8)

    assert view.ts == 7
    assert view.best_bid == (D(99), D(1))
    assert view.mid == 100
    assert len(view.bids) == len(view.asks) == 2
    assert book.best_bid == (D(98), D(2))
    with pytest.raises(FrozenInstanceError):
        view.ts = 9  # pyright: ignore[reportAttributeAccessIssue]


def test_a_time_that_no_machine_word_holds_is_shown_as_it_was_told() -> None:
    book = Book(5)
    book.load([("1", "1")], [("2", "1")], ts=2**63)
    book.apply([("1", "0")], [], ts=2**64)
    assert (book.ts, book.spelled()) == (2**64, ([], [("2", "1")]))

    book.load([("1", "1")], [], ts=7)
    assert book.ts == 7
