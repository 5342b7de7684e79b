"""This file is one position in a perpetual: how much, at what cost, and which open orders would change it.

Costs are signed like the holding: what a long has paid, and minus what a short has received, in units of USDT. The
clearing house owes what all of them together have paid (see `Ledger.clearing`), so that whoever closes can be paid.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from woodlot.sandbox.orders import Order
from woodlot.wire.enums import MarginMode, PositionSide

DAY_MS: Final = 24 * 3_600_000


class Position:
    """A symbol and side of one account; there from the first order on, flat or not. `lots` is negative when short."""

    def __init__(self, symbol: str, side: PositionSide, *, margin_mode: MarginMode, leverage: int) -> None:
        self.symbol = symbol
        self.side = side
        self.margin_mode = margin_mode
        self.leverage = leverage
        self.lots = 0
        # By the last settlement (`settlePrice`), and by the opening trades (`averageOpenPrice`).
        self.cost = 0
        self.open_cost = 0
        # Isolated only: what was put in, and what open orders keep back in the wallet for more.
        self.margin = 0
        self.frozen_long = 0
        self.frozen_short = 0
        self.orders: dict[int, Order] = {}
        self.pending = Pending()
        self.opened_ms = 0
        self.version = 0
        self.day = Day()

    @property
    def is_isolated(self) -> bool:
        return self.margin_mode is MarginMode.ISOLATED

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to say of it: flat and without open orders."""
        return not self.lots and not self.orders

    def trade(self, lots: int, *, value: int, now_ms: int) -> "Change":
        """Add signed `lots` that cost `value`."""
        sign, closed = (1 if lots > 0 else -1), min(abs(lots), abs(self.lots)) if lots * self.lots < 0 else 0
        closed_value = value * closed // abs(lots)
        share = (closed, abs(self.lots) or 1)
        pnl = self._close(closed, closed_value) if closed else 0
        opened = abs(lots) - closed
        if not self.lots:
            self.opened_ms = now_ms if opened else 0
        self.lots += sign * opened
        self.cost += sign * (value - closed_value)
        self.open_cost += sign * (value - closed_value)
        return Change(pnl=pnl, closed_share=share, opened_value=value - closed_value)

    def settle(self, value: int) -> int:
        """Count from now on from `value`, what the whole of it is worth; return what that brought."""
        signed = value if self.lots > 0 else -value
        pnl, self.cost = signed - self.cost, signed
        return pnl

    def unrealised(self, value: int) -> int:
        """Return the profit since the last settlement if the whole of it is worth `value`."""
        return (value if self.lots > 0 else -value) - self.cost

    def exposure(self, value: int, *, buying: int = 0, selling: int = 0) -> int:
        """Return the notional that needs margin if open orders, and more `buying` or `selling`, fill at their worst."""
        buys, sells = self.pending.buy_cost + buying, self.pending.sell_cost + selling
        up = value + buys if self.lots >= 0 else buys - value
        down = value + sells if self.lots <= 0 else sells - value
        return max(value, up, down)

    def reserve(self, order: Order, *, sign: int, worth: int) -> None:
        """Count an order that rests, or no longer."""
        if sign > 0:
            self.orders[order.id] = order
        else:
            self.orders.pop(order.id, None)
        self.pending.add(order, lots=sign * order.lots, worth=worth)

    def closable(self, *, is_buy: bool) -> int:
        """Return how many lots an order of this side can close, other reduce-only orders apart."""
        return max(0, -self.lots if is_buy else self.lots)

    def excess(self) -> list[Order]:
        """Return the newest reduce-only orders without which the others fit the position."""
        found: list[Order] = []
        for is_buy in (True, False):
            over = self.pending.closing(is_buy=is_buy) - self.closable(is_buy=is_buy)
            for order in reversed(self.orders.values()) if over > 0 else ():
                if over > 0 and order.stance.closes and order.is_buy == is_buy:
                    found.append(order)
                    over -= order.lots
        return found

    def _close(self, lots: int, value: int) -> int:
        sign, before = (1 if self.lots > 0 else -1), abs(self.lots)
        cost, open_cost = self.cost * lots // before, self.open_cost * lots // before
        self.lots -= sign * lots
        self.cost -= cost
        self.open_cost -= open_cost
        return sign * value - cost


class Change(NamedTuple):
    """What a trade did: the profit of what it closed, that as a share of the position, and the cost of the rest."""

    pnl: int
    closed_share: tuple[int, int]
    opened_value: int


@dataclass(slots=True)
class Pending:
    """What a position's resting orders add up to. The costs leave out orders that can only close."""

    buy_lots: int = 0
    sell_lots: int = 0
    buy_cost: int = 0
    sell_cost: int = 0
    closing_buys: int = 0
    closing_sells: int = 0

    def add(self, order: Order, *, lots: int, worth: int) -> None:
        closes, cost = order.stance.closes, lots * order.price * worth
        if order.is_buy:
            self.buy_lots += lots
            self.buy_cost += 0 if closes else cost
            self.closing_buys += lots if closes else 0
        else:
            self.sell_lots += lots
            self.sell_cost += 0 if closes else cost
            self.closing_sells += lots if closes else 0

    def closing(self, *, is_buy: bool) -> int:
        return self.closing_buys if is_buy else self.closing_sells


class Day:
    """Profit and fees of the last 24 hours."""

    def __init__(self) -> None:
        self._entries: deque[tuple[int, int, int]] = deque()
        self._pnl = 0
        self._fee = 0

    def add(self, *, pnl: int, fee: int, now_ms: int) -> None:
        self._entries.append((now_ms, pnl, fee))
        self._pnl += pnl
        self._fee += fee
        self._forget(now_ms)

    def totals(self, now_ms: int) -> tuple[int, int]:
        """Return profit and fees."""
        self._forget(now_ms)
        return self._pnl, self._fee

    def _forget(self, now_ms: int) -> None:
        while self._entries and self._entries[0][0] <= now_ms - DAY_MS:
            _, pnl, fee = self._entries.popleft()
            self._pnl -= pnl
            self._fee -= fee
