"""This file is how a long list is walked page by page, while rows come and go at the exchange.

Lists are newest first and pages are counted from the newest row, so a row that arrives pushes the rest into later
pages, and a row that leaves (an open order is filled) pulls them into earlier ones. Therefore:

- rows are dropped when they turn up again;
- when `meta.total` fell, the walk steps back as many pages as rows may have slipped through;
- `transactionHistory` has no pages: from a `from_id` it is walked forward, oldest first; without one by time,
  newest first, from the oldest row seen. The next `end_time` is a millisecond later than that, so that it does not
  matter whether the bound belongs to what is asked for. Where a page starts with its oldest row, nobody knows which
  end of the list it was taken from: what is newer is asked for first, then what is older (rest-v3 §14 no 14).

Pure: it makes requests and takes answers. It remembers the last 10,000 rows, whatever the length of the list.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from woodlot.errors import ArgumentError, UnexpectedReply
from woodlot.wire.answer import Meta, encode_ours
from woodlot.wire.request import Request
from woodlot.wire.trade import GetTransactionHistory, Transaction, TransactionRows

RowT_co = TypeVar("RowT_co", covariant=True)
RowT = TypeVar("RowT")

# More than ever arrive between two pages; about a megabyte.
_ROWS_REMEMBERED = 10_000
_MOST_STEPS_BACK = 50
# What a page of fills held in the recording; the most that any list of the exchange gives at once (rest-v3 §3.4).
_USUAL_LIMIT = 100
_LARGEST_LIMIT = 500


class Rows(Protocol[RowT_co]):
    """An answer that is a page of rows."""

    @property
    def rows(self) -> tuple[RowT_co, ...]: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a walk has come: pages read, rows handed out, rows dropped as repeated, and how many the list has."""

    pages: int = 0
    rows: int = 0
    repeated: int = 0
    total: int = 0


class Walk(Protocol[RowT_co]):
    """One walk through one list."""

    @property
    def progress(self) -> Progress: ...

    @property
    def request(self) -> Request[Any] | None:
        """What to ask next; None at the end."""
        ...

    def take(self, answer: Any) -> Sequence[RowT_co]:
        """Return the rows of a page that have not been seen."""
        ...


def walk(request: Request[Any]) -> Walk[Any]:
    """Return the walk through what a request lists.

    Raises ArgumentError for a request that does not list page by page.
    """
    if isinstance(request, GetTransactionHistory):
        return ByTime(request) if request.from_id is None else ById(request)
    if "page" in request.__struct_fields__:
        return ByPage(request)
    raise ArgumentError("request", f"{type(request).__name__} has no pages")


class Pages(Generic[RowT]):
    """The rows of a list, one after another; `progress` tells how far it has come."""

    def __init__(self, walk: Walk[RowT], send: Callable[[Request[Any]], Any]) -> None:
        self._walk = walk
        self._send = send

    @property
    def progress(self) -> Progress:
        return self._walk.progress

    def __iter__(self) -> Iterator[RowT]:
        while (request := self._walk.request) is not None:
            yield from self._walk.take(self._send(request))


class AsyncPages(Generic[RowT]):
    """The twin of `Pages` for `async for`."""

    def __init__(self, walk: Walk[RowT], send: Callable[[Request[Any]], Awaitable[Any]]) -> None:
        self._walk = walk
        self._send = send

    @property
    def progress(self) -> Progress:
        return self._walk.progress

    async def __aiter__(self) -> AsyncIterator[RowT]:
        while (request := self._walk.request) is not None:
            for row in self._walk.take(await self._send(request)):
                yield row


class ByPage:
    """Page and size."""

    def __init__(self, request: Request[Any]) -> None:
        self.progress = Progress()
        self._request: Request[Any] | None = request
        self._page = getattr(request, "page", None) or 1
        self._seen = _Seen()
        self._total: int | None = None
        self._steps_back = 0

    @property
    def request(self) -> Request[Any] | None:
        return None if self._request is None else msgspec.structs.replace(self._request, page=self._page)

    def take(self, answer: Any) -> Sequence[Any]:
        rows: Sequence[Any] = answer.rows
        meta: Meta = getattr(answer, "meta", None) or Meta()
        new = self._seen.unseen(rows)
        self.progress = _further(self.progress, rows, new, meta.total)
        fell_by = 0 if self._total is None else self._total - meta.total
        self._total = meta.total
        if fell_by > 0 and self._page > 1:
            self._step_back(ceil(fell_by / (meta.records_per_page or len(rows) or 1)))
        elif _is_last(rows, meta, self._page):
            self._request = None
        else:
            self._page += 1
            self._steps_back = 0 if new else self._steps_back
        return new

    def _step_back(self, pages: int) -> None:
        self._steps_back += 1
        if self._steps_back > _MOST_STEPS_BACK:
            raise UnexpectedReply("the list changes faster than it can be read")
        self._page = max(1, self._page - pages)


class ById:
    """From a trade id on, oldest first."""

    def __init__(self, request: GetTransactionHistory) -> None:
        # A page of one would be the row itself for ever, where `from_id` is included.
        limit = None if request.limit is None else max(request.limit, 2)
        self.progress = Progress()
        self.request: GetTransactionHistory | None = msgspec.structs.replace(request, limit=limit)
        self._seen = _Seen()

    def take(self, answer: TransactionRows) -> Sequence[Transaction]:
        new = sorted(self._seen.unseen(answer.rows), key=lambda row: row.id)
        self.progress = _further(self.progress, answer.rows, new, 0)
        if self.request is not None:
            self.request = msgspec.structs.replace(self.request, from_id=new[-1].id) if new else None
        return new


class ByTime:
    """From the newest fill back, by the time of the oldest one seen."""

    def __init__(self, request: GetTransactionHistory) -> None:
        self.progress = Progress()
        self.request: GetTransactionHistory | None = request
        self._seen = _Seen()
        # What is left to ask once nothing newer shows; None on the way back, which is the way of most.
        self._back: GetTransactionHistory | None = None

    def take(self, answer: TransactionRows) -> Sequence[Transaction]:
        new = self._seen.unseen(answer.rows)
        self.progress = _further(self.progress, answer.rows, new, 0)
        if self.request is not None:
            self.request = self._next(self.request, answer, found_new=bool(new))
        return new

    def _next(
        self, request: GetTransactionHistory, answer: TransactionRows, *, found_new: bool
    ) -> GetTransactionHistory | None:
        if found_new:
            return self._onward(request, [row.executed_timestamp.ms for row in answer.rows])
        limit = request.limit or answer.meta.records_per_page or _USUAL_LIMIT
        if len(answer.rows) < min(limit, answer.meta.records_per_page or limit):
            back, self._back = self._back, None
            return back
        # A page full of one millisecond: what is behind it is out of sight until the page is larger.
        if limit >= _LARGEST_LIMIT:
            raise UnexpectedReply(f"more than {_LARGEST_LIMIT} fills in one millisecond; narrow what is asked for")
        return msgspec.structs.replace(request, limit=min(limit * 2, _LARGEST_LIMIT))

    def _onward(self, request: GetTransactionHistory, stamps: Sequence[int]) -> GetTransactionHistory:
        back = msgspec.structs.replace(request, end_time=min(stamps) + 1)
        if self.progress.pages == 1 and stamps[0] < stamps[-1]:
            self._back = back
        return back if self._back is None else msgspec.structs.replace(request, start_time=max(stamps) - 1)


class _Seen:
    """The rows seen last."""

    def __init__(self) -> None:
        self._keys: dict[object, None] = {}

    def unseen(self, rows: Iterable[RowT]) -> list[RowT]:
        keyed = {_key(row): row for row in rows}
        new = [row for key, row in keyed.items() if key not in self._keys]
        for key in keyed:
            # Last again: a dictionary keeps the order in which its keys were put in.
            self._keys.pop(key, None)
            self._keys[key] = None
        for key in list(islice(self._keys, max(len(self._keys) - _ROWS_REMEMBERED, 0))):
            del self._keys[key]
        return new


def _key(row: object) -> object:
    """Tell rows apart: an order that was filled meanwhile is the same row, so its id is what counts."""
    if isinstance(row, Transaction):
        return row.symbol, row.id
    for name in ("order_id", "algo_order_id", "id"):
        if (number := getattr(row, name, None)) is not None:
            return number
    return msgspec.json.encode(row, enc_hook=encode_ours)


def _is_last(rows: Sequence[object], meta: Meta, page: int) -> bool:
    if not rows:
        return True
    return bool(meta.records_per_page) and (
        len(rows) < meta.records_per_page or (meta.total > 0 and page * meta.records_per_page >= meta.total)
    )


def _further(before: Progress, rows: Sequence[object], new: Sequence[object], total: int) -> Progress:
    return Progress(
        before.pages + 1, before.rows + len(new), before.repeated + len(rows) - len(new), total or before.total
    )
