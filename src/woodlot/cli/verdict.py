"""This file is what is said of an order before it leaves: by its instrument's rules, and by the gate's limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from woodlot.cli import halt
from woodlot.cli.refusals import FiltersBroken
from woodlot.cli.session import Session
from woodlot.clock import SystemClock
from woodlot.desk.controls import Touch, held_by
from woodlot.desk.gate import Gate
from woodlot.desk.limits import Limits
from woodlot.errors import GateRefused
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.order import TrackedOrder
from woodlot.orders.states import OrderState
from woodlot.wire.algo import AlgoOrderRow, EditAlgoOrder, GetAlgoOrders, PlaceAlgoOrder
from woodlot.wire.enums import PositionSide, Side, StatusFilter
from woodlot.wire.futures import GetPositions
from woodlot.wire.public import GetOrderBook, Instrument
from woodlot.wire.trade import EditOrder, GetOrders, OrderRow, PlaceOrder

Entry: TypeAlias = PlaceOrder | EditOrder | PlaceAlgoOrder | EditAlgoOrder
"""What makes or changes an order."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate has to know, as REST told it a moment ago."""

    touch_now: Touch | None
    open_now: tuple[TrackedOrder, ...]
    algos_now: tuple[AlgoOrder, ...]
    held: Mapping[PositionSide, Decimal]

    def touch(self, symbol: str) -> Touch | None:  # noqa: ARG002 - there is but one
        return self.touch_now

    def open_orders(self) -> tuple[TrackedOrder, ...]:
        return self.open_now

    def open_algos(self) -> tuple[AlgoOrder, ...]:
        return self.algos_now

    def built_up(self, symbol: str, position: PositionSide | None = None) -> Decimal:  # noqa: ARG002 - there is but one
        return held_by(self.held, position)

    def find(self, *, order_id: int | None, client_order_id: int | None) -> TrackedOrder | None:
        return next((row for row in self.open_now if _is_named(row, order_id, client_order_id)), None)

    def find_algo(self, *, order_id: int | None, client_order_id: int | None) -> AlgoOrder | None:
        return next((row for row in self.algos_now if _is_named(row, order_id, client_order_id)), None)


def limits_of(here: Session) -> Limits:
    """Return the limits of a profile: its own file, else those of its environment."""
    if here.profile.limits is not None:
        return Limits.from_file(here.profile.limits)
    return Limits.default(here.environment)


def check_filters(instrument: Instrument, order: PlaceOrder) -> None:
    """Raise FiltersBroken with every rule that an order breaks, and the nearest order that breaks none."""
    problems = instrument.check(order)
    if not problems:
        return
    fitted = instrument.fit(order)
    changes = ", ".join(f"{change.field} {change.fitted.normalize():f}" for change in fitted.changes)
    hint = f"this would do: {changes}" if changes and not fitted.violations else f"see: woodlot symbols {order.symbol}"
    raise FiltersBroken("; ".join(map(str, problems)), hint=hint)


async def pass_the_gate(here: Session, request: Entry, symbol: str) -> None:
    """Hold what makes or changes an order to the limits. Raises GateRefused."""
    limits = limits_of(here)
    if limits == Limits.off():
        return
    facts = await _facts(here, symbol)
    Gate(limits, facts=facts, environment=here.environment.name, clock=SystemClock()).admit(request)


async def verdict(here: Session, request: Entry, instrument: Instrument, order: PlaceOrder) -> dict[str, Any]:
    """Return what would be said of a request, and of the order it leads to, without an error."""
    reference = None
    if isinstance(request, PlaceOrder | EditOrder):
        # The band is around the market of the moment that it is sent in, and those that wait are not sent now.
        book = await here.client.send(GetOrderBook(symbol=order.symbol, max_level=1))
        touch = _touch(book.bids, book.asks)
        reference = None if touch.bid is None or touch.ask is None else (touch.bid + touch.ask) / 2
    filters = [str(problem) for problem in instrument.check(order, reference=reference)]
    try:
        if here.credentials is not None:
            await pass_the_gate(here, request, order.symbol)
        reason = halt.stopped_because(here.profile.name)
        gate = "passes" if reason is None else f"trading was stopped: {reason}"
    except GateRefused as refusal:
        gate = f"{refusal.problem} ({refusal.control})"
    return {"filters": "passes" if not filters else "; ".join(filters), "gate": gate}


async def notional(here: Session, order: PlaceOrder) -> Decimal | None:
    """Return what an order is worth in the quote asset, at its own price or at what the other side asks."""
    if order.amount is not None:
        return Decimal(order.amount)
    price = order.price
    if price is None:
        book = await here.client.send(GetOrderBook(symbol=order.symbol, max_level=1))
        touch = _touch(book.bids, book.asks)
        price = touch.ask if order.side is Side.BUY else touch.bid
    return None if price is None or order.quantity is None else Decimal(price) * Decimal(order.quantity)


async def worth(here: Session, instrument: Instrument, order: PlaceOrder) -> str:
    """Return what an order is worth, for a question; nothing where that cannot be told."""
    value = await notional(here, order)
    return "" if value is None else f", worth {value.normalize():f} {instrument.quote_asset}"


async def _facts(here: Session, symbol: str) -> Facts:
    book = await here.client.send(GetOrderBook(symbol=symbol, max_level=1))
    rows = [row async for row in here.client.pages(GetOrders(status=StatusFilter.INCOMPLETE, size=500))]
    algos = [row async for row in here.client.pages(GetAlgoOrders(status=StatusFilter.INCOMPLETE, size=100))]
    held: dict[PositionSide, Decimal] = {}
    if symbol.startswith("PERP_"):
        answer = await here.client.send(GetPositions(symbol=symbol))
        held = {row.position_side: row.holding for row in answer.positions if row.symbol == symbol}
    return Facts(_touch(book.bids, book.asks), tuple(map(_tracked, rows)), tuple(map(_waiting, algos)), held)


def _tracked(row: OrderRow) -> TrackedOrder:
    """Return an open order as far as the gate looks at it."""
    return TrackedOrder(
        symbol=row.symbol,
        side=row.side,
        type=row.type,
        price=row.price,
        quantity=row.quantity,
        reported_quantity=row.executed,
        order_id=row.order_id,
        client_order_id=row.client_order_id,
    )


def _waiting(row: AlgoOrderRow) -> AlgoOrder:
    """Return an open algo order as far as the gate looks at it: once triggered, its order is in the other list."""
    return AlgoOrder(
        symbol=row.symbol,
        algo_type=str(row.algo_type),
        side=row.side,
        quantity=row.quantity,
        price=row.price or None,
        trigger_price=row.trigger_price or None,
        reduce_only=bool(row.reduce_only),
        order_id=row.algo_order_id,
        client_order_id=row.client_algo_order_id or None,
        state=OrderState.FILLED if row.is_triggered else OrderState.WORKING,
    )


def _is_named(order: TrackedOrder | AlgoOrder, order_id: int | None, client_order_id: int | None) -> bool:
    if order_id is not None:
        return order.order_id == order_id
    return client_order_id is not None and order.client_order_id == client_order_id


def _touch(bids: Any, asks: Any) -> Touch:
    return Touch(Decimal(bids[0].price) if bids else None, Decimal(asks[0].price) if asks else None)
