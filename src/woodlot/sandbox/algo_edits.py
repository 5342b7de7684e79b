"""This file is what a change of an algo order has to pass, all of it before any of it is made (rest-v3 §9.2.2)."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from woodlot.sandbox.algo_checks import check_distance, visible_of
from woodlot.sandbox.algo_orders import CONTAINERS, Leg
from woodlot.sandbox.filters import check_bounds, lots_of, ticks_of
from woodlot.sandbox.market import Market
from woodlot.sandbox.refusal import refusal
from woodlot.sandbox.terms import number
from woodlot.wire.algo import AlgoLegEdit, AlgoType, EditAlgoOrder

Edit: TypeAlias = EditAlgoOrder | AlgoLegEdit


def check_edits(edits: Sequence[tuple[Leg, Edit]], *, markets: Mapping[str, Market]) -> None:
    """Check what is asked of each leg. Raises the first Refusal."""
    _check_quantities(edits)
    for leg, edit in edits:
        _check_edit(leg, edit, market=markets[leg.symbol])


def _check_quantities(edits: Sequence[tuple[Leg, Edit]]) -> None:
    """Obey "quantity edit must touch both legs" and "both legs need the same quantity" (rest-v3 §5.3)."""
    given = {leg.id: number(edit.quantity) for leg, edit in edits if edit.quantity is not None}
    for leg, _ in edits:
        container = leg.parent
        if leg.id not in given or container is None or container.algo_type not in CONTAINERS:
            continue
        if container.parent is not None:
            raise refusal(317163)
        if container.algo_type is AlgoType.POSITIONAL_TP_SL:
            raise refusal(317136)
        if any(sibling.id not in given for sibling in container.children):
            raise refusal(317137)
        if len({given[sibling.id] for sibling in container.children}) > 1:
            raise refusal(317138)


def _check_edit(leg: Leg, edit: Edit, *, market: Market) -> None:
    touched = [edit.price, edit.quantity, edit.trigger_price]
    if leg.is_over and any(value is not None for value in touched):
        raise refusal(317161)
    price, quantity, trigger = (number(value) for value in touched)
    if quantity is not None:
        check_bounds(market=market, lots=lots_of(quantity, market=market))
    for value in (price, trigger):
        if value is not None:
            check_bounds(market=market, lots=market.fewest_lots, ticks=ticks_of(value, market=market))
    if trigger is not None and leg.algo_type in CONTAINERS:
        raise refusal(-1005, problem="the legs have the trigger prices")
    if isinstance(edit, EditAlgoOrder):
        visible_of(edit.visible_quantity, quantity=quantity or leg.quantity, market=market)
        _check_trail(leg, edit, market=market)
    elif price is None and quantity is None and trigger is None:
        raise refusal(-1005, problem="give each of childOrders a price, a quantity or a triggerPrice")


def _check_trail(leg: Leg, edit: EditAlgoOrder, *, market: Market) -> None:
    rate, value, activation = map(number, (edit.callback_rate, edit.callback_value, edit.activated_price))
    if leg.trail is None:
        if any(field is not None for field in (rate, value, activation)):
            raise refusal(-1005, problem="only a TRAILING_STOP has a callback and an activatedPrice")
        return
    if rate is not None and value is not None:
        raise refusal(-1005, problem="callbackRate: give callbackRate or callbackValue, not both")
    check_distance(rate=rate, value=value)
    if activation is None:
        return
    if leg.trail.is_activated:
        raise refusal(-1005, problem="the order is activated, its activatedPrice is behind it")
    check_bounds(market=market, lots=market.fewest_lots, ticks=ticks_of(activation, market=market))
