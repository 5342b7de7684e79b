"""This file is how a long list gets to stdout or into a file: page by page, with progress, going on where it ended.

A file is only ever added to, whole lines at a time. The last whole line says where to go on: its time is asked for
again, and what stands in the file with that time already is left out. A line that was cut off is taken away first.
"""

import csv
import io
import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from woodlot.cli.output import Form, Lines
from woodlot.cli.refusals import Usage
from woodlot.cli.session import Session

_FORMS = {".csv": Form.CSV, ".ndjson": Form.NDJSON, ".jsonl": Form.NDJSON}
_TAIL_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, oldest first, and how far of the whole span they reach."""

    rows: tuple[dict[str, Any], ...]
    since_ms: int
    reached_ms: int
    until_ms: int

    @property
    def share(self) -> float:
        whole = self.until_ms - self.since_ms
        return 1.0 if whole <= 0 else min(1.0, (self.reached_ms - self.since_ms) / whole)


async def saved(
    here: Session,
    pages: AsyncGenerator[Page, int],
    *,
    columns: Sequence[str],
    file: Path | None,
    alike: Mapping[str, str],
) -> None:
    """Write what `pages` give. It is asked for its first, empty page, and then told where to begin.

    `alike` is what all rows have in common: a file whose last line has something else there is left alone.
    """
    first = await anext(pages)
    if file is None:
        await _to_stdout(here, pages, columns, first)
        return
    form = _FORMS.get(file.suffix)
    if form is None:
        raise Usage(f"--file: {file.name} ends in none of {', '.join(_FORMS)}", hint="name it like candles.csv")
    before = _standing(file, form, columns, alike)
    with file.open("a", encoding="utf-8", newline="") as out:
        lines = Lines(form, columns, out)
        if not before.bytes:
            lines.open()
        elif before.last_ms is not None:
            here.say(f"{file} is there already; going on from its last line")
        count = 0
        page = await pages.asend(before.last_ms or first.since_ms)
        while page is not None:
            fresh = [row for row in page.rows if _spelled(form, columns, row) not in before.last_lines]
            out.write("".join(_spelled(form, columns, row) for row in fresh))
            out.flush()
            count += len(fresh)
            here.say(f"{page.share:4.0%}  {count} rows")
            page = await anext(pages, None)
    here.say(f"{count} rows written to {file}")


async def _to_stdout(here: Session, pages: AsyncGenerator[Page, int], columns: Sequence[str], first: Page) -> None:
    if here.printer.form in {Form.TABLE, Form.JSON}:
        here.printer.rows(columns, [row async for page in _all(pages, first) for row in page.rows])
        return
    lines = here.printer.stream(columns)
    async for page in _all(pages, first):
        for row in page.rows:
            lines.write(row)
        if page.share < 1:
            here.say(f"{page.share:4.0%}")


async def _all(pages: AsyncGenerator[Page, int], first: Page) -> AsyncGenerator[Page]:
    try:
        yield await pages.asend(first.since_ms)
    except StopAsyncIteration:
        return
    async for page in pages:
        yield page


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a file holds already: how long it is, the time of its last line, and its lines of that time."""

    bytes: int = 0
    last_ms: int | None = None
    last_lines: frozenset[str] = frozenset()


def _standing(file: Path, form: Form, columns: Sequence[str], alike: Mapping[str, str]) -> _Standing:
    if not file.exists():
        return _Standing()
    with file.open("r+b") as handle:
        size = _whole_lines(handle)
        lines = _last_lines(handle, size, form, columns)
    if not size:
        return _Standing()
    if form is Form.CSV and lines == [",".join(columns) + "\n"]:
        return _Standing(size)
    last = _row(form, columns, lines[-1])
    for name, value in alike.items():
        if last is not None and last.get(name) != value:
            raise Usage(f"{file} holds {last.get(name)}, not {value}", hint="name another file")
    last_ms = _time_of(last)
    if last_ms is None:
        raise Usage(f"{file} holds something else", hint=f"its lines would have {','.join(columns)}")
    same = (line for line in lines if _time_of(_row(form, columns, line)) == last_ms)
    return _Standing(size, last_ms, frozenset(same))


def _whole_lines(handle: BinaryIO) -> int:
    """Take away a line that was cut off, and return how long the file is then."""
    size = handle.seek(0, io.SEEK_END)
    for length in _lengths(size):
        handle.seek(size - length)
        tail = handle.read(length)
        whole = tail.rfind(b"\n") + 1
        if whole or length == size:
            size -= length - whole
            handle.truncate(size)
            break
    return size


def _last_lines(handle: BinaryIO, size: int, form: Form, columns: Sequence[str]) -> list[str]:
    """Read back until there is a line of another time than the last."""
    lines: list[str] = []
    for length in _lengths(size):
        handle.seek(size - length)
        # The first of them may be a part of a line, unless it is the first of all.
        lines = handle.read(length).decode("utf-8", errors="replace").splitlines(keepends=True)
        lines = lines if length == size else lines[1:]
        if len({_time_of(_row(form, columns, line)) for line in lines}) > 1:
            break
    return lines


def _lengths(size: int) -> Iterator[int]:
    length = _TAIL_BYTES
    while length < size:
        yield length
        length *= 2
    yield size


def _row(form: Form, columns: Sequence[str], line: str) -> dict[str, str] | None:
    """Return a line as a row; None where it is none of these columns."""
    try:
        if form is Form.NDJSON:
            row = json.loads(line)
            return row if tuple(row) == tuple(columns) else None
        values = next(csv.reader([line]))
        return dict(zip(columns, values, strict=True))
    except (ValueError, TypeError, StopIteration):
        return None


def _time_of(row: Mapping[str, str] | None) -> int | None:
    try:
        return None if row is None else round(datetime.fromisoformat(row["time"]).timestamp() * 1000)
    except ValueError:
        return None


def _spelled(form: Form, columns: Sequence[str], row: dict[str, Any]) -> str:
    out = io.StringIO()
    Lines(form, columns, out).write(row)
    return out.getvalue()
