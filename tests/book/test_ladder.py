"""This file is the proof that a ladder is exact, whatever the spelling, against a plain dict of Decimal."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from woodlot.book.ladder import Best, Ladder
from woodlot.book.numbers import Level, read


def ladder(*levels: Level, best: Best = Best.LOWEST) -> Ladder:
    made = Ladder(best)
    change(made, *levels)
    return made


def change(target: Ladder, *levels: Level) -> None:
    """Do to one side what a book does to both."""
    reading = read(levels, as_decimal=target.is_decimal)
    if reading.needs_decimal and not target.is_decimal:
        target.use_decimal()
    target.apply(levels, reading.keys, reading.sizes)


def spellings(number: Decimal) -> st.SearchStrategy[str]:
    """Every way the wire might spell one number."""
    plain = format(number, "f")
    tailed = f"{plain}00" if "." in plain else f"{plain}.0"
    return st.sampled_from([plain, tailed, f"{number:E}", f"{number:e}".replace("e+", "e")])


prices = st.one_of(
    st.sampled_from([Decimal(n) for n in ("56749.8", "56749.81", "9999", "10000", "0.0002")]),
    st.decimals(min_value="0.01", max_value="20", places=2),
    st.sampled_from([Decimal("1.2345678901234561"), Decimal("1.2345678901234562"), Decimal("1.23456789012345")]),
)
sizes = st.one_of(st.just(Decimal(0)), st.decimals(min_value="0.001", max_value="9", places=3))


@st.composite
def spelled_levels(draw: st.DrawFn) -> Level:
    return draw(prices.flatmap(spellings)), draw(sizes.flatmap(spellings))


@given(batches=st.lists(st.lists(spelled_levels(), max_size=8), max_size=8), best=st.sampled_from(Best))
@settings(max_examples=300, deadline=None)
def test_a_ladder_is_a_dict_of_decimals_in_order(batches: list[list[Level]], best: Best) -> None:
    made, model = Ladder(best), dict[Decimal, Decimal]()
    for batch in batches:
        change(made, *batch)
        for price, size in batch:
            model.pop(Decimal(price), None)
            if Decimal(size):
                model[Decimal(price)] = Decimal(size)
        expected = sorted(model.items(), reverse=best is Best.HIGHEST)
        assert list(made) == expected, f"after {batch}"
        assert made.best == (expected[0] if expected else None)


def test_two_spellings_of_one_price_are_one_level() -> None:
    made = ladder(("56749.80", "1"), ("56749.8", "2"), ("5.67498E+4", "3"))

    assert list(made) == [(Decimal("56749.8"), Decimal(3))]


def test_prices_that_no_float_can_tell_apart_stay_apart() -> None:
    near, nearer = "0.123456789012345671", "0.123456789012345672"
    assert float(near) == float(nearer), "the test needs two prices with one float"

    made = ladder(("0.1", "1"), (near, "2"), (nearer, "3"))

    assert list(made) == [(Decimal("0.1"), 1), (Decimal(near), 2), (Decimal(nearer), 3)]


def test_the_exchange_s_spelling_is_kept() -> None:
    assert ladder(("0.00020", "1.500")).spelled() == [("0.00020", "1.500")]


@pytest.mark.parametrize("zero", ["0", "0.000", "0E-8", "0e5", "-0"])
def test_a_size_of_zero_takes_the_level_away_however_it_is_spelled(zero: str) -> None:
    made = ladder(("1.0", "5"))

    change(made, ("1", zero))

    assert list(made) == []


def test_taking_away_what_is_not_there_is_nothing() -> None:
    made = ladder(("1", "5"))

    change(made, ("2", "0"))

    assert list(made) == [(1, 5)]


def test_of_one_price_given_twice_the_last_holds() -> None:
    assert list(ladder(("1", "5"), ("1", "0"), ("1.0", "7"))) == [(1, 7)]


def test_a_tiny_size_is_not_zero() -> None:
    assert list(ladder(("1", "1E-18"))) == [(1, Decimal("1E-18"))]


@pytest.mark.parametrize(
    "level",
    [
        *[
            (bad, "1")
            for bad in ("0", "-1", "0.000", "NaN", "Infinity", "abc", "", "1_0", "1e999", "1e-400", "1,2", "٣")
        ],
        *[("1", bad) for bad in ("-1", "NaN", "inf", "x", "", "1.2.3", "1e400", "1e-400", "--1", "null", "1 2")],
        ("1",),
        ("1", "2", "3"),
    ],
)
def test_a_bad_number_is_refused_and_changes_nothing(level: Level) -> None:
    made = ladder(("5", "5"))

    with pytest.raises(ValueError, match=r"number|price"):
        change(made, ("6", "6"), level)

    assert list(made) == [(5, 5)]


@pytest.mark.parametrize(("best", "kept"), [(Best.LOWEST, [1, 2]), (Best.HIGHEST, [3, 2])])
def test_trimming_takes_the_worst_away(best: Best, kept: list[int]) -> None:
    made = ladder(("1", "1"), ("2", "1"), ("3", "1"), best=best)

    assert made.trim(2) == 1
    assert [price for price, _ in made] == kept
    assert made.trim(2) == 0


@pytest.mark.parametrize("tail", ["", "0000000000000000001"])
def test_prices_that_are_gone_are_forgotten_in_time(tail: str) -> None:
    made = ladder((f"1.0{tail}", "1"))

    for number in range(2, 500):
        change(made, (f"{number}.0{tail}", "1"), (f"{number - 1}.0{tail}", "0"))

    assert len(made) == 1
    assert len(made.heap) < 50
