"""This file is an algo order that follows itself: from the stream, and from REST where that was not there."""

from collections.abc import Sequence
from typing import Protocol

from woodlot.desk.algo_facts import AlgoFacts
from woodlot.desk.live import Live
from woodlot.orders.algo_order import AlgoOrder
from woodlot.wire.algo import AlgoLegEdit, CancelAlgoOrder, EditAlgoOrder
from woodlot.wire.amount import Number


class AlgoCommands(Protocol):
    """What an algo order needs of its desk."""

    async def send_command(self, command: CancelAlgoOrder | EditAlgoOrder) -> None: ...


class LiveAlgoOrder(Live[AlgoOrder], AlgoFacts):
    """One order that waits for a price: a stop, a trailing stop, or a root with legs (OCO, TP/SL, bracket).

    What it trades comes with `desk.executions()`, under the ids the exchange gives to the orders it becomes.
    """

    def __init__(self, order: AlgoOrder, commands: AlgoCommands) -> None:
        super().__init__(order)
        self._commands = commands

    async def triggered(self) -> "LiveAlgoOrder":
        """Wait until it, or a leg of it, has met its price, or until it is over; `is_triggered` says which."""
        return await self.until(lambda order: order.is_triggered or order.is_final)

    async def settled(self) -> "LiveAlgoOrder":
        """Wait until it is over, with every leg that could still act."""
        return await self.until(lambda order: order.is_final)

    async def cancel(self) -> None:
        """Ask the exchange to cancel it with its legs. It may trigger first: `settled()` waits for what happened.

        Raises NotFound if it is over already, OutcomeUnknown if the answer was lost.
        """
        await self._commands.send_command(
            CancelAlgoOrder(algo_order_id=self.algo_order_id, client_algo_order_id=self._handle)
        )

    async def amend(
        self,
        *,
        price: Number | None = None,
        quantity: Number | None = None,
        trigger_price: Number | None = None,
        activated_price: Number | None = None,
        callback_rate: Number | None = None,
        callback_value: Number | None = None,
        legs: Sequence[AlgoLegEdit] = (),
    ) -> None:
        """Ask the exchange to change it, or legs of it, before it triggers; it keeps its id."""
        await self._commands.send_command(
            EditAlgoOrder(
                algo_order_id=self.algo_order_id,
                client_algo_order_id=self._handle,
                price=price,
                quantity=quantity,
                trigger_price=trigger_price,
                activated_price=activated_price,
                callback_rate=callback_rate,
                callback_value=callback_value,
                child_orders=tuple(legs) or None,
            )
        )

    @property
    def _handle(self) -> int | None:
        # A client id may be used again once its order is over (rest-v3 §7.3): the exchange's own id is safer.
        return self.client_algo_order_id if self.algo_order_id is None else None

    def __repr__(self) -> str:
        order, side = self.known, "" if self.known.side is None else f" {self.known.side.value}"
        return f"<{order.symbol} {order.algo_type}{side} {order.order_id} {order.state.value}>"
