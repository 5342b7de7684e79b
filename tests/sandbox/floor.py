"""A trading floor for tests: an exchange on a manual clock, accounts by name, orders in a few words."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from woodlot.clock import ManualClock
from woodlot.sandbox.accounts import HISTORY_KEPT, Account
from woodlot.sandbox.exchange import Exchange, Reported
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.money import units
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.events import ExecutionReport
from woodlot.wire.futures import Position
from woodlot.wire.public import Instrument
from woodlot.wire.trade import EditOrder, OrderAck, OrderRow, PlaceOrder

BTC = "SPOT_BTC_USDT"
WOO = "SPOT_WOO_USDT"
PERP = "PERP_BTC_USDT"
PLENTY = {"USDT": "1000000", "BTC": "10", "ETH": "100", "WOO": "1000000"}


class Floor:
    """Everybody has plenty of everything, unless said otherwise."""

    def __init__(
        self,
        *names: str,
        quirks: Quirks | None = None,
        history_kept: int = HISTORY_KEPT,
        listing: Sequence[Instrument] = LISTING,
    ) -> None:
        self.clock = ManualClock()
        self.exchange = Exchange(clock=self.clock, seed=7, quirks=quirks, history_kept=history_kept, listing=listing)
        self.accounts = dict[str, Account]()
        for name in names or ("ann", "bob"):
            self.open(name)

    def open(self, name: str, holdings: dict[str, str] = PLENTY, **how: Any) -> str:
        account = self.accounts[name] = self.exchange.open_account(name, holdings, **how)
        return account.id

    def id(self, name: str) -> str:
        return self.accounts[name].id

    def place(self, name: str, side: str, kind: str, *, symbol: str = BTC, **fields: Any) -> OrderAck:
        order = PlaceOrder(symbol=symbol, side=Side(side), type=OrderType(kind), **fields)
        return self.exchange.place(self.id(name), order)

    def limit(self, name: str, side: str, quantity: str, price: str, **fields: Any) -> int:
        return self.place(name, side, "LIMIT", quantity=quantity, price=price, **fields).order_id

    def perp(self, name: str, side: str, quantity: str, price: str | None = None, **fields: Any) -> OrderAck:
        """Place an order in the BTC perpetual, MARKET without a price."""
        kind = "MARKET" if price is None else "LIMIT"
        return self.place(name, side, kind, symbol=PERP, quantity=quantity, price=price, **fields)

    def quote(self, price: int, *, spread: int = 10, quantity: str = "50") -> None:
        """Move the perpetual: the maker quotes around the price, which is the index too; then time passes."""
        self.exchange.cancel_all(self.id("maker"))
        self.exchange.perpetuals.set_index(PERP, Decimal(price))
        self.exchange.tick()
        self.perp("maker", "BUY", quantity, str(price - spread))
        self.perp("maker", "SELL", quantity, str(price + spread))
        self.clock.advance(1)
        self.exchange.tick()

    def impoverish_the_fund(self, left: int) -> None:
        """Leave the insurance fund so many USDT."""
        house = self.exchange._house
        pocket = house.fund.wallet["USDT"]
        house.ledger.withdraw(house.fund.wallet, asset="USDT", amount=pocket.holding - units(Decimal(left)))

    def position(self, name: str, side: str = "BOTH") -> Position | None:
        rows = self.exchange.futures.positions(self.id(name), PERP).positions
        return next((row for row in rows if row.position_side == side), None)

    def edit(self, name: str, order_id: int, **fields: Any) -> None:
        self.exchange.edit(self.id(name), EditOrder(order_id=order_id, **fields))

    def status(self, name: str, order_id: int) -> str:
        return self.exchange.order(self.id(name), order_id=order_id).status

    def row(self, name: str, order_id: int) -> OrderRow:
        return self.exchange.order(self.id(name), order_id=order_id)

    def held(self, name: str, token: str) -> tuple[Decimal, Decimal]:
        """Return holding and frozen."""
        (holding,) = self.exchange.balances(self.id(name), token)
        return holding.holding, holding.frozen

    def reports(self, name: str) -> list[ExecutionReport]:
        """Take all events; return this account's reports."""
        events = self.exchange.take_events()
        return [e.report for e in events if isinstance(e, Reported) and e.account_id == self.id(name)]

    def story(self, name: str) -> list[str]:
        """Take all events; return the statuses that this account was told, in order."""
        return [str(report.status) for report in self.reports(name)]

    def refused(self, name: str, side: str, kind: str, **fields: Any) -> int | None:
        """Place an order that must be refused; return the code, having seen that nothing changed."""
        self.exchange.take_events()
        before = [self.exchange.balances(account.id) for account in self.accounts.values()]
        with pytest.raises(Refusal) as refusal:
            self.place(name, side, kind, **fields)
        assert [self.exchange.balances(account.id) for account in self.accounts.values()] == before
        assert self.exchange.take_events() == []
        assert refusal.value.message
        return refusal.value.code


def futures_floor(*names: str, spread: int = 10, quantity: str = "50") -> Floor:
    """Return a floor with perpetuals, where a maker bids and asks for BTC around 87000, index and mark.

    Prices may jump here: the perpetuals have no caps and floors.
    """
    free = [replace(item, bid_cap_ratio=None, ask_floor_ratio=None) for item in PERPETUALS]
    floor = Floor("maker", *(names or ("ann", "bob")), listing=(*LISTING, *free))
    floor.exchange.perpetuals.set_index(PERP, Decimal(87000))
    floor.exchange.open_account("bank", {"USDT": "1000000000"})
    floor.open("maker", {"USDT": "1000000000"})
    floor.quote(87000, spread=spread, quantity=quantity)
    floor.exchange.take_events()
    return floor


def floor_with_a_touch(*names: str, quirks: Quirks | None = None) -> Floor:
    """Return a floor where a maker bids 1 BTC at 86990 and asks 1 BTC at 87010."""
    floor = Floor("maker", *(names or ("ann", "bob")), quirks=quirks)
    floor.limit("maker", "BUY", "1", "86990")
    floor.limit("maker", "SELL", "1", "87010")
    floor.exchange.take_events()
    return floor
