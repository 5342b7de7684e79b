"""This file is the handlers of rest-v3 §9.1: ordinary orders and their fills."""

from typing import Any, Final

from woodlot.sandbox.handlers.venue import Call, Handlers
from woodlot.sandbox.refusal import refusal
from woodlot.wire.trade import (
    CancelAck,
    CancelAllAfter,
    CancelAllOrders,
    CancelOrder,
    CancelOrders,
    DeadManAck,
    EditAck,
    EditOrder,
    GetOrder,
    GetOrders,
    GetTradingFee,
    GetTransaction,
    GetTransactionHistory,
    OrderAck,
    OrderRow,
    OrderRows,
    PlaceOrder,
    TradingFee,
    Transaction,
    TransactionRows,
)


def _place_order(call: Call[PlaceOrder]) -> OrderAck:
    return call.exchange.place(call.account_id, call.request)


def _edit_order(call: Call[EditOrder]) -> EditAck:
    call.exchange.edit(call.account_id, call.request)
    return EditAck(status="EDIT_SENT")


def _cancel_order(call: Call[CancelOrder]) -> CancelAck:
    request = call.request
    call.exchange.cancel(
        call.account_id, order_id=request.order_id, client_order_id=request.client_order_id, symbol=request.symbol
    )
    return CancelAck(status="CANCEL_SENT")


def _cancel_orders(call: Call[CancelOrders | CancelAllOrders]) -> CancelAck:
    """Cancel those that are open. Names and form of the lists are not known (rest-v3 §14 no 1)."""
    request = call.request
    if isinstance(request, CancelAllOrders):
        # "An older ccxt used it as cancel by symbol and got CANCEL_ALL_SENT" (rest-v3 §9.1.4).
        return _cancel_all_orders(Call(call.venue, request, call.account_id))
    call.exchange.cancel_several(
        call.account_id,
        order_ids=_ids(request.order_ids, 317165),
        client_order_ids=_ids(request.client_order_ids, 317166),
        symbol=request.symbol,
    )
    return CancelAck(status="CANCEL_SENT")


def _cancel_all_orders(call: Call[CancelAllOrders]) -> CancelAck:
    call.exchange.cancel_all(call.account_id, call.request.symbol)
    return CancelAck(status="CANCEL_ALL_SENT")


def _cancel_all_after(call: Call[CancelAllAfter]) -> DeadManAck:
    return call.exchange.cancel_all_after(call.account_id, call.request.trigger_after)


def _order(call: Call[GetOrder]) -> OrderRow:
    request = call.request
    return call.exchange.order(
        call.account_id,
        order_id=request.order_id,
        client_order_id=request.client_order_id,
        with_realized_pnl=bool(request.with_realized_pnl),
    )


def _orders(call: Call[GetOrders]) -> OrderRows:
    _refuse_unlisted(call, call.request.symbol)
    return call.exchange.orders(call.account_id, call.request)


def _transaction(call: Call[GetTransaction]) -> Transaction:
    return call.exchange.transaction(call.account_id, call.request.trade_id)


def _transaction_history(call: Call[GetTransactionHistory]) -> TransactionRows:
    _refuse_unlisted(call, call.request.symbol)
    return call.exchange.transactions(call.account_id, call.request)


def _trading_fee(call: Call[GetTradingFee]) -> TradingFee:
    return call.exchange.trading_fee(call.account_id, call.request.symbol)


def _refuse_unlisted(call: Call[Any], symbol: str | None) -> None:
    """Raise Refusal for a filter that could never match; success would say that there is such a symbol."""
    if symbol is not None and symbol not in call.exchange.instruments:
        raise refusal(317155, symbol=symbol[:60])


def _ids(listed: str | None, code: int) -> tuple[int, ...]:
    """Read a comma list. Raises Refusal with the code that is its own (rest-v3 §5.3)."""
    if not listed:
        return ()
    parts = [part.strip() for part in listed.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
        raise refusal(code)
    return tuple(int(part) for part in parts)


HANDLERS: Final[Handlers] = {
    PlaceOrder: _place_order,
    EditOrder: _edit_order,
    CancelOrder: _cancel_order,
    CancelOrders: _cancel_orders,
    CancelAllOrders: _cancel_all_orders,
    CancelAllAfter: _cancel_all_after,
    GetOrder: _order,
    GetOrders: _orders,
    GetTransaction: _transaction,
    GetTransactionHistory: _transaction_history,
    GetTradingFee: _trading_fee,
}
