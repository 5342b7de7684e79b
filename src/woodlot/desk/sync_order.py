"""This file is an order that follows itself, for programs without an event loop."""

from collections.abc import Callable

from woodlot.desk.live_order import LiveOrder
from woodlot.desk.order_facts import OrderFacts
from woodlot.desk.portal import Portal
from woodlot.orders.order import TrackedOrder
from woodlot.wire.amount import Number


class SyncOrder(OrderFacts):
    """An order that follows itself; its properties are those of the moment they are read."""

    def __init__(self, portal: Portal, order: LiveOrder) -> None:
        self._portal = portal
        self._order = order

    @property
    def live(self) -> LiveOrder:
        """The order itself, which belongs to the desk's own thread."""
        return self._order

    @property
    def known(self) -> TrackedOrder:
        return self._order.known

    def until(self, condition: Callable[[TrackedOrder], bool]) -> "SyncOrder":
        """Wait until `condition` holds; it is asked in the desk's own thread."""
        self._portal.run(self._order.until(condition))
        return self

    def acknowledged(self) -> "SyncOrder":
        """Wait until it is known whether the exchange has the order."""
        self._portal.run(self._order.acknowledged())
        return self

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

    def __repr__(self) -> str:
        return repr(self._order)
