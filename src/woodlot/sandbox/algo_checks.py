"""This file is what an algo order has to pass: its fields, its legs and their prices; a tree of legs comes out."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.algo_orders import CONTAINERS, Leg, Trail
from woodlot.sandbox.checks import LONGEST_TAG, market_of
from woodlot.sandbox.filters import check_bounds, lots_of, ticks_of
from woodlot.sandbox.house import House
from woodlot.sandbox.ledger import RATE_ONE
from woodlot.sandbox.market import Market
from woodlot.sandbox.money import decimal, units
from woodlot.sandbox.refusal import refusal
from woodlot.sandbox.terms import number
from woodlot.wire.account import AccountMode
from woodlot.wire.algo import AlgoLeg, AlgoOrderType, AlgoType, AlgoTypeWord, PlaceAlgoOrder, TriggerPriceType
from woodlot.wire.amount import Number
from woodlot.wire.enums import PositionSide, Side

_ROOTS: Final = frozenset(set(AlgoType) - {AlgoType.TAKE_PROFIT, AlgoType.STOP_LOSS})
_ON_POSITIONS: Final = frozenset({AlgoType.TP_SL, AlgoType.POSITIONAL_TP_SL, AlgoType.BRACKET, AlgoType.STOP_BRACKET})
_OUTCOMES: Final = frozenset({AlgoType.TAKE_PROFIT, AlgoType.STOP_LOSS})
# Which legs may stand below which.
_BELOW: Final = {
    AlgoType.OCO: frozenset({AlgoType.STOP}),
    AlgoType.TP_SL: _OUTCOMES,
    AlgoType.POSITIONAL_TP_SL: _OUTCOMES,
    AlgoType.BRACKET: CONTAINERS,
    AlgoType.STOP_BRACKET: CONTAINERS,
}
_WITH_QUANTITY: Final = frozenset(
    {AlgoType.STOP, AlgoType.TRAILING_STOP, AlgoType.OCO, AlgoType.BRACKET, AlgoType.STOP_BRACKET, AlgoType.TP_SL}
)


class Builder:
    """Make the tree of one request, checking as it goes. Raises the first Refusal."""

    def __init__(self, request: PlaceAlgoOrder, *, house: House, account: Account, ids: Iterator[int]) -> None:
        self._request = request
        self._ids = ids
        self._account = account
        self.market = market_of(request.symbol, house.markets)
        self._house = house
        self._now_ms = house.clock.now_ms()

    def build(self) -> Leg:
        request = self._request
        self._check_root()
        side = request.side or self._side_of(request.child_orders or ())
        root = self._leg(request, algo_type=request.algo_type, side=side, parent=None)
        root.client_id = request.client_algo_order_id or 0
        root.visible = visible_of(request.visible_quantity, quantity=root.quantity, market=self.market)
        if request.algo_type is AlgoType.TRAILING_STOP:
            root.trail = self._trail(request, side=side)
        elif root.trigger is not None:
            root.rises = aim(root, reference=self.reference(root.trigger_type))
        self._add(request.child_orders or (), parent=root)
        for leg in root.tree():
            leg.tag = request.algo_order_tag or "default"
            leg.margin_mode = request.margin_mode
        self._check_children(root)
        return root

    def reference(self, kind: TriggerPriceType) -> int | None:
        return reference_price(self._house, self.market, kind)

    def _check_root(self) -> None:
        request = self._request
        if request.algo_type not in _ROOTS or (request.algo_type in _ON_POSITIONS and not self.market.is_perpetual):
            raise refusal(317167, type=request.algo_type)
        self._check_mode()
        if len(request.algo_order_tag or "") > LONGEST_TAG:
            raise refusal(-1005, problem=f"algoOrderTag must have at most {LONGEST_TAG} characters")
        if request.trigger_price_type is TriggerPriceType.MARK_PRICE and not self.market.is_perpetual:
            raise refusal(-1005, problem="a spot order is triggered by MARKET_PRICE")
        kind = request.algo_type
        if kind is AlgoType.STOP and request.trigger_price is None:
            raise refusal(-1005, problem="triggerPrice is required for STOP orders")
        if kind is AlgoType.STOP_BRACKET and request.trigger_price is None:
            raise refusal(317139)
        if kind in _WITH_QUANTITY and request.quantity is None:
            raise refusal(
                317140 if kind is AlgoType.TP_SL else -1005, problem=f"quantity is required for {kind} orders"
            )
        if kind in _BELOW and not request.child_orders:
            raise refusal(-1005, problem=f"childOrders are required for {kind} orders")
        if request.type is AlgoOrderType.LIMIT and request.price is None and kind not in CONTAINERS:
            raise refusal(-1005, problem="price is required for LIMIT orders")
        if kind in {AlgoType.OCO, AlgoType.BRACKET} and request.type is not AlgoOrderType.LIMIT:
            raise refusal(-1005, problem=f"{kind} orders are of type LIMIT")

    def _check_mode(self) -> None:
        """Refuse now what its order would be refused for once triggered (rest-v3 §7.3)."""
        account, side = self._account, self._request.position_side or PositionSide.BOTH
        if not self.market.is_perpetual:
            if side is not PositionSide.BOTH:
                raise refusal(302186)
            if self._request.reduce_only:
                raise refusal(302163)
            return
        if account.mode not in {AccountMode.FUTURES, AccountMode.FUTURE}:
            raise refusal(302131)
        if (side is PositionSide.BOTH) == account.is_hedged:
            raise refusal(302186)

    def _side_of(self, legs: tuple[AlgoLeg, ...]) -> Side:
        """Return the side of an order that names none: that of its legs."""
        for leg in legs:
            if leg.side is not None:
                return leg.side
        raise refusal(-1005, problem="side is required")

    def _leg(self, source: PlaceAlgoOrder | AlgoLeg, *, algo_type: AlgoType, side: Side, parent: Leg | None) -> Leg:
        market, kind = self.market, source.type
        if kind is None and algo_type not in CONTAINERS:
            kind = AlgoOrderType.MARKET
        quantity, price = number(source.quantity), number(source.price)
        if quantity is not None:
            check_bounds(market=market, lots=lots_of(quantity, market=market))
        if price is not None:
            check_bounds(market=market, lots=market.fewest_lots, ticks=ticks_of(price, market=market))
        return Leg(
            next(self._ids),
            account_id=self._account.id,
            symbol=market.symbol,
            algo_type=algo_type,
            side=side,
            type=kind,
            quantity=quantity if quantity is not None or parent is None else parent.quantity,
            price=price,
            trigger=self._trigger(source.trigger_price),
            trigger_type=source.trigger_price_type or TriggerPriceType.MARKET_PRICE,
            position_side=source.position_side or (parent.position_side if parent else PositionSide.BOTH),
            reduce_only=bool(source.reduce_only),
            now_ms=self._now_ms,
            parent=parent,
        )

    def _trigger(self, price: Number | None) -> int | None:
        exact = number(price)
        return None if exact is None else ticks_of(exact, market=self.market) * self.market.tick

    def _trail(self, request: PlaceAlgoOrder, *, side: Side) -> Trail:
        rate, value = number(request.callback_rate), number(request.callback_value)
        if (rate is None) == (value is None):
            raise refusal(-1005, problem="exactly one of callbackRate and callbackValue is required")
        check_distance(rate=rate, value=value)
        return Trail(
            is_sell=side is Side.SELL,
            rate=None if rate is None else int(rate * RATE_ONE),
            value=None if value is None else units(value),
            activation=self._trigger(request.activated_price),
            reference=self.reference(request.trigger_price_type or TriggerPriceType.MARKET_PRICE),
        )

    def _add(self, legs: tuple[AlgoLeg, ...], *, parent: Leg) -> None:
        allowed = _BELOW.get(parent.algo_type, frozenset())
        enters = parent.algo_type in {AlgoType.BRACKET, AlgoType.STOP_BRACKET}
        if parent.algo_type in CONTAINERS and len({source.side or parent.side for source in legs}) > 1:
            raise refusal(317143)
        for source in legs:
            if source.algo_type not in allowed or source.symbol not in {None, self.market.symbol}:
                raise refusal(317167, type=source.algo_type)
            side = source.side or (parent.side.opposite if enters else parent.side)
            leg = self._leg(source, algo_type=source.algo_type, side=side, parent=parent)
            self._add(source.child_orders or (), parent=leg)
            if leg.algo_type in _OUTCOMES:
                self._check_outcome(leg)
            elif leg.algo_type in CONTAINERS and leg.children:
                leg.side = leg.children[0].side

    def _check_outcome(self, leg: Leg) -> None:
        container = leg.parent
        is_positional = container is not None and container.algo_type is AlgoType.POSITIONAL_TP_SL
        if leg.trigger is None:
            raise refusal(-1005, problem=f"triggerPrice is required for {leg.algo_type} legs")
        if is_positional:
            leg.type, leg.quantity = AlgoOrderType.CLOSE_POSITION, None
        elif leg.type is AlgoOrderType.CLOSE_POSITION:
            raise refusal(317142)
        if leg.type is AlgoOrderType.LIMIT and leg.price is None:
            raise refusal(317141)
        # A leg of this kind closes, whatever was said of it.
        leg.reduce_only = True
        leg.rises = (leg.algo_type is AlgoType.TAKE_PROFIT) == (leg.side is Side.SELL)
        self._check_beyond(leg)

    def _check_beyond(self, leg: Leg) -> None:
        """Refuse a leg that would fire at once: 317150 and 317151, against the entry price of a bracket."""
        root = leg.root
        if root.algo_type in {AlgoType.BRACKET, AlgoType.STOP_BRACKET}:
            reference = None if root.price is None else units(root.price)
            reference = reference or root.trigger
        else:
            reference = self.reference(leg.trigger_type)
        if reference is None or leg.trigger is None:
            return
        if leg.rises and leg.trigger <= reference:
            raise refusal(317150, price=decimal(reference))
        if not leg.rises and leg.trigger >= reference:
            raise refusal(317151, price=decimal(reference))

    def _check_children(self, root: Leg) -> None:
        for leg in root.tree():
            if leg.algo_type in CONTAINERS:
                if not leg.children or len({child.algo_type for child in leg.children}) != len(leg.children):
                    raise refusal(-1005, problem="one take profit leg, one stop loss leg or both are required")
                if leg.algo_type is AlgoType.TP_SL and len({child.quantity for child in leg.children}) > 1:
                    raise refusal(317138)
            elif leg.algo_type is AlgoType.STOP and leg.parent is not None:
                if leg.trigger is None:
                    raise refusal(-1005, problem="triggerPrice is required for STOP legs")
                leg.rises = aim(leg, reference=self.reference(leg.trigger_type))


def check_distance(*, rate: Decimal | None, value: Decimal | None) -> None:
    """Obey `"0.1"` = 10 % for a rate and a quote amount for a value (rest-v3 §7.6). Raises a Refusal."""
    if (rate is not None and not 0 < rate < 1) or (value is not None and value <= 0):
        raise refusal(-1005, problem="callbackRate must be between 0 and 1, callbackValue positive")


def visible_of(given: Number | None, *, quantity: Decimal | None, market: Market) -> Decimal | None:
    """Return how much of an order the book may show; "negative or above `quantity` is refused" (rest-v3 §7.3)."""
    visible = number(given)
    if visible is None:
        return None
    if visible < 0 or (quantity is not None and visible > quantity):
        raise refusal(-1104, problem="visibleQuantity must be 0 to quantity")
    if visible:
        lots_of(visible, market=market)
    return visible


def reference_price(house: House, market: Market, kind: TriggerPriceType) -> int | None:
    """Return the price in units that triggers look at: the mark, or the last trade's, or the mid before the first."""
    if kind is TriggerPriceType.MARK_PRICE:
        perpetual = house.perpetuals.get(market.symbol)
        return perpetual.mark() if perpetual else None
    if market.last is not None:
        return market.last * market.tick
    return market.mid()


def aim(leg: Leg, *, reference: int | None) -> bool:
    """Decide from which side a STOP waits for its price, and name it after that; return whether it waits above.

    "A BUY with a trigger below the market came back as `TAKE_PROFIT`"; the rest is by analogy (rest-v3 §9.2.5).
    """
    is_buy, trigger = leg.side is Side.BUY, leg.trigger or 0
    rises = is_buy if reference is None or trigger == reference else trigger > reference
    if leg.algo_type is AlgoType.STOP and leg.parent is None:
        leg.word = AlgoTypeWord.STOP_LOSS if rises == is_buy else AlgoTypeWord.TAKE_PROFIT
    return rises
