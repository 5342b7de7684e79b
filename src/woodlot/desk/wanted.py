"""This file is what a request would bring about, in the gate's terms: an order, and the legs of an algo order."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from woodlot.desk.controls import Facts, Wanted
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.order import TrackedOrder
from woodlot.wire.algo import AlgoLeg, AlgoType, EditAlgoOrder, PlaceAlgoOrder
from woodlot.wire.enums import OrderType, OrderTypeWord
from woodlot.wire.request import Request
from woodlot.wire.trade import EditOrder, PlaceOrder

_NOTHING = Decimal(0)
_CLOSING = frozenset({AlgoType.TP_SL, AlgoType.POSITIONAL_TP_SL})


def wanted_by(request: Request[Any], facts: Facts) -> tuple[Wanted, ...]:
    """Return the order, then its legs; nothing for a request that neither makes nor changes one."""
    match request:
        case PlaceOrder():
            return (_placed(request),)
        case PlaceAlgoOrder():
            return tuple(_algo(request))
        case EditOrder():
            known = facts.find(order_id=request.order_id, client_order_id=request.client_order_id)
            return (_edited(request, known),)
        case EditAlgoOrder():
            algo = facts.find_algo(order_id=request.algo_order_id, client_order_id=request.client_algo_order_id)
            return tuple(_edited_algo(request, algo))
        case _:
            return ()


def _placed(order: PlaceOrder) -> Wanted:
    return Wanted(
        order.symbol,
        order.side,
        order.type.value,
        None if order.type is OrderType.MARKET else _number(order.price),
        _number(order.quantity),
        amount=_number(order.amount),
        tag=order.order_tag or "",
        reduces=_reduces(order.symbol, order.reduce_only),
        position=order.position_side,
    )


def _edited(edit: EditOrder, known: TrackedOrder | None) -> Wanted:
    price, quantity = _number(edit.price), _number(edit.quantity)
    if known is None:
        return Wanted("", None, "EDIT", price, quantity, is_new=False)
    if price is None and known.type is not OrderTypeWord.MARKET:
        price = known.price
    if quantity is None:
        quantity = known.quantity
    return Wanted(
        known.symbol,
        known.side,
        known.type.value,
        price,
        quantity,
        is_new=False,
        already=known.remaining or _NOTHING,
        position=known.position_side,
    )


def _algo(order: PlaceAlgoOrder) -> Iterator[Wanted]:
    price = _number(order.price if order.price is not None else order.trigger_price)
    root = Wanted(
        order.symbol,
        order.side,
        order.algo_type.value,
        price,
        _number(order.quantity),
        tag=order.algo_order_tag or "",
        reduces=order.algo_type in _CLOSING or _reduces(order.symbol, order.reduce_only),
        position=order.position_side,
    )
    yield root
    yield from _legs(order.child_orders or (), root)


def _legs(legs: Iterable[AlgoLeg], parent: Wanted) -> Iterator[Wanted]:
    """Go through the legs: alternatives to what is above them, or its exits, so that they build nothing up besides."""
    for leg in legs:
        price = _number(leg.price if leg.price is not None else leg.trigger_price)
        wanted = Wanted(
            leg.symbol or parent.symbol,
            leg.side or parent.side,
            leg.algo_type.value,
            price,
            parent.quantity if leg.quantity is None else _number(leg.quantity),
            is_new=False,
            reduces=True,
        )
        yield wanted
        yield from _legs(leg.child_orders or (), wanted)


def _edited_algo(edit: EditAlgoOrder, known: AlgoOrder | None) -> Iterator[Wanted]:
    price = _number(edit.price if edit.price is not None else edit.trigger_price)
    quantity = _number(edit.quantity)
    if known is None:
        root = Wanted("", None, "ALGO", price, quantity, is_new=False)
    else:
        root = Wanted(
            known.symbol,
            known.side,
            known.algo_type,
            price or known.price or known.trigger_price,
            quantity or known.quantity,
            is_new=False,
            already=known.waiting_quantity,
            reduces=_reduces(known.symbol, known.reduce_only),
        )
    yield root
    for change in edit.child_orders or ():
        leg = None if known is None else known.legs.get(change.algo_order_id)
        leg_price = _number(change.price if change.price is not None else change.trigger_price)
        leg_quantity = _number(change.quantity)
        if leg is not None:
            leg_price = leg_price or leg.price or leg.trigger_price
            leg_quantity = leg_quantity or leg.quantity
        yield root._replace(price=leg_price, quantity=leg_quantity, reduces=True)


def _reduces(symbol: str, reduce_only: bool | None) -> bool:  # noqa: FBT001 - the exchange's own field
    """Whether an order only closes; on spot the exchange has no position to hold the word against."""
    return bool(reduce_only) and symbol.startswith("PERP_")


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)
