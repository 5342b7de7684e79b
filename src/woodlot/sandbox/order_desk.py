"""This file is where ordinary orders are placed, changed, cancelled and looked up (rest-v3 §9.1)."""

from collections.abc import Iterable, Sequence

from woodlot.sandbox import queries
from woodlot.sandbox.accounts import Account
from woodlot.sandbox.checks import check_edit, check_place
from woodlot.sandbox.house import House
from woodlot.sandbox.orders import Order
from woodlot.sandbox.refusal import refusal
from woodlot.sandbox.reports import order_ack, order_row
from woodlot.wire.enums import Side
from woodlot.wire.trade import (
    EditOrder,
    GetOrders,
    GetTransactionHistory,
    OrderAck,
    OrderRow,
    OrderRows,
    PlaceOrder,
    Transaction,
    TransactionRows,
)

# By a name of its own: up to Python 3.11 reading a member off its class costs a call.
_BUY = Side.BUY


class OrderDesk:
    """Commands on orders. Each leaves the last word, `House.settle_down`, to its caller."""

    def __init__(self, house: House) -> None:
        self._house = house

    def accept(self, account_id: str, order: PlaceOrder) -> tuple[Order, OrderAck]:
        """Accept an order and run it; return it and its acknowledgement. Raises Refusal."""
        house = self._house
        account = house.account(account_id)
        market, terms, stance = check_place(order, house.markets, account, house.risk)
        now_ms = house.clock.now_ms()
        placed = Order(
            next(house.order_ids),
            account,
            market.symbol,
            order.side is _BUY,
            order.type,
            terms.price,
            terms.lots,
            terms.budget,
            terms.amount,
            order.client_order_id or 0,
            order.order_tag or "default",
            now_ms,
            terms.visible,
            terms.level,
            stance,
        )
        ack = order_ack(placed, market, now_ms)
        house.execution.place(placed, market, terms.limit, now_ms)
        return placed, ack

    def edit(self, account_id: str, edit: EditOrder) -> None:
        """Change an open order's price or total quantity; what that lets it match, it matches. Raises Refusal."""
        house = self._house
        account = house.account(account_id)
        order = self._open(account, order_id=edit.order_id, client_order_id=edit.client_order_id)
        market = house.markets[order.symbol]
        price, quantity = check_edit(edit, order=order, market=market, account=account, risk=house.risk)
        house.execution.edit(order, market=market, price=price, quantity=quantity, now_ms=house.clock.now_ms())

    def cancel(self, account_id: str, *, order_id: int | None, client_order_id: int | None, symbol: str | None) -> None:
        """Cancel one open order. Raises Refusal, also when `symbol` is given and is not the order's."""
        account = self._house.account(account_id)
        order = self._open(account, order_id=order_id, client_order_id=client_order_id, symbol=symbol)
        self.end([order], reason="cancelled by the user")

    def cancel_several(
        self, account_id: str, *, order_ids: Sequence[int], client_order_ids: Sequence[int], symbol: str | None
    ) -> int:
        """Cancel those of several orders that are open; return how many. Raises Refusal if none of them is."""
        account = self._house.account(account_id)
        found = [account.find(order_id=order_id) for order_id in order_ids]
        found += [account.find(client_order_id=client_order_id) for client_order_id in client_order_ids]
        orders = {
            order.id: order
            for order in found
            if order is not None and not order.status.is_final and symbol in {None, order.symbol}
        }
        if not orders:
            raise refusal(317184)
        self.end(orders.values(), reason="cancelled by the user with other orders")
        return len(orders)

    def cancel_all(self, account: Account, *, symbol: str | None, reason: str) -> int:
        """Cancel an account's open orders, of one symbol if given; return how many."""
        orders = [order for order in account.open.values() if symbol is None or order.symbol == symbol]
        self.end(orders, reason=reason)
        return len(orders)

    def end(self, orders: Iterable[Order], *, reason: str) -> None:
        """Cancel those of these orders that are still open."""
        house, now_ms = self._house, self._house.clock.now_ms()
        for order in orders:
            if not order.status.is_final:
                house.execution.cancel(order, market=house.markets[order.symbol], now_ms=now_ms, reason=reason)

    def order(
        self, account_id: str, *, order_id: int | None, client_order_id: int | None, with_realized_pnl: bool
    ) -> OrderRow:
        """Return one order, open or finished. Raises Refusal."""
        account = self._house.account(account_id)
        order = self._find(account, order_id=order_id, client_order_id=client_order_id, code=-1006)
        return order_row(order, market=self._house.markets[order.symbol], with_pnl=with_realized_pnl)

    def orders(self, account_id: str, query: GetOrders) -> OrderRows:
        """Return one page of an account's orders, newest first. Raises Refusal."""
        by_change = self._house.quirks.order_lists_filter_by == "change"
        account = self._house.account(account_id)
        return queries.list_orders(account, query, markets=self._house.markets, by_change=by_change)

    def transaction(self, account_id: str, trade_id: int) -> Transaction:
        """Return one fill. Raises Refusal."""
        account = self._house.account(account_id)
        return queries.find_fill(account, trade_id, markets=self._house.markets)

    def transactions(self, account_id: str, query: GetTransactionHistory) -> TransactionRows:
        """Return an account's fills, newest first. Raises Refusal."""
        return queries.list_fills(
            self._house.account(account_id),
            query,
            markets=self._house.markets,
            from_id_is_inclusive=self._house.quirks.from_id_is_inclusive,
        )

    def transactions_of(self, account_id: str, order_id: int) -> tuple[Transaction, ...]:
        """Return the fills of one order, newest first. Raises Refusal."""
        account = self._house.account(account_id)
        self._find(account, order_id=order_id, client_order_id=None, code=-1006)
        return queries.fills_of(account, order_id, markets=self._house.markets)

    def _open(
        self, account: Account, *, order_id: int | None, client_order_id: int | None, symbol: str | None = None
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
