"""A trading floor for tests: an exchange on a manual clock, accounts by name, orders in a few words."""

from decimal import Decimal
from typing import Any

import pytest

from woodlot.clock import ManualClock
from woodlot.sandbox.accounts import HISTORY_KEPT, Account
from woodlot.sandbox.exchange import Exchange, Reported
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.events import ExecutionReport
from woodlot.wire.trade import EditOrder, OrderAck, PlaceOrder

BTC = "SPOT_BTC_USDT"
WOO = "SPOT_WOO_USDT"
PLENTY = {"USDT": "1000000", "BTC": "10", "ETH": "100", "WOO": "1000000"}


class Floor:
    """Everybody has plenty of everything, unless said otherwise."""

    def __init__(self, *names: str, quirks: Quirks | None = None, history_kept: int = HISTORY_KEPT) -> None:
        self.clock = ManualClock()
        self.exchange = Exchange(clock=self.clock, seed=7, quirks=quirks, history_kept=history_kept)
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

    def edit(self, name: str, order_id: int, **fields: Any) -> None:
        self.exchange.edit(self.id(name), EditOrder(order_id=order_id, **fields))

    def status(self, name: str, order_id: int) -> str:
        return self.exchange.order(self.id(name), order_id=order_id).status

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
        before = [self.exchange.balances(account.id) for account in self.accounts.values()]
        with pytest.raises(Refusal) as refusal:
            self.place(name, side, kind, **fields)
        assert [self.exchange.balances(account.id) for account in self.accounts.values()] == before
        assert self.exchange.take_events() == []
        assert refusal.value.message
        return refusal.value.code


def floor_with_a_touch(*names: str, quirks: Quirks | None = None) -> Floor:
    """Return a floor where a maker bids 1 BTC at 86990 and asks 1 BTC at 87010."""
    floor = Floor("maker", *(names or ("ann", "bob")), quirks=quirks)
    floor.limit("maker", "BUY", "1", "86990")
    floor.limit("maker", "SELL", "1", "87010")
    floor.exchange.take_events()
    return floor
