"""This file is what an account can afford: its collateral, the margin it needs, and what a new order may add.

Cross margined positions and debts share the account's collateral; an isolated position has its own. All in units of
USDT; positions at mark prices, tokens at theirs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.clearing import isolated_needs, margin_for
from woodlot.sandbox.collateral import collateral_of
from woodlot.sandbox.ledger import RATE_ONE, available
from woodlot.sandbox.market import Market
from woodlot.sandbox.money import ONE, times
from woodlot.sandbox.perpetual import Perpetual
from woodlot.sandbox.positions import Position
from woodlot.sandbox.refusal import refusal

SPOT_MAINTENANCE: Final = RATE_ONE * 3 // 100
"""Of debts in MARGIN mode: "`maintenanceMarginRatio` 0.03" is recorded (rest-v3 §9.3)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands: `collateral` carries its debts and cross positions, `free` is not bound by any."""

    value: int
    collateral: int
    free: int
    notional: int
    initial: int
    maintenance: int

    @property
    def is_sound(self) -> bool:
        return self.collateral >= self.maintenance


class Risk:
    """The rules of margin, over prices that are asked for when they are needed."""

    def __init__(self, *, perpetuals: Mapping[str, Perpetual], price_of: Callable[[str], int]) -> None:
        self._perpetuals = perpetuals
        self._price_of = price_of

    def standing(self, account: Account) -> Standing:
        """Return what an account has and needs."""
        value = collateral = free = notional = initial = maintenance = 0
        for asset, pocket in account.wallet.items():
            price, rate = self._price_of(asset), collateral_of(asset).rate
            value += times(pocket.holding, price)
            collateral += _counted(pocket.holding, price, rate)
            free += _counted(pocket.available, price, rate)
            owed = -min(0, pocket.holding) * price // ONE
            maintenance += owed * SPOT_MAINTENANCE // RATE_ONE
            notional += owed
        # Of what is on its way out only the value counts: it secures nothing.
        value += sum(times(amount, self._price_of(asset)) for asset, amount in account.leaving.items())
        owing = sum(times(amount, self._price_of(asset)) for asset, amount in account.interest.items())
        for position in account.positions.values():
            worth = self._perpetuals[position.symbol].value(position.lots)
            gain = position.unrealised(worth)
            value += gain + position.margin
            if not position.is_isolated:
                owing -= gain
                notional += worth
                initial += margin_for(position, position.exposure(worth))
                maintenance += self.maintenance(position)
        return Standing(value, collateral - owing, free - owing - initial, notional, initial, maintenance)

    def maintenance(self, position: Position) -> int:
        """Return the margin below which a position is liquidated, rounded up."""
        perpetual = self._perpetuals[position.symbol]
        return -(-perpetual.value(position.lots) * perpetual.base_maintenance // RATE_ONE)

    def is_sound(self, position: Position) -> bool:
        """Tell whether an isolated position's own margin still carries it."""
        worth = self._perpetuals[position.symbol].value(position.lots)
        return position.margin + position.unrealised(worth) >= self.maintenance(position)

    def check_spot(self, account: Account, asset: str, cost: int) -> None:
        """Raise a Refusal unless `cost` of an asset may be spent. What was free already may always be given back."""
        if cost <= 0:
            return
        if cost > available(account.wallet, asset):
            if not account.may_borrow:
                raise refusal(302301)
            self._check_borrowing(account, asset=asset, cost=cost)
        elif account.positions:
            counted = _counted(cost, self._price_of(asset), collateral_of(asset).rate)
            if counted > self.standing(account).free:
                raise refusal(302170)

    def check_perpetual(
        self,
        account: Account,
        position: Position,
        *,
        market: Market,
        is_buy: bool,
        lots: int,
        cost: int,
        released: int = 0,
    ) -> None:
        """Raise a Refusal unless there is margin for an order for `cost`, which replaces one for `released`."""
        perpetual = self._perpetuals[market.symbol]
        mark, added = perpetual.mark(), cost - released
        worth = perpetual.value(position.lots)
        extra = {"buying": added} if is_buy else {"selling": added}
        fair = cost if mark is None else market.value(lots, price=mark)
        # Who buys above the mark has lost the difference at once, and must have it.
        loss = max(0, cost - fair if is_buy else fair - cost)
        if position.is_isolated:
            more = sum(isolated_needs(position, **extra)) - sum(isolated_needs(position))
        else:
            exposure = position.exposure(worth, **extra)
            more = margin_for(position, exposure) - margin_for(position, position.exposure(worth))
        if more <= 0:
            return
        # Before anything has a price there is nothing to value a position at.
        if mark is not None and position.exposure(worth, **extra) > self.most_notional(market, mark):
            raise refusal(302188)
        need = more + loss + cost * account.perp_taker_rate // RATE_ONE
        if position.is_isolated and need > available(account.wallet, market.quote):
            raise refusal(302301)
        if need > self.standing(account).free:
            raise refusal(302170)

    def may_owe(self, account: Account, *, asset: str = "", cost: int = 0) -> bool:
        """Tell whether the account's leverage allows for its debts, once `cost` of an asset is spent."""
        return self.room_to_owe(account, asset=asset, cost=cost) >= 0

    def room_to_owe(self, account: Account, *, asset: str = "", cost: int = 0) -> int:
        """Return how much more may be owed, in units of USDT: collateral × (leverage - 1), less the debts."""
        debts = 0
        for name in {*account.wallet, asset}:
            free = available(account.wallet, name) - (cost if name == asset else 0)
            debts += -min(0, free) * self._price_of(name) // ONE
        return max(0, self.standing(account).collateral) * (account.settings.spot_leverage - 1) - debts

    def most_notional(self, market: Market, mark: int) -> int:
        """Return how large a position in a perpetual may be: twice the largest order."""
        return market.value(2 * market.most_lots, price=mark)

    def liquidation_price(self, account: Account, position: Position) -> int:
        """Return the mark price in units at which a position would be liquidated if nothing else moved; 0 for none."""
        perpetual = self._perpetuals[position.symbol]
        size, mark = abs(position.lots) * perpetual.market.lot, perpetual.mark() or 0
        if not size:
            return 0
        worth = perpetual.value(position.lots)
        if position.is_isolated:
            spare = position.margin + position.unrealised(worth)
        else:
            standing = self.standing(account)
            spare = standing.collateral - standing.maintenance + self.maintenance(position)
        sign = 1 if position.lots > 0 else -1
        at = (
            (size * mark // ONE - sign * spare)
            * RATE_ONE
            * ONE
            // (size * (RATE_ONE - sign * perpetual.base_maintenance))
        )
        return max(0, at)

    def _check_borrowing(self, account: Account, *, asset: str, cost: int) -> None:
        """Obey the account's leverage: what is owed is at most collateral × (leverage - 1)."""
        if not collateral_of(asset).can_borrow:
            raise refusal(302156, token=asset)
        if not self._price_of(asset):
            raise refusal(302165, token=asset)
        terms, owed = collateral_of(asset), cost - available(account.wallet, asset)
        if owed > terms.most_borrowed * ONE:
            raise refusal(302172, token=asset, most=terms.most_borrowed)
        if not self.may_owe(account, asset=asset, cost=cost):
            raise refusal(302169)


def _counted(amount: int, price: int, rate: int) -> int:
    """Return what an amount counts as collateral: a debt counts in full."""
    worth = times(amount, price)
    return worth if amount < 0 else worth * rate // RATE_ONE
