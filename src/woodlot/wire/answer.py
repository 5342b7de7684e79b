"""This file is what an answer and an event are, and how bytes become one."""

import functools
import json
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, TypeVar, cast, get_args

import msgspec

from woodlot.wire.moment import Time as Time
from woodlot.wire.value import Value, fields_holding

ValueT = TypeVar("ValueT")
AnswerT = TypeVar("AnswerT", bound="Answer")


_is_finite = Decimal.is_finite


def _refuse_what_is_not_finite(value: Value) -> None:
    # An exchange makes and a client reads thousands of messages a second: all amounts are seen in one sweep. What is
    # left out, None, UNSET or zero, is finite.
    try:
        if all(map(_is_finite, filter(None, _amounts_of(type(value))(value)))):
            return
    except TypeError:
        pass  # what somebody has put in place of a Decimal
    for name in _decimal_fields(type(value)):
        number: object = getattr(value, name)
        if isinstance(number, Decimal) and not number.is_finite():
            raise ValueError(f"{name} is {number}")


class Answer(Value, rename="camel"):
    """What a request gets back; unknown keys are ignored, amounts are exact and finite.

    An answer that declares `timestamp: int` itself is given the envelope's, in milliseconds.
    """

    spellings: ClassVar[Mapping[str, str]] = {}
    """Other keys under which the exchange, or its documentation, sends a field of ours."""

    __post_init__ = _refuse_what_is_not_finite


class Event(Value):
    """What a stream pushes: short keys on the wire, words here; amounts are exact and finite."""

    __post_init__ = _refuse_what_is_not_finite


class Meta(Answer):
    """Where a page of rows stands in the whole list (rest-v3 §3.4)."""

    spellings: ClassVar[Mapping[str, str]] = {
        "records_per_page": "recordsPerPage",
        "current_page": "currentPage",
    }

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


def decode_answer(kind: type[AnswerT], data: bytes) -> AnswerT:
    """Return the answer in `data`, whichever of its spellings the exchange used.

    Raises msgspec.DecodeError or UnicodeDecodeError where it cannot be read.
    """
    spellings = _spellings(kind)
    if any(f'"{other}"'.encode() in data for other in spellings):
        return decode_leniently(kind, data, spellings)
    try:
        return decoder(kind).decode(data)
    except msgspec.ValidationError:
        return decode_leniently(kind, data, spellings)


def decode_leniently(kind: type[ValueT], data: bytes, spellings: Mapping[str, str] | None = None) -> ValueT:
    """Return what is in `data` with less insisted on: the slow way, for what the quick one refuses.

    A number stands for its text where text is expected, and a field that is null counts as left out. Neither was seen
    where it matters; a single `null` in a field nobody reads must not cost a fill.
    Raises msgspec.ValidationError where even so a field that is needed is missing or has no meaning.
    """
    try:
        tree = json.loads(data, parse_float=str, parse_int=str)
    except (json.JSONDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error
    return msgspec.convert(_respelled(tree, spellings or {}), kind, strict=False, dec_hook=_decode_ours)


def _respelled(tree: Any, spellings: Mapping[str, str]) -> Any:
    if isinstance(tree, list):
        return [_respelled(part, spellings) for part in cast("list[Any]", tree)]
    if not isinstance(tree, dict):
        return tree
    fields = cast("dict[str, Any]", tree)
    return {
        spellings[key] if key in spellings and spellings[key] not in fields else key: _respelled(value, spellings)
        for key, value in fields.items()
        if value is not None and value != "null"
    }


@functools.cache
def _spellings(kind: type[Answer]) -> Mapping[str, str]:
    """Return the spellings of an answer and of the answers inside it."""
    inside = {
        part
        for field in msgspec.structs.fields(kind)
        for part in _flattened(field.type)
        if isinstance(part, type) and issubclass(part, Answer) and part is not kind
    }
    return dict(kind.spellings) | {key: ours for part in inside for key, ours in _spellings(part).items()}


def _flattened(annotation: Any) -> list[Any]:
    return [annotation, *(inner for argument in get_args(annotation) for inner in _flattened(argument))]


def encode_ours(value: object) -> object:
    """Encode what msgspec does not know: pass it as `enc_hook`."""
    if isinstance(value, Time):
        return value.ms
    raise NotImplementedError(f"no wire form for {type(value)}")


@functools.cache
def _amounts_of(kind: type[msgspec.Struct]) -> Callable[[msgspec.Struct], tuple[Decimal, ...]]:
    """Return what reads the amounts of a message, there or not."""
    names = _decimal_fields(kind)
    if len(names) > 1:
        return operator.attrgetter(*names)
    if not names:
        return lambda _: ()
    one = operator.attrgetter(*names)
    return lambda value: (one(value),)


@functools.cache
def _decimal_fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return fields_holding(kind, lambda annotation: annotation is Decimal or Decimal in get_args(annotation))
