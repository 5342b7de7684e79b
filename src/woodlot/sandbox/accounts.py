"""This file is one account: its wallet, its fees, its orders and fills, and how long they are remembered."""

from collections import deque
from decimal import Decimal
from typing import Final, NamedTuple

from woodlot.sandbox.ledger import RATE_ONE, Wallet
from woodlot.sandbox.money import EXACT
from woodlot.sandbox.orders import Order

HISTORY_KEPT: Final = 100_000
"""How many finished orders, and how many fills, an account remembers; what finished first is forgotten first."""


class Fill(NamedTuple):
    """One side of one match, in the units of its market."""

    id: int
    symbol: str
    order_id: int
    tag: str
    is_buy: bool
    price: int
    lots: int
    fee: int
    is_maker: bool
    ts: int


class Account:
    """Somebody who trades. One that nobody watches, as the crowd, gets no events and no memory."""

    __slots__ = (
        "_kept",
        "by_client_id",
        "fills",
        "finished",
        "id",
        "maker_fee_bp",
        "maker_rate",
        "mode",
        "name",
        "open",
        "orders",
        "taker_fee_bp",
        "taker_rate",
        "told",
        "versions",
        "wallet",
        "watched",
    )

    def __init__(
        self,
        account_id: str,
        *,
        name: str,
        wallet: Wallet,
        watched: bool,
        taker_fee_bp: Decimal,
        maker_fee_bp: Decimal,
        mode: str,
        history_kept: int = HISTORY_KEPT,
    ) -> None:
        self.id = account_id
        self.name = name
        self.mode = mode
        self._kept = history_kept
        self.wallet = wallet
        self.watched = watched
        self.taker_fee_bp = taker_fee_bp
        self.maker_fee_bp = maker_fee_bp
        self.taker_rate = _rate(taker_fee_bp)
        self.maker_rate = _rate(maker_fee_bp)
        # Both by id and, ids being given in turn, oldest first. Of an account that nobody watches only `open` is kept.
        self.open: dict[int, Order] = {}
        self.orders: dict[int, Order] = {}
        self.finished: deque[Order] = deque()
        # "lookups and cancels by a repeated id hit the latest one" (rest-v3 §7.3)
        self.by_client_id: dict[int, Order] = {}
        self.fills: deque[Fill] = deque(maxlen=history_kept)
        # Per asset: holding and frozen as last pushed, and the version of that push.
        self.told: dict[str, tuple[int, int]] = {}
        self.versions: dict[str, int] = {}

    def admit(self, order: Order) -> None:
        """Remember a new order."""
        self.open[order.id] = order
        if not self.watched:
            return
        self.orders[order.id] = order
        if order.client_order_id:
            self.by_client_id[order.client_order_id] = order

    def finish(self, order: Order) -> None:
        """Move an order to the finished ones, and forget the one that finished first if there are too many."""
        del self.open[order.id]
        if not self.watched:
            return
        self.finished.append(order)
        if len(self.finished) > self._kept:
            self._forget(self.finished.popleft())

    def remember(self, fill: Fill) -> None:
        if self.watched:
            self.fills.append(fill)

    def find(self, *, order_id: int | None = None, client_order_id: int | None = None) -> Order | None:
        """Return an order by either id; with both, the exchange's own decides (rest-v3 §9.1.2)."""
        if order_id is not None:
            return self.orders.get(order_id) or self.open.get(order_id)
        return self.by_client_id.get(client_order_id) if client_order_id else None

    def has_open(self, client_order_id: int) -> bool:
        """Tell whether an open order has this client id."""
        order = self.by_client_id.get(client_order_id)
        return order is not None and not order.status.is_final

    def _forget(self, order: Order) -> None:
        del self.orders[order.id]
        if self.by_client_id.get(order.client_order_id) is order:
            del self.by_client_id[order.client_order_id]


def _rate(basis_points: Decimal) -> int:
    """Return basis points in the ledger's unit of 10⁻⁸. Raises decimal.Inexact for a finer one."""
    rate = int(EXACT.to_integral_exact(EXACT.multiply(basis_points, RATE_ONE // 10_000)))
    if not 0 <= rate <= RATE_ONE:
        raise ValueError(f"a fee of {basis_points} basis points")
    return rate
