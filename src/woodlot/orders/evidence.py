"""This file is what a reply, a report or a poll says about an order, in one form: the tracker has one ear."""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from woodlot.wire.enums import OrderStatus, OrderTypeWord, PositionSide, Side
from woodlot.wire.events import ExecutionReport
from woodlot.wire.trade import OrderRow
from woodlot.wire.value import Value

REST_LAG_MS = 5_000
"""REST may lag the stream by so much: a poll counts as that much older than the moment it was answered."""


class Source(StrEnum):
    """Where a step of an order was learned."""

    INTENT = "intent"
    REPLY = "reply"
    REPORT = "report"
    POLL = "poll"
    BACKFILL = "backfill"


class Standing(NamedTuple):
    """How far along an order was when it was described: the greater one is the later description.

    "greater `tesx` is later; with equal `tesx` a final status is later than an open one; then `ts`; then arrival",
    and "after a final status ignore later non-final reports" (websocket-v3 §10), which puts the status first.
    """

    is_final: bool = False
    total_quantity: Decimal = Decimal(0)
    ts_ms: int = 0


class Evidence(Value):
    """One description of an order. What it does not tell is None; a zero that means "none" has become None."""

    source: Source
    symbol: str
    status: OrderStatus | None
    total_quantity: Decimal
    order_id: int
    ts_ms: int
    client_order_id: int | None = None
    side: Side | None = None
    type: OrderTypeWord | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    trigger_price: Decimal | None = None
    amount: Decimal | None = None
    average_price: Decimal | None = None
    created_ms: int | None = None
    position_side: PositionSide | None = None
    reason: str = ""

    @property
    def standing(self) -> Standing:
        is_final = self.status is not None and self.status.is_final
        return Standing(is_final, self.total_quantity, self.ts_ms)

    @property
    def is_nameless_report(self) -> bool:
        """Whether the stream spoke of an order without its client order id. REST would name one that has it."""
        return self.source is Source.REPORT and self.client_order_id is None

    @classmethod
    def from_report(cls, report: ExecutionReport) -> "Evidence":
        """Read a report of message type 0."""
        return cls(
            source=Source.REPORT,
            symbol=report.symbol,
            status=report.status,
            total_quantity=report.total_executed_quantity,
            order_id=report.order_id,
            ts_ms=report.ts,
            client_order_id=report.client_order_id or None,
            side=report.side,
            type=report.type,
            price=report.price or None,
            quantity=report.quantity or None,
            average_price=report.average_executed_price or None,
            position_side=report.position_side,
            reason=report.reason,
        )

    @classmethod
    def from_row(cls, row: OrderRow, *, at_ms: int) -> "Evidence":
        """Read a row that REST answered at `at_ms` of the exchange's time."""
        return cls(
            source=Source.POLL,
            symbol=row.symbol,
            status=row.status,
            total_quantity=row.executed,
            order_id=row.order_id,
            ts_ms=at_ms - REST_LAG_MS,
            client_order_id=row.client_order_id or None,
            side=row.side,
            type=row.type,
            price=row.price or None,
            quantity=row.quantity or None,
            amount=row.amount or None,
            average_price=row.average_executed_price or None,
            created_ms=row.created_time.ms,
            position_side=PositionSide(row.position_side),
        )
