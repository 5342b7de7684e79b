"""This file is one fill of ours, and the book in which every fill stands once.

A fill is known by (symbol, trade id), on the stream and over REST alike (websocket-v3 §10). Trade ids are not promised
to grow, so no watermark of ids can stand for what was seen: the book remembers the youngest fills by time, a stated
number of them, and says `TOO_OLD` of what may have been forgotten. Who keeps a journal looks there.
"""

import heapq
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from woodlot.wire.enums import Side
from woodlot.wire.events import ExecutionReport
from woodlot.wire.trade import Transaction, TransactionSide
from woodlot.wire.value import Value


class FillSource(StrEnum):
    REPORT = "report"
    BACKFILL = "backfill"


class FillKey(NamedTuple):
    """What makes two messages the same fill."""

    symbol: str
    trade_id: int


class Fill(Value):
    """One execution of one of our orders.

    `total_quantity` is what the order had filled with this one included; only a report knows. `side` is None where
    neither the message nor the order tells it, `client_order_id` where the order has none or is not known.
    `redelivered` marks the one that a durable consumer had in hand when its program ended.
    """

    symbol: str
    trade_id: int
    order_id: int
    client_order_id: int | None
    side: Side | None
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    is_maker: bool
    ts_ms: int
    source: FillSource
    total_quantity: Decimal | None = None
    redelivered: bool = False

    @property
    def key(self) -> FillKey:
        return FillKey(self.symbol, self.trade_id)

    @property
    def notional(self) -> Decimal:
        return self.price * self.quantity

    @classmethod
    def from_report(cls, report: ExecutionReport) -> "Fill":
        """Read the fill in a report; its `is_fill` must be true."""
        return cls(
            symbol=report.symbol,
            trade_id=report.trade_id,
            order_id=report.order_id,
            client_order_id=report.client_order_id or None,
            side=report.side,
            price=report.executed_price,
            quantity=report.executed_quantity,
            fee=report.fee,
            fee_asset=report.fee_asset,
            is_maker=report.is_maker,
            ts_ms=report.ts,
            source=FillSource.REPORT,
            total_quantity=report.total_executed_quantity,
        )

    @classmethod
    def from_transaction(cls, row: Transaction) -> "Fill":
        """Read the fill in a row of the transaction history."""
        return cls(
            symbol=row.symbol,
            trade_id=row.id,
            order_id=row.order_id,
            client_order_id=None,
            side=_SIDES.get(row.side),
            price=row.executed_price,
            quantity=row.executed_quantity,
            fee=row.fee,
            fee_asset=row.fee_asset,
            is_maker=bool(row.is_maker),
            ts_ms=row.executed_timestamp.ms,
            source=FillSource.BACKFILL,
        )


# Hedge mode names the position too (rest-v3 §7.3, §9.1.10).
_SIDES = {
    TransactionSide.BUY: Side.BUY,
    TransactionSide.SELL: Side.SELL,
    TransactionSide.OPEN_LONG: Side.BUY,
    TransactionSide.CLOSE_LONG: Side.SELL,
    TransactionSide.OPEN_SHORT: Side.SELL,
    TransactionSide.CLOSE_SHORT: Side.BUY,
}


def in_trade_order(fill: Fill) -> tuple[int, int]:
    """Sort key: by time, then by trade id."""
    return fill.ts_ms, fill.trade_id


class Recorded(StrEnum):
    NEW = "new"
    KNOWN = "known"
    TOO_OLD = "too old"
    """Older than what is remembered: it may have been recorded before."""


class FillBook:
    """Tell a new fill from a known one.

    It remembers the `limit` youngest fills of all symbols together. At the bound the oldest by time is forgotten,
    and from then on whatever is not younger than that, give or take `SPREAD_MS`, is `TOO_OLD` unless remembered.
    """

    # The stream and REST may stamp one fill differently; a forgotten one must not pass for new by a later stamp.
    SPREAD_MS = 10_000

    def __init__(self, *, limit: int = 200_000) -> None:
        self._limit = limit
        self._known: set[FillKey] = set()
        self._by_age: list[tuple[int, FillKey]] = []
        self._forgotten_until_ms: int | None = None

    def __contains__(self, key: FillKey) -> bool:
        return key in self._known

    def __len__(self) -> int:
        return len(self._known)

    def record(self, fill: Fill) -> Recorded:
        """Record a fill once; what is too old to tell is not recorded."""
        if fill.key in self._known:
            return Recorded.KNOWN
        if self._forgotten_until_ms is not None and fill.ts_ms <= self._forgotten_until_ms + self.SPREAD_MS:
            return Recorded.TOO_OLD
        self.remember(fill)
        return Recorded.NEW

    def remember(self, fill: Fill) -> None:
        """Take a fill as recorded elsewhere: in the journal, before this program started."""
        if fill.key in self._known:
            return
        self._known.add(fill.key)
        heapq.heappush(self._by_age, (fill.ts_ms, fill.key))
        if len(self._known) > self._limit:
            self._forget_the_oldest()

    def _forget_the_oldest(self) -> None:
        ts_ms, key = heapq.heappop(self._by_age)
        self._known.discard(key)
        self._forgotten_until_ms = max(ts_ms, self._forgotten_until_ms or ts_ms)
