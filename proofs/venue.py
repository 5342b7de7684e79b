"""This file is the exchange of a proof: the sandbox's own, without sockets, whose REST shows things late."""

from decimal import Decimal
from typing import Any

from proofs.weather import Dice
from woodlot.clock import ManualClock
from woodlot.errors import NotFound, Rejected
from woodlot.sandbox.events import Reported
from woodlot.sandbox.exchange import Exchange, Refusal
from woodlot.sandbox.refusal import refusal
from woodlot.wire.answer import Time
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.events import ExecutionReport
from woodlot.wire.request import Request
from woodlot.wire.trade import (
    CancelAck,
    CancelOrder,
    GetOrder,
    GetOrders,
    GetTransactionHistory,
    OrderRows,
    PlaceOrder,
    Transaction,
    TransactionRows,
    TransactionSide,
)

SYMBOL = "SPOT_WOO_USDT"
_MONEY = {"USDT": Decimal(10_000_000), "WOO": Decimal(100_000_000)}
_KEPT = 200_000


class Venue:
    """One market with us and one other trader in it."""

    def __init__(self, clock: ManualClock, dice: Dice) -> None:
        self._clock = clock
        self._dice = dice
        self.exchange = Exchange(clock=clock, history_kept=_KEPT)
        self.ours = self.exchange.open_account("ours", _MONEY).id
        self.theirs = self.exchange.open_account("theirs", _MONEY, watched=False).id
        self._shown_ms: dict[object, int] = {}
        self._fills_ms: list[int] = []
        self.placed: list[int] = []
        self.fills: list[Transaction] = []
        """The truth, oldest first."""

    def reports(self) -> list[ExecutionReport]:
        """Return what the exchange has to say to us since the last call."""
        events = self.exchange.take_events()
        reports = [event.report for event in events if isinstance(event, Reported) and event.account_id == self.ours]
        for report in reports:
            self._show_later(("order", report.order_id))
            if report.is_fill:
                self._show_later(("fill", report.trade_id))
                self.fills.append(_transaction(report))
                self._fills_ms.append(report.ts)
        return reports

    def holding(self, token: str) -> Decimal:
        """Return how much of a token we have more than at the start."""
        return self.exchange.balances(self.ours, token)[0].holding - _MONEY[token]

    def act(self, request: Request[Any]) -> Any:
        """Carry out a request of ours. Raises what a client would raise."""
        try:
            return self.obey(request)
        except Refusal as refusal:
            kind = NotFound if isinstance(request, GetOrder | CancelOrder) else Rejected
            raise kind(str(refusal), code=-1006 if kind is NotFound else 317001) from None

    def trade(self) -> None:
        """Let the other trader hit what we have in the market, or leave something there for us."""
        chance = self._dice.chance
        side = chance.choice((Side.BUY, Side.SELL))
        if chance.random() < 0.75:
            price = "0.27" if side is Side.BUY else "0.23"
            order = PlaceOrder(symbol=SYMBOL, side=side, type=OrderType.IOC, price=price,
                               quantity=chance.randint(40, 400))  # fmt: skip
        else:
            price = "0.26" if side is Side.SELL else "0.24"
            order = PlaceOrder(symbol=SYMBOL, side=side, type=OrderType.LIMIT, price=price,
                               quantity=chance.randint(100, 1000))  # fmt: skip
        try:
            self.exchange.place(self.theirs, order)
        except Refusal:
            return

    def trade_by_hand(self) -> None:
        """Place an order of ours that no program of ours sent; it fills at once or is gone."""
        side = self._dice.chance.choice((Side.BUY, Side.SELL))
        price = "0.27" if side is Side.BUY else "0.23"
        order = PlaceOrder(symbol=SYMBOL, side=side, type=OrderType.IOC, price=price, quantity=40)
        try:
            self.exchange.place(self.ours, order)
        except Refusal:
            return

    def obey(self, request: Request[Any]) -> Any:
        """Carry out a request of ours. Raises Refusal."""
        match request:
            case PlaceOrder():
                ack = self.exchange.place(self.ours, request)
                self.placed.append(request.client_order_id or 0)
                return ack
            case CancelOrder():
                self.exchange.cancel(self.ours, order_id=request.order_id, client_order_id=request.client_order_id)
                return CancelAck(status="CANCEL_SENT")
            case GetOrder():
                row = self.exchange.order(self.ours, order_id=request.order_id, client_order_id=request.client_order_id)
                if not self._is_shown("order", row.order_id):
                    raise refusal(-1006)
                return row
            case GetOrders():
                rows = self.exchange.orders(self.ours, request).rows
                return OrderRows(rows=tuple(row for row in rows if self._is_shown("order", row.order_id)))
            case GetTransactionHistory():
                return self._page(request)
            case _:
                raise AssertionError(f"nobody asks {request}")

    def _page(self, query: GetTransactionHistory) -> TransactionRows:
        """Return a page of what REST shows by now, newest first."""
        start, end = int(str(query.start_time)), int(str(query.end_time))
        rows: list[Transaction] = []
        # A row's own time is text that has to be read: it costs more than the rest of the page.
        for ts_ms, row in zip(reversed(self._fills_ms), reversed(self.fills), strict=True):
            if ts_ms < start or len(rows) == query.limit:
                break
            if ts_ms <= end and self._is_shown("fill", row.id):
                rows.append(row)
        return TransactionRows(rows=tuple(rows))

    def _show_later(self, key: object) -> None:
        self._shown_ms.setdefault(key, self._clock.now_ms() + self._dice.rest_lag_ms())

    def _is_shown(self, kind: str, number: int) -> bool:
        return self._clock.now_ms() >= self._shown_ms.get((kind, number), 0)


def _transaction(report: ExecutionReport) -> Transaction:
    return Transaction(
        id=report.trade_id,
        symbol=report.symbol,
        order_id=report.order_id,
        executed_price=report.executed_price,
        executed_quantity=report.executed_quantity,
        fee=report.fee,
        fee_asset=report.fee_asset,
        side=TransactionSide(str(report.side)),
        executed_timestamp=Time.at(report.ts),
        is_maker=int(report.is_maker),
    )
