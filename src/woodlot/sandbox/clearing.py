"""This file is the clearing house: how a match in a perpetual changes two positions, and what is paid for it.

Nothing changes hands but profit, fees and isolated margin, all in the quote asset (rest-v3 §6.4).
"""

from typing import Final

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.ledger import Ledger
from woodlot.sandbox.market import Market
from woodlot.sandbox.orders import Order
from woodlot.sandbox.outbox import Outbox
from woodlot.sandbox.positions import Position
from woodlot.wire.enums import MarginMode, PositionSide

DEFAULT_LEVERAGE: Final = 10
"""As recorded on a position (rest-v3 §9.5.1)."""


class ClearingHouse:
    """What moves positions and their money; the settlement of perpetual markets."""

    def __init__(self, *, ledger: Ledger, outbox: Outbox) -> None:
        self._ledger = ledger
        self._outbox = outbox

    def reserve(self, order: Order, market: Market, sign: int) -> None:
        account = order.account
        position = position_of(account, order)
        position.reserve(order, sign=sign, worth=market.worth)
        self.refreeze(account, position, asset=market.quote)
        self._outbox.touch_position(account, position)

    def settle(self, taker: Order, maker: Order, lots: int, market: Market, now_ms: int) -> tuple[int, int]:
        taking, making = taker.account, maker.account
        resting = position_of(making, maker)
        resting.pending.add(maker, lots=-lots, worth=market.worth)
        if not maker.lots:
            del resting.orders[maker.id]
        value = lots * maker.price * market.worth
        fees = (
            self._ledger.fee(value, rate=taking.perp_taker_rate),
            self._ledger.fee(value, rate=making.perp_maker_rate),
        )
        for order, account, fee in ((taker, taking, fees[0]), (maker, making, fees[1])):
            position, signed = position_of(account, order), lots if order.is_buy else -lots
            order.pnl += self.trade(
                account, position, lots=signed, value=value, fee=fee, asset=market.quote, now_ms=now_ms
            )
        return fees

    def excess(self, order: Order) -> list[Order]:
        return position_of(order.account, order).excess()

    def trade(
        self, account: Account, position: Position, *, lots: int, value: int, fee: int, asset: str, now_ms: int
    ) -> int:
        """Change a position by signed `lots` that cost `value`; pay what that brings and the fee. Return the profit."""
        change = position.trade(lots, value=value, now_ms=now_ms)
        self._ledger.clear(account.wallet, asset=asset, amount=change.pnl)
        if position.is_isolated:
            closed, whole = change.closed_share
            released = position.margin * closed // whole
            # A loss beyond the margin that is set free comes out of the rest of the margin first.
            released += min(max(0, -change.pnl - released), position.margin - released)
            self.move_margin(
                account, position, asset=asset, amount=margin_for(position, change.opened_value) - released
            )
        self._ledger.collect(account.wallet, asset=asset, amount=fee)
        position.day.add(pnl=change.pnl, fee=fee, now_ms=now_ms)
        self.refreeze(account, position, asset=asset)
        self._outbox.touch(account, asset)
        self._outbox.touch_position(account, position)
        return change.pnl

    def settle_profit(self, account: Account, position: Position, *, value: int, asset: str, now_ms: int) -> None:
        """Pay out what a position has gained since the last time, or collect what it has lost."""
        pnl = position.settle(value)
        self._ledger.clear(account.wallet, asset=asset, amount=pnl)
        account.note("REALIZED_PNL", asset=asset, amount=pnl, now_ms=now_ms)
        if position.is_isolated:
            self.move_margin(account, position, asset=asset, amount=pnl)
        position.day.add(pnl=pnl, fee=0, now_ms=now_ms)
        self._outbox.touch(account, asset)
        self._outbox.touch_position(account, position)

    def move_margin(self, account: Account, position: Position, *, asset: str, amount: int) -> None:
        """Put margin into an isolated position, or take it out."""
        self._ledger.isolate(account.wallet, asset=asset, amount=amount)
        position.margin += amount

    def refreeze(self, account: Account, position: Position, *, asset: str) -> None:
        """Keep back in the wallet what an isolated position's open orders may need."""
        long, short = isolated_needs(position)
        more = long + short - position.frozen_long - position.frozen_short
        if more:
            account.wallet[asset].frozen += more
            self._outbox.touch(account, asset)
        position.frozen_long, position.frozen_short = long, short


def position_of(account: Account, order: Order) -> Position:
    """Return the position that an order changes; made when it is first asked for."""
    stance, key = order.stance, (order.symbol, order.stance.side)
    position = account.positions.get(key)
    if position is None:
        position = account.positions[key] = Position(
            order.symbol, stance.side, margin_mode=stance.margin_mode, leverage=stance.leverage
        )
    elif position.is_idle:
        position.margin_mode, position.leverage = stance.margin_mode, stance.leverage
    return position


def leverage_of(account: Account, symbol: str, margin_mode: MarginMode, side: PositionSide) -> int:
    """Return the leverage an account has chosen; that of a cross margined symbol is one for both sides."""
    key = side if margin_mode is MarginMode.ISOLATED else PositionSide.BOTH
    return account.settings.leverages.get((symbol, margin_mode, key), DEFAULT_LEVERAGE)


def margin_for(position: Position, value: int) -> int:
    """Return the initial margin of so much notional, rounded up."""
    return -(-value // position.leverage)


def isolated_needs(position: Position, *, buying: int = 0, selling: int = 0) -> tuple[int, int]:
    """Return what open orders of an isolated position keep back, those that buy and those that sell.

    An order that only makes the position smaller, at what that has cost, keeps back nothing.
    """
    if not position.is_isolated:
        return 0, 0
    buys, sells = position.pending.buy_cost + buying, position.pending.sell_cost + selling
    return (
        margin_for(position, max(0, buys + min(0, position.open_cost))),
        margin_for(position, max(0, sells - max(0, position.open_cost))),
    )
