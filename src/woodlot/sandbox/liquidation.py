"""This file is what happens to an account that cannot carry its positions: the insurance fund takes them over.

"mark crosses maintenance": all orders are cancelled, each position goes to the fund at the mark price, and what the
account then owes is taken out of its other assets and last out of the fund. A fund that cannot pay is not asked: the
position is closed against the most profitable ones of the other side, at the price that leaves nothing (ADL).
"""

from typing import Final

from woodlot.sandbox.accounts import Account, Fill
from woodlot.sandbox.algo_desk import AlgoDesk
from woodlot.sandbox.house import VALUED_IN, House
from woodlot.sandbox.ledger import RATE_ONE
from woodlot.sandbox.money import ONE
from woodlot.sandbox.order_desk import OrderDesk
from woodlot.sandbox.orders import Order, Stance
from woodlot.sandbox.perpetual import Perpetual
from woodlot.sandbox.positions import Position
from woodlot.sandbox.ranks import queue
from woodlot.wire.enums import OrderStatus, OrderType, OrderTypeWord

FEE: Final = RATE_ONE // 1000
""" "stage II 0.1 % to the insurance fund" (rest-v3 §6.4)."""
_UNLOADS_WITHIN: Final = RATE_ONE // 100
"""How far from the mark price the fund sells what it took over."""


class Liquidation:
    """Look at every account that may owe, and at what the fund holds."""

    def __init__(self, house: House, orders: OrderDesk, *, algo: AlgoDesk) -> None:
        self._house = house
        self._orders = orders
        self._algo = algo

    def tick(self, now_ms: int) -> None:
        for account in list(self._house.accounts.values()):
            if account is not self._house.fund and (account.positions or account.may_borrow):
                self._look_at(account, now_ms)
        for position in list(self._house.fund.positions.values()):
            if position.lots:
                self._unload(position, now_ms)

    def _look_at(self, account: Account, now_ms: int) -> None:
        risk = self._house.risk
        for position in account.positions.values():
            if position.is_isolated and position.lots and not risk.is_sound(position):
                self._orders.end(list(position.orders.values()), reason="liquidation")
                self._take_isolated(account, position, now_ms)
        if not risk.standing(account).is_sound:
            self._algo.end_all(account, symbol=None, reason="liquidation")
            self._orders.cancel_all(account, symbol=None, reason="liquidation")
            self._take_everything(account, now_ms)

    def _take_isolated(self, account: Account, position: Position, now_ms: int) -> None:
        pocket = account.wallet[VALUED_IN]
        before = pocket.holding
        short = -(position.margin + position.unrealised(self._worth(position)))
        fee = self._close(account, position, deficit=short, now_ms=now_ms)
        left = pocket.holding - before
        # "losses are limited to the margin": the fund pays what is missing, and takes its fee out of what is left.
        paid = min(fee, left) if left > 0 else left
        self._pay_fund(account, VALUED_IN, paid)

    def _take_everything(self, account: Account, now_ms: int) -> None:
        open_positions = [p for p in account.positions.values() if p.lots and not p.is_isolated]
        deficit, fees = -self._net_worth(account), 0
        deficit = 0 if self._can_pay(deficit) else deficit
        for position in sorted(open_positions, key=self._worth, reverse=True):
            # In hedge mode the one before may have been closed against this one.
            if position.lots:
                fees += self._close(account, position, deficit=deficit, now_ms=now_ms)
            # The largest one bears what is missing.
            deficit = 0
        self._settle_debts(account)
        pocket = account.wallet[VALUED_IN]
        if pocket.holding < 0:
            self._sell_assets(account)
        paid = min(fees, pocket.holding) if pocket.holding > 0 else pocket.holding
        self._pay_fund(account, VALUED_IN, paid)
        self._house.outbox.touch(account, *account.wallet)

    def _close(self, account: Account, position: Position, *, deficit: int, now_ms: int) -> int:
        """Close a position: to the fund, or if that cannot pay the deficit, to the queue. Return the fee due."""
        perpetual, lots, worth = self._house.perpetuals[position.symbol], position.lots, self._worth(position)
        if self._can_pay(deficit):
            counter = self._fund_position(position.symbol)
            self._deal((account, position), (self._house.fund, counter), lots=lots, value=worth, now_ms=now_ms)
            return worth * FEE // RATE_ONE
        # At the price at which nothing is left and nothing is owed.
        value = max(0, worth + deficit if lots > 0 else worth - deficit)
        self._deleverage(account, position, perpetual=perpetual, value=value, now_ms=now_ms)
        return 0

    def _deleverage(
        self, account: Account, position: Position, *, perpetual: Perpetual, value: int, now_ms: int
    ) -> None:
        """Close a position against the first of the queue on the other side; there is always as much of it."""
        line = queue(perpetual=perpetual, accounts=self._house.accounts.values(), is_long=position.lots < 0)
        whole = abs(position.lots)
        for opponent, other in line:
            size = min(abs(position.lots), abs(other.lots))
            if not size:
                break
            self._orders.end([order for order in other.orders.values() if order.stance.closes], reason="deleveraging")
            self._deal(
                (account, position),
                (opponent, other),
                lots=size if position.lots > 0 else -size,
                value=value * size // whole,
                now_ms=now_ms,
            )

    def _unload(self, position: Position, now_ms: int) -> None:
        """Sell what the fund took over, near the mark price, and close it against the queue once the fund is empty."""
        house, fund = self._house, self._house.fund
        perpetual = house.perpetuals[position.symbol]
        market, mark = perpetual.market, perpetual.mark() or 0
        is_buy = position.lots < 0
        limit = (mark + (mark if is_buy else -mark) * _UNLOADS_WITHIN // RATE_ONE) // market.tick
        order = Order(
            next(house.order_ids),
            account=fund,
            symbol=market.symbol,
            is_buy=is_buy,
            type=OrderType.IOC,
            price=limit,
            lots=min(abs(position.lots), market.most_lots),
            budget=None,
            amount=None,
            client_order_id=0,
            tag="default",
            created_ms=now_ms,
        )
        house.execution.place(order, market=market, limit=limit, now_ms=now_ms)
        if position.lots and self._fund_worth() < 0:
            self._deleverage(fund, position, perpetual=perpetual, value=self._worth(position), now_ms=now_ms)

    def _deal(
        self,
        closing: tuple[Account, Position],
        other: tuple[Account, Position],
        *,
        lots: int,
        value: int,
        now_ms: int,
    ) -> None:
        """Let signed `lots` of the one become the other's."""
        for (account, position), signed in ((closing, -lots), (other, lots)):
            pnl = self._house.clearing.trade(
                account, position, lots=signed, value=value, fee=0, asset=VALUED_IN, now_ms=now_ms
            )
            if account.watched:
                self._tell(account, position, lots=signed, value=value, pnl=pnl, now_ms=now_ms)

    def _tell(self, account: Account, position: Position, *, lots: int, value: int, pnl: int, now_ms: int) -> None:
        """Report a forced trade as the fill of an order of type LIQUIDATE (rest-v3 §7.1)."""
        house, size = self._house, abs(lots)
        market = house.markets[position.symbol]
        stance = Stance(position.side, position.margin_mode, position.leverage, reduce_only=True, closes=True)
        order = Order(
            next(house.order_ids),
            account=account,
            symbol=market.symbol,
            is_buy=lots > 0,
            type=OrderType.MARKET,
            price=0,
            lots=size,
            budget=None,
            amount=None,
            client_order_id=0,
            tag="default",
            created_ms=now_ms,
            stance=stance,
        )
        order.word, order.status, order.lots = OrderTypeWord.LIQUIDATE, OrderStatus.FILLED, 0
        order.executed, order.cost, order.pnl = size, value, pnl
        account.admit(order)
        account.finish(order)
        fill = Fill(
            house.execution.next_trade_id(),
            market.symbol,
            order.id,
            order.tag,
            order.is_buy,
            value // (size * market.worth),
            size,
            0,
            False,
            now_ms,
            position.side,
            pnl,
        )
        house.execution.tell(order, fill, market)

    def _sell_assets(self, account: Account) -> None:
        """Let the fund buy other assets at their price until nothing is owed."""
        house, pocket = self._house, account.wallet[VALUED_IN]
        for asset, other in account.wallet.items():
            price = house.price_of(asset)
            if asset == VALUED_IN or other.holding <= 0 or not price or pocket.holding >= 0:
                continue
            amount = min(other.holding, -(pocket.holding * ONE // price))
            self._swap(account, asset=asset, amount=amount, price=price)

    def _settle_debts(self, account: Account) -> None:
        """Let the fund repay what is owed in other assets, for their price in USDT."""
        for asset, pocket in list(account.wallet.items()):
            price = self._house.price_of(asset)
            if asset != VALUED_IN and pocket.holding < 0:
                self._swap(account, asset=asset, amount=pocket.holding, price=price)

    def _swap(self, account: Account, *, asset: str, amount: int, price: int) -> None:
        worth = -(-amount * price // ONE) if amount < 0 else amount * price // ONE
        self._pay_fund(account, asset, amount)
        self._pay_fund(account, VALUED_IN, -worth)

    def _pay_fund(self, account: Account, asset: str, amount: int) -> None:
        """Let an account pay the fund, or with a minus the fund the account."""
        house = self._house
        house.ledger.pay(payer=account.wallet, receiver=house.fund.wallet, asset=asset, amount=amount, fee=0)
        account.note("LIQUIDATION", asset=asset, amount=-amount, now_ms=house.clock.now_ms())

    def _net_worth(self, account: Account) -> int:
        """Return what an account has with everything sold, isolated positions apart."""
        price_of = self._house.price_of
        held = sum(pocket.holding * price_of(asset) // ONE for asset, pocket in account.wallet.items())
        return held + sum(p.unrealised(self._worth(p)) for p in account.positions.values() if not p.is_isolated)

    def _fund_worth(self) -> int:
        return self._net_worth(self._house.fund)

    def _can_pay(self, deficit: int) -> bool:
        return deficit <= 0 or deficit <= self._fund_worth()

    def _fund_position(self, symbol: str) -> Position:
        fund = self._house.fund
        return fund.positions.setdefault(
            (symbol, Stance().side),
            Position(symbol, Stance().side, margin_mode=Stance().margin_mode, leverage=1),
        )

    def _worth(self, position: Position) -> int:
        return self._house.perpetuals[position.symbol].value(position.lots)
