"""This file is an instrument's rules for orders, checked before one leaves (rest-v3 §6.2, §6.3).

The exchange checks the same rules and is the judge; this spares the round trip and says everything at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext
from enum import Enum
from typing import TYPE_CHECKING, cast

import msgspec

from woodlot.wire.enums import Side
from woodlot.wire.trade import PlaceOrder

if TYPE_CHECKING:
    from woodlot.wire.public import Instrument

# "`amount` has at most 8 decimals" (rest-v3 §7.2).
_AMOUNT_STEP = Decimal("1E-8")
# Prices and quantities have at most a few dozen digits; their products must not round.
_EXACT = Context(prec=120)


class Rounding(Enum):
    """Which way a price goes to its tick."""

    PASSIVE = "a buy down, a sell up: never a worse price than was asked for"
    AGGRESSIVE = "a buy up, a sell down: rather filled"
    NEAREST = "to the nearest tick, ties to the even one"


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that an order breaks: the field, the rule by the exchange's name, what was given, what is allowed."""

    field: str
    rule: str
    value: Decimal | str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field} {self.value}: {self.allowed} ({self.rule})"


@dataclass(frozen=True, slots=True)
class Change:
    """What `fit` changed about an order."""

    field: str
    given: Decimal
    fitted: Decimal


@dataclass(frozen=True, slots=True)
class Fitted:
    """An order on ticks and steps, what was changed for that, and the rules that it still breaks."""

    order: PlaceOrder
    changes: tuple[Change, ...]
    violations: tuple[Violation, ...]


def check(instrument: "Instrument", order: PlaceOrder, *, reference: Decimal | None = None) -> list[Violation]:
    """Return every rule that `order` breaks; an empty list means that none is known to be broken.

    The band around the market is checked where a `reference` price is given: the mid price, as the exchange is
    thought to use (rest-v3 §14 no 4).
    """
    with localcontext(_EXACT):
        return list(_violations(instrument, order, reference))


def fit(
    instrument: "Instrument",
    order: PlaceOrder,
    *,
    rounding: Rounding = Rounding.PASSIVE,
    reference: Decimal | None = None,
) -> Fitted:
    """Return `order` with its price on a tick and its quantity and amount rounded down to a step.

    Minimum, maximum, notional and band are not mended, since no rounding would be what was meant: they are returned
    as violations.
    """
    with localcontext(_EXACT):
        wanted = {
            "price": _on_tick(instrument, order, rounding),
            "quantity": _down(_number(order.quantity), instrument.base_tick, instrument.base_min),
            "visible_quantity": _down(_number(order.visible_quantity), instrument.base_tick, Decimal(0)),
            "amount": _down(_number(order.amount), _AMOUNT_STEP, Decimal(0)),
        }
    changes = tuple(
        Change(field, given, fitted)
        for field, fitted in wanted.items()
        if fitted is not None and (given := cast("Decimal", getattr(order, field))) != fitted
    )
    fitted = msgspec.structs.replace(order, **{change.field: change.fitted for change in changes})
    return Fitted(fitted, changes, tuple(check(instrument, fitted, reference=reference)))


def _violations(instrument: "Instrument", order: PlaceOrder, reference: Decimal | None) -> Iterator[Violation]:
    if order.symbol != instrument.symbol:
        yield Violation("symbol", "symbol", order.symbol, f"this instrument is {instrument.symbol}")
    if instrument.status.value != "TRADING":
        yield Violation("symbol", "status", order.symbol, f"it is {instrument.status.value}, not TRADING")
    price, quantity, amount = _number(order.price), _number(order.quantity), _number(order.amount)
    if price is not None:
        yield from _price_violations(instrument, price)
    if quantity is not None:
        yield from _quantity_violations(instrument, quantity)
        visible = _number(order.visible_quantity)
        if visible is not None and not 0 <= visible <= quantity:
            yield Violation("visible_quantity", "visibleQuantity", visible, f"expected 0 to {quantity}")
    if amount is not None and amount % _AMOUNT_STEP:
        yield Violation("amount", "amount", amount, "at most 8 decimals")
    yield from _notional_violations(instrument, price, quantity, amount)
    if price is not None and reference is not None:
        yield from _band_violations(instrument, order.side, price, reference)


def _price_violations(instrument: "Instrument", price: Decimal) -> Iterator[Violation]:
    # quoteMin may be 0; "price 0 must still be refused" (rest-v3 §6.3).
    if price <= 0 or price < instrument.quote_min:
        yield Violation("price", "quoteMin", price, f"at least {max(instrument.quote_min, instrument.quote_tick)}")
    if price > instrument.quote_max:
        yield Violation("price", "quoteMax", price, f"at most {instrument.quote_max}")
    if (price - instrument.quote_min) % instrument.quote_tick:
        yield Violation("price", "quoteTick", price, f"in steps of {instrument.quote_tick}")


def _quantity_violations(instrument: "Instrument", quantity: Decimal) -> Iterator[Violation]:
    if quantity <= 0 or quantity < instrument.base_min:
        yield Violation("quantity", "baseMin", quantity, f"at least {instrument.base_min}")
    if quantity > instrument.base_max:
        yield Violation("quantity", "baseMax", quantity, f"at most {instrument.base_max}")
    if (quantity - instrument.base_min) % instrument.base_tick:
        yield Violation("quantity", "baseTick", quantity, f"in steps of {instrument.base_tick}")


def _notional_violations(
    instrument: "Instrument", price: Decimal | None, quantity: Decimal | None, amount: Decimal | None
) -> Iterator[Violation]:
    notional = price * quantity if price is not None and quantity is not None else amount
    if notional is not None and notional < instrument.min_notional:
        field = "amount" if amount is not None else "quantity"
        yield Violation(field, "minNotional", notional, f"worth at least {instrument.min_notional}")


def _band_violations(instrument: "Instrument", side: Side, price: Decimal, reference: Decimal) -> Iterator[Violation]:
    cap, floor, names = (
        (instrument.bid_cap_ratio, instrument.bid_floor_ratio, ("bidCapRatio", "bidFloorRatio"))
        if side is Side.BUY
        else (instrument.ask_cap_ratio, instrument.ask_floor_ratio, ("askCapRatio", "askFloorRatio"))
    )
    if cap is not None and price > reference * cap:
        yield Violation("price", names[0], price, f"at most {reference * cap}")
    if floor is not None and price < reference * floor:
        yield Violation("price", names[1], price, f"at least {reference * floor}")


def _on_tick(instrument: "Instrument", order: PlaceOrder, rounding: Rounding) -> Decimal | None:
    price = _number(order.price)
    if price is None:
        return None
    is_down = (order.side is Side.BUY) == (rounding is Rounding.PASSIVE)
    way = ROUND_HALF_EVEN if rounding is Rounding.NEAREST else ROUND_FLOOR if is_down else ROUND_CEILING
    ticks = ((price - instrument.quote_min) / instrument.quote_tick).to_integral_value(way)
    return instrument.quote_min + ticks * instrument.quote_tick


def _down(number: Decimal | None, step: Decimal, origin: Decimal) -> Decimal | None:
    if number is None:
        return None
    return origin + ((number - origin) / step).to_integral_value(ROUND_FLOOR) * step


def _number(value: object) -> Decimal | None:
    """Return a field of a request, which keeps its numbers as Decimal whatever they were given as."""
    return cast("Decimal | None", value)
