"""This file is what a report or a poll says about one leg of an algo order, in one form."""

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from woodlot.orders.evidence import REST_LAG_MS, Source, Standing
from woodlot.wire.algo import AlgoOrderRow
from woodlot.wire.enums import OrderStatus, Side
from woodlot.wire.events import AlgoExecutionReport
from woodlot.wire.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator


class AlgoEvidence(Value):
    """One description of a leg; `root_id` is the whole order's. What it does not tell is None."""

    source: Source
    symbol: str
    root_id: int
    leg_id: int
    parent_id: int
    client_order_id: int | None
    status: OrderStatus | None
    root_status: OrderStatus | None
    algo_type: str
    side: Side | None
    type: str | None
    quantity: Decimal | None
    price: Decimal | None
    trigger_price: Decimal | None
    is_triggered: bool
    total_quantity: Decimal
    average_price: Decimal | None
    reduce_only: bool
    ts_ms: int
    created_ms: int | None = None
    reason: str = ""

    @property
    def is_root(self) -> bool:
        return self.parent_id == 0

    @property
    def standing(self) -> Standing:
        """How far along the leg is; the rule is the one for orders (websocket-v3 §10)."""
        return Standing(self.status is not None and self.status.is_final, self.total_quantity, self.ts_ms)

    @classmethod
    def from_report(cls, report: AlgoExecutionReport) -> "AlgoEvidence":
        root_status = report.root_algo_status
        return cls(
            source=Source.REPORT,
            symbol=report.symbol,
            root_id=report.root_algo_order_id or report.algo_order_id,
            leg_id=report.algo_order_id,
            parent_id=report.parent_algo_order_id,
            client_order_id=report.client_algo_order_id or None,
            status=report.state,
            root_status=None if isinstance(root_status, msgspec.UnsetType) else root_status,
            algo_type=report.algo_type,
            side=report.side,
            type=report.type or None,
            quantity=report.quantity or None,
            price=report.price or None,
            trigger_price=report.trigger_price or None,
            is_triggered=report.is_triggered or report.trigger_status == "SUCCESS",
            total_quantity=report.total_executed_quantity,
            average_price=report.average_executed_price or None,
            reduce_only=report.reduce_only,
            ts_ms=report.ts,
            reason=report.reason,
        )

    @classmethod
    def from_row(cls, row: AlgoOrderRow, *, at_ms: int) -> "Iterator[AlgoEvidence]":
        """Read a row that REST answered at `at_ms` of the exchange's time, and the legs in it, from the root down."""
        yield cls(
            source=Source.POLL,
            symbol=row.symbol,
            root_id=row.root_algo_order_id or row.algo_order_id,
            leg_id=row.algo_order_id,
            parent_id=row.parent_algo_order_id,
            client_order_id=row.client_algo_order_id or None,
            status=row.algo_status,
            root_status=row.root_algo_status,
            algo_type=str(row.algo_type),
            side=row.side,
            type=row.type,
            quantity=row.quantity or None,
            price=row.price or None,
            trigger_price=row.trigger_price or None,
            is_triggered=row.is_triggered or row.trigger_status == "SUCCESS",
            total_quantity=row.total_executed_quantity or Decimal(0),
            average_price=row.average_executed_price or None,
            reduce_only=row.reduce_only,
            ts_ms=at_ms - REST_LAG_MS,
            created_ms=row.created_time.ms,
        )
        for child in row.child_orders or ():
            yield from cls.from_row(child, at_ms=at_ms)
