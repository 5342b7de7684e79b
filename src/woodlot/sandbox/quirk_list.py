"""This file is the switches of `quirks` as a list: each with its default, what else it may be, and where it is from.

The words come from the docstrings under the fields, so that nothing is said twice.
"""

import ast
import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import pairwise
from typing import Any, Final, get_args, get_type_hints

import msgspec

from woodlot.errors import ConfigurationError
from woodlot.sandbox.quirks import Quirks

_SOURCE: Final = re.compile(r"(?:websocket-v3|rest-v3) §\d+(?:\.\d+)*(?: no \d+| rule \d+)?")
_HINTS: Final = get_type_hints(Quirks)
_DEFAULTS: Final = Quirks()


@dataclass(frozen=True, slots=True)
class Quirk:
    """One switch."""

    name: str
    default: str
    choices: tuple[str, ...]
    source: str
    decides: str


@cache
def quirk_list() -> tuple[Quirk, ...]:
    """Return every switch, in the order of the file."""
    texts = _docstrings()
    return tuple(
        Quirk(
            name=field.name,
            default=_spelled(getattr(_DEFAULTS, field.name)),
            choices=_choices(_HINTS[field.name]),
            source=", ".join(_SOURCE.findall(texts[field.name])),
            decides=texts[field.name],
        )
        for field in fields(Quirks)
    )


def with_quirks(settings: Iterable[str], *, base: Quirks = _DEFAULTS) -> Quirks:
    """Return `base` with settings such as "replaced_key=silent". Raises ConfigurationError."""
    changed: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in _HINTS:
            raise ConfigurationError(f"{setting!r}: expected name=value with a name from `woodlot sandbox quirks`")
        if name in changed:
            raise ConfigurationError(f"{name} is set twice")
        changed[name] = _read(name, text)
    return replace(base, **changed)


def _read(name: str, text: str) -> Any:
    hint = _HINTS[name]
    for choice in get_args(hint):
        if _spelled(choice) == text:
            return choice
    try:
        if not get_args(hint):
            return msgspec.convert(text, hint, strict=False)
    except msgspec.ValidationError:
        pass
    allowed = ", ".join(_choices(hint)) or f"a {hint.__name__}"
    raise ConfigurationError(f"{name}: expected {allowed}, got {text!r}")


def _choices(hint: Any) -> tuple[str, ...]:
    if hint is bool:
        return ("true", "false")
    if isinstance(hint, type) and hasattr(hint, "__members__"):
        return tuple(str(member) for member in hint)  # type: ignore[attr-defined]
    return tuple(_spelled(choice) for choice in get_args(hint))


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _docstrings() -> dict[str, str]:
    """Return what stands under each field."""
    (body,) = (node.body for node in ast.parse(inspect.getsource(Quirks)).body if isinstance(node, ast.ClassDef))
    texts: dict[str, str] = {}
    for above, below in pairwise(body):
        if isinstance(above, ast.AnnAssign) and isinstance(above.target, ast.Name) and isinstance(below, ast.Expr):
            texts[above.target.id] = " ".join(str(ast.literal_eval(below.value)).split())
    return texts
