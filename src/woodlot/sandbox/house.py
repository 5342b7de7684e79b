"""This file is what all desks of the exchange share: accounts, markets, ledger and prices, found by name."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Final

from woodlot.clock import Clock
from woodlot.sandbox.accounts import Account
from woodlot.sandbox.clearing import ClearingHouse
from woodlot.sandbox.execution import Execution
from woodlot.sandbox.ledger import Ledger
from woodlot.sandbox.market import Market
from woodlot.sandbox.money import ONE, units
from woodlot.sandbox.outbox import Outbox
from woodlot.sandbox.perpetual import Perpetual
from woodlot.sandbox.positions import Position
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.ranks import quantile
from woodlot.sandbox.refusal import Refusal, refusal
from woodlot.sandbox.reports import position_event
from woodlot.sandbox.risk import Risk
from woodlot.sandbox.settlement import SpotSettlement
from woodlot.wire.account import AccountMode
from woodlot.wire.events import Position as PositionEvent
from woodlot.wire.public import Instrument

VALUED_IN: Final = "USDT"
"""What accounts are valued in, and whose own price is 1; perpetuals are margined and settled in it (rest-v3 §6.1)."""

INSURANCE_FUND: Final = "insurance-fund"
"""The account that takes over what is liquidated; its wallet is the fund."""
FUND_START: Final = Decimal(1_000_000)

# "11 digits in 2026" (websocket-v3 §9.1.1)
_FIRST_ORDER_ID: Final = 82_000_000_001


class House:
    """The exchange's rooms, without its doors: desks work in here, and `settle_down` ends each of their commands."""

    def __init__(
        self, listing: Sequence[Instrument], *, clock: Clock, quirks: Quirks, fee_step: int, fund: Decimal
    ) -> None:
        self.clock = clock
        self.quirks = quirks
        self.accounts: dict[str, Account] = {}
        self.markets: Mapping[str, Market] = {item.symbol: Market(item) for item in listing}
        for market in self.markets.values():
            market.by_last = quirks.ratio_reference == "last"
            market.most_level = quirks.ask_bid_levels
            market.least_value += quirks.notional_must_exceed
        # Its own price is what an asset's market against USDT says.
        self._spot_of = {
            market.base: market
            for market in self.markets.values()
            if not market.is_perpetual and market.quote == VALUED_IN
        }
        self.perpetuals: Mapping[str, Perpetual] = {
            market.symbol: Perpetual(
                market, spot=self.markets.get(f"SPOT_{market.base}_{market.quote}"), now_ms=clock.now_ms()
            )
            for market in self.markets.values()
            if market.is_perpetual
        }
        self.ledger = Ledger(fee_step=fee_step)
        self.outbox = Outbox(
            mark_of=self.price_of,
            tell_position=self._position_event,
            lists_are_full=quirks.private_lists_are_full,
        )
        self.clearing = ClearingHouse(ledger=self.ledger, outbox=self.outbox)
        self.execution = Execution(
            spot=SpotSettlement(ledger=self.ledger, outbox=self.outbox),
            perpetual=self.clearing,
            outbox=self.outbox,
            quirks=quirks,
        )
        self.risk = Risk(perpetuals=self.perpetuals, price_of=self.price_of)
        self.order_ids = count(_FIRST_ORDER_ID)
        self.fund = self._open_fund(fund)
        # What has to look at the market after each command, before the word of it goes out.
        self.watchers: list[Callable[[], None]] = []

    def settle_down(self) -> None:
        """End a command: let what waits for a price look at it, then say which balances and positions changed."""
        for watch in self.watchers:
            watch()
        self.outbox.flush(self.clock)

    def account(self, account_id: str) -> Account:
        account = self.accounts.get(account_id)
        if account is None:
            raise refusal(302143)
        return account

    def market(self, symbol: str) -> Market:
        market = self.markets.get(symbol)
        if market is None:
            # The wire shows this one without a code (rest-v3 §5.2).
            raise Refusal(None, f"invalid symbol {symbol[:60]}")
        return market

    def perpetual(self, symbol: str) -> Perpetual:
        """Return a perpetual for a private call. Raises a Refusal for any other symbol."""
        perpetual = self.perpetuals.get(symbol)
        if perpetual is None:
            raise refusal(317155, symbol=symbol[:60])
        return perpetual

    def price_of(self, asset: str) -> int:
        """Return what one of an asset is worth in units of USDT, 0 if nothing says so."""
        if asset == VALUED_IN:
            return ONE
        market = self._spot_of.get(asset)
        return market.mark() if market else 0

    def _open_fund(self, money: Decimal) -> Account:
        fund = Account(
            INSURANCE_FUND,
            name="insurance fund",
            wallet=self.ledger.open_wallet(),
            watched=False,
            taker_fee_bp=Decimal(0),
            maker_fee_bp=Decimal(0),
            perp_taker_fee_bp=Decimal(0),
            perp_maker_fee_bp=Decimal(0),
            # It may owe what it has repaid for others.
            mode=AccountMode.MARGIN,
        )
        self.ledger.deposit(fund.wallet, asset=VALUED_IN, amount=units(money))
        self.accounts[fund.id] = fund
        return fund

    def _position_event(self, position: Position, now_ms: int) -> PositionEvent:
        perpetual = self.perpetuals[position.symbol]
        rank = quantile(position, perpetual=perpetual, accounts=self.accounts.values())
        return position_event(position, perpetual=perpetual, rank=rank, now_ms=now_ms)
