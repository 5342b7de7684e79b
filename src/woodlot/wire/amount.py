"""This file is exact money: what is taken as a number, and how one is spelled on the wire."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec

from woodlot.errors import ArgumentError, FloatRefused

if TYPE_CHECKING:
    Number: TypeAlias = Decimal | str | int
    """What every price, quantity and amount may be given as. A float is refused."""
else:
    # msgspec has no union of Decimal and str; a request makes the value exact itself, by this mark.
    Number = Annotated[Any, msgspec.Meta(title="number")]

# What a person or a program may type: digits with an optional fraction and exponent. Not "1_0", " 1", "NaN".
_TYPED = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
# The usual ones: digits with a fraction, of which nothing but their number has to be looked at.
_PLAIN = re.compile(r"\d+(\.\d+)?", re.ASCII)
# Longer than any amount on any exchange; keeps a stray "1e999" from becoming a thousand digits on the wire.
_MOST_DIGITS = 60


def exact(value: object, field: str) -> Decimal:
    """Return `value` as the exact Decimal it spells.

    Raises FloatRefused for a float, ArgumentError for anything else that is not a finite plain number.

    >>> exact("0.001", "quantity")
    Decimal('0.001')
    """
    if type(value) is str and len(value) <= _MOST_DIGITS and _PLAIN.fullmatch(value):
        return Decimal(value)
    if type(value) is Decimal and _is_usual(value):
        return value
    if isinstance(value, float):
        raise FloatRefused(field, value)
    if isinstance(value, bool) or not isinstance(value, Decimal | str | int):
        raise ArgumentError(field, f"expected a Decimal, a str or an int, got {type(value).__name__}")
    if isinstance(value, str) and not _TYPED.fullmatch(value):
        raise ArgumentError(field, f"expected a number like '0.001', got {value[:40]!r}")
    number = Decimal(value)
    if not number.is_finite():
        raise ArgumentError(field, f"expected a finite number, got {number}")
    if abs(number.adjusted()) > _MOST_DIGITS or len(plain(number)) > _MOST_DIGITS:
        raise ArgumentError(field, f"more than {_MOST_DIGITS} characters long")
    return number


def _is_usual(number: Decimal) -> bool:
    """Tell what is finite and short however it is spelled; to spell it plainly would take longer."""
    return number.is_finite() and len(str(number)) + abs(number.adjusted()) < _MOST_DIGITS


def plain(number: Decimal) -> str:
    """Spell a number as the wire wants it: decimal notation, never an exponent.

    >>> plain(Decimal("1.23E-6"))
    '0.00000123'
    """
    return format(number, "f")
