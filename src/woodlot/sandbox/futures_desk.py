"""This file is where positions are asked for and their margin is set (rest-v3 §9.5)."""

from decimal import Decimal
from typing import Final

from woodlot.sandbox import queries
from woodlot.sandbox.accounts import Account
from woodlot.sandbox.clearing import leverage_of, margin_for
from woodlot.sandbox.house import VALUED_IN, House
from woodlot.sandbox.ledger import available
from woodlot.sandbox.money import decimal, units
from woodlot.sandbox.positions import Position as Held
from woodlot.sandbox.ranks import quantile
from woodlot.sandbox.refusal import refusal
from woodlot.sandbox.reports import average_open_price, settle_price
from woodlot.sandbox.terms import number
from woodlot.wire.account import PositionMode, SymbolConfig, SymbolSettings
from woodlot.wire.enums import MarginMode, PositionSide
from woodlot.wire.futures import (
    AdjustIsolatedMargin,
    FundingFees,
    GetFundingFeeHistory,
    GetLeverage,
    Leverage,
    MarginAction,
    Position,
    PositionModeChoice,
    Positions,
    SetLeverage,
    SideLeverage,
)
from woodlot.wire.moment import Time

_FUNDINGS_PER_PAGE: Final = 25
_MOST_FUNDINGS_PER_PAGE: Final = 500
_HEDGED: Final = (PositionSide.LONG, PositionSide.SHORT)


class FuturesDesk:
    """Questions and settings about perpetuals. Orders in them are placed like any other."""

    def __init__(self, house: House) -> None:
        self._house = house

    def positions(self, account_id: str, symbol: str | None = None) -> Positions:
        """Return the positions that are open or have open orders. Raises Refusal for a symbol that has none."""
        if symbol is not None:
            self._house.perpetual(symbol)
        account = self._house.account(account_id)
        return Positions(
            positions=tuple(
                self._row(account, held)
                for held in account.positions.values()
                if not held.is_idle and symbol in {None, held.symbol}
            )
        )

    def leverage(self, account_id: str, query: GetLeverage) -> Leverage:
        """Return the leverage of a symbol: one `BOTH` in one-way mode, `LONG` and `SHORT` in hedge mode."""
        self._house.perpetual(query.symbol)
        account = self._house.account(account_id)
        margin_mode = query.margin_mode or self.margin_mode(account_id, query.symbol)
        mode = PositionMode(query.position_mode or account.settings.position_mode)
        sides = _HEDGED if mode is PositionMode.HEDGE_MODE else (PositionSide.BOTH,)
        return Leverage(
            symbol=query.symbol,
            margin_mode=margin_mode,
            position_mode=mode,
            details=tuple(
                SideLeverage(position_side=side, leverage=leverage_of(account, query.symbol, margin_mode, side))
                for side in sides
            ),
        )

    def set_leverage(self, account_id: str, change: SetLeverage) -> None:
        """Change the leverage of a symbol. Raises Refusal when that is out of range or not to be afforded."""
        perpetual, account = self._house.perpetual(change.symbol), self._house.account(account_id)
        if not 1 <= change.leverage <= perpetual.most_leverage:
            raise refusal(302306, most=perpetual.most_leverage)
        isolated = change.margin_mode is MarginMode.ISOLATED
        sides = _HEDGED if account.is_hedged else (PositionSide.BOTH,)
        if isolated and change.position_side is not None:
            if change.position_side not in sides:
                raise refusal(302186)
            sides = (change.position_side,)
        held = [p for side in sides if (p := account.positions.get((change.symbol, side))) is not None]
        mine = [p for p in held if p.margin_mode is change.margin_mode and not p.is_idle]
        if isolated:
            self._lever_isolated(account, mine, leverage=change.leverage)
        else:
            self._lever_cross(account, mine, leverage=change.leverage)
        for side in sides if isolated else (PositionSide.BOTH,):
            account.settings.leverages[change.symbol, change.margin_mode, side] = change.leverage
        self._house.settle_down()

    def set_position_mode(self, account_id: str, mode: PositionModeChoice) -> None:
        """Choose between one position a symbol and two. Refused with open positions or orders."""
        account = self._house.account(account_id)
        if mode == account.settings.position_mode:
            return
        if any(position.lots for position in account.positions.values()):
            raise refusal(302126)
        if any(position.orders for position in account.positions.values()):
            raise refusal(302308)
        account.settings.position_mode = PositionMode(mode.value)

    def margin_mode(self, account_id: str, symbol: str | None = None) -> MarginMode:
        """Return how new positions are margined, those of a symbol if given."""
        settings = self._house.account(account_id).settings
        return settings.margin_modes.get(symbol or "", settings.margin_mode)

    def set_margin_mode(self, account_id: str, margin_mode: MarginMode, symbol: str | None = None) -> None:
        """Choose how new positions are margined, those of a symbol if given. Raises Refusal for an unknown one."""
        settings = self._house.account(account_id).settings
        if symbol is None:
            settings.margin_mode = margin_mode
        else:
            self._house.perpetual(symbol)
            settings.margin_modes[symbol] = margin_mode

    def reset_margin_modes(self, account_id: str) -> None:
        """Forget what was chosen for single symbols."""
        self._house.account(account_id).settings.margin_modes.clear()

    def adjust_margin(self, account_id: str, change: AdjustIsolatedMargin) -> None:
        """Move margin into an isolated position or out of it. Raises Refusal."""
        account = self._house.account(account_id)
        perpetual = self._house.perpetual(change.symbol)
        position = account.positions.get((change.symbol, change.position_side or PositionSide.BOTH))
        if position is None or not position.is_isolated or not position.lots or change.adjust_token != VALUED_IN:
            raise refusal(302191)
        given = number(change.adjust_amount)
        if given is None or given <= 0:
            raise refusal(302135)
        amount = units(given)
        if change.action is MarginAction.ADD:
            if amount > min(available(account.wallet, VALUED_IN), self._house.risk.standing(account).free):
                raise refusal(302193)
        else:
            worth = perpetual.value(position.lots)
            loss = min(0, position.unrealised(worth))
            if amount > position.margin + loss - margin_for(position, worth):
                raise refusal(302192)
            amount = -amount
        self._house.clearing.move_margin(account, position, asset=VALUED_IN, amount=amount)
        self._house.outbox.touch(account, VALUED_IN)
        self._house.outbox.touch_position(account, position)
        self._house.settle_down()

    def funding_fees(self, account_id: str, query: GetFundingFeeHistory) -> FundingFees:
        """Return fundings paid and received, newest first. Raises Refusal."""
        start_ms, end_ms = queries.bounds_ms(query.start_time, query.end_time)
        rows = [
            row
            for row in reversed(self._house.account(account_id).fundings)
            if query.symbol in {None, row.symbol} and start_ms <= row.created_time.ms <= end_ms
        ]
        shown, meta = queries.page_of(
            rows, page=query.page, size=query.size, default=_FUNDINGS_PER_PAGE, most=_MOST_FUNDINGS_PER_PAGE
        )
        return FundingFees(rows=shown, meta=meta)

    def symbol_config(self) -> SymbolConfig:
        """Return how far each perpetual can be levered."""
        return SymbolConfig(
            rows=tuple(
                SymbolSettings(
                    symbol=symbol,
                    margin_factor=Decimal(0),
                    max_leverage=perpetual.most_leverage,
                    max_position=perpetual.market.plain_quantity(2 * perpetual.market.most_lots),
                )
                for symbol, perpetual in self._house.perpetuals.items()
            )
        )

    def _lever_isolated(self, account: Account, positions: list[Held], *, leverage: int) -> None:
        """Lever isolated positions anew: what they have as margin stays, what opens from now on needs the new one."""
        if any(position.orders for position in positions):
            raise refusal(302189)
        for position in positions:
            position.leverage = leverage
            self._house.outbox.touch_position(account, position)

    def _lever_cross(self, account: Account, positions: list[Held], *, leverage: int) -> None:
        before = [position.leverage for position in positions]
        for position in positions:
            position.leverage = leverage
        if any(leverage < old for old in before) and self._house.risk.standing(account).free < 0:
            for position, old in zip(positions, before, strict=True):
                position.leverage = old
            raise refusal(302305)
        for position in positions:
            self._house.outbox.touch_position(account, position)

    def _row(self, account: Account, held: Held) -> Position:
        perpetual, now_ms = self._house.perpetuals[held.symbol], self._house.clock.now_ms()
        market = perpetual.market
        pnl, fee = held.day.totals(now_ms)
        return Position(
            symbol=held.symbol,
            holding=market.plain_quantity(held.lots),
            pending_long_qty=market.plain_quantity(held.pending.buy_lots),
            pending_short_qty=market.plain_quantity(-held.pending.sell_lots),
            settle_price=settle_price(held, market=market),
            average_open_price=average_open_price(held, market=market),
            pnl_24h=decimal(pnl),
            fee_24h=decimal(fee),
            mark_price=decimal(perpetual.mark() or 0),
            est_liq_price=decimal(self._house.risk.liquidation_price(account, held)),
            timestamp=Time.at(now_ms),
            adl_quantile=quantile(held, perpetual=perpetual, accounts=self._house.accounts.values()),
            position_side=held.side,
            margin_mode=held.margin_mode.value,
            isolated_margin_token=market.quote if held.is_isolated else "",
            isolated_margin_amount=decimal(held.margin),
            isolated_frozen_long=decimal(held.frozen_long),
            isolated_frozen_short=decimal(held.frozen_short),
            leverage=held.leverage,
        )
