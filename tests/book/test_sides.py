"""This file is the proof that both sides in C are both sides in Python, and that a book on either is the same book."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from woodlot import swift
from woodlot.book.book import Book
from woodlot.book.numbers import Level
from woodlot.book.sides import Sides
from woodlot.wire.frames import Push, decode_frame

compiled = pytest.mark.skipif(swift.compiled is None, reason="the hot path is not compiled here")
DEPTH = 5

plain_prices = st.sampled_from(["1", "1.0", "1.00", "2", "2.5", "2.50", "3", "9.99", "10", "10.000", "0.5", "11", "12"])
sizes = st.sampled_from(["0", "0.000", "1", "1.50", "0.00020", "999999.99999"])
unusual = st.sampled_from(
    [("1E+1", "1"), ("1", "2e-7"), ("1.2345678901234567", "1"), ("2", "0E-8"), ("0.0000000000000000000001", "1")]
)
broken = st.sampled_from([("0", "1"), ("-1", "1"), ("1", "NaN"), ("x", "1"), ("1", "1e999"), ("1", "")])
plain_levels = st.lists(st.tuples(plain_prices, sizes), max_size=8)
any_levels = st.lists(
    st.one_of(*[st.tuples(plain_prices, sizes)] * 6, unusual, broken), max_size=8
)  # fmt: skip


def shown(sides: Any) -> tuple[Any, ...]:
    return sides.spelled(), sides.spelled(2), sides.best_bid, sides.best_ask, sides.is_crossed, sides.is_possible


def frame(bids: list[Level], asks: list[Level]) -> str:
    data = {"ts": 2, "bids": bids, "asks": asks, "prevTs": 1, "s": "S"}
    return json.dumps({"topic": "orderbookupdate@S@50", "ts": 3, "data": data}, separators=(",", ":"))


@compiled
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["load", "apply", "take", "trim", "apply"]), plain_levels, plain_levels), max_size=12
    )
)
@settings(max_examples=150, deadline=None)
def test_plain_levels_make_the_same_sides(steps: list[tuple[str, list[Level], list[Level]]]) -> None:
    assert swift.compiled is not None
    fast, plain = swift.compiled.Sides(DEPTH), Sides(DEPTH)
    for step, bids, asks in steps:
        match step:
            case "load":
                assert fast.load(bids, asks) is True
                plain.load(bids, asks)
            case "trim":
                assert fast.trim() == plain.trim()
            case _:
                push = decode_frame(frame(bids, asks))
                assert isinstance(push, Push)
                before = fast.take(push.delta) if step == "take" else fast.apply(bids, asks)
                expected = plain.apply(bids, asks)
                assert before is not None, "declined"
                assert (before.bids, before.asks, before.total) == (expected.bids, expected.asks, expected.total)
        assert shown(fast) == shown(plain), step


@compiled
@given(first=plain_levels, bids=any_levels, asks=any_levels)
@settings(max_examples=150, deadline=None)
def test_what_is_declined_changes_nothing(first: list[Level], bids: list[Level], asks: list[Level]) -> None:
    assert swift.compiled is not None
    fast = swift.compiled.Sides(DEPTH)
    fast.load(first, first)
    before = shown(fast)
    if fast.apply(bids, asks) is None:
        assert shown(fast) == before
        assert fast.load(bids, asks) is False
        assert shown(fast) == before


@given(
    steps=st.lists(st.tuples(st.sampled_from(["load", "apply", "apply", "trim"]), any_levels, any_levels), max_size=8)
)
@settings(max_examples=150, deadline=None)
def test_a_book_shows_and_refuses_what_plain_sides_do(steps: list[tuple[str, list[Level], list[Level]]]) -> None:
    book, plain = Book(DEPTH), Sides(DEPTH)
    for step, bids, asks in steps:
        outcomes: list[Any] = []
        for target, more in ((book, {"ts": 1}), (plain, {})):
            try:
                outcome: Any = target.trim() if step == "trim" else getattr(target, step)(bids, asks, **more)
                outcomes.append((outcome.bids, outcome.asks) if step == "apply" else outcome)
            except ValueError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]
        assert (book._sides.spelled(), book.best_bid, book.best_ask) == (
            plain.spelled(),
            plain.best_bid,
            plain.best_ask,
        )
        assert (book.is_crossed, book.is_possible) == (plain.is_crossed, plain.is_possible)


@compiled
def test_a_level_is_made_once_until_it_changes() -> None:
    assert swift.compiled is not None
    sides = swift.compiled.Sides(DEPTH)
    sides.load([("1", "1"), ("2", "1")], [])
    (best, second), _ = sides.spelled()
    touch = sides.best_bid

    sides.apply([("1", "5")], [])

    assert sides.spelled()[0][0] is best
    assert sides.spelled()[0][1] == ("1", "5")
    assert second == ("1", "1"), "what was read stays"
    assert sides.best_bid is touch


@compiled
@pytest.mark.parametrize(
    "levels", [[["1", "1"]], [("1",)], [("1", "2", "3")], [(1, 2)], [None], ["12"], [("1", "\u0661")]]
)
def test_levels_that_are_no_pairs_of_texts_are_declined(levels: Any) -> None:
    assert swift.compiled is not None
    sides = swift.compiled.Sides(DEPTH)
    assert sides.apply(levels, []) is None
    assert sides.apply([], levels) is None
    assert sides.load(levels, []) is False


@compiled
def test_wrong_arguments_are_an_error_and_no_crash() -> None:
    assert swift.compiled is not None
    sides: Any = swift.compiled.Sides(DEPTH)
    for call in (
        lambda: sides.apply([]),
        lambda: sides.apply(1, 2),
        lambda: sides.load([]),
        lambda: sides.spelled("x"),
        lambda: sides.spelled(1, 2),
        lambda: swift.compiled.Sides("x"),  # type: ignore[union-attr]
        lambda: swift.compiled.read(b""),  # type: ignore[union-attr]
        lambda: swift.compiled.read(b"", 5),  # type: ignore[union-attr]
    ):
        with pytest.raises(TypeError):
            call()
    assert sides.take(object()) is None
    assert swift.compiled.read(5, Push) is None  # type: ignore[arg-type]
