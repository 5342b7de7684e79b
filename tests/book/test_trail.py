"""This file is the proof that a book can be shown as it was, for as long as the trail reaches."""

from itertools import count, islice
from random import Random

import pytest
from proofs.book_exchange import Exchange, Update
from proofs.book_weather import window_of

from woodlot.book.book import Book
from woodlot.book.chain import Delta
from woodlot.book.trail import MOST_DELTAS_HELD, MOST_LEVELS, SPAN_MS, Trail


def applied(book: Book, trail: Trail, update: Update) -> None:
    delta = Delta("S", update.prev_ts, update.ts, update.bids, update.asks)
    trail.add(delta, book.apply(delta.bids, delta.asks, ts=delta.ts))


@pytest.mark.parametrize("seed", range(5))
def test_a_book_is_rewound_to_every_moment_of_its_trail(seed: int) -> None:
    exchange = Exchange(Random(seed), depth=8)
    book, trail = Book(8), Trail()
    trail.hold()
    timestamp, bids, asks = exchange.snapshot(lag_ms=0)
    book.load(bids, asks, ts=timestamp)
    for _ in range(300):
        if update := exchange.step():
            applied(book, trail, update)

    now = window_of(book)
    for ts, window in exchange.truth.items():
        then = trail.rewound(book, ts)
        assert then is not None, f"{ts} is forgotten"
        assert (then.ts, window_of(then)) == (ts, window)
    assert window_of(book) == now, "the book itself does not move"


def test_between_two_updates_nothing_is_known() -> None:
    book, trail = Book(8), Trail()
    applied(book, trail, Update(100, 200, [("1", "1")], []))

    assert trail.rewound(book, 150) is None
    assert trail.rewound(book, 50) is None
    assert trail.rewound(book, 250) is None
    assert trail.rewound(book, 200) is book


def test_a_price_named_twice_and_one_no_float_can_hold_are_undone_too() -> None:
    book, trail = Book(8), Trail()
    book.load([("1", "1")], [], ts=100)
    applied(book, trail, Update(100, 200, [("1", "0"), ("1.0", "7"), ("1.00", "8"), ("2", "1"), ("2", "0")], []))
    applied(book, trail, Update(200, 300, [("1.0000000000000001", "5")], [("3", "1")]))

    then = trail.rewound(book, 100)

    assert then is not None
    assert then.spelled() == ([("1", "1")], [])


def test_a_trail_is_bounded_in_levels_unless_it_is_held() -> None:
    book, trail = Book(50), Trail()
    numbers = count()

    def apply(updates: int) -> int:
        for number in islice(numbers, updates):
            applied(book, trail, Update(number, number + 1, [("1", "1"), ("2", "2")], []))
        return len(trail)

    lengths = {apply(1) for _ in range(4 * MOST_LEVELS)}
    assert (MOST_LEVELS // 3 in lengths, max(lengths)) == (True, MOST_LEVELS * 5 // 4 // 3)

    before = len(trail)
    trail.hold()
    assert apply(MOST_LEVELS) == before + MOST_LEVELS

    trail.release()
    assert apply(1) == MOST_LEVELS // 3


def test_updates_that_say_nothing_are_bounded_too() -> None:
    book, trail = Book(50), Trail()
    for number in range(4 * MOST_LEVELS):
        applied(book, trail, Update(number, number + 1, [], []))
        assert len(trail) <= MOST_LEVELS * 5 // 4


def test_a_held_trail_is_bounded_in_time_and_count() -> None:
    book, trail = Book(50), Trail()
    trail.hold()
    for number in range(MOST_DELTAS_HELD + 10):
        applied(book, trail, Update(number, number + 1, [], []))
    assert len(trail) == MOST_DELTAS_HELD

    applied(book, trail, Update(MOST_DELTAS_HELD + 10, SPAN_MS * 2, [], []))
    assert len(trail) == 1
