"""This file is what is said of an order before it leaves: by its instrument's rules, and by the gate's limits."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from woodlot.cli.refusals import FiltersBroken
from woodlot.cli.session import Session
from woodlot.clock import SystemClock
from woodlot.desk.controls import Touch
from woodlot.desk.gate import Gate
from woodlot.desk.limits import Limits
from woodlot.errors import GateRefused
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.order import TrackedOrder
from woodlot.wire.algo import PlaceAlgoOrder
from woodlot.wire.enums import Side, StatusFilter
from woodlot.wire.futures import GetPositions
from woodlot.wire.public import GetOrderBook, Instrument
from woodlot.wire.trade import GetOrders, OrderRow, PlaceOrder


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate has to know, as REST told it a moment ago."""

    touch_now: Touch | None
    open_now: tuple[TrackedOrder, ...]
    position: Decimal

    def touch(self, symbol: str) -> Touch | None:  # noqa: ARG002 - there is but one
        return self.touch_now

    def open_orders(self) -> tuple[TrackedOrder, ...]:
        return self.open_now

    def open_algos(self) -> tuple[AlgoOrder, ...]:
        return ()  # each costs a call more; a desk counts them

    def built_up(self, symbol: str) -> Decimal:  # noqa: ARG002 - there is but one
        return self.position

    def find(self, *, order_id: int | None, client_order_id: int | None) -> TrackedOrder | None:
        return next(
            (row for row in self.open_now if order_id == row.order_id or client_order_id == row.client_order_id), None
        )

    def find_algo(self, *, order_id: int | None, client_order_id: int | None) -> AlgoOrder | None:  # noqa: ARG002
        return None  # nothing here changes one


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


async def pass_the_gate(here: Session, order: PlaceOrder | PlaceAlgoOrder) -> None:
    """Hold an order to the limits. Raises GateRefused."""
    limits = limits_of(here)
    if limits == Limits.off():
        return
    facts = await _facts(here, order.symbol)
    Gate(limits, facts=facts, environment=here.environment.name, clock=SystemClock()).admit(order)


async def verdict(here: Session, instrument: Instrument, order: PlaceOrder) -> dict[str, Any]:
    """Return what would be said of an order, without an error."""
    book = await here.client.send(GetOrderBook(symbol=order.symbol, max_level=1))
    touch = _touch(book.bids, book.asks)
    reference = None if touch.bid is None or touch.ask is None else (touch.bid + touch.ask) / 2
    filters = [str(problem) for problem in instrument.check(order, reference=reference)]
    try:
        if here.credentials is not None:
            await pass_the_gate(here, order)
        gate = "passes"
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


async def _facts(here: Session, symbol: str) -> Facts:
    book = await here.client.send(GetOrderBook(symbol=symbol, max_level=1))
    rows = [row async for row in here.client.pages(GetOrders(status=StatusFilter.INCOMPLETE, size=500))]
    position = Decimal(0)
    if symbol.startswith("PERP_"):
        held = await here.client.send(GetPositions(symbol=symbol))
        position = sum((row.holding for row in held.positions if row.symbol == symbol), Decimal(0))
    return Facts(_touch(book.bids, book.asks), tuple(map(_tracked, rows)), position)


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


def _touch(bids: Any, asks: Any) -> Touch:
    return Touch(Decimal(bids[0].price) if bids else None, Decimal(asks[0].price) if asks else None)
