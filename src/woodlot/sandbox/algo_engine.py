"""This file is what moves algo orders: it watches prices, places their orders, follows these and ends what is over.

It looks after every command and every tick. A leg sees the lowest and the highest trade since the look before; one
that has just begun to wait sees the last trade only.
"""

from collections.abc import Iterable

from woodlot.sandbox.accounts import Account, Fill
from woodlot.sandbox.algo_checks import reference_price
from woodlot.sandbox.algo_orders import CONTAINERS, Leg, Stage
from woodlot.sandbox.algo_reports import algo_report
from woodlot.sandbox.events import AlgoReported
from woodlot.sandbox.house import House
from woodlot.sandbox.order_desk import OrderDesk
from woodlot.sandbox.refusal import Refusal, refusal
from woodlot.wire.algo import AlgoOrderType, AlgoType, TriggerPriceType
from woodlot.wire.enums import OrderStatus, OrderType, Side
from woodlot.wire.trade import PlaceOrder

_ENTERING = frozenset({AlgoType.OCO, AlgoType.BRACKET})
"""Roots whose own order goes to the book at once."""
_BRACKETS = frozenset({AlgoType.BRACKET, AlgoType.STOP_BRACKET})


class AlgoEngine:
    """All legs that watch a price or have an order in the market."""

    def __init__(self, house: House, orders: OrderDesk) -> None:
        self._house = house
        self._orders = orders
        self._armed: dict[int, Leg] = {}
        self._live: dict[int, Leg] = {}
        self._fresh: set[int] = set()
        self._changed: dict[int, dict[int, Leg]] = {}
        house.watchers.append(self.look)

    def start(self, root: Leg) -> None:
        """Set an accepted order going. Raises the Refusal of an order that has to be placed at once."""
        if root.algo_type in _ENTERING:
            self._place(root)
        for leg in root.tree():
            self._note(leg)
        if root.algo_type in CONTAINERS:
            root.stage = Stage.ARMED
        if root.algo_type in CONTAINERS or root.algo_type is AlgoType.OCO:
            self._arm(root.children)
        elif root.stage is Stage.DORMANT:
            self._arm([root])

    def end(self, leg: Leg, *, reason: str) -> None:
        """Cancel a leg and all below it, their orders too."""
        # Legs first: an entry order that ends draws consequences of its own for those that are left.
        for part in reversed(list(leg.tree())):
            self._armed.pop(part.id, None)
            if part.stage is Stage.LIVE and part.order is not None:
                part.reason = reason
                self._orders.end([part.order], reason=reason)
                self._follow(part)
            elif not part.is_over:
                self._over(part, OrderStatus.CANCELLED, reason=reason)
        self._close_container(leg.parent)

    def touch(self, leg: Leg) -> None:
        """Take note of a leg that was edited; it sees prices afresh."""
        self._fresh.add(leg.id)
        self._note(leg)

    def look(self) -> None:
        """Do whatever is due until nothing is, then tell what has changed."""
        if self._armed or self._live:
            while self._follow_all() or self._fire_all():
                pass
            for market in self._house.markets.values():
                market.lowest = market.highest = None
            self._fresh.clear()
        if self._changed:
            self._tell()

    def _follow_all(self) -> bool:
        moved = [self._follow(leg) for leg in list(self._live.values())]
        return any(moved)

    def _fire_all(self) -> bool:
        for leg in list(self._armed.values()):
            if leg.id not in self._armed:
                continue
            if leg.type is AlgoOrderType.CLOSE_POSITION and not self._closable(leg):
                self.end(leg.parent or leg, reason="the position is closed")
                return True
            price = self._trigger(leg)
            if price is not None:
                self._fire(leg, price=price)
                return True
        return False

    def _trigger(self, leg: Leg) -> int | None:
        """Return the price that triggers a leg now, None if none does."""
        market = self._house.markets[leg.symbol]
        last = reference_price(self._house, market, leg.trigger_type)
        if last is None:
            return None
        low = high = last
        if leg.trigger_type is TriggerPriceType.MARKET_PRICE and leg.id not in self._fresh:
            low = min(low, market.lowest * market.tick) if market.lowest is not None else low
            high = max(high, market.highest * market.tick) if market.highest is not None else high
        waits = leg.trail is not None and not leg.trail.is_activated
        fires = leg.fires(low=low, high=high, last=last)
        if waits and leg.trail is not None and leg.trail.is_activated:
            self._note(leg)
        if not fires:
            return None
        return last if leg.trail is not None else high if leg.rises else low

    def _fire(self, leg: Leg, *, price: int) -> None:
        del self._armed[leg.id]
        leg.is_triggered, leg.triggered_at, leg.triggered_ms = True, price, self._house.clock.now_ms()
        self._note(leg)
        parent = leg.parent
        if parent is not None:
            for sibling in parent.children:
                if sibling is not leg and not sibling.is_over:
                    self._armed.pop(sibling.id, None)
                    self._over(sibling, OrderStatus.CANCELLED, reason="the other leg was triggered")
            if parent.order is not None and parent.stage is Stage.LIVE:
                parent.reason = "the stop leg was triggered"
                self._orders.end([parent.order], reason=parent.reason)
                self._follow(parent)
        try:
            self._place(leg)
        except Refusal as refused:
            self._over(leg, OrderStatus.REJECTED, reason=refused.message)
            self._ended(leg)

    def _place(self, leg: Leg) -> None:
        """Turn a leg into an ordinary order. Raises Refusal."""
        quantity = leg.quantity
        reduces = leg.reduce_only or leg.type is AlgoOrderType.CLOSE_POSITION
        market = self._house.markets[leg.symbol]
        if leg.parent is not None and leg.parent.order is not None and leg.parent.algo_type is AlgoType.OCO:
            done = market.plain_quantity(leg.parent.order.executed)
            quantity = None if quantity is None else quantity - done
        if reduces and market.is_perpetual:
            left = market.plain_quantity(self._closable(leg))
            quantity = left if quantity is None else min(quantity, left)
        if not quantity:
            raise refusal(302138)
        is_limit = leg.type is AlgoOrderType.LIMIT
        order = PlaceOrder(
            symbol=leg.symbol,
            side=leg.side,
            type=OrderType.LIMIT if is_limit else OrderType.MARKET,
            price=leg.price if is_limit else None,
            quantity=quantity,
            order_tag=leg.tag,
            reduce_only=True if reduces and market.is_perpetual else None,
            position_side=leg.position_side,
            margin_mode=leg.margin_mode,
            visible_quantity=leg.visible if is_limit else None,
        )
        leg.order, _ = self._orders.accept(leg.account_id, order)
        leg.stage = Stage.LIVE
        self._live[leg.id] = leg

    def _follow(self, leg: Leg) -> bool:
        """Take over what has become of a leg's order; tell whether that is news."""
        order = leg.order
        if order is None or leg.told == (order.executed, order.status):
            return False
        leg.told = order.executed, order.status
        leg.status = order.status
        self._note(leg)
        if order.status.is_final:
            self._live.pop(leg.id, None)
            leg.stage = Stage.OVER
            self._ended(leg)
        return True

    def _ended(self, leg: Leg) -> None:
        """Draw the consequences of a leg that is over for those around it."""
        if leg.algo_type is AlgoType.OCO:
            for child in leg.children:
                if not child.is_triggered and not child.is_over:
                    self.end(child, reason="the other leg is done")
        elif leg.algo_type in _BRACKETS:
            if leg.order is not None and leg.order.executed:
                self._wake(leg)
            else:
                for child in leg.children:
                    self.end(child, reason="the entry order did not trade")
        self._close_container(leg.parent)

    def _wake(self, root: Leg) -> None:
        """Let what a bracket holds begin to wait, for as much as its entry has traded."""
        assert root.order is not None  # noqa: S101 - it has traded
        executed = self._house.markets[root.symbol].plain_quantity(root.order.executed)
        for container in root.children:
            container.stage = Stage.ARMED
            for leg in container.tree():
                if leg.type is AlgoOrderType.CLOSE_POSITION:
                    leg.quantity = None
                else:
                    leg.quantity = executed if leg.quantity is None else min(leg.quantity, executed)
            self._arm(container.children)

    def _arm(self, legs: Iterable[Leg]) -> None:
        for leg in legs:
            leg.stage = Stage.ARMED
            self._armed[leg.id] = leg
            self._fresh.add(leg.id)
            self._note(leg)

    def _over(self, leg: Leg, status: OrderStatus, *, reason: str) -> None:
        leg.stage, leg.status, leg.reason = Stage.OVER, status, reason
        self._note(leg)

    def _close_container(self, container: Leg | None) -> None:
        """End a take profit and stop loss pair once both are over, as the one did that was triggered."""
        if container is None or container.algo_type not in CONTAINERS or container.is_over:
            return
        if all(child.is_over for child in container.children):
            fired = next((child for child in container.children if child.is_triggered), None)
            self._over(
                container, fired.status if fired else OrderStatus.CANCELLED, reason=fired.reason if fired else ""
            )

    def _closable(self, leg: Leg) -> int:
        """Return how many lots of its position a leg could still close."""
        account = self._house.accounts[leg.account_id]
        position = account.positions.get((leg.symbol, leg.position_side))
        if position is None:
            return 0
        is_buy = leg.side is Side.BUY
        return max(0, position.closable(is_buy=is_buy) - position.pending.closing(is_buy=is_buy))

    def _note(self, leg: Leg) -> None:
        leg.updated_ms = self._house.clock.now_ms()
        self._changed.setdefault(leg.root.id, {})[leg.id] = leg

    def _tell(self) -> None:
        now_ms = self._house.clock.now_ms()
        for legs in self._changed.values():
            root = next(iter(legs.values())).root
            account = self._house.accounts[root.account_id]
            if account.watched:
                names_order = self._house.quirks.algo_legs_name_orders
                market = self._house.markets[root.symbol]
                reports = tuple(
                    algo_report(
                        leg, market=market, fill=_last_fill(leg, account), now_ms=now_ms, names_order=names_order
                    )
                    for leg in root.tree()
                    if leg.id in legs
                )
                self._house.outbox.events.append(AlgoReported(account.id, reports))
        self._changed.clear()


def _last_fill(leg: Leg, account: Account) -> Fill | None:
    """Return the last fill of a leg's order, if that is what has just been said of it."""
    if leg.order is None or not leg.order.executed:
        return None
    return next((fill for fill in reversed(account.fills) if fill.order_id == leg.order.id), None)
