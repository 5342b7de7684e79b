"""This file is how `docs/reference/rest.md` is made from the request classes: `python -m tools.reference`."""

import re
import types
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from woodlot.wire import account, algo, asset, convert, futures, legacy, public, spot_margin, trade
from woodlot.wire.amount import Number
from woodlot.wire.limits import Limit, limit_of
from woodlot.wire.loose import LooseAnswer
from woodlot.wire.moment import Moment
from woodlot.wire.request import Generation, Request, answer_type

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "reference" / "rest.md"

SECTIONS: Final[tuple[tuple[str, ModuleType], ...]] = (
    ("Public", public),
    ("Trade: ordinary orders", trade),
    ("Trade: algo orders", algo),
    ("Account", account),
    ("Assets", asset),
    ("Futures and isolated margin", futures),
    ("Spot margin", spot_margin),
    ("Convert", convert),
    ("First generation", legacy),
)
"""In the order of the exchange's documentation."""

_HEAD: Final = """\
<!-- Made by `python -m tools.reference` from the classes in src/woodlot/wire; do not edit. -->

# REST calls

Every call is a class: fill it in, send it with `client.send(…)`, get its answer. The sections are those of the
exchange's documentation, and so are the names on the wire. A field in **bold** is required.

- *limit*: calls per window, counted for the account, or for the address ("IP") on public calls.
- *repeatable*: a lost reply is answered by asking again, which does no more than the first call did.
- *shape not known*: nobody has published or recorded the reply; it is kept whole under `data`.
"""

_MARKED: Final[dict[Any, str]] = {Number: "number", Moment: "time"}
_PLAIN_NAMES: Final[dict[type, str]] = {str: "text", int: "integer", bool: "boolean"}
_COLUMNS: Final = ("call", "class", "limit", "signed", "repeatable", "fields", "answer", "what it does")


def requests(section: ModuleType) -> Iterator[type[Request[Any]]]:
    """Yield the request classes that a section declares, in its order."""
    for kind in vars(section).values():
        if isinstance(kind, type) and issubclass(kind, Request) and kind.__module__ == section.__name__:
            yield kind


def every_request() -> list[type[Request[Any]]]:
    """Return every call that there is."""
    return [kind for _, section in SECTIONS for kind in requests(section)]


def page() -> str:
    """Return the whole page."""
    return "\n".join([_HEAD, *(_table(title, section) for title, section in SECTIONS)])


def _table(title: str, section: ModuleType) -> str:
    rows = [_row(kind) for kind in requests(section)]
    ruler = "|".join("---" for _ in _COLUMNS)
    lines = [f"## {title}", "", f"| {' | '.join(_COLUMNS)} |", f"|{ruler}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])


def _row(kind: type[Request[Any]]) -> tuple[str, ...]:
    endpoint, answer = kind.endpoint, answer_type(kind)
    return (
        f"`{endpoint}`",
        f"`{kind.__name__}`",
        _limit(limit_of(endpoint), is_public=not endpoint.signed),
        ("as V1" if endpoint.generation is Generation.V1 else "yes") if endpoint.signed else "no",
        "yes" if endpoint.repeatable else "no",
        "<br>".join(_fields(kind)) or "none",
        f"`{answer.__name__}`" + (", shape not known" if issubclass(answer, LooseAnswer) else ""),
        _first_line(kind).replace("|", "\\|"),
    )


def _limit(limit: Limit, *, is_public: bool) -> str:
    window = f"{limit.calls} / {limit.window_s:g} s"
    return window + (" per symbol" if limit.per_symbol else "") + (" per IP" if is_public else "")


def _fields(kind: type[Request[Any]]) -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        name = f"{field.encode_name}: {_named(field.type)}"
        yield f"**{name}**" if field.required else name


def _named(annotation: Any) -> str:
    """Say what a field takes, without the None of one that may be left out; of words, which ones there are."""
    if annotation in _MARKED:
        return _MARKED[annotation]
    if get_origin(annotation) in {Union, types.UnionType}:
        return " or ".join(_named(part) for part in get_args(annotation) if part is not types.NoneType)
    if get_origin(annotation) is tuple:
        return f"list of {_named(get_args(annotation)[0])}"
    if issubclass(annotation, StrEnum):
        return " / ".join(annotation)
    name: str = _PLAIN_NAMES.get(annotation) or annotation.__name__
    return name


def _first_line(kind: type[Request[Any]]) -> str:
    """Return the first sentence of a docstring, up to the end of its first line."""
    if not kind.__dict__.get("__doc__"):
        raise ValueError(f"{kind.__name__} has no docstring")
    return re.sub(r"\s+", " ", (kind.__doc__ or "").strip().splitlines()[0])


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page())
