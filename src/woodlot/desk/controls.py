"""This file is the controls of the gate: each looks at one order that is wanted, and says what is wrong with it.

The table at the end is the order in which they are asked; the first that objects is the one that is told.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, Protocol, TypeAlias

from woodlot.desk.limits import Limits
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.order import TrackedOrder
from woodlot.wire.enums import PositionSide, Side

# Bounds what one runaway program can make us remember.
_REMEMBERED = 10_000
_SIGNS: dict[PositionSide | None, int] = {PositionSide.LONG: 1, PositionSide.SHORT: -1}


class Touch(NamedTuple):
    """The best bid and ask of a book that can be read."""

    bid: Decimal | None
    ask: Decimal | None


class Facts(Protocol):
    """What the gate has to know of the desk."""

    def touch(self, symbol: str) -> Touch | None:
        """Return the touch; None where no book of the symbol can be read now."""
        ...

    def open_orders(self) -> tuple[TrackedOrder, ...]: ...

    def open_algos(self) -> tuple[AlgoOrder, ...]: ...

    def built_up(self, symbol: str, position: PositionSide | None = None) -> Decimal:
        """Return the position, or what was bought on balance since the desk opened.

        In hedge mode a symbol has two that do not cancel out: `position` says which.
        """
        ...

    def find(self, *, order_id: int | None, client_order_id: int | None) -> TrackedOrder | None: ...

    def find_algo(self, *, order_id: int | None, client_order_id: int | None) -> AlgoOrder | None: ...


class Wanted(NamedTuple):
    """An order, or a leg of one, as it would be, whatever request makes it so.

    `already` is what of it is open now. `reduces` means that it can only take away from what was built up.
    """

    symbol: str
    side: Side | None
    type: str
    price: Decimal | None
    quantity: Decimal | None
    amount: Decimal | None = None
    tag: str = ""
    is_new: bool = True
    already: Decimal = Decimal(0)
    reduces: bool = False
    position: PositionSide | None = None

    @property
    def family(self) -> object:
        """What makes two orders children of one intention."""
        return self.symbol, self.side, self.tag


@dataclass(slots=True)
class Past:
    """What was let through before, as far as any control looks back."""

    sent_s: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    alike: dict[Wanted, float] = field(default_factory=dict[Wanted, float])
    children: dict[object, deque[float]] = field(default_factory=dict[object, deque[float]])

    def remember(self, wanted: Wanted, now_s: float) -> None:
        self.sent_s.append(now_s)
        if not wanted.is_new:
            return
        for memory in (self.alike, self.children):
            if len(memory) >= _REMEMBERED:
                memory.clear()
        self.alike[wanted] = now_s
        self.children.setdefault(wanted.family, deque(maxlen=_REMEMBERED)).append(now_s)

    def latest_s(self, count: int) -> Iterator[float]:
        return (self.sent_s[-n] for n in range(1, min(count, len(self.sent_s)) + 1))


@dataclass(frozen=True, slots=True)
class Case:
    """One order before the gate, with everything that matters for it."""

    wanted: Wanted
    limits: Limits
    facts: Facts
    past: Past
    environment: str
    now_s: float

    @property
    def touch(self) -> Touch | None:
        return self.facts.touch(self.wanted.symbol)

    @property
    def reference(self) -> Decimal | None:
        """The price the order is valued at: its own, or what the other side asks for."""
        if self.wanted.price is not None:
            return self.wanted.price
        touch = self.touch
        return None if touch is None else (touch.ask if self.wanted.side is Side.BUY else touch.bid)

    @property
    def base_quantity(self) -> Decimal | None:
        if self.wanted.amount is None:
            return self.wanted.quantity or Decimal(0)
        return self.wanted.amount / self.reference if self.reference else None


Control: TypeAlias = Callable[[Case], "str | None"]
"""Says what is wrong, or None."""


def _environment(case: Case) -> str | None:
    allowed = case.limits.environments
    if allowed is None or case.environment in allowed:
        return None
    return f"these limits are for {', '.join(sorted(allowed))}, not for {case.environment}"


def _symbol(case: Case) -> str | None:
    allowed = case.limits.symbols
    return None if allowed is None or case.wanted.symbol in allowed else "the symbol is not on the list"


def _quantity(case: Case) -> str | None:
    return _above("quantity", case.wanted.quantity, case.limits.max_quantity)


def _stale_book(case: Case) -> str | None:
    return "its book cannot be read now" if case.limits.needs_book and case.touch is None else None


def _price_distance(case: Case) -> str | None:
    limit, price, touch = case.limits.price_distance, case.wanted.price, case.touch
    if limit is None or price is None:
        return None
    sides = () if touch is None else (touch.ask, touch.bid) if case.wanted.side is Side.BUY else (touch.bid, touch.ask)
    near = next((side for side in sides if side), None)
    if near is None:
        return "there is no book to compare its price with"
    distance = abs(price - near) / near
    return None if distance <= limit else f"its price is {distance:.1%} away from {near}, at most {limit:.1%}"


def _notional(case: Case) -> str | None:
    limit, wanted = case.limits.max_notional, case.wanted
    if limit is None:
        return None
    return _above("notional", wanted.amount, limit) if wanted.amount else _valued(case, case.base_quantity, limit)


def _open_orders(case: Case) -> str | None:
    limit = case.limits.max_open_orders
    if limit is None or not case.wanted.is_new:
        return None
    if len(case.facts.open_orders()) + len(case.facts.open_algos()) < limit:
        return None
    return f"{limit} orders are open already"


def _exposure(case: Case) -> str | None:
    limit, wanted, quantity = case.limits.max_exposure, case.wanted, case.base_quantity
    if limit is None or wanted.reduces:
        return None
    if quantity is None or wanted.side is None:
        return "it cannot be told what it would build up"
    built_up = case.facts.built_up(wanted.symbol, wanted.position) * (1 if wanted.side is Side.BUY else -1)
    resting = sum((_rest_of(order) for order in case.facts.open_orders() if _is_beside(order, wanted)), Decimal(0))
    waiting = (order.waiting_quantity for order in case.facts.open_algos() if _is_beside(order, wanted))
    resting = sum(waiting, resting)
    return _valued(case, built_up + resting + quantity - wanted.already, limit, what="exposure")


def _duplicate(case: Case) -> str | None:
    window_s, at_s = case.limits.duplicate_within_s, case.past.alike.get(case.wanted)
    if window_s is None or at_s is None or not case.wanted.is_new or case.now_s - at_s >= window_s:
        return None
    return f"the same order was sent less than {window_s:g} s ago"


def _repeated_children(case: Case) -> str | None:
    limit, window_s = case.limits.most_children, case.limits.children_within_s
    if limit is None or not case.wanted.is_new:
        return None
    family = case.past.children.get(case.wanted.family, deque[float]())
    while family and case.now_s - family[0] >= window_s:
        family.popleft()
    if len(family) < limit:
        return None
    return f"{limit} orders of this symbol, side and tag were sent within {window_s:g} s"


def _orders_per_second(case: Case) -> str | None:
    limit = case.limits.orders_per_second
    if limit is None or sum(1 for at_s in case.past.latest_s(limit) if case.now_s - at_s < 1.0) < limit:
        return None
    return f"{limit} orders were sent within a second"


CONTROLS: dict[str, Control] = {
    "environment": _environment,
    "symbol": _symbol,
    "quantity": _quantity,
    "stale book": _stale_book,
    "price distance": _price_distance,
    "notional": _notional,
    "open orders": _open_orders,
    "exposure": _exposure,
    "duplicate": _duplicate,
    "repeated child orders": _repeated_children,
    "orders per second": _orders_per_second,
}
"""The controls by the name that errors and counters have; the kill switch, the twelfth, is the gate's own."""


def held_by(held: Mapping[PositionSide, Decimal], position: PositionSide | None) -> Decimal:
    """Return what an order would add to: the side it names where a symbol's position has sides, else all of it."""
    sign = _SIGNS.get(position)
    if sign is None or held.keys().isdisjoint(_SIGNS):
        return sum(held.values(), Decimal(0))
    # Whether a short is negative in hedge mode too is not known (rest-v3 §14 no 15).
    return sign * abs(held.get(position or PositionSide.BOTH, Decimal(0)))


def _is_beside(order: TrackedOrder | AlgoOrder, wanted: Wanted) -> bool:
    return order.symbol == wanted.symbol and order.side is wanted.side


def _rest_of(order: TrackedOrder) -> Decimal:
    return order.remaining if order.remaining is not None else order.quantity or Decimal(0)


def _valued(case: Case, quantity: Decimal | None, limit: Decimal, *, what: str = "notional") -> str | None:
    if not quantity:
        return None  # a leg that closes a position has no quantity and builds nothing up
    reference = case.reference
    return "it cannot be priced" if reference is None else _above(what, reference * quantity, limit)


def _above(what: str, value: Decimal | None, limit: Decimal | None) -> str | None:
    if limit is None or value is None or value <= limit:
        return None
    return f"its {what} is {value.normalize():f}, at most {limit:f}"
