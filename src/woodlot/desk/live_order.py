"""This file is an order that follows itself."""

from typing import Protocol

from woodlot.desk.live import Live
from woodlot.desk.order_facts import OrderFacts
from woodlot.errors import NotFilled
from woodlot.orders.order import TrackedOrder
from woodlot.orders.states import OrderState
from woodlot.wire.amount import Number
from woodlot.wire.trade import CancelOrder, EditOrder


class Commands(Protocol):
    """What an order needs of its desk."""

    async def send_command(self, command: CancelOrder | EditOrder) -> None: ...


class LiveOrder(Live[TrackedOrder], OrderFacts):
    """One order of ours, as it is known now: reports, replies and polls keep it up to date while the desk is open.

    Its properties are those of the moment they are read; two reads may differ.
    """

    def __init__(self, order: TrackedOrder, commands: Commands) -> None:
        super().__init__(order)
        self._commands = commands

    async def working(self) -> "LiveOrder":
        """Wait until the order is in the book, or has been and is over."""
        return await self.until(lambda order: order.is_final or order.state in _IN_THE_BOOK)

    async def settled(self) -> "LiveOrder":
        """Wait until the order is over and every fill of it is known."""
        return await self.until(lambda order: order.is_final and not order.missing_quantity)

    async def filled(self) -> "LiveOrder":
        """Wait until the order is filled. Raises NotFilled if it ends otherwise."""
        await self.settled()
        if self.state is not OrderState.FILLED:
            raise NotFilled(self.symbol, self.client_order_id, self.state, self._order.reason)
        return self

    async def cancel(self) -> None:
        """Ask the exchange to cancel it. A fill may still come first: `settled()` waits for what really happened.

        Raises NotFound if it is over already, OutcomeUnknown if the answer was lost.
        """
        await self._commands.send_command(
            CancelOrder(order_id=self.order_id, client_order_id=self._handle, symbol=self.symbol)
        )

    async def amend(self, *, price: Number | None = None, quantity: Number | None = None) -> None:
        """Ask the exchange for another price, another total quantity or both; the order keeps its id."""
        await self._commands.send_command(
            EditOrder(order_id=self.order_id, client_order_id=self._handle, price=price, quantity=quantity)
        )

    @property
    def _handle(self) -> int | None:
        # "lookups and cancels by a repeated id hit the latest one" (rest-v3 §7.3): the exchange's own id is safer.
        return self.client_order_id if self.order_id is None else None

    def __repr__(self) -> str:
        order = self._order
        return f"<{order.symbol} {order.side.value} {order.type.value} {order.order_id} {order.state.value}>"


_IN_THE_BOOK = frozenset({OrderState.WORKING, OrderState.PARTLY_FILLED})
