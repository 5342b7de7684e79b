"""This file is what goes out: amounts exact, words closed, times in milliseconds, all of it checked when it is made."""

import functools
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, cast, get_args

import msgspec

from woodlot.errors import ArgumentError
from woodlot.wire.amount import Number, exact, plain
from woodlot.wire.enums import OpenWord
from woodlot.wire.moment import Moment, milliseconds
from woodlot.wire.value import Value


class Payload(Value, omit_defaults=True, rename="camel"):
    """A request's fields, or an object inside them.

    Prices, quantities and amounts may be given as Decimal, str or int and are kept as Decimal; times as aware
    datetimes or integer milliseconds and are kept as the latter; words as their enumeration or its text.
    Raises FloatRefused or ArgumentError naming the field.
    """

    # The exchange takes amounts as strings, but for the few bodies that were recorded with numbers.
    amounts_as_numbers: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name, read, is_needed in _readers(type(self)):
            value = getattr(self, name)
            if value is None:
                if is_needed:
                    raise ArgumentError(name, "it is needed, and None was given")
            elif (made := read(value, name)) is not value:
                msgspec.structs.force_setattr(self, name, made)
        self.check()

    def check(self) -> None:
        """Raise ArgumentError when the fields do not fit together. The default accepts."""

    def spelled(self) -> dict[str, Any]:
        """Return the fields that are set, by the exchange's names; amounts in plain decimal notation."""
        return {
            wire_name: value if type(value) in _AS_THEY_ARE else self._spell(value)
            for wire_name, value in zip(self.__struct_encode_fields__, msgspec.structs.astuple(self), strict=True)
            if value is not None and value is not msgspec.UNSET
        }

    def _spell(self, value: object) -> object:
        if isinstance(value, Decimal):
            return msgspec.Raw(plain(value).encode()) if self.amounts_as_numbers else plain(value)
        if isinstance(value, Payload):
            return value.spelled()
        if isinstance(value, tuple):
            return [self._spell(part) for part in cast("tuple[object, ...]", value)]
        return value


_AS_THEY_ARE = frozenset({str, int, bool})

Reader = Callable[[object, str], object]


@functools.cache
def _readers(kind: type[msgspec.Struct]) -> tuple[tuple[str, Reader, bool], ...]:
    """Return how each field that is not taken as it comes is read, and whether there is no going without it."""
    return tuple(
        (field.name, reader, field.required)
        for field in msgspec.structs.fields(kind)
        for alternative in (field.type, *get_args(field.type))
        if (reader := _reader(alternative)) is not None
    )


def _reader(annotation: Any) -> Reader | None:
    if annotation == Number:
        return exact
    if annotation == Moment:
        return milliseconds
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return functools.partial(_word, annotation)
    return None


def _word(words: type[StrEnum], value: object, field: str) -> StrEnum:
    """Words towards the exchange are closed, those too that are open from it: a misspelled one is refused here."""
    if isinstance(value, words) and (not isinstance(value, OpenWord) or value.is_known):
        return value
    if value not in list(words):
        raise ArgumentError(field, f"expected one of {', '.join(words)}, got {str(value)[:40]!r}")
    return words(value)
