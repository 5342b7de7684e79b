"""This file is what happens after every private connect: what to ask REST, and what to believe of its answers.

The stream has no sequence numbers and replays nothing, so every connect is a gap (websocket-v3 §11):

    pages = FillPages(since_ms=fills_since_ms(tracker, last_frame_ms=...), until_ms=...)
    while (request := pages.request) is not None:        # fills, page by page
        pages.take(<rows of request>)
    <open orders>, then <each of missing(tracker, rows)>, balances, positions
    outputs = believe(tracker, Answers(...), buffered=<live reports meanwhile>, at_ms=...)

and all of it once more `SECOND_PASS_MS` later, because REST may lag the stream.
"""

from collections.abc import Iterable

import msgspec

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


class FillPages:
    """Walk the transaction history backwards from `until_ms` to `since_ms`, newest page first.

    It walks by time, not by trade id, whose order and inclusiveness nobody promises (websocket-v3 §16 no 20). Pages
    overlap by their last millisecond; rows that come twice are kept once. A millisecond with more rows than a page
    shows as far as the exchange lets it.
    """

    def __init__(self, *, since_ms: int, until_ms: int, symbol: str | None = None) -> None:
        self._rows: dict[tuple[str, int], Transaction] = {}
        self._since_ms = since_ms
        self.request: GetTransactionHistory | None = GetTransactionHistory(
            symbol=symbol, start_time=since_ms, end_time=until_ms, limit=_PAGE_SIZE
        )

    @property
    def rows(self) -> tuple[Transaction, ...]:
        """What was read so far, each row once."""
        return tuple(self._rows.values())

    def take(self, page: Iterable[Transaction]) -> None:
        """Take the answer to `request` and make the next one, or None at the end."""
        rows = tuple(page)
        known = len(self._rows)
        self._rows |= {(row.symbol, row.id): row for row in rows}
        self.request = self._next(rows, is_progress=len(self._rows) > known)

    def _next(self, rows: tuple[Transaction, ...], *, is_progress: bool) -> GetTransactionHistory | None:
        if self.request is None or len(rows) < _PAGE_SIZE:
            return None
        oldest_ms = min(row.executed_timestamp.ms for row in rows)
        end_ms = oldest_ms if is_progress else oldest_ms - 1
        return None if end_ms < self._since_ms else msgspec.structs.replace(self.request, end_time=end_ms)
