"""This file is how prices and sizes are read: as floats where that is exact, as Decimal where it would not be.

A price is ordered by its float, because that is several times faster than Decimal, and it is exact: two decimal numbers
of at most 15 significant digits that differ are never the same float and never change places. Either way the number
only finds the level; what is shown is made from the exchange's own string. Strings alone would not do: "56749.80" and
"5.67498E+4" are one price, and "9999" sorts after "10000".
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeAlias

import msgspec

from woodlot.wire.book_update import JSON_NUMBERS, LEAST, MOST

Level: TypeAlias = tuple[str, str]
"""A price and the size that rests there, as the exchange spelled them. Size zero takes the price away."""

Priced: TypeAlias = tuple[Decimal, Decimal]
"""A price and the size that rests there, as numbers."""

Key: TypeAlias = float | Decimal

# A double keeps any decimal number of 15 significant digits apart from its neighbours (DBL_DIG of IEEE 754), while it
# is far from underflow and overflow, as all between `LEAST` and `MOST` are.
_FLOAT_DIGITS = 15
# Prices come and go, and most come back. Some 100 bytes each.
_KEYS_KEPT = 8_192
_decode_number = msgspec.json.Decoder(float).decode


class Reading(NamedTuple):
    """The numbers of some levels: a key for each price, and each size well enough to tell whether it is zero."""

    keys: Sequence[Key]
    sizes: Sequence[float]
    needs_decimal: bool


def read(levels: Sequence[Level], *, as_decimal: bool = False) -> Reading:
    """Read the numbers of `levels`. `needs_decimal` says that some price has more digits than a float holds.

    The keys are Decimal where that is so, or where `as_decimal` asks for it.
    Raises ValueError for what is not a plain number, a price that is not above zero, a size below zero.
    """
    spelled = list(chain(*levels))
    text = ",".join(spelled)
    numbers = _numbers(text)
    prices, sizes = numbers[::2], numbers[1::2]
    if len(numbers) != 2 * len(levels) or 0.0 in prices:
        raise ValueError(f"not prices above zero, each with a size: {text[:80]}")
    needs_decimal = as_decimal
    # Almost every number is short and plain, and four quick looks at all of them together say so.
    if "-" in text or "E" in text or "e" in text or max(map(len, spelled), default=0) > _FLOAT_DIGITS:
        if min(numbers) < 0:
            raise ValueError(f"a number is below zero: {text[:80]}")
        _refuse_immense(spelled, numbers)
        needs_decimal = as_decimal or any(map(_is_long, spelled[::2]))
    return Reading(list(map(Decimal, spelled[::2])) if needs_decimal else prices, sizes, needs_decimal)


def is_plain_zero(size: str) -> bool:
    """Tell whether a number is zero, spelled without sign and exponent."""
    return not size.strip("0. \t\r\n")


@lru_cache(_KEYS_KEPT)
def plain_key(price: str) -> float | None:
    """Return the key of a price that is plain: above zero, held by a float, without sign and exponent. Else None."""
    if len(price) > _FLOAT_DIGITS or "-" in price or "e" in price or "E" in price:
        return None
    try:
        return _decode_number(price) or None
    except msgspec.MsgspecError:
        return None


def _numbers(text: str) -> list[float]:
    try:
        return JSON_NUMBERS.decode(f"[{text}]")
    except msgspec.MsgspecError as problem:
        raise ValueError(f"not plain numbers: {text[:80]} ({problem})") from problem


def _refuse_immense(spelled: Sequence[str], numbers: Sequence[float]) -> None:
    for text, number in zip(spelled, numbers, strict=True):
        zero = not _digits(text).strip("-0")
        if not zero and not LEAST <= number <= MOST:
            raise ValueError(f"a number is not between {LEAST} and {MOST}: {text[:40]!r}")


def _is_long(price: str) -> bool:
    return len(_digits(price).strip("0")) > _FLOAT_DIGITS


def _digits(number: str) -> str:
    return number.lower().partition("e")[0].replace(".", "")
