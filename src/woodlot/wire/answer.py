"""This file is what an answer and an event are, and how bytes become one."""

import functools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar, get_args

import msgspec

from woodlot.wire.value import Value, fields_holding

ValueT = TypeVar("ValueT")


class Time(datetime):
    """An aware UTC time, exact to the exchange's millisecond; `ms` gives its integer back.

    >>> Time.at(1786346559914).isoformat()
    '2026-08-10T07:22:39.914000+00:00'
    """

    @classmethod
    def at(cls, ms: int) -> "Time":
        """Return the time that Unix milliseconds stand for."""
        seconds, rest = divmod(ms, 1000)
        return cls.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)

    @property
    def ms(self) -> int:
        whole = self.replace(microsecond=0)
        return int(datetime.timestamp(whole)) * 1000 + self.microsecond // 1000

    @classmethod
    def from_wire(cls, value: object) -> "Time":
        """Read either spelling: integer milliseconds, or seconds with a fraction (rest-v3 §3.3, §13.1 rule 3)."""
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise ValueError(f"expected a time, got {type(value).__name__}")  # noqa: TRY004 - msgspec reports ValueError
        text = str(value)
        try:
            number = Decimal(text)
            return cls.at(int(number * 1000) if "." in text else int(number))
        except (ArithmeticError, OverflowError, OSError):
            raise ValueError(f"expected a time in ms or seconds, got {text[:30]!r}") from None


class Answer(Value, rename="camel"):
    """What a request gets back; unknown keys are ignored, amounts are exact and finite.

    An answer that declares `timestamp: int` itself is given the envelope's, in milliseconds.
    """

    def __post_init__(self) -> None:
        _refuse_what_is_not_finite(self)


class Event(Value):
    """What a stream pushes: short keys on the wire, words here; amounts are exact and finite."""

    def __post_init__(self) -> None:
        _refuse_what_is_not_finite(self)


class Meta(Answer):
    """Where a page of rows stands in the whole list (rest-v3 §3.4)."""

    total: int = 0
    records_per_page: int = 0
    current_page: int = 0


def decoder(kind: type[ValueT]) -> "msgspec.json.Decoder[ValueT]":
    """Return the decoder for `kind`, made once.

    It is lax where the wire is: numbers as strings, strings as numbers, `"null"` for null, exponents; exact
    always, since a JSON number becomes a Decimal from its digits and not through a float.
    """
    return _decoder(kind)


@functools.cache
def _decoder(kind: type[Any]) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind, strict=False, dec_hook=_decode_ours)


def _decode_ours(kind: type[Any], value: object) -> object:
    if kind is Time:
        return Time.from_wire(value)
    raise NotImplementedError(f"no wire form for {kind}")


def encode_ours(value: object) -> object:
    """Encode what msgspec does not know: pass it as `enc_hook`."""
    if isinstance(value, Time):
        return value.ms
    raise NotImplementedError(f"no wire form for {type(value)}")


def _refuse_what_is_not_finite(value: msgspec.Struct) -> None:
    for name in _decimal_fields(type(value)):
        number: object = getattr(value, name)
        if isinstance(number, Decimal) and not number.is_finite():
            raise ValueError(f"{name} is {number}")


@functools.cache
def _decimal_fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return fields_holding(kind, lambda annotation: annotation is Decimal or Decimal in get_args(annotation))
