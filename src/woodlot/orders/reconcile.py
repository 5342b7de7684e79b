"""This file is what happens after every private connect: what to ask REST, and what to believe of its answers.

The stream has no sequence numbers and replays nothing, so every connect is a gap (websocket-v3 §11):

    pages = FillPages(since_ms=fills_since_ms(tracker, last_frame_ms=...), until_ms=...)
    while (request := pages.request) is not None:        # fills, page by page
        pages.take(<rows of request>)
    <open orders>, then <each of missing(tracker, rows)>, balances, positions
    outputs = believe(tracker, Answers(...), buffered=<live reports meanwhile>, at_ms=...)

and all of it once more `SECOND_PASS_MS` later, because REST may lag the stream.
"""

from collections.abc import Generator, Iterable
from typing import TypeAlias

from woodlot.orders.output import AskOrder, Output, Outputs
from woodlot.orders.record import OVERLAP_MS
from woodlot.orders.tracker import Tracker
from woodlot.wire.events import ExecutionReport
from woodlot.wire.trade import GetTransactionHistory, OrderRow, Transaction
from woodlot.wire.value import Value

SECOND_PASS_MS = 5_000
"""When to ask everything again: "REST may lag the stream" (websocket-v3 §11 step 6)."""
# The page size that was recorded; a larger one might be cut down without a word, and a full page look like the last.
_PAGE_SIZE = 100
# The most that any list of the exchange gives at once (rest-v3 §3.4).
_LARGER_PAGE = 500


class Answers(Value):
    """What REST answered in one pass. `absent` are client order ids proven not to be at the exchange."""

    orders: tuple[OrderRow, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    absent: tuple[int, ...] = ()


def fills_since_ms(tracker: Tracker, *, last_frame_ms: int) -> int:
    """Return the time to ask fills from.

    `last_frame_ms` is when the last private frame of the old connection came, or the durable cursor after a start.
    A fill that is still kept back for a missing one reaches further back.
    """
    held_ms = tracker.unsettled_since_ms
    return (last_frame_ms if held_ms is None else min(last_frame_ms, held_ms)) - OVERLAP_MS


def missing(tracker: Tracker, open_rows: Iterable[OrderRow]) -> tuple[AskOrder, ...]:
    """Return a question for each order that is open here and is not among the exchange's open ones."""
    there = tuple(open_rows)
    order_ids = {row.order_id for row in there}
    client_order_ids = {row.client_order_id for row in there}
    return tuple(
        AskOrder(symbol=order.symbol, order_id=order.order_id, client_order_id=order.client_order_id)
        for order in tracker.open_orders()
        if (order.order_id not in order_ids if order.order_id else order.client_order_id not in client_order_ids)
    )


def believe(tracker: Tracker, answers: Answers, *, buffered: Iterable[ExecutionReport] = (), at_ms: int) -> Outputs:
    """Apply one pass: orders, then fills, then the live reports that came meanwhile.

    Orders first, since their totals tell which fills REST does not have yet; those are asked for, and later fills of
    the same order wait for them.
    """
    outputs: list[Output] = []
    for row in answers.orders:
        outputs += tracker.poll(row, at_ms=at_ms)
    for client_order_id in answers.absent:
        outputs += tracker.absent(client_order_id=client_order_id, at_ms=at_ms)
    outputs += tracker.backfill(answers.transactions, at_ms=at_ms)
    for report in buffered:
        outputs += tracker.report(report, at_ms=at_ms)
    return tuple(outputs)


_Walk: TypeAlias = Generator[GetTransactionHistory, tuple[Transaction, ...], None]


class FillPages:
    """Walk the transaction history from `since_ms` to `until_ms`.

    It takes little for granted: nobody promises whether a page starts with its newest row or its oldest, from which end
    of the window the latter is taken, how many rows it may have, and whether time bounds and `from_id` are included
    (websocket-v3 §16 no 20, rest-v3 §14 no 14). So it goes on behind each page, a millisecond of it once more, until a
    page shows nothing new, at both ends where the order is not the recorded one; rows that come twice are kept once. A
    millisecond with more rows than a page is asked for by trade id, both ways, then by a larger page; what still does
    not show is out of reach, and the walk goes on past it.
    """

    def __init__(self, *, since_ms: int, until_ms: int, symbol: str | None = None) -> None:
        self._rows: dict[tuple[str, int], Transaction] = {}
        self._symbol = symbol
        self._walk = self._between(since_ms, until_ms)
        self.request: GetTransactionHistory | None = next(self._walk, None)

    @property
    def rows(self) -> tuple[Transaction, ...]:
        """What was read so far, each row once."""
        return tuple(self._rows.values())

    @property
    def may_be_refused(self) -> bool:
        """Whether `request` asks for a larger page than was ever seen; a refusal is then as good as an empty one."""
        return self.request is not None and self.request.limit == _LARGER_PAGE

    def take(self, page: Iterable[Transaction]) -> None:
        """Take the answer to `request` and make the next one, or None at the end."""
        try:
            self.request = self._walk.send(tuple(page))
        except StopIteration:
            self.request = None

    def _between(self, since_ms: int, until_ms: int) -> _Walk:
        page = yield self._asking(since_ms, until_ms)
        if not self._keep(page):
            return
        stamps = [row.executed_timestamp.ms for row in page]
        oldest_ms, newest_ms = min(stamps), max(stamps)
        is_one_moment = len(page) >= _PAGE_SIZE and oldest_ms == newest_ms
        if is_one_moment:
            yield from self._at(oldest_ms, page)
        # As recorded, a page shows the newest row first and goes back from there. One that starts with its oldest row
        # may be of the oldest rows or of the newest.
        for is_forward in (True, False) if stamps[0] < stamps[-1] or is_one_moment else (False,):
            window = (newest_ms - 1, until_ms) if is_forward else (since_ms, oldest_ms + 1)
            yield from self._onward(*window, is_forward=is_forward)

    def _onward(self, since_ms: int, until_ms: int, *, is_forward: bool) -> _Walk:
        """Go on towards one end until nothing new is there."""
        while since_ms <= until_ms:
            page = yield self._asking(since_ms, until_ms)
            stamps = [row.executed_timestamp.ms for row in page]
            is_new, is_full = self._keep(page), len(page) >= _PAGE_SIZE
            if not is_new and not (is_full and _are_within(stamps, since_ms, until_ms)):
                return
            oldest_ms, newest_ms = min(stamps), max(stamps)
            if is_new and is_full and oldest_ms == newest_ms:
                yield from self._at(oldest_ms, page)
            if is_forward:
                since_ms = newest_ms - 1 if is_new else max(since_ms + 1, newest_ms)
            else:
                until_ms = oldest_ms + 1 if is_new else min(until_ms - 1, oldest_ms)

    def _at(self, at_ms: int, page: tuple[Transaction, ...]) -> _Walk:
        """Read the rest of a millisecond that fills a page."""
        known = len(self._rows)
        for outermost in (min, max):
            is_new, seen = True, page
            while is_new:
                seen = yield self._asking(at_ms, at_ms, from_id=outermost(row.id for row in seen))
                is_new = self._keep(seen)
        if len(self._rows) == known:
            self._keep((yield self._asking(at_ms, at_ms, limit=_LARGER_PAGE)))

    def _keep(self, page: tuple[Transaction, ...]) -> bool:
        """Keep the rows of a page; say whether one of them was new."""
        known = len(self._rows)
        self._rows |= {(row.symbol, row.id): row for row in page}
        return len(self._rows) > known

    def _asking(
        self, since_ms: int, until_ms: int, *, from_id: int | None = None, limit: int = _PAGE_SIZE
    ) -> GetTransactionHistory:
        return GetTransactionHistory(
            symbol=self._symbol, start_time=since_ms, end_time=until_ms, from_id=from_id, limit=limit
        )


def _are_within(stamps: Iterable[int], since_ms: int, until_ms: int) -> bool:
    """Whether an exchange that was asked for a window has kept to it."""
    return all(since_ms <= stamp_ms <= until_ms for stamp_ms in stamps)
