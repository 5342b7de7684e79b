"""This file is where orders that wait for a price are placed, changed, cancelled and looked up (rest-v3 §9.2)."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final

from woodlot.sandbox import queries
from woodlot.sandbox.accounts import Account
from woodlot.sandbox.algo_checks import Builder, aim, reference_price
from woodlot.sandbox.algo_edits import Edit, check_edits
from woodlot.sandbox.algo_engine import AlgoEngine
from woodlot.sandbox.algo_orders import CONTAINERS, Leg, Stage
from woodlot.sandbox.algo_reports import algo_ack, algo_row
from woodlot.sandbox.house import House
from woodlot.sandbox.ledger import RATE_ONE
from woodlot.sandbox.money import units
from woodlot.sandbox.order_desk import OrderDesk
from woodlot.sandbox.refusal import refusal
from woodlot.sandbox.terms import number
from woodlot.wire.algo import (
    AlgoAck,
    AlgoOrderRow,
    AlgoOrderRows,
    AlgoType,
    EditAlgoOrder,
    GetAlgoOrders,
    PlaceAlgoOrder,
)
from woodlot.wire.enums import Side, StatusFilter
from woodlot.wire.trade import EditOrder

MOST_OPEN: Final = 100
MOST_TP_SL: Final = 10
"""Open algo orders of one account and symbol: all of them, and those of type TP_SL."""
ROOTS_KEPT: Final = 10_000
"""How many algo orders of an account are remembered; open ones always."""
_PER_PAGE: Final = 100
_MOST_PER_PAGE: Final = 500
# "`algoOrderId` 10361896" is recorded (rest-v3 §9.2.1)
_FIRST_ID: Final = 10_400_001


class AlgoDesk:
    """Commands on algo orders. A leg is addressed by its own id, its whole order by the root's."""

    def __init__(self, house: House, orders: OrderDesk) -> None:
        self._house = house
        self._orders = orders
        self._engine = AlgoEngine(house, orders)
        self._ids = count(_FIRST_ID)
        self._roots: dict[str, dict[int, Leg]] = {}
        self._legs: dict[str, dict[int, Leg]] = {}

    def place(self, account_id: str, request: PlaceAlgoOrder) -> AlgoAck:
        """Accept an order; one with an entry order of its own is refused if that is. Raises Refusal."""
        account = self._house.account(account_id)
        root = Builder(request, house=self._house, account=account, ids=self._ids).build()
        self._check_room(account, root)
        self._engine.start(root)
        self._remember(account, root)
        self._replace_positional(account, root)
        ack = algo_ack(root, now_ms=self._house.clock.now_ms())
        self._house.settle_down()
        return ack

    def edit(self, account_id: str, change: EditAlgoOrder) -> None:
        """Change an order that has not been triggered, or the entry order of one. Raises Refusal."""
        account = self._house.account(account_id)
        root = self._open(account, change.algo_order_id, change.client_algo_order_id)
        edits: list[tuple[Leg, Edit]] = [(root, change)]
        for leg_change in change.child_orders or ():
            leg = next((leg for leg in root.tree() if leg.id == leg_change.algo_order_id), None)
            if leg is None:
                raise refusal(317153, order_id=leg_change.algo_order_id)
            edits.append((leg, leg_change))
        check_edits(edits, markets=self._house.markets)
        for leg, edit in edits:
            self._change(account, leg, edit)
        if root.algo_type is AlgoType.TP_SL and change.quantity is not None:
            for leg in root.children:
                leg.quantity = number(change.quantity)
        self._house.settle_down()

    def cancel(
        self, account_id: str, *, algo_order_id: int | None = None, client_algo_order_id: int | None = None
    ) -> None:
        """Cancel an order or one of its legs, and what it has in the market. Raises Refusal."""
        leg = self._open(self._house.account(account_id), algo_order_id, client_algo_order_id)
        self._engine.end(leg, reason="cancelled by the user")
        self._house.settle_down()

    def cancel_all(self, account_id: str, symbol: str | None = None) -> int:
        """Cancel the algo orders of a symbol, or all; return how many. Raises Refusal for an unknown symbol."""
        if symbol is not None and symbol not in self._house.markets:
            raise refusal(317155, symbol=symbol[:60])
        cancelled = self.end_all(self._house.account(account_id), symbol=symbol, reason="cancelled by the user")
        self._house.settle_down()
        return cancelled

    def end_all(self, account: Account, *, symbol: str | None, reason: str) -> int:
        """Do the same, and leave the last word to the caller."""
        roots = [root for root in self._open_roots(account) if symbol in {None, root.symbol}]
        for root in roots:
            self._engine.end(root, reason=reason)
        return len(roots)

    def order(
        self, account_id: str, *, algo_order_id: int | None = None, client_algo_order_id: int | None = None
    ) -> AlgoOrderRow:
        """Return one order or leg, open or finished. Raises Refusal."""
        leg = self._find(self._house.account(account_id), algo_order_id, client_algo_order_id, code=-1006)
        return algo_row(leg, market=self._house.markets[leg.symbol])

    def orders(self, account_id: str, query: GetAlgoOrders) -> AlgoOrderRows:
        """Return one page of an account's algo orders, newest first. Raises Refusal."""
        account = self._house.account(account_id)
        found = list(_matching(reversed(self._roots.get(account.id, {}).values()), query))
        shown, meta = queries.page_of(found, page=query.page, size=query.size, default=_PER_PAGE, most=_MOST_PER_PAGE)
        return AlgoOrderRows(
            rows=tuple(algo_row(root, market=self._house.markets[root.symbol]) for root in shown), meta=meta
        )

    def _check_room(self, account: Account, root: Leg) -> None:
        client_id = root.client_id
        mine = list(self._open_roots(account))
        if client_id and any(other.client_id == client_id for other in mine):
            raise refusal(302117)
        same = [other for other in mine if other.symbol == root.symbol]
        if len(same) >= MOST_OPEN:
            raise refusal(-1012, problem=f"at most {MOST_OPEN} algo orders may be open for a symbol")
        if root.algo_type is AlgoType.TP_SL and sum(o.algo_type is AlgoType.TP_SL for o in same) >= MOST_TP_SL:
            raise refusal(-1012, problem=f"at most {MOST_TP_SL} TP_SL orders may be open for a symbol")
        if root.algo_type in CONTAINERS:
            position = account.positions.get((root.symbol, root.position_side))
            if position is None or not position.closable(is_buy=root.children[0].side is Side.BUY):
                raise refusal(302138)

    def _replace_positional(self, account: Account, root: Leg) -> None:
        """Let the newest positional TP/SL of a symbol and side be the only one."""
        if root.algo_type is not AlgoType.POSITIONAL_TP_SL:
            return
        for other in self._open_roots(account):
            if (
                other is not root
                and other.algo_type is root.algo_type
                and (other.symbol, other.position_side) == (root.symbol, root.position_side)
            ):
                self._engine.end(other, reason="replaced by a newer one")

    def _remember(self, account: Account, root: Leg) -> None:
        roots, legs = self._roots.setdefault(account.id, {}), self._legs.setdefault(account.id, {})
        roots[root.id] = root
        legs.update({leg.id: leg for leg in root.tree()})
        if len(roots) > ROOTS_KEPT:
            oldest = next((other for other in roots.values() if not _is_open(other)), None)
            if oldest is not None:
                del roots[oldest.id]
                for leg in oldest.tree():
                    del legs[leg.id]

    def _change(self, account: Account, leg: Leg, edit: Edit) -> None:
        if leg.stage is Stage.LIVE and leg.order is not None:
            if edit.price is None and edit.quantity is None:
                return
            order_id = leg.order.id
            self._orders.edit(account.id, EditOrder(order_id=order_id, price=edit.price, quantity=edit.quantity))
        leg.quantity = leg.quantity if edit.quantity is None else number(edit.quantity)
        leg.price = leg.price if edit.price is None else number(edit.price)
        trigger = number(edit.trigger_price)
        if isinstance(edit, EditAlgoOrder):
            leg.trigger_type = edit.trigger_price_type or leg.trigger_type
            leg.visible = leg.visible if edit.visible_quantity is None else number(edit.visible_quantity)
            self._change_trail(leg, edit)
        if trigger is not None:
            leg.trigger = units(trigger)
            if leg.algo_type in {AlgoType.STOP, AlgoType.STOP_BRACKET}:
                market = self._house.markets[leg.symbol]
                leg.rises = aim(leg, reference=reference_price(self._house, market, leg.trigger_type))
        self._engine.touch(leg)

    def _change_trail(self, leg: Leg, edit: EditAlgoOrder) -> None:
        rate, value, trail = number(edit.callback_rate), number(edit.callback_value), leg.trail
        if trail is None:
            return
        if rate is not None:
            trail.rate, trail.value = int(rate * RATE_ONE), None
        if value is not None:
            trail.rate, trail.value = None, units(value)
        activation = number(edit.activated_price)
        if activation is not None:
            trail.activation = units(activation)

    def _open_roots(self, account: Account) -> list[Leg]:
        return [root for root in self._roots.get(account.id, {}).values() if _is_open(root)]

    def _open(self, account: Account, algo_order_id: int | None, client_id: int | None) -> Leg:
        leg = self._find(account, algo_order_id, client_id, code=317184)
        if not _is_open(leg):
            raise refusal(317161)
        return leg

    def _find(self, account: Account, algo_order_id: int | None, client_id: int | None, *, code: int) -> Leg:
        if algo_order_id is None and client_id is None:
            raise refusal(-1005, problem="algoOrderId or clientAlgoOrderId is required")
        if algo_order_id is not None:
            leg = self._legs.get(account.id, {}).get(algo_order_id)
        else:
            roots = reversed(self._roots.get(account.id, {}).values())
            leg = next((root for root in roots if root.client_id and root.client_id == client_id), None)
        if leg is None:
            raise refusal(code)
        return leg


def _is_open(leg: Leg) -> bool:
    return any(not part.is_over for part in leg.tree())


def _matching(roots: Iterable[Leg], query: GetAlgoOrders) -> Iterator[Leg]:
    start_ms, end_ms = queries.bounds_ms(query.start_time, query.end_time)
    for root in roots:
        if (
            query.symbol in {None, root.symbol}
            and query.side in {None, root.side}
            and query.position_side in {None, root.position_side}
            and (query.algo_type is None or query.algo_type in {root.algo_type.value, root.word.value})
            and query.order_type in {None, root.type}
            and query.is_triggered in {None, any(leg.is_triggered for leg in root.tree())}
            and query.algo_order_tag in {None, root.tag}
            and _has_status(root, query.status)
            and start_ms <= root.created_ms <= end_ms
        ):
            yield root


def _has_status(root: Leg, wanted: StatusFilter | None) -> bool:
    if wanted is StatusFilter.INCOMPLETE:
        return _is_open(root)
    if wanted is StatusFilter.COMPLETED:
        return not _is_open(root)
    return wanted is None or root.status.value == wanted.value
