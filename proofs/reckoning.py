"""This file is the reckoning: what a program was told and believes in the end, held against what the exchange has."""

from collections import Counter
from decimal import Decimal

from proofs.trader import Trader
from proofs.venue import Venue
from woodlot.orders.states import OrderState
from woodlot.wire.trade import GetOrder

_STATES = {
    "NEW": OrderState.WORKING,
    "PARTIAL_FILLED": OrderState.PARTLY_FILLED,
    "FILLED": OrderState.FILLED,
    "CANCELLED": OrderState.CANCELLED,
    "REJECTED": OrderState.REJECTED,
}
_MOST_TOLD = 5


class Reckoning:
    """`told` is every execution as a program was told of it: trade, order, and whether it was marked as redelivered."""

    def __init__(self, venue: Venue, trader: Trader, told: list[tuple[int, int, bool]]) -> None:
        self._venue = venue
        self._trader = trader
        self._told = told
        self.problems: list[str] = []
        """What does not agree; nothing if all is well."""

    def __call__(self) -> list[str]:
        self._venue.reports()
        truth = [row.id for row in self._venue.fills]
        told = Counter(trade_id for trade_id, _, redelivered in self._told if not redelivered)
        self._expect(not set(truth) - told.keys(), f"lost: {sorted(set(truth) - told.keys())[:5]}")
        self._expect(not told.keys() - set(truth), f"never happened: {sorted(told.keys() - set(truth))[:5]}")
        twice = [trade_id for trade_id, count in told.items() if count > 1]
        self._expect(not twice, f"told twice: {twice[:5]}")
        self._check_order_of_fills(truth)
        self._check_orders()
        placed = Counter(self._venue.placed)
        self._expect(max(placed.values(), default=0) <= 1, "an order was sent twice")
        self._check_money()
        return self.problems

    def _check_order_of_fills(self, truth: list[int]) -> None:
        place = {trade_id: number for number, trade_id in enumerate(truth)}
        last: dict[int, int] = {}
        for trade_id, order_id, redelivered in self._told:
            if not redelivered:
                self._expect(last.get(order_id, -1) < place.get(trade_id, 0), f"{trade_id} came too late")
                last[order_id] = place.get(trade_id, 0)

    def _check_orders(self) -> None:
        placed = set(self._venue.placed)
        for order in self._trader.orders():
            handle = order.client_order_id or 0
            if handle in placed and order.foreign:
                self._expect(False, f"{handle} was placed here and is taken for somebody else's")
            if order.order_id is None and handle not in placed:
                self._expect(order.is_final, f"{handle} never arrived and is {order.state}")
                continue
            row = self._venue.act(GetOrder(order_id=order.order_id, client_order_id=handle))
            expected = _STATES[row.status.value]
            self._expect(order.state is expected, f"order {row.order_id} is {row.status}, believed {order.state}")
            self._expect(order.filled_quantity == row.executed, f"order {row.order_id} has filled {row.executed}")
        known = {order.client_order_id for order in self._trader.orders()}
        self._expect(placed <= known, f"{len(placed - known)} placed orders are not known")

    def _check_money(self) -> None:
        """What was told adds up to what the account has: a second witness beside the list of fills."""
        told = {trade_id for trade_id, *_ in self._told}
        bought = sum(
            ((row.executed_quantity if row.side == "BUY" else -row.executed_quantity)
             - (row.fee if row.fee_asset == "WOO" else 0) for row in self._venue.fills if row.id in told),
            Decimal(0),
        )  # fmt: skip
        self._expect(bought == self._venue.holding("WOO"), "the executions do not add up to the balance")

    def _expect(self, holds: bool, problem: str) -> None:  # noqa: FBT001 - a statement and its name
        if not holds and len(self.problems) < _MOST_TOLD:
            self.problems.append(problem)
