"""Executions made short."""

from decimal import Decimal
from typing import Any

from woodlot.orders.fills import Fill, FillSource
from woodlot.wire.enums import Side


def fill(trade_id: int, **fields: Any) -> Fill:
    known: dict[str, Any] = {
        "symbol": "SPOT_WOO_USDT",
        "trade_id": trade_id,
        "order_id": 1,
        "client_order_id": 2,
        "side": Side.BUY,
        "price": Decimal("0.05"),
        "quantity": Decimal(100),
        "fee": Decimal("0.1"),
        "fee_asset": "WOO",
        "is_maker": False,
        "ts_ms": trade_id,
        "source": FillSource.REPORT,
    }
    return Fill(**known | fields)
