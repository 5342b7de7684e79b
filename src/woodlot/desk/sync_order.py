"""This file is an order that follows itself, for programs without an event loop."""

from woodlot.desk.live_order import LiveOrder
from woodlot.desk.order_facts import OrderFacts
from woodlot.desk.sync_live import SyncLive
from woodlot.orders.order import TrackedOrder
from woodlot.wire.amount import Number


class SyncOrder(SyncLive[TrackedOrder, LiveOrder], OrderFacts):
    """An order that follows itself; its properties are those of the moment they are read."""

    def working(self) -> "SyncOrder":
        """Wait until the order is in the book, or has been and is over."""
        self._portal.run(self._order.working())
        return self

    def settled(self) -> "SyncOrder":
        """Wait until the order is over and every fill of it is known."""
        self._portal.run(self._order.settled())
        return self

    def filled(self) -> "SyncOrder":
        """Wait until the order is filled. Raises NotFilled if it ends otherwise."""
        self._portal.run(self._order.filled())
        return self

    def cancel(self) -> None:
        """Ask the exchange to cancel it; `settled()` waits for what really happened."""
        self._portal.run(self._order.cancel())

    def amend(self, *, price: Number | None = None, quantity: Number | None = None) -> None:
        """Ask the exchange for another price, another total quantity or both."""
        self._portal.run(self._order.amend(price=price, quantity=quantity))
