"""Messages about one order, made short: every field a test does not speak of has a sensible value."""

from decimal import Decimal
from typing import Any

from woodlot.orders.output import AskFills, AskOrder, Changed, Executed, Output
from woodlot.wire.answer import Time
from woodlot.wire.enums import OrderStatus, OrderType, OrderTypeWord, Side
from woodlot.wire.events import ExecutionReport
from woodlot.wire.trade import OrderAck, OrderRow, PlaceOrder, Transaction, TransactionSide

SYMBOL = "SPOT_WOO_USDT"
ORDER_ID = 71_000_001
CLIENT_ORDER_ID = 4_611_686_018_427_387_905
START_MS = 1_790_000_000_000


def place(**fields: Any) -> PlaceOrder:
    known: dict[str, Any] = {
        "symbol": SYMBOL,
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "price": "0.25",
        "quantity": "100",
        "client_order_id": CLIENT_ORDER_ID,
    }
    return PlaceOrder(**known | fields)


def ack(**fields: Any) -> OrderAck:
    known: dict[str, Any] = {
        "order_id": ORDER_ID,
        "client_order_id": CLIENT_ORDER_ID,
        "type": OrderTypeWord.LIMIT,
        "price": Decimal("0.25"),
        "quantity": Decimal(100),
        "timestamp": START_MS,
    }
    return OrderAck(**known | fields)


def report(status: str, total: str = "0", *, at: int = 0, **fields: Any) -> ExecutionReport:
    """A report at `at` ms after the start; `total` is `tesx`."""
    known: dict[str, Any] = {
        "symbol": SYMBOL,
        "client_order_id": CLIENT_ORDER_ID,
        "order_id": ORDER_ID,
        "type": OrderTypeWord.LIMIT,
        "side": Side.BUY,
        "quantity": Decimal(100),
        "price": Decimal("0.25"),
        "total_executed_quantity": Decimal(total),
        "average_executed_price": Decimal("0.25") if Decimal(total) else Decimal(0),
        "status": OrderStatus(status),
        "fee_asset": "WOO",
        "ts": START_MS + at,
    }
    return ExecutionReport(**known | fields)


def fill_report(
    trade_id: int, quantity: str, total: str, status: str = "PARTIAL_FILLED", /, *, at: int, **fields: Any
) -> ExecutionReport:
    known: dict[str, Any] = {
        "trade_id": trade_id,
        "executed_quantity": Decimal(quantity),
        "executed_price": Decimal("0.25"),
        "fee": Decimal("0.01"),
    }
    return report(status, total, at=at, **known | fields)


def refusal(message_type: int, **fields: Any) -> ExecutionReport:
    known: dict[str, Any] = {"message_type": message_type, "symbol": SYMBOL, "order_id": ORDER_ID, "reason": "no"}
    return ExecutionReport(**known | fields)


def transaction(trade_id: int, quantity: str, /, *, at: int, **fields: Any) -> Transaction:
    known: dict[str, Any] = {
        "id": trade_id,
        "symbol": SYMBOL,
        "order_id": ORDER_ID,
        "executed_price": Decimal("0.25"),
        "executed_quantity": Decimal(quantity),
        "fee": Decimal("0.01"),
        "fee_asset": "WOO",
        "side": TransactionSide.BUY,
        "executed_timestamp": Time.at(START_MS + at),
        "is_maker": 1,
    }
    return Transaction(**known | fields)


def row(status: str, executed: str = "0", **fields: Any) -> OrderRow:
    known: dict[str, Any] = {
        "order_id": ORDER_ID,
        "client_order_id": CLIENT_ORDER_ID,
        "symbol": SYMBOL,
        "side": Side.BUY,
        "quantity": Decimal(100),
        "type": OrderTypeWord.LIMIT,
        "status": OrderStatus(status),
        "price": Decimal("0.25"),
        "executed": Decimal(executed),
        "average_executed_price": Decimal("0.25") if Decimal(executed) else Decimal(0),
        "created_time": Time.at(START_MS),
    }
    return OrderRow(**known | fields)


def executed_ids(outputs: tuple[Output, ...]) -> list[int]:
    return [output.fill.trade_id for output in outputs if isinstance(output, Executed)]


def changes(outputs: tuple[Output, ...]) -> list[Changed]:
    return [output for output in outputs if isinstance(output, Changed)]


def questions(outputs: tuple[Output, ...]) -> list[AskOrder | AskFills]:
    return [output for output in outputs if isinstance(output, AskOrder | AskFills)]
