"""This file is how an order and its fills are told: as a report on the stream and as a row over REST.

Amounts are exact and without trailing zeros; how numbers and times are spelled is the edge's business.
"""

from decimal import Decimal
from typing import Final

from woodlot.sandbox.accounts import Fill
from woodlot.sandbox.market import Market
from woodlot.sandbox.money import average, decimal
from woodlot.sandbox.orders import Order
from woodlot.wire.enums import MarginMode, OrderStatus, OrderType, OrderTypeWord, PositionSide, Side
from woodlot.wire.events import ExecutionReport
from woodlot.wire.moment import Time
from woodlot.wire.trade import OrderAck, OrderRow, Transaction, TransactionSide

SPOT_LEVERAGE: Final = 1
"""What a spot order's report says; the documentation's example has the account's setting there."""

_ZERO = Decimal(0)
_WORDS = {kind: OrderTypeWord(kind.value) for kind in OrderType}


def execution_report(
    order: Order,
    *,
    market: Market,
    now_ms: int,
    status: OrderStatus | None = None,
    fill: Fill | None = None,
    reason: str = "",
) -> ExecutionReport:
    """Return one step of an order with every field of websocket-v3 §9.1.1; `status` where it is not the order's."""
    instrument = market.instrument
    fee_asset = _fee_asset(order, market=market)
    quantity = market.plain_quantity(order.quantity)
    return ExecutionReport(
        message_type=0,
        symbol=order.symbol,
        client_order_id=order.client_order_id,
        order_id=order.id,
        type=_WORDS[order.type],
        side=_side(order.is_buy),
        position_side=PositionSide.BOTH,
        quantity=quantity,
        price=market.plain_price(order.price),
        trade_id=fill.id if fill else 0,
        executed_quantity=market.plain_quantity(fill.lots) if fill else _ZERO,
        executed_price=market.plain_price(fill.price) if fill else _ZERO,
        fee=decimal(fill.fee) if fill else _ZERO,
        fee_asset=fee_asset,
        total_executed_quantity=market.plain_quantity(order.executed),
        average_executed_price=_average_price(order, market=market),
        status=status or order.status,
        reason=reason,
        order_tag=order.tag,
        total_fee=decimal(order.fee),
        total_fee_currency=fee_asset,
        total_rebate=_ZERO,
        total_rebate_currency=instrument.quote_asset,
        visible_quantity=_ZERO if order.type is OrderType.MARKET else quantity,
        ts=now_ms,
        reduce_only=False,
        is_maker=fill is not None and fill.is_maker,
        leverage=SPOT_LEVERAGE,
        margin_mode=MarginMode.CROSS,
    )


def order_ack(order: Order, *, market: Market, now_ms: int) -> OrderAck:
    """Return what a placement is answered with; the reserve of a MARKET buy by quantity is not told yet."""
    return OrderAck(
        order_id=order.id,
        client_order_id=order.client_order_id,
        type=_WORDS[order.type],
        price=market.plain_price(order.price) if order.price else None,
        quantity=market.plain_quantity(order.quantity) if order.quantity else None,
        amount=decimal(order.amount) if order.budget is not None and order.amount is not None else None,
        timestamp=now_ms,
    )


def order_row(order: Order, *, market: Market) -> OrderRow:
    """Return an order as rest-v3 §9.1.6 records it: null for what does not apply, 0 visible on MARKET."""
    by_amount = order.budget is not None
    return OrderRow(
        order_id=order.id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        order_tag=order.tag,
        side=_side(order.is_buy),
        quantity=None if by_amount else market.plain_quantity(order.quantity),
        amount=None if order.amount is None else decimal(order.amount),
        type=_WORDS[order.type],
        status=order.status,
        price=market.plain_price(order.price) if order.price else None,
        executed=market.plain_quantity(order.executed),
        visible=_ZERO if order.type is OrderType.MARKET else market.plain_quantity(order.quantity),
        average_executed_price=_average_price(order, market=market),
        total_fee=decimal(order.fee),
        fee_asset=_fee_asset(order, market=market),
        total_rebate=_ZERO,
        rebate_asset=market.instrument.quote_asset,
        created_time=Time.at(order.created_ms),
    )


def transaction(fill: Fill, *, market: Market) -> Transaction:
    """Return a fill as a row of rest-v3 §9.1.10."""
    instrument = market.instrument
    return Transaction(
        id=fill.id,
        symbol=fill.symbol,
        order_id=fill.order_id,
        executed_price=market.plain_price(fill.price),
        executed_quantity=market.plain_quantity(fill.lots),
        fee=decimal(fill.fee),
        fee_asset=instrument.base_asset if fill.is_buy else instrument.quote_asset,
        order_tag=fill.tag,
        side=TransactionSide.BUY if fill.is_buy else TransactionSide.SELL,
        executed_timestamp=Time.at(fill.ts),
        is_maker=int(fill.is_maker),
    )


def _side(is_buy: bool) -> Side:  # noqa: FBT001 - it is the only argument
    return Side.BUY if is_buy else Side.SELL


def _fee_asset(order: Order, *, market: Market) -> str:
    """Obey "spot BUY: base asset; spot SELL: quote asset" (rest-v3 §6.4), "even before a fill" (§9.1.6)."""
    return market.instrument.base_asset if order.is_buy else market.instrument.quote_asset


def _average_price(order: Order, *, market: Market) -> Decimal:
    return decimal(average(order.cost, order.executed * market.lot))
