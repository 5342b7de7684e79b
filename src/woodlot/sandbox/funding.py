"""This file is what perpetuals pay between trades: funding at the end of each interval, and profit every ten minutes.

Both happen at the mark price of the tick that finds them due (rest-v3 §8.15, §9.5.1).
"""

from collections import deque
from itertools import count
from typing import Final

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.house import VALUED_IN, House
from woodlot.sandbox.ledger import RATE_ONE
from woodlot.sandbox.money import ONE, decimal
from woodlot.sandbox.perpetual import HOUR_MS, Perpetual, rate_decimal
from woodlot.sandbox.positions import Position
from woodlot.wire.futures import FundingFee
from woodlot.wire.moment import Time
from woodlot.wire.public import PastFundingRate

SETTLE_EVERY_MS: Final = 600_000
LEAST_SETTLED: Final = 10 * ONE
""" "every 10 minutes when the absolute unrealised PnL is at least 10 USDT" (rest-v3 §9.5.1)."""
RATES_KEPT: Final = 5_000


class Funding:
    """Pay what is due. Whatever rounding leaves goes to the insurance fund."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._ids = count(1)
        self._settled_slot = house.clock.now_ms() // SETTLE_EVERY_MS
        self.rates: dict[str, deque[PastFundingRate]] = {
            symbol: deque(maxlen=RATES_KEPT) for symbol in house.perpetuals
        }

    def tick(self, now_ms: int) -> None:
        for perpetual in self._house.perpetuals.values():
            while now_ms >= perpetual.next_funding_ms:
                self._fund(perpetual)
        if now_ms // SETTLE_EVERY_MS != self._settled_slot:
            self._settled_slot = now_ms // SETTLE_EVERY_MS
            self._settle(now_ms)

    def _fund(self, perpetual: Perpetual) -> None:
        due_ms, rate = perpetual.next_funding_ms, perpetual.fund()
        for account, position in self._open(perpetual):
            paid = self._pay(account, position, perpetual=perpetual, rate=rate)
            account.note("FUNDING_FEE", asset=VALUED_IN, amount=-paid, now_ms=due_ms)
            if paid and account.watched:
                account.fundings.append(self._row(position, perpetual, rate=rate, paid=paid, now_ms=due_ms))
        self.rates[perpetual.market.symbol].append(
            PastFundingRate(
                symbol=perpetual.market.symbol,
                funding_rate=rate_decimal(rate),
                funding_rate_timestamp=Time.at(due_ms),
                next_funding_time=Time.at(perpetual.next_funding_ms),
                mark_price=decimal(perpetual.mark() or 0),
            )
        )

    def _pay(self, account: Account, position: Position, *, perpetual: Perpetual, rate: int) -> int:
        """Obey "rate x holding x mark price, exchanged between longs and shorts; positive rate: longs pay".

        What is paid is rounded up and what is received down, so that the fund in between never loses by it.
        """
        house = self._house
        exact = position.lots * perpetual.market.lot * (perpetual.mark() or 0) * rate
        paid = -(-exact // (RATE_ONE * ONE))
        house.ledger.pay(payer=account.wallet, receiver=house.fund.wallet, asset=VALUED_IN, amount=paid, fee=0)
        if position.is_isolated:
            # The position's own margin bears it, as long as there is any.
            house.clearing.move_margin(account, position, asset=VALUED_IN, amount=-min(paid, position.margin))
        house.outbox.touch(account, VALUED_IN)
        return paid

    def _settle(self, now_ms: int) -> None:
        house = self._house
        for perpetual in house.perpetuals.values():
            for account, position in self._open(perpetual):
                worth = perpetual.value(position.lots)
                gain = position.unrealised(worth)
                if abs(gain) >= LEAST_SETTLED and (not position.is_isolated or position.margin + gain >= 0):
                    house.clearing.settle_profit(account, position, value=worth, asset=VALUED_IN, now_ms=now_ms)

    def _open(self, perpetual: Perpetual) -> list[tuple[Account, Position]]:
        return [
            (account, position)
            for account in self._house.accounts.values()
            for position in account.positions.values()
            if position.symbol == perpetual.market.symbol and position.lots
        ]

    def _row(self, position: Position, perpetual: Perpetual, *, rate: int, paid: int, now_ms: int) -> FundingFee:
        return FundingFee(
            id=next(self._ids),
            symbol=position.symbol,
            funding_rate=rate_decimal(rate),
            mark_price=decimal(perpetual.mark() or 0),
            funding_fee=decimal(abs(paid)),
            funding_interval_hours=perpetual.interval_ms // HOUR_MS,
            payment_type="Pay" if paid > 0 else "Receive",
            status="COMPLETED",
            created_time=Time.at(now_ms),
            updated_time=Time.at(now_ms),
        )
