"""This file is a call as a value: the class says method and path, the fields are the payload."""

import functools
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar, cast, get_args
from urllib.parse import urlencode

import msgspec

from woodlot.errors import ArgumentError
from woodlot.wire.amount import Number, exact, plain
from woodlot.wire.answer import Answer
from woodlot.wire.value import Value, fields_holding

AnswerT = TypeVar("AnswerT", bound=Answer)
AnswerT_co = TypeVar("AnswerT_co", bound=Answer, covariant=True)


class Method(StrEnum):
    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One line of the exchange's endpoint list.

    `repeatable` says that sending the call twice does no more than sending it once, so that a lost reply may be
    answered by asking again.
    """

    method: Method
    path: str
    signed: bool
    repeatable: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def get(path: str, *, signed: bool = False) -> Endpoint:
    return Endpoint(Method.GET, path, signed, repeatable=True)


def post(path: str, *, signed: bool = True, repeatable: bool = False) -> Endpoint:
    return Endpoint(Method.POST, path, signed, repeatable)


def put(path: str, *, signed: bool = True) -> Endpoint:
    return Endpoint(Method.PUT, path, signed, repeatable=False)


def delete(path: str, *, signed: bool = True) -> Endpoint:
    return Endpoint(Method.DELETE, path, signed, repeatable=False)


class Request(Value, Generic[AnswerT_co], omit_defaults=True, rename="camel"):
    """One call. Build it, send it: `client.send(GetOrderBook(symbol="SPOT_BTC_USDT"))`.

    Prices, quantities and amounts may be given as Decimal, str or int and are kept as Decimal.
    Raises FloatRefused or ArgumentError when built from anything else.
    """

    endpoint: ClassVar[Endpoint]

    def __post_init__(self) -> None:
        for name in _number_fields(type(self)):
            value = getattr(self, name)
            if value is not None:
                msgspec.structs.force_setattr(self, name, exact(value, name))
        for name, words in _word_fields(type(self)):
            value = getattr(self, name)
            if value is not None:
                msgspec.structs.force_setattr(self, name, _word(words, value, name))
        self.check()

    def check(self) -> None:
        """Raise ArgumentError when the fields do not fit together. The default accepts."""

    @property
    def parameters(self) -> dict[str, Any]:
        """The fields that are set, by the exchange's names; amounts spelled plainly, since the wire takes strings."""
        return {
            field.encode_name: _spelled(value)
            for field in msgspec.structs.fields(self)
            if (value := getattr(self, field.name)) is not None
        }

    @property
    def target(self) -> str:
        """The path with its query, exactly as it is signed and sent (rest-v3 §2.2)."""
        parameters = self.parameters
        if self._has_body or not parameters:
            return self.endpoint.path
        return f"{self.endpoint.path}?{urlencode({key: _in_a_query(value) for key, value in parameters.items()})}"

    @property
    def body(self) -> str:
        """The JSON text, exactly as it is signed and sent; "" for GET and DELETE."""
        return msgspec.json.encode(self.parameters).decode() if self._has_body else ""

    @property
    def _has_body(self) -> bool:
        return self.endpoint.method in {Method.POST, Method.PUT}

    @classmethod
    def from_parameters(cls, parameters: dict[str, Any]) -> Self:
        """Build a request from what arrived: the other end's way in.

        Raises msgspec.ValidationError naming the field that is missing, has the wrong type or is no number.
        """
        return msgspec.convert(parameters, cls, strict=False)


@functools.cache
def answer_type(request: type[Request[AnswerT]]) -> type[AnswerT]:
    """Return the answer class that a request class was declared with.

    >>> from woodlot.wire.public import GetOrderBook
    >>> answer_type(GetOrderBook).__name__
    'OrderBook'
    """
    bases: tuple[Any, ...] = getattr(request, "__orig_bases__", ())
    for base in bases:
        for argument in get_args(base):
            return cast("type[AnswerT]", argument)
    raise TypeError(f"{request.__name__} does not say what it is answered with")


@functools.cache
def _number_fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return fields_holding(kind, lambda annotation: annotation == Number or Number in get_args(annotation))


@functools.cache
def _word_fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, type[StrEnum]], ...]:
    return tuple(
        (field.name, word)
        for field in msgspec.structs.fields(kind)
        for word in (field.type, *get_args(field.type))
        if isinstance(word, type) and issubclass(word, StrEnum)
    )


def _word(words: type[StrEnum], value: object, field: str) -> StrEnum:
    """Words towards the exchange are closed: a misspelled one is refused here, not there."""
    try:
        return words(value)
    except ValueError:
        raise ArgumentError(field, f"expected one of {', '.join(words)}, got {str(value)[:40]!r}") from None


def _in_a_query(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _spelled(value: object) -> object:
    return plain(value) if isinstance(value, Decimal) else value
