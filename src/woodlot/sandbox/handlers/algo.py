"""This file is the handlers of rest-v3 §9.2: orders that wait for a price."""

from typing import Final

from woodlot.sandbox.handlers.venue import Call, Handlers
from woodlot.wire.algo import (
    AlgoAck,
    AlgoOrderRow,
    AlgoOrderRows,
    CancelAlgoOrder,
    CancelAlgoOrders,
    EditAlgoOrder,
    GetAlgoOrder,
    GetAlgoOrders,
    PlaceAlgoOrder,
)
from woodlot.wire.trade import CancelAck, EditAck


def _place(call: Call[PlaceAlgoOrder]) -> AlgoAck:
    return call.exchange.algo.place(call.account_id, call.request)


def _edit(call: Call[EditAlgoOrder]) -> EditAck:
    call.exchange.algo.edit(call.account_id, call.request)
    return EditAck(status="EDIT_SENT")


def _cancel(call: Call[CancelAlgoOrder]) -> CancelAck:
    request = call.request
    call.exchange.algo.cancel(
        call.account_id, algo_order_id=request.algo_order_id, client_algo_order_id=request.client_algo_order_id
    )
    return CancelAck(status="CANCEL_SENT")


def _cancel_all(call: Call[CancelAlgoOrders]) -> CancelAck:
    call.exchange.algo.cancel_all(call.account_id, call.request.symbol)
    return CancelAck(status="CANCEL_ALL_SENT")


def _order(call: Call[GetAlgoOrder]) -> AlgoOrderRow:
    request = call.request
    return call.exchange.algo.order(
        call.account_id, algo_order_id=request.algo_order_id, client_algo_order_id=request.client_algo_order_id
    )


def _orders(call: Call[GetAlgoOrders]) -> AlgoOrderRows:
    return call.exchange.algo.orders(call.account_id, call.request)


HANDLERS: Final[Handlers] = {
    PlaceAlgoOrder: _place,
    EditAlgoOrder: _edit,
    CancelAlgoOrder: _cancel,
    CancelAlgoOrders: _cancel_all,
    GetAlgoOrder: _order,
    GetAlgoOrders: _orders,
}
