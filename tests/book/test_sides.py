"""This file is the proof that both sides in C are both sides in Python, and that a book on either is the same book."""

import json
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from woodlot import swift
from woodlot.book.book import Book
from woodlot.book.chain import Delta
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


def frame(bids: list[Level], asks: list[Level], *, prev_ts: int = 1, ts: int = 2) -> str:
    data = {"ts": ts, "bids": bids, "asks": asks, "prevTs": prev_ts, "s": "S"}
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
@given(
    first=st.tuples(plain_levels, plain_levels),
    steps=st.lists(st.tuples(st.sampled_from([1, 1, 1, 1, 2]), plain_levels, plain_levels), max_size=8),
)
@settings(max_examples=200, deadline=None)
def test_both_follow_the_same_updates_to_the_same_sides(
    first: tuple[list[Level], list[Level]], steps: list[tuple[int, list[Level], list[Level]]]
) -> None:
    assert swift.compiled is not None
    fast, plain = swift.compiled.Sides(DEPTH), Sides(DEPTH)
    for sides in (fast, plain):
        sides.load(*first)
        sides.ts = 1
    for ahead, bids, asks in steps:
        push = decode_frame(frame(bids, asks, prev_ts=fast.ts + ahead - 1, ts=fast.ts + 1))
        assert isinstance(push, Push)
        before, expected = fast.follow(push.delta, "S"), plain.follow(push.event, "S")
        if before is None or expected is None:
            assert before is expected
        else:
            assert (before.bids, before.asks, before.total) == (expected.bids, expected.asks, expected.total)
        assert (shown(fast), fast.ts) == (shown(plain), plain.ts)


@given(first=st.tuples(any_levels, any_levels), bids=any_levels, asks=any_levels)
@settings(max_examples=300, deadline=None)
def test_what_follows_is_what_is_applied_or_changes_nothing(
    first: tuple[list[Level], list[Level]], bids: list[Level], asks: list[Level]
) -> None:
    sides, applied = Sides(DEPTH), Sides(DEPTH)
    for each in (sides, applied):
        try:
            each.load(*first)
        except ValueError:
            assume(False)
        each.ts = 1
    was = shown(sides)
    before = sides.follow(Delta("S", 1, 2, bids, asks), "S")
    if before is None:
        assert (shown(sides), sides.ts) == (was, 1)
    else:
        expected = applied.apply(bids, asks)
        assert (before.bids, before.asks, before.total) == (expected.bids, expected.asks, expected.total)
        assert sides.ts == 2
        assert shown(sides) == shown(applied)
        assert sides.is_possible


@pytest.mark.parametrize("seed", range(6))
def test_sides_that_follow_for_long_are_two_dicts_of_decimals_in_order(seed: int) -> None:
    chance = Random(seed)
    sides, model = Sides(400), (dict[Decimal, Decimal](), dict[Decimal, Decimal]())
    for ts in range(1, 400):
        changed = tuple(
            [_drawn_level(chance, low, respelled=ts > 300) for _ in range(chance.randrange(12))] for low in (1, 600)
        )
        assert sides.follow(Delta("S", ts - 1, ts, *changed), "S") is not None
        for side, levels in zip(model, changed, strict=True):
            for price, size in levels:
                side.pop(Decimal(price), None)
                if Decimal(size):
                    side[Decimal(price)] = Decimal(size)
        bids, asks = sorted(model[0].items(), reverse=True), sorted(model[1].items())
        assert (sides.best_bid, sides.best_ask) == (bids[0] if bids else None, asks[0] if asks else None)
        if ts % 7 == 0:
            assert [[(Decimal(p), Decimal(s)) for p, s in side] for side in sides.spelled()] == [bids, asks]
            assert [[(Decimal(p), Decimal(s)) for p, s in side] for side in sides.spelled(3)] == [bids[:3], asks[:3]]


def _drawn_level(chance: Random, low: int, *, respelled: bool) -> Level:
    price = f"{low + chance.randrange(500)}.{chance.choice(['0', '5'])}"
    tail = "0" * chance.randrange(3) if respelled else ""
    return price + tail, chance.choice(["0", "0.00", f"{chance.randrange(1, 9)}.50"])


@pytest.mark.parametrize(("symbol", "prev_ts", "ts"), [("T", 1, 2), ("S", 0, 2), ("S", 2, 3), ("S", 1, 1), ("S", 1, 0)])
def test_an_update_that_does_not_follow_changes_nothing(symbol: str, prev_ts: int, ts: int) -> None:
    book = Book(DEPTH)
    book.load([("1", "1")], [("2", "1")], ts=1)
    push = decode_frame(frame([("1", "5")], [], prev_ts=prev_ts, ts=ts))
    assert isinstance(push, Push)

    assert book.sides.follow(push.delta or push.event, symbol) is None
    assert (book.ts, book.spelled()) == (1, ([("1", "1")], [("2", "1")]))


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
        assert (book.sides.spelled(), book.best_bid, book.best_ask) == (
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
        lambda: sides.follow(1),
        lambda: swift.compiled.Sides("x"),  # type: ignore[union-attr]
        lambda: swift.compiled.read(b""),  # type: ignore[union-attr]
        lambda: swift.compiled.read(b"", 5),  # type: ignore[union-attr]
    ):
        with pytest.raises(TypeError):
            call()
    assert sides.take(object()) is None
    assert sides.follow(object(), "S") is None
    assert swift.compiled.read(5, Push) is None  # type: ignore[arg-type]
