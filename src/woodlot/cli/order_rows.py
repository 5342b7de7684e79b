"""This file is orders, algo orders and fills as rows: the same columns wherever they are shown."""

from typing import Any

from woodlot.wire.algo import AlgoOrderRow
from woodlot.wire.trade import OrderRow, Transaction

ORDERS = (
    "time", "symbol", "side", "type", "price", "quantity", "filled", "average_price", "status", "order_id",
    "client_order_id",
)  # fmt: skip
ORDER = (*ORDERS, "amount", "fee", "fee_asset", "reduce_only", "tag")
ALGOS = (
    "time", "symbol", "kind", "side", "quantity", "trigger_price", "price", "status", "triggered", "algo_id",
    "client_algo_id",
)  # fmt: skip
FILLS = ("time", "symbol", "side", "price", "quantity", "fee", "fee_asset", "maker", "trade_id", "order_id")


def order_row(row: OrderRow) -> dict[str, Any]:
    return {
        "time": row.created_time,
        "symbol": row.symbol,
        "side": str(row.side),
        "type": str(row.type),
        "price": row.price,
        "quantity": row.quantity,
        "filled": row.executed,
        "average_price": row.average_executed_price,
        "status": str(row.status),
        "order_id": row.order_id,
        "client_order_id": row.client_order_id or None,
        "amount": row.amount,
        "fee": row.total_fee,
        "fee_asset": row.fee_asset,
        "reduce_only": row.reduce_only,
        "tag": row.order_tag,
    }


def fill_row(row: Transaction) -> dict[str, Any]:
    return {
        "time": row.executed_timestamp,
        "symbol": row.symbol,
        "side": str(row.side),
        "price": row.executed_price,
        "quantity": row.executed_quantity,
        "fee": row.fee,
        "fee_asset": row.fee_asset,
        "maker": bool(row.is_maker),
        "trade_id": row.id,
        "order_id": row.order_id,
    }


def algo_row(row: AlgoOrderRow) -> dict[str, Any]:
    return {
        "time": row.created_time,
        "symbol": row.symbol,
        "kind": str(row.algo_type),
        "side": None if row.side is None else str(row.side),
        "quantity": row.quantity,
        "trigger_price": row.trigger_price,
        "price": row.price,
        "status": str(row.algo_status or row.root_algo_status or ""),
        "triggered": row.is_triggered,
        "algo_id": row.algo_order_id,
        "client_algo_id": row.client_algo_order_id or None,
    }
