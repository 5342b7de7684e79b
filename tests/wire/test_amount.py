from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from woodlot.errors import ArgumentError, FloatRefused
from woodlot.wire.amount import exact, plain


@pytest.mark.parametrize("given", [Decimal("0.1"), "0.1", "0.10", "1e-1", ".1", "+0.1"])
def test_a_decimal_and_every_spelling_of_it_are_taken(given: Any) -> None:
    assert exact(given, "price") == Decimal("0.1")


def test_an_int_is_taken() -> None:
    assert exact(30000, "price") == 30000


def test_a_float_is_refused_with_what_to_pass_instead() -> None:
    with pytest.raises(FloatRefused) as caught:
        exact(0.1, "price")
    assert str(caught.value) == "price: got the float 0.1; pass Decimal('0.1'), '0.1' or an int"
    assert caught.value.field == "price"


@pytest.mark.parametrize(
    "given",
    ["", "abc", "NaN", "Infinity", "1_000", " 1", "1 ", "1,5", "０.１", "0x10", "1e9999", None, True, b"1", [1]],
)
def test_what_is_not_a_plain_finite_number_is_refused_by_name(given: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^quantity: "):
        exact(given, "quantity")


@pytest.mark.parametrize(
    "given",
    [
        Decimal("NaN"),
        Decimal("-Infinity"),
        Decimal("1E+900"),
        "1e200",
        Decimal("1E+999999999"),
        Decimal("1E-999999999"),
    ],
)
def test_what_cannot_be_spelled_plainly_is_refused(given: Any) -> None:
    with pytest.raises(ArgumentError):
        exact(given, "quantity")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=12))
def test_plain_spelling_is_exact_and_has_no_exponent(number: Decimal) -> None:
    spelled = plain(number)
    assert Decimal(spelled) == number
    assert "E" not in spelled.upper()
