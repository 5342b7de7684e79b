"""This file is one account: its wallet, its fees and settings, its orders, fills and positions, and how long it
remembers what is over."""

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from woodlot.sandbox.ledger import RATE_ONE, Wallet
from woodlot.sandbox.money import EXACT
from woodlot.sandbox.orders import Order
from woodlot.wire.account import AccountMode, PositionMode
from woodlot.wire.enums import MarginMode, PositionSide

if TYPE_CHECKING:
    from woodlot.sandbox.positions import Position
    from woodlot.wire.futures import FundingFee
    from woodlot.wire.spot_margin import InterestRow

HISTORY_KEPT: Final = 100_000
"""How many finished orders, and how many fills, an account remembers; what finished first is forgotten first."""

ROWS_KEPT: Final = 10_000
"""How many fundings, interest rows and other changes an account remembers, of each."""

DEFAULT_SPOT_LEVERAGE: Final = 5
"""How far spot may be levered in MARGIN mode: "values 1 to 5 (help centre: up to 10)" (rest-v3 §9.6)."""

PERP_TAKER_FEE_BP: Final = Decimal(5)
PERP_MAKER_FEE_BP: Final = Decimal(2)
"""As recorded for PERP_BTC_USDT (rest-v3 §6.4)."""


class Fill(msgspec.Struct, frozen=True, gc=False):
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
    side: PositionSide = PositionSide.BOTH
    # Of a perpetual: what closing has brought.
    pnl: int | None = None
    is_rpi: bool = False


class Change(msgspec.Struct, frozen=True, gc=False):
    """Money that came or went without a trade and without the bank, in units; `kind` is a word of rest-v3 §9.4.2."""

    number: int
    kind: str
    asset: str
    amount: int
    ts: int


class Settings:
    """What an account has chosen about margin."""

    __slots__ = ("leverages", "margin_mode", "margin_modes", "position_mode", "spot_leverage")

    def __init__(self) -> None:
        self.position_mode = PositionMode.ONE_WAY
        # Of perpetuals, where it is not the default.
        self.leverages: dict[tuple[str, MarginMode, PositionSide], int] = {}
        self.margin_mode = MarginMode.CROSS
        self.margin_modes: dict[str, MarginMode] = {}
        self.spot_leverage = DEFAULT_SPOT_LEVERAGE


class Account:
    """Somebody who trades. One that nobody watches, as the crowd, gets no events and no memory."""

    __slots__ = (
        "_kept",
        "by_client_id",
        "changed",
        "changes",
        "fills",
        "finished",
        "fundings",
        "id",
        "interest",
        "interest_rows",
        "is_retail",
        "leaving",
        "maker_fee_bp",
        "maker_rate",
        "mode",
        "name",
        "open",
        "orders",
        "perp_maker_fee_bp",
        "perp_maker_rate",
        "perp_taker_fee_bp",
        "perp_taker_rate",
        "positions",
        "settings",
        "taker_fee_bp",
        "taker_rate",
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
        is_retail: bool = False,
        perp_taker_fee_bp: Decimal = PERP_TAKER_FEE_BP,
        perp_maker_fee_bp: Decimal = PERP_MAKER_FEE_BP,
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
        self.perp_taker_fee_bp = perp_taker_fee_bp
        self.perp_maker_fee_bp = perp_maker_fee_bp
        self.perp_taker_rate = _rate(perp_taker_fee_bp)
        self.perp_maker_rate = _rate(perp_maker_fee_bp)
        # Whether its orders count as entered by hand, which is whom RPI orders trade with (rest-v3 §7.1).
        self.is_retail = is_retail
        self.settings = Settings()
        self.positions: dict[tuple[str, PositionSide], Position] = {}
        # Interest owed by asset, in units, and what was charged and repaid.
        self.interest: dict[str, int] = {}
        self.interest_rows: deque[InterestRow] = deque(maxlen=ROWS_KEPT)
        self.fundings: deque[FundingFee] = deque(maxlen=ROWS_KEPT)
        # Changes of balances that no trade and no bank has made, and how many there have been.
        self.changes: deque[Change] = deque(maxlen=ROWS_KEPT)
        self.changed = 0
        # Both by id and, ids being given in turn, oldest first. Of an account that nobody watches only `open` is kept.
        self.open: dict[int, Order] = {}
        self.orders: dict[int, Order] = {}
        self.finished: deque[Order] = deque()
        # "lookups and cancels by a repeated id hit the latest one" (rest-v3 §7.3)
        self.by_client_id: dict[int, Order] = {}
        self.fills: deque[Fill] = deque(maxlen=history_kept)
        # Per asset, in units: what withdrawals have set aside. Nobody can lose it any more, so it is out of the wallet;
        # it is shown as held and frozen until it has left.
        self.leaving: dict[str, int] = {}

    @property
    def may_borrow(self) -> bool:
        """Whether balances may go below zero."""
        return self.mode == AccountMode.MARGIN

    @property
    def is_hedged(self) -> bool:
        """Whether a symbol has two positions, one for each direction."""
        return self.settings.position_mode is PositionMode.HEDGE_MODE

    def note(self, kind: str, *, asset: str, amount: int, now_ms: int) -> None:
        """Remember a change of a balance for the account's statement."""
        if self.watched and amount:
            self.changed += 1
            self.changes.append(Change(self.changed, kind, asset, amount, now_ms))

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
