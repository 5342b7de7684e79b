"""This file is how a long list gets to stdout or into a file: page by page, with progress, going on where it ended.

A file is only ever added to, whole lines at a time. The last whole line says where to go on: its time is asked for
again, and what stands in the file with that time already is left out. A line that was cut off is taken away first.
"""

import csv
import io
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

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


async def saved(here: Session, pages: AsyncGenerator[Page, int], *, columns: Sequence[str], file: Path | None) -> None:
    """Write what `pages` give. It is asked for its first, empty page, and then told where to begin."""
    first = await anext(pages)
    if file is None:
        await _to_stdout(here, pages, columns, first)
        return
    form = _FORMS.get(file.suffix)
    if form is None:
        raise Usage(f"--file: {file.name} ends in none of {', '.join(_FORMS)}", hint="name it like candles.csv")
    before = _standing(file, form, columns)
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


def _standing(file: Path, form: Form, columns: Sequence[str]) -> _Standing:
    if not file.exists():
        return _Standing()
    with file.open("r+b") as handle:
        size = handle.seek(0, io.SEEK_END)
        handle.seek(max(0, size - _TAIL_BYTES))
        tail = handle.read()
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            size -= len(tail) - whole
            handle.truncate(size)
        handle.seek(0)
        head = handle.readline().decode("utf-8", errors="replace").rstrip("\n")
    if form is Form.CSV and size and head != ",".join(columns):
        raise Usage(f"{file} holds something else", hint=f"its first line would be {','.join(columns)}")
    lines = [line + "\n" for line in tail[:whole].decode("utf-8", errors="replace").splitlines()]
    times = [(_time_of(form, columns, line), line) for line in lines]
    last_ms = next((time for time, _ in reversed(times) if time is not None), None)
    return _Standing(size, last_ms, frozenset(line for time, line in times if time == last_ms))


def _time_of(form: Form, columns: Sequence[str], line: str) -> int | None:
    try:
        text = json.loads(line)["time"] if form is Form.NDJSON else next(csv.reader([line]))[columns.index("time")]
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, KeyError, IndexError, TypeError, StopIteration):
        return None


def _spelled(form: Form, columns: Sequence[str], row: dict[str, Any]) -> str:
    out = io.StringIO()
    Lines(form, columns, out).write(row)
    return out.getvalue()
