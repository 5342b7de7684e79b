"""This file is borrowing to trade spot, and the switch between trading modes (rest-v3 §9.3, §9.6).

A loan is a balance below zero: in MARGIN mode an order may spend what is not there, as far as the account's leverage
lets it. Interest is charged each hour on the most that was owed in it, and repaid at midnight unless repaid before.
"""

from decimal import Decimal
from itertools import count
from typing import Any, Final

from woodlot.sandbox import queries
from woodlot.sandbox.accounts import Account
from woodlot.sandbox.collateral import COLLATERAL, MOST_SPOT_LEVERAGE, collateral_of
from woodlot.sandbox.house import House
from woodlot.sandbox.ledger import RATE_ONE, available
from woodlot.sandbox.money import ONE, decimal, units
from woodlot.sandbox.perpetual import HOUR_MS, rate_decimal
from woodlot.sandbox.refusal import refusal
from woodlot.wire.account import TokenConfig, TradingMode
from woodlot.wire.moment import Time
from woodlot.wire.spot_margin import (
    GetInterestHistory,
    InterestRate,
    InterestRates,
    InterestRow,
    InterestRows,
    InterestSide,
    MaxMargin,
)

_DAY_HOURS: Final = 24
_YEAR_HOURS: Final = 24 * 365
_ROWS_PER_PAGE: Final = 25
_MOST_ROWS_PER_PAGE: Final = 500
# No account of the sandbox belongs to anybody else.
_USER_ID: Final = 1


class MarginDesk:
    """Loans, interest and trading modes."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._ids = count(1)
        self._hour = house.clock.now_ms() // HOUR_MS

    def tick(self, now_ms: int) -> None:
        """Charge each hour that has passed, and repay what is owed at midnight."""
        while self._hour < now_ms // HOUR_MS:
            self._hour += 1
            for account in self._house.accounts.values():
                if account is not self._house.fund:
                    self._charge(account, now_ms=self._hour * HOUR_MS)
                    if self._hour % _DAY_HOURS == 0:
                        self._repay_all(account, now_ms=self._hour * HOUR_MS)

    def set_leverage(self, account_id: str, leverage: int) -> None:
        """Choose how far spot may be levered. Raises Refusal when that is out of range or not to be afforded."""
        account = self._house.account(account_id)
        if not 1 <= leverage <= MOST_SPOT_LEVERAGE:
            raise refusal(302306, most=MOST_SPOT_LEVERAGE)
        before, account.settings.spot_leverage = account.settings.spot_leverage, leverage
        if leverage < before and not self._house.risk.may_owe(account):
            account.settings.spot_leverage = before
            raise refusal(302305)

    def interest_rates(self, token: str | None = None) -> InterestRates:
        """Return what borrowing costs, of one token if given. Raises Refusal for one that cannot be borrowed."""
        if token is not None and not collateral_of(token).can_borrow:
            raise refusal(302156, token=token[:20])
        now_ms = self._house.clock.now_ms()
        due = Time.at(now_ms - now_ms % HOUR_MS + HOUR_MS)
        return InterestRates(
            rows=tuple(
                InterestRate(
                    token=terms.token,
                    current_hourly_base_rate=rate_decimal(terms.hourly_interest),
                    est_hourly_base_rate=rate_decimal(terms.hourly_interest),
                    current_annual_base_rate=rate_decimal(terms.hourly_interest * _YEAR_HOURS),
                    est_annual_base_rate=rate_decimal(terms.hourly_interest * _YEAR_HOURS),
                    est_time=due,
                )
                for terms in COLLATERAL.values()
                if token in {None, terms.token}
            )
        )

    def interest_history(self, account_id: str, query: GetInterestHistory) -> InterestRows:
        """Return interest charged and repaid, newest first. Raises Refusal."""
        start_ms, end_ms = queries.bounds_ms(query.start_time, query.end_time)
        rows = [
            row
            for row in reversed(self._house.account(account_id).interest_rows)
            if query.token in {None, row.token}
            and (query.side is None or query.side.value == row.side)
            and start_ms <= row.created_time.ms <= end_ms
        ]
        shown, meta = queries.page_of(
            rows, page=query.page, size=query.size, default=_ROWS_PER_PAGE, most=_MOST_ROWS_PER_PAGE
        )
        return InterestRows(rows=shown, meta=meta)

    def repay_interest(self, account_id: str, *, token: str, amount: Decimal) -> None:
        """Repay interest before midnight, as much as is owed at most. Raises Refusal."""
        account = self._house.account(account_id)
        owed = account.interest.get(token, 0)
        if not owed:
            raise refusal(302144)
        if amount <= 0:
            raise refusal(302135)
        paid = min(units(amount), owed)
        if paid > available(account.wallet, token):
            raise refusal(302301)
        self._repay(account, token, paid, side=InterestSide.REPAY, now_ms=self._house.clock.now_ms())
        self._house.settle_down()

    def max_margin(self, account_id: str, symbol: str | None = None) -> MaxMargin:
        """Return how much more may be borrowed of each token, of the two of a symbol if given. Raises Refusal."""
        account = self._house.account(account_id)
        tokens = tuple(COLLATERAL)
        if symbol is not None:
            market = self._house.market(symbol)
            tokens = (market.base, market.quote)
        room = self._house.risk.room_to_owe(account)
        rows: list[dict[str, Any]] = [
            {"token": token, "maxMargin": decimal(room * ONE // price if price else 0)}
            for token in tokens
            for price in (self._house.price_of(token),)
        ]
        return MaxMargin(data={"rows": rows})

    def token_config(self) -> TokenConfig:
        """Return how each token counts as collateral."""
        return TokenConfig(rows=tuple(terms.settings for terms in COLLATERAL.values()))

    def set_trading_mode(self, account_id: str, mode: TradingMode) -> None:
        """Choose what an account may trade. Refused with anything open that the new mode does not know."""
        account = self._house.account(account_id)
        if mode == account.mode:
            return
        if any(position.lots for position in account.positions.values()):
            raise refusal(302126)
        if account.open:
            raise refusal(302308)
        if any(pocket.holding < 0 for pocket in account.wallet.values()):
            raise refusal(302132)
        if any(account.interest.values()):
            raise refusal(302121)
        account.mode = mode.value

    def _charge(self, account: Account, *, now_ms: int) -> None:
        """Charge "the largest amount borrowed in the hour" (rest-v3 §9.6), rounded up."""
        for token, pocket in account.wallet.items():
            borrowed, pocket.lowest = -pocket.lowest, min(0, pocket.holding)
            rate = collateral_of(token).hourly_interest
            if borrowed <= 0 or not account.may_borrow:
                continue
            interest = -(-borrowed * rate // RATE_ONE)
            account.interest[token] = account.interest.get(token, 0) + interest
            # What is charged is told as a minus, what is repaid is not (rest-v3 §9.6).
            self._log(account, token, InterestSide.LOAN, interest=-interest, loan=borrowed, rate=rate, now_ms=now_ms)

    def _repay_all(self, account: Account, *, now_ms: int) -> None:
        for token, owed in list(account.interest.items()):
            if owed:
                self._repay(account, token, owed, side=InterestSide.AUTO_REPAY, now_ms=now_ms)

    def _repay(self, account: Account, token: str, amount: int, *, side: InterestSide, now_ms: int) -> None:
        self._house.ledger.collect(account.wallet, asset=token, amount=amount)
        account.interest[token] -= amount
        account.note("INTEREST", asset=token, amount=-amount, now_ms=now_ms)
        self._house.outbox.touch(account, token)
        self._log(account, token, side, interest=amount, loan=None, rate=None, now_ms=now_ms)

    def _log(
        self,
        account: Account,
        token: str,
        side: InterestSide,
        *,
        interest: int,
        loan: int | None,
        rate: int | None,
        now_ms: int,
    ) -> None:
        if not account.watched:
            return
        account.interest_rows.append(
            InterestRow(
                id=next(self._ids),
                token=token,
                side=side.value,
                status="SUCCEED",
                quantity=None if loan is None else decimal(loan),
                user_id=_USER_ID,
                application_id=account.id,
                interest=decimal(interest),
                hourly_rate=None if rate is None else rate_decimal(rate),
                annual_rate=None if rate is None else rate_decimal(rate * _YEAR_HOURS),
                created_time=Time.at(now_ms),
                updated_time=Time.at(now_ms),
                loan_amount=None if loan is None else decimal(loan),
            )
        )
