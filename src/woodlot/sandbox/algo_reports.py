"""This file is how algo orders are told: as rows (rest-v3 §9.2.5) and as legs of a push (websocket-v3 §9.2)."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import UNSET

from woodlot.sandbox.accounts import Fill
from woodlot.sandbox.algo_orders import Leg
from woodlot.sandbox.market import Market
from woodlot.sandbox.money import average, decimal
from woodlot.sandbox.perpetual import rate_decimal
from woodlot.wire.algo import AlgoAck, AlgoAckRow, AlgoOrderRow, AlgoOrderType, TriggerStatus
from woodlot.wire.enums import Side
from woodlot.wire.events import AlgoExecutionReport
from woodlot.wire.moment import Time

_ZERO = Decimal(0)


def algo_ack(root: Leg, *, now_ms: int) -> AlgoAck:
    """Return a row for every leg: "TAKE_PROFIT, STOP_LOSS, parent; root last" (rest-v3 §9.2.1)."""
    return AlgoAck(
        rows=tuple(
            AlgoAckRow(
                algo_order_id=leg.id, client_algo_order_id=leg.client_id, algo_type=leg.word, quantity=leg.quantity
            )
            for leg in _children_first(root)
        ),
        timestamp=now_ms,
    )


def algo_row(leg: Leg, *, market: Market) -> AlgoOrderRow:
    order, trail, root = leg.order, leg.trail, leg.root
    return AlgoOrderRow(
        algo_order_id=leg.id,
        client_algo_order_id=leg.client_id,
        root_algo_order_id=root.id,
        parent_algo_order_id=leg.parent.id if leg.parent else 0,
        symbol=leg.symbol,
        algo_order_tag=leg.tag,
        algo_type=leg.word,
        side=leg.side,
        quantity=leg.quantity,
        is_triggered=leg.is_triggered,
        trigger_price=None if leg.trigger is None else decimal(leg.trigger),
        trigger_status=_trigger_status(leg),
        type=leg.type,
        root_algo_status=root.status,
        algo_status=leg.status,
        trigger_price_type=leg.trigger_type,
        price=leg.price,
        trigger_time=str(leg.triggered_ms),
        total_executed_quantity=_executed(leg, market=market),
        visible_quantity=_visible(leg),
        average_executed_price=_average(leg, market=market),
        total_fee=decimal(order.fee) if order else _ZERO,
        fee_asset=_fee_asset(leg, market=market),
        total_rebate=_ZERO,
        rebate_asset=_rebate_asset(leg, market=market),
        reduce_only=leg.reduce_only,
        created_time=Time.at(leg.created_ms),
        updated_time=Time.at(leg.updated_ms),
        position_side=leg.position_side.value,
        is_activated=UNSET if trail is None else trail.is_activated,
        callback_rate=UNSET if trail is None or trail.rate is None else rate_decimal(trail.rate),
        callback_value=UNSET if trail is None or trail.value is None else decimal(trail.value),
        activated_price=UNSET if trail is None or trail.activation is None else decimal(trail.activation),
        child_orders=tuple(algo_row(child, market=market) for child in leg.children) if leg.children else UNSET,
    )


def algo_report(
    leg: Leg, *, market: Market, fill: Fill | None, now_ms: int, names_order: bool = False
) -> AlgoExecutionReport:
    order, trail, root, fee_asset = leg.order, leg.trail, leg.root, _fee_asset(leg, market=market)
    return AlgoExecutionReport(
        symbol=leg.symbol,
        root_algo_order_id=root.id,
        parent_algo_order_id=leg.parent.id if leg.parent else 0,
        algo_order_id=leg.id,
        client_algo_order_id=leg.client_id,
        order_id=order.id if order is not None and names_order else UNSET,
        order_tag=leg.tag,
        # "in V1 examples only on the root, elsewhere absent" (websocket-v3 §9.2)
        status=leg.status if leg.parent is None else UNSET,
        algo_type=leg.word,
        side=leg.side,
        position_side=leg.position_side,
        quantity=leg.quantity or _ZERO,
        trigger_price=decimal(leg.trigger or 0),
        trigger_price_type=leg.trigger_type,
        trigger_status=_trigger_status(leg),
        price=leg.price or _ZERO,
        type=leg.type or "",
        trigger_trade_price=decimal(leg.triggered_at),
        trigger_ts=leg.triggered_ms,
        trade_id=fill.id if fill else 0,
        executed_price=market.plain_price(fill.price) if fill else _ZERO,
        executed_quantity=market.plain_quantity(fill.lots) if fill else _ZERO,
        fee=decimal(fill.fee) if fill else _ZERO,
        fee_asset=fee_asset,
        reason=leg.reason,
        total_executed_quantity=_executed(leg, market=market),
        average_executed_price=_average(leg, market=market),
        total_fee=decimal(order.fee) if order else _ZERO,
        total_fee_currency=fee_asset,
        total_rebate_currency=_rebate_asset(leg, market=market),
        visible_quantity=_visible(leg),
        ts=now_ms,
        reduce_only=leg.reduce_only,
        activated_price=decimal(trail.activation or 0) if trail else _ZERO,
        callback_rate=rate_decimal(trail.rate or 0) if trail else _ZERO,
        callback_value=decimal(trail.value or 0) if trail else _ZERO,
        extreme_price=decimal(trail.extreme or 0) if trail else _ZERO,
        is_triggered=leg.is_triggered,
        is_maker=fill is not None and fill.is_maker,
        is_activated=trail is not None and trail.is_activated,
        root_algo_status=root.status,
        algo_status=leg.status,
    )


def _children_first(leg: Leg) -> Iterable[Leg]:
    for child in leg.children:
        yield from _children_first(child)
    yield leg


def _trigger_status(leg: Leg) -> TriggerStatus:
    return TriggerStatus.SUCCESS if leg.is_triggered else TriggerStatus.USELESS


def _executed(leg: Leg, *, market: Market) -> Decimal:
    return market.plain_quantity(leg.order.executed) if leg.order else _ZERO


def _average(leg: Leg, *, market: Market) -> Decimal:
    order = leg.order
    return decimal(average(order.cost, order.executed * market.lot)) if order else _ZERO


def _visible(leg: Leg) -> Decimal:
    """Return what the book may show of a leg: "`visibleQuantity` 0" is recorded of one that never rests."""
    if leg.type is not AlgoOrderType.LIMIT:
        return _ZERO
    return leg.visible if leg.visible is not None else leg.quantity or _ZERO


def _fee_asset(leg: Leg, *, market: Market) -> str:
    """Name what fees are paid in: "" is recorded, row and push, of a leg that has not traded (rest-v3 §9.2.5)."""
    if leg.order is None or not leg.order.executed:
        return ""
    return market.base if leg.side is Side.BUY and not market.is_perpetual else market.quote


def _rebate_asset(leg: Leg, *, market: Market) -> str:
    return market.quote if leg.order is not None and leg.order.executed else ""
