"""This file is the proof of the gate: orders drawn at random, judged by the gate and by a second reading of its limits.

The second reading shares no code with the gate. Both must agree about every order, except that of several limits that
an order breaks the gate names one. What it lets pass has broken none.
"""

import random
from decimal import Decimal

import msgspec

from proofs.experiment import Outcome
from woodlot.clock import ManualClock
from woodlot.desk.controls import Touch
from woodlot.desk.gate import Gate
from woodlot.desk.limits import Limits
from woodlot.errors import GateRefused
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.order import TrackedOrder
from woodlot.wire.enums import OrderType, PositionSide, Side
from woodlot.wire.trade import PlaceOrder

_SYMBOLS = ("SPOT_WOO_USDT", "SPOT_BTC_USDT", "PERP_BTC_USDT")
_ORDERS = 100


class Desk:
    """What the gate is told of, as it was drawn."""

    def __init__(self, chance: random.Random) -> None:
        self.touches: dict[str, Touch | None] = {
            symbol: chance.choice((None, Touch(Decimal(99), Decimal(101)))) for symbol in _SYMBOLS
        }
        self.positions = {symbol: Decimal(chance.randint(-5, 5)) for symbol in _SYMBOLS}
        self.opened: list[TrackedOrder] = []

    def touch(self, symbol: str) -> Touch | None:
        return self.touches[symbol]

    def open_orders(self) -> tuple[TrackedOrder, ...]:
        return tuple(self.opened)

    def open_algos(self) -> tuple[AlgoOrder, ...]:
        return ()

    def find_algo(self, *, order_id: int | None, client_order_id: int | None) -> AlgoOrder | None:  # noqa: ARG002
        return None

    def built_up(self, symbol: str, position: PositionSide | None = None) -> Decimal:  # noqa: ARG002 - one-way
        return self.positions[symbol]

    def find(self, *, order_id: int | None, client_order_id: int | None) -> TrackedOrder | None:
        del order_id, client_order_id


class Reading:
    """The limits, read a second time: what was let pass is all it remembers."""

    def __init__(self, limits: Limits, desk: Desk) -> None:
        self._limits = limits
        self._desk = desk
        self._passed: list[tuple[float, PlaceOrder]] = []

    def breaches(self, order: PlaceOrder, now_s: float) -> set[str]:
        """Return the name of every limit that an order breaks."""
        limits, touch = self._limits, self._desk.touches[order.symbol]
        price = None if order.price is None else Decimal(order.price)
        quantity = Decimal(order.quantity or 0)
        far = None if touch is None else touch.ask if order.side is Side.BUY else touch.bid
        value = price or far
        sign = 1 if order.side is Side.BUY else -1
        resting = sum(
            (one.remaining or Decimal(0)
             for one in self._desk.opened if (one.symbol, one.side) == (order.symbol, order.side)),
            Decimal(0),
        )  # fmt: skip
        built_up = sign * self._desk.positions[order.symbol] + resting + quantity
        recent = [one for at_s, one in self._passed if now_s - at_s < (limits.duplicate_within_s or 0)]
        family = [one for at_s, one in self._passed if now_s - at_s < limits.children_within_s]
        second = [one for at_s, one in self._passed if now_s - at_s < 1]
        found = {
            "symbol": limits.symbols is not None and order.symbol not in limits.symbols,
            "quantity": limits.max_quantity is not None and quantity > limits.max_quantity,
            "stale book": limits.needs_book and touch is None,
            "price distance": limits.price_distance is not None
            and price is not None
            and (not far or abs(price - far) > limits.price_distance * far),
            "notional": limits.max_notional is not None and (not value or value * quantity > limits.max_notional),
            "open orders": limits.max_open_orders is not None and len(self._desk.opened) >= limits.max_open_orders,
            "exposure": limits.max_exposure is not None
            and bool(built_up)
            and (not value or value * built_up > limits.max_exposure),
            "duplicate": any(_alike(one, order) for one in recent),
            "repeated child orders": limits.most_children is not None
            and sum((one.symbol, one.side) == (order.symbol, order.side) for one in family) >= limits.most_children,
            "orders per second": limits.orders_per_second is not None and len(second) >= limits.orders_per_second,
        }
        return {name for name, holds in found.items() if holds}

    def passed(self, order: PlaceOrder, now_s: float) -> None:
        self._passed.append((now_s, order))


class Session:
    """One seed: limits, a desk, and a hundred orders at the gate."""

    def __init__(self, seed: int, *, kind: type[Gate] = Gate) -> None:
        self._chance = random.Random(seed)
        self._clock = ManualClock()
        self._desk = Desk(self._chance)
        limits = _drawn(self._chance)
        self._gate = kind(limits, facts=self._desk, environment="staging", clock=self._clock)
        self._reading = Reading(limits, self._desk)
        self._last: PlaceOrder | None = None
        self.outcome = Outcome()

    def __call__(self) -> str | None:
        """Return what the two disagreed about, None if nothing."""
        for _ in range(_ORDERS):
            self._clock.advance(self._chance.choice((0.0, 0.1, 0.4, 2.0)))
            order, now_s = self._order(), self._clock.monotonic_s()
            breaches = self._reading.breaches(order, now_s)
            refusal = self._refusal(order)
            self.outcome.ran["orders"] += 1
            self.outcome.injected[refusal or "passed"] += 1
            if (refusal is None) == bool(breaches) or (refusal is not None and refusal not in breaches):
                return f"{order} was {refusal or 'let pass'}, and breaks {breaches or 'nothing'}"
            if refusal is None:
                self._reading.passed(order, now_s)
                self._become_open(order)
        return None

    def _refusal(self, order: PlaceOrder) -> str | None:
        try:
            self._gate.admit(order)
        except GateRefused as refusal:
            return refusal.control
        return None

    def _order(self) -> PlaceOrder:
        chance = self._chance
        if self._last is not None and chance.random() < 0.3:
            # A loop that sends what it has sent: another handle, the same order.
            return msgspec.structs.replace(self._last, client_order_id=chance.getrandbits(60) + 1)
        factor = chance.choice((1, 1, 1, 1, 1, 10, 1000))
        kind = chance.choice((OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET))
        price = None if kind is OrderType.MARKET else Decimal(chance.choice((90, 99, 100, 101, 110))) * factor
        quantity = Decimal(chance.choice((1, 2, 3))) * chance.choice((1, 1, 1, 1, 1, 10, 1000))
        self._last = PlaceOrder(
            symbol=chance.choice(_SYMBOLS),
            side=chance.choice((Side.BUY, Side.SELL)),
            type=kind,
            price=price,
            quantity=quantity,
            client_order_id=chance.getrandbits(60) + 1,
        )
        return self._last

    def _become_open(self, order: PlaceOrder) -> None:
        if order.type is OrderType.LIMIT and self._chance.random() < 0.3:
            self._desk.opened.append(TrackedOrder.intended(order, at_ms=self._clock.now_ms()))
        if self._desk.opened and self._chance.random() < 0.2:
            self._desk.opened.pop(0)


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Bring a hundred orders to the gate for each seed."""
    outcome = Outcome()
    for seed in seeds:
        session = Session(seed)
        problem = session()
        outcome.add(session.outcome)
        if problem is not None:
            outcome.fail(seed, problem)
    return outcome


def _drawn(chance: random.Random) -> Limits:
    def some(*values: object) -> object:
        return chance.choice((None, *values))

    fields = {
        "max_notional": some(Decimal(150), Decimal(1000)),
        "max_quantity": some(Decimal(2), Decimal(20)),
        "price_distance": some(Decimal("0.05"), Decimal("0.2")),
        "max_open_orders": some(1, 5),
        "max_exposure": some(Decimal(500), Decimal(2000)),
        "orders_per_second": some(2, 5),
        "duplicate_within_s": some(0.5, 2.0),
        "needs_book": chance.random() < 0.3,
        "most_children": some(3, 10),
        "symbols": some(frozenset(_SYMBOLS[:2])),
    }
    return Limits(**fields)  # pyright: ignore[reportArgumentType] - drawn by name


def _alike(one: PlaceOrder, other: PlaceOrder) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ("symbol", "side", "type", "price", "quantity"))
