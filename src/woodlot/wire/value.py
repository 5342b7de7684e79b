"""This file is what every message is made of: a frozen struct whose fields are given by name."""

from collections.abc import Callable
from typing import Any, dataclass_transform

import msgspec


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class ValueType(msgspec.StructMeta):
    """Make every subclass frozen and keyword-only; msgspec would have each of them say so again."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        options.setdefault("frozen", True)
        options.setdefault("kw_only", True)
        return super().__new__(cls, name, bases, namespace, **options)


class Value(msgspec.Struct, metaclass=ValueType):
    """A message or a part of one. Derive a new one with `msgspec.structs.replace`; it never changes."""


def fields_holding(kind: type[msgspec.Struct], wanted: Callable[[Any], bool]) -> tuple[str, ...]:
    """Return the names of the fields whose annotation is `wanted`."""
    return tuple(field.name for field in msgspec.structs.fields(kind) if wanted(field.type))
