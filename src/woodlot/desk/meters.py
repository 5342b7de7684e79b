"""This file is how near the limits of the gate are: what an order of a symbol would be held against now."""

from decimal import Decimal
from typing import NamedTuple

from woodlot.desk.controls import Facts, Past
from woodlot.desk.limits import Limits
from woodlot.wire.enums import PositionSide, Side


class Meter(NamedTuple):
    """One limit: how much of it is used; None where that cannot be told without a price."""

    name: str
    used: Decimal | None
    limit: Decimal

    @property
    def share(self) -> float:
        """The part that is used, from 0 to 1."""
        return min(1.0, max(0.0, float(self.used / self.limit))) if self.used is not None and self.limit else 0.0


def meters_of(limits: Limits, *, facts: Facts, past: Past, symbol: str, now_s: float) -> tuple[Meter, ...]:
    """Return a meter for every limit that fills up; those of a single order, such as its notional, do not."""
    meters: list[Meter] = []
    if limits.max_open_orders is not None:
        count = len(facts.open_orders()) + len(facts.open_algos())
        meters.append(Meter("open orders", Decimal(count), Decimal(limits.max_open_orders)))
    if limits.max_exposure is not None:
        bound = limits.max_exposure
        meters += [Meter(f"exposure {side.value}", _exposure(facts, symbol, side), bound) for side in Side]
    if limits.orders_per_second is not None:
        sent = sum(1 for at_s in past.latest_s(limits.orders_per_second) if now_s - at_s < 1.0)
        meters.append(Meter("orders per second", Decimal(sent), Decimal(limits.orders_per_second)))
    if limits.most_children is not None:
        busiest = max(
            (sum(now_s - at_s < limits.children_within_s for at_s in family) for family in past.children.values()),
            default=0,
        )
        meters.append(Meter("repeated child orders", Decimal(busiest), Decimal(limits.most_children)))
    return tuple(meters)


def _exposure(facts: Facts, symbol: str, side: Side) -> Decimal | None:
    """Return what is built up and may be on one side, valued at the touch an order of that side would meet."""
    sign, position = (1, PositionSide.LONG) if side is Side.BUY else (-1, PositionSide.SHORT)
    built_up = sign * facts.built_up(symbol, position)
    resting = sum(
        (
            order.remaining if order.remaining is not None else order.quantity or Decimal(0)
            for order in facts.open_orders()
            if order.symbol == symbol and order.side is side
        ),
        Decimal(0),
    )
    waiting = (order.waiting_quantity for order in facts.open_algos() if (order.symbol, order.side) == (symbol, side))
    quantity = max(built_up + sum(waiting, resting), Decimal(0))
    if not quantity:
        return Decimal(0)
    touch = facts.touch(symbol)
    price = None if touch is None else touch.ask if side is Side.BUY else touch.bid
    return None if price is None else quantity * price
