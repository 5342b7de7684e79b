"""This file is how data leaves a command: one schema, four forms; data on stdout, words on stderr.

A row is a mapping with the same keys in every form. What must stay exact is text in JSON: amounts, and ids, which
have more digits than the numbers of many readers. Times are UTC, to the millisecond.
"""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TextIO, TypeAlias, cast

Row: TypeAlias = Mapping[str, Any]


class Form(StrEnum):
    """What -o takes."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


class Printer:
    """Write rows in one form to stdout, and words to stderr unless they are not wanted."""

    def __init__(
        self, form: Form | None = None, *, is_quiet: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self._asked = form
        self._is_quiet = is_quiet

    @property
    def is_live(self) -> bool:
        """Whether a stream may draw: a person watches, and asked for nothing else."""
        return self._asked in {None, Form.TABLE} and self.out.isatty()

    @property
    def form(self) -> Form:
        """The form of a list."""
        return self._asked or Form.TABLE

    @property
    def stream_form(self) -> Form:
        """The form of what has no end: lines, since a document would never be finished."""
        return Form.CSV if self._asked is Form.CSV else Form.NDJSON

    @property
    def is_document(self) -> bool:
        """Whether a whole was asked for, so that a stream gives one answer and ends."""
        return self._asked is Form.JSON or (self._asked is Form.TABLE and not self.out.isatty())

    def say(self, text: str) -> None:
        """Tell a person something that is not data."""
        if not self._is_quiet:
            print(text, file=self.err, flush=True)

    def rows(self, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Write a list."""
        match self.form:
            case Form.TABLE:
                self._table(columns, list(rows))
            case Form.JSON:
                print(json.dumps([plain_row(columns, row) for row in rows], indent=2), file=self.out)
            case Form.NDJSON | Form.CSV:
                lines = Lines(self.form, columns, self.out)
                lines.open()
                for row in rows:
                    lines.write(row)

    def one(self, columns: Sequence[str], row: Row) -> None:
        """Write one thing: an object in JSON, name and value below each other in a table."""
        match self.form:
            case Form.TABLE:
                pairs = [{"name": name.replace("_", " "), "value": row.get(name)} for name in columns]
                self._table(("name", "value"), pairs, headed=False)
            case Form.JSON:
                print(json.dumps(plain_row(columns, row), indent=2), file=self.out)
            case Form.NDJSON | Form.CSV:
                self.rows(columns, [row])

    def stream(self, columns: Sequence[str]) -> "Lines":
        """Open a stream of rows, each written at once."""
        lines = Lines(self.stream_form, columns, self.out)
        lines.open()
        return lines

    def _table(self, columns: Sequence[str], rows: Sequence[Row], *, headed: bool = True) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        is_watched = self.out.isatty()
        table = Table(box=box.SIMPLE_HEAD if headed else None, show_header=headed, pad_edge=False, show_edge=False)
        for name in columns:
            is_number = any(isinstance(row.get(name), Decimal | int) for row in rows)
            justify = "right" if is_number and headed else "left"
            # Where a window is too narrow, a cell goes on in the next line; nothing is cut off.
            table.add_column(name.replace("_", " "), justify=justify, no_wrap=not is_watched, overflow="fold")
        for row in rows:
            table.add_row(*(Text(shown(row.get(name))) for name in columns))
        width = None if is_watched else 10_000
        Console(file=self.out, width=width, highlight=False).print(table)


class Lines:
    """A stream of rows, one line each."""

    def __init__(self, form: Form, columns: Sequence[str], out: TextIO) -> None:
        self._form = form
        self._columns = columns
        self._out = out
        self._csv = csv.writer(out, lineterminator="\n")

    def open(self) -> None:
        """Write what comes before the first row."""
        if self._form is Form.CSV:
            self._csv.writerow(self._columns)

    def write(self, row: Row) -> None:
        if self._form is Form.CSV:
            self._csv.writerow([_text(row.get(name)) for name in self._columns])
        else:
            print(json.dumps(plain_row(self._columns, row)), file=self._out)
        self._out.flush()


def plain_row(columns: Sequence[str], row: Row) -> dict[str, Any]:
    """Return a row as JSON has it.

    >>> plain_row(["price", "order_id"], {"price": Decimal("0.2000"), "order_id": 7})
    {'price': '0.2000', 'order_id': '7'}
    """
    return {name: _json(name, row.get(name)) for name in columns}


def shown(value: object) -> str:
    """Return a value as a person reads it.

    >>> shown(Decimal("0.200")), shown(None), shown(True)
    ('0.200', '', 'yes')
    """
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        case _:
            return _text(value)


def _json(name: str, value: object) -> object:
    match value:
        case None | bool():
            return value
        case int() if not f"_{name}".endswith("_id"):
            return value
        case float():
            return value
        case list() | tuple():
            return [_json(name, part) for part in cast("list[object]", value)]
        case _:
            return _text(value)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case list() | tuple():
            return " ".join(_text(part) for part in cast("list[object]", value))
        case _:
            return str(value)
