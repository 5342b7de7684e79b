"""This file is the exchange itself, without sockets: commands come in, answers go out, events wait to be taken.

Everything happens at once and in one thread: when a command returns, its trades are done and its events wait in the
order in which they happened. The time comes from a clock and chance from a seed, so the same commands at the same
times give the same events. A command that raises Refusal has changed nothing.
"""

import random
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import count
from types import MappingProxyType
from typing import Final

from woodlot.clock import Clock
from woodlot.sandbox import queries, valuation
from woodlot.sandbox.accounts import HISTORY_KEPT, Account
from woodlot.sandbox.audit import problems
from woodlot.sandbox.checks import check_edit, check_place
from woodlot.sandbox.events import BalancesChanged, ExchangeEvent, Reported, TradePrinted
from woodlot.sandbox.execution import Execution
from woodlot.sandbox.instruments import LISTING
from woodlot.sandbox.ledger import Ledger
from woodlot.sandbox.market import Market
from woodlot.sandbox.matching import Level
from woodlot.sandbox.money import ONE, decimal, units
from woodlot.sandbox.orders import Order
from woodlot.sandbox.outbox import Outbox
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.refusal import Refusal, refusal
from woodlot.sandbox.reports import order_ack, order_row
from woodlot.wire.account import AccountInfo
from woodlot.wire.asset import Holding
from woodlot.wire.enums import Side
from woodlot.wire.events import AccountState
from woodlot.wire.public import Instrument
from woodlot.wire.trade import (
    EditOrder,
    GetOrders,
    GetTransactionHistory,
    OrderAck,
    OrderRow,
    OrderRows,
    PlaceOrder,
    TransactionRows,
)

__all__ = ["BalancesChanged", "Exchange", "ExchangeEvent", "Refusal", "Reported", "TradePrinted"]

VALUED_IN: Final = "USDT"
"""What accounts are valued in, and whose own price is 1."""

# "11 digits in 2026" (websocket-v3 §9.1.1)
_FIRST_ORDER_ID = 82_000_000_001


class Exchange:
    """A spot exchange. Symbols are those of the listing; accounts are opened, never closed.

    Each account remembers `history_kept` finished orders and as many fills.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        seed: int = 0,
        listing: Sequence[Instrument] = LISTING,
        quirks: Quirks | None = None,
        history_kept: int = HISTORY_KEPT,
    ) -> None:
        quirks = quirks or Quirks()
        self.instruments: Mapping[str, Instrument] = MappingProxyType({item.symbol: item for item in listing})
        self._markets = {item.symbol: Market(item) for item in listing}
        self._accounts: dict[str, Account] = {}
        self._clock = clock
        self._random = random.Random(seed)
        self._quirks = quirks
        self._history_kept = history_kept
        self._ledger = Ledger(fee_step=units(quirks.fee_step))
        self._outbox = Outbox(mark_of=self._mark)
        self._execution = Execution(accounts=self._accounts, ledger=self._ledger, outbox=self._outbox, quirks=quirks)
        self._order_ids = count(_FIRST_ORDER_ID)

    def open_account(
        self,
        name: str,
        holdings: Mapping[str, Decimal | str],
        *,
        watched: bool = True,
        taker_fee_bp: Decimal = Decimal(10),
        maker_fee_bp: Decimal = Decimal(8),
        mode: str = "FUTURES",
    ) -> Account:
        """Open an account with new money. One that is not watched gets no private events and no history."""
        account = Account(
            str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            name=name,
            wallet=self._ledger.open_wallet(),
            watched=watched,
            taker_fee_bp=taker_fee_bp,
            maker_fee_bp=maker_fee_bp,
            mode=mode,
            history_kept=self._history_kept,
        )
        for asset, amount in holdings.items():
            self._ledger.deposit(account.wallet, asset=asset, amount=units(Decimal(amount)))
        self._accounts[account.id] = account
        return account

    def place(self, account_id: str, order: PlaceOrder) -> OrderAck:
        """Accept an order and run it. Raises Refusal."""
        account = self._account(account_id)
        market, terms = check_place(order, markets=self._markets, account=account)
        now_ms = self._clock.now_ms()
        placed = Order(
            next(self._order_ids),
            account_id=account_id,
            symbol=market.symbol,
            is_buy=order.side is Side.BUY,
            type=order.type,
            price=terms.price,
            lots=terms.lots,
            budget=terms.budget,
            amount=terms.amount,
            client_order_id=order.client_order_id or 0,
            tag=order.order_tag or "default",
            created_ms=now_ms,
        )
        ack = order_ack(placed, market=market, now_ms=now_ms)
        self._execution.place(placed, market=market, limit=terms.limit, now_ms=now_ms)
        self._outbox.flush_balances(now_ms=now_ms)
        return ack

    def edit(self, account_id: str, edit: EditOrder) -> None:
        """Change an open order's price or total quantity; what that lets it match, it matches. Raises Refusal."""
        account = self._account(account_id)
        order = self._open(account, order_id=edit.order_id, client_order_id=edit.client_order_id)
        market = self._markets[order.symbol]
        price, quantity = check_edit(edit, order=order, market=market, account=account)
        now_ms = self._clock.now_ms()
        self._execution.edit(order, market=market, price=price, quantity=quantity, now_ms=now_ms)
        self._outbox.flush_balances(now_ms=now_ms)

    def cancel(
        self,
        account_id: str,
        *,
        order_id: int | None = None,
        client_order_id: int | None = None,
        symbol: str | None = None,
    ) -> None:
        """Cancel one open order. Raises Refusal, also when `symbol` is given and is not the order's."""
        order = self._open(self._account(account_id), order_id=order_id, client_order_id=client_order_id, symbol=symbol)
        self._cancel([order], reason="cancelled by the user")

    def cancel_all(self, account_id: str, symbol: str | None = None) -> int:
        """Cancel this account's open orders, of one symbol if given; return how many."""
        if symbol is not None and symbol not in self._markets:
            raise refusal(317155, symbol=symbol[:60])
        orders = [o for o in self._account(account_id).open.values() if symbol is None or o.symbol == symbol]
        self._cancel(orders, reason="cancelled by the user with all orders")
        return len(orders)

    def order(self, account_id: str, *, order_id: int | None = None, client_order_id: int | None = None) -> OrderRow:
        """Return one order, open or finished. Raises Refusal."""
        account = self._account(account_id)
        order = self._find(account, order_id=order_id, client_order_id=client_order_id, code=-1006)
        return order_row(order, market=self._markets[order.symbol])

    def orders(self, account_id: str, query: GetOrders) -> OrderRows:
        """Return one page of an account's orders, newest first. Raises Refusal."""
        return queries.list_orders(self._account(account_id), query, markets=self._markets)

    def transactions(self, account_id: str, query: GetTransactionHistory) -> TransactionRows:
        """Return an account's fills, newest first. Raises Refusal."""
        return queries.list_fills(
            self._account(account_id),
            query,
            markets=self._markets,
            from_id_is_inclusive=self._quirks.from_id_is_inclusive,
        )

    def balances(self, account_id: str, token: str | None = None) -> tuple[Holding, ...]:
        """Return what an account holds, of one token if given."""
        return valuation.holdings(self._account(account_id), token=token, mark=self._mark, now_ms=self._clock.now_ms())

    def account_info(self, account_id: str) -> AccountInfo:
        """Return modes, fees and values at mid prices."""
        return valuation.account_info(self._account(account_id), mark=self._mark)

    def account_state(self, account_id: str) -> AccountState:
        """Return the same as the `account` topic says it."""
        return valuation.account_state(self._account(account_id), mark=self._mark)

    def window(self, symbol: str, depth: int) -> tuple[list[tuple[Decimal, Decimal]], list[tuple[Decimal, Decimal]]]:
        """Return the best `depth` levels of bids and of asks, best first, with the decimals of tick and step."""
        market = self._market(symbol)
        book = market.book
        return (
            [_level(level, market=market) for level in book.bids.best_first(depth)],
            [_level(level, market=market) for level in book.asks.best_first(depth)],
        )

    def version(self, symbol: str) -> int:
        """Return a number that grows with every change of any level."""
        return self._market(symbol).book.version

    def best(self, symbol: str) -> tuple[tuple[Decimal, Decimal] | None, tuple[Decimal, Decimal] | None]:
        """Return the best bid and the best ask; None for an empty side."""
        market = self._market(symbol)
        bid, ask = market.book.bids.best, market.book.asks.best
        return bid and _level(bid, market=market), ask and _level(ask, market=market)

    def mid(self, symbol: str) -> Decimal | None:
        """Return the exact middle of the touch, None while a side is empty."""
        mid = self._market(symbol).mid()
        return None if mid is None else decimal(mid)

    def last(self, symbol: str) -> Decimal | None:
        """Return the price of the last trade, None before the first one."""
        market = self._market(symbol)
        return None if market.last is None else market.price(market.last)

    def take_events(self) -> list[ExchangeEvent]:
        """Return what has happened since the last call: of each order NEW, fills, end; balances behind the reports."""
        return self._outbox.take()

    def audit(self) -> list[str]:
        """Return what does not add up in ledger, frozen funds and books; nothing when all is well."""
        return problems(ledger=self._ledger, accounts=self._accounts.values(), markets=self._markets.values())

    def _cancel(self, orders: Sequence[Order], *, reason: str) -> None:
        now_ms = self._clock.now_ms()
        for order in orders:
            self._execution.cancel(order, market=self._markets[order.symbol], now_ms=now_ms, reason=reason)
        self._outbox.flush_balances(now_ms=now_ms)

    def _account(self, account_id: str) -> Account:
        account = self._accounts.get(account_id)
        if account is None:
            raise refusal(302143)
        return account

    def _market(self, symbol: str) -> Market:
        market = self._markets.get(symbol)
        if market is None:
            # The wire shows this one without a code (rest-v3 §5.2).
            raise Refusal(None, f"invalid symbol {symbol[:60]}")
        return market

    def _open(
        self,
        account: Account,
        *,
        order_id: int | None,
        client_order_id: int | None,
        symbol: str | None = None,
    ) -> Order:
        order = self._find(account, order_id=order_id, client_order_id=client_order_id)
        if symbol is not None and symbol != order.symbol:
            raise refusal(317160)
        if order.status.is_final:
            raise refusal(317161)
        return order

    def _find(
        self, account: Account, *, order_id: int | None, client_order_id: int | None, code: int = 317184
    ) -> Order:
        """Return an account's order, or raise the refusal of `code`: somebody else's order is not there either."""
        if order_id is None and client_order_id is None:
            raise refusal(-1005, problem="orderId or clientOrderId is required")
        order = account.find(order_id=order_id, client_order_id=client_order_id)
        if order is None:
            raise refusal(code)
        return order

    def _mark(self, asset: str) -> int:
        if asset == VALUED_IN:
            return ONE
        market = self._markets.get(f"SPOT_{asset}_{VALUED_IN}")
        return market.mark() if market else 0


def _level(level: Level[Order], *, market: Market) -> tuple[Decimal, Decimal]:
    return market.price(level.price), market.quantity(level.lots)
