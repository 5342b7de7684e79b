"""This file is how orders, fills and positions are told: as reports on the stream and as rows over REST.

Amounts are exact and without trailing zeros; how numbers and times are spelled is the edge's business.
"""

from decimal import Decimal

import msgspec

from woodlot.sandbox.accounts import Fill
from woodlot.sandbox.market import Market
from woodlot.sandbox.money import ONE, average, decimal
from woodlot.sandbox.orders import Order
from woodlot.sandbox.perpetual import Perpetual
from woodlot.sandbox.positions import Position
from woodlot.wire.enums import OrderStatus, PositionSide, Side
from woodlot.wire.events import Balance, ExecutionReport
from woodlot.wire.events import Position as PositionEvent
from woodlot.wire.moment import Time
from woodlot.wire.trade import OrderAck, OrderRow, Transaction, TransactionSide

_ZERO = Decimal(0)
# "in hedge mode the page shows `OPEN LONG`, `OPEN SHORT`, `CLOSE LONG`, `CLOSE SHORT`" (rest-v3 §9.1.10)
_SIDES = {
    (PositionSide.BOTH, True): TransactionSide.BUY,
    (PositionSide.BOTH, False): TransactionSide.SELL,
    (PositionSide.LONG, True): TransactionSide.OPEN_LONG,
    (PositionSide.LONG, False): TransactionSide.CLOSE_LONG,
    (PositionSide.SHORT, True): TransactionSide.CLOSE_SHORT,
    (PositionSide.SHORT, False): TransactionSide.OPEN_SHORT,
}


class Step(msgspec.Struct, frozen=True, gc=False):
    """One step of an order: what of it may change, as it was then, in the units of its market."""

    order: Order
    market: Market
    status: OrderStatus
    price: int
    quantity: int
    executed: int
    cost: int
    fee: int
    ts: int
    fill: Fill | None = None
    reason: str = ""


def execution_report(step: Step) -> ExecutionReport:
    """Return a step with every field of websocket-v3 §9.1.1."""
    order, market, fill = step.order, step.market, step.fill
    fee_asset = _fee_asset(market, is_buy=order.is_buy)
    return ExecutionReport(
        message_type=0,
        symbol=order.symbol,
        client_order_id=order.client_order_id,
        order_id=order.id,
        type=order.word,
        side=_side(order.is_buy),
        position_side=order.stance.side,
        quantity=market.plain_quantity(step.quantity),
        price=market.plain_price(step.price),
        trade_id=fill.id if fill else 0,
        executed_quantity=market.plain_quantity(fill.lots) if fill else _ZERO,
        executed_price=market.plain_price(fill.price) if fill else _ZERO,
        fee=decimal(fill.fee) if fill else _ZERO,
        fee_asset=fee_asset,
        total_executed_quantity=market.plain_quantity(step.executed),
        average_executed_price=_average_price(step, market=market),
        status=step.status,
        reason=step.reason,
        order_tag=order.tag,
        total_fee=decimal(step.fee),
        total_fee_currency=fee_asset,
        total_rebate=_ZERO,
        total_rebate_currency=market.instrument.quote_asset,
        visible_quantity=market.plain_quantity(order.shown_of(step.quantity)),
        ts=step.ts,
        reduce_only=order.stance.reduce_only,
        is_maker=fill is not None and fill.is_maker,
        leverage=order.stance.leverage,
        margin_mode=order.stance.margin_mode,
        rpi=True if fill and fill.is_rpi else msgspec.UNSET,
    )


def order_ack(order: Order, market: Market, now_ms: int) -> OrderAck:
    """Return what a placement is answered with; the reserve of a MARKET buy by quantity is not told yet."""
    amount = order.amount if order.budget is not None or order.level is not None else None
    return OrderAck(
        order_id=order.id,
        client_order_id=order.client_order_id,
        type=order.word,
        price=market.plain_prices[order.price] if order.price else None,
        quantity=market.plain_quantities[order.quantity] if order.quantity else None,
        amount=None if amount is None else decimal(amount),
        bid_ask_level=order.level,
        timestamp=now_ms,
    )


def order_row(order: Order, *, market: Market, with_pnl: bool = False) -> OrderRow:
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
        type=order.word,
        status=order.status,
        price=market.plain_price(order.price) if order.price else None,
        executed=market.plain_quantity(order.executed),
        visible=market.plain_quantity(order.shown_of(order.quantity)),
        average_executed_price=_average_price(order, market=market),
        total_fee=decimal(order.fee),
        fee_asset=_fee_asset(market, is_buy=order.is_buy),
        total_rebate=_ZERO,
        rebate_asset=market.instrument.quote_asset,
        reduce_only=order.stance.reduce_only,
        created_time=Time.at(order.created_ms),
        # "only with `withRealizedPnl=true`" (rest-v3 §9.1.6); a spot order has none.
        realized_pnl=decimal(order.pnl) if market.is_perpetual and with_pnl else None,
        position_side=order.stance.side.value,
        bid_ask_level=order.level,
        # "perpetual rows only (2025-10)" (rest-v3 §9.1.6)
        margin_mode=order.stance.margin_mode.value if market.is_perpetual else msgspec.UNSET,
        leverage=order.stance.leverage if market.is_perpetual else msgspec.UNSET,
    )


def transaction(fill: Fill, *, market: Market) -> Transaction:
    """Return a fill as a row of rest-v3 §9.1.10."""
    return Transaction(
        id=fill.id,
        symbol=fill.symbol,
        order_id=fill.order_id,
        executed_price=market.plain_price(fill.price),
        executed_quantity=market.plain_quantity(fill.lots),
        fee=decimal(fill.fee),
        fee_asset=_fee_asset(market, is_buy=fill.is_buy),
        realized_pnl=None if fill.pnl is None else decimal(fill.pnl),
        order_tag=fill.tag,
        side=_SIDES[fill.side, fill.is_buy],
        executed_timestamp=Time.at(fill.ts),
        is_maker=int(fill.is_maker),
        is_match_rpi=True if fill.is_rpi else msgspec.UNSET,
    )


def _side(is_buy: bool) -> Side:  # noqa: FBT001 - it is the only argument
    return Side.BUY if is_buy else Side.SELL


def _fee_asset(market: Market, *, is_buy: bool) -> str:
    """Obey "spot BUY: base asset; spot SELL: quote asset; perpetuals: USDT" (§6.4), "even before a fill" (§9.1.6)."""
    return market.base if is_buy and not market.is_perpetual else market.quote


def _average_price(order: Order | Step, *, market: Market) -> Decimal:
    return decimal(average(order.cost, order.executed * market.lot))


class Record(msgspec.Struct, frozen=True, gc=False):
    """A balance as it was when it changed, in units."""

    asset: str
    holding: int
    frozen: int
    mark: int
    version: int
    ts: int


def balance(record: Record) -> Balance:
    """Return a record as its topic pushes it (websocket-v3 §9.3)."""
    return Balance(
        token=record.asset,
        holding=decimal(record.holding),
        frozen=decimal(record.frozen),
        mark_price=decimal(record.mark),
        version=record.version,
        ts=record.ts,
    )


def position_event(position: Position, *, perpetual: Perpetual, rank: int, now_ms: int) -> PositionEvent:
    """Return a position as its topic pushes it (websocket-v3 §9.4)."""
    market = perpetual.market
    pnl, fee = position.day.totals(now_ms)
    basis = abs(position.open_cost)
    return PositionEvent(
        symbol=position.symbol,
        holding=market.plain_quantity(position.lots),
        pending_long_qty=market.plain_quantity(position.pending.buy_lots),
        pending_short_qty=market.plain_quantity(-position.pending.sell_lots),
        average_open_price=average_open_price(position, market=market),
        pnl_24h=decimal(pnl),
        roi_24h=decimal(pnl * ONE // basis) if basis else _ZERO,
        fee_24h=decimal(fee),
        settle_price=settle_price(position, market=market),
        mark_price=decimal(perpetual.mark() or 0),
        opening_ts=position.opened_ms,
        adl_quantile=rank,
        leverage=position.leverage,
        margin_mode=position.margin_mode.value,
        position_side=position.side,
        isolated_margin_token=market.quote if position.is_isolated else "",
        isolated_margin_amount=decimal(position.margin),
        isolated_frozen_long=decimal(position.frozen_long),
        isolated_frozen_short=decimal(position.frozen_short),
        version=position.version,
        ts=now_ms,
    )


def average_open_price(position: Position, *, market: Market) -> Decimal:
    return decimal(average(abs(position.open_cost), abs(position.lots) * market.lot))


def settle_price(position: Position, *, market: Market) -> Decimal:
    """Return the price of the last settlement, of a lot opened since then its own."""
    return decimal(average(abs(position.cost), abs(position.lots) * market.lot))
