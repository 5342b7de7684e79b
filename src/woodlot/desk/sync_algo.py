"""This file is an algo order for programs without an event loop."""

from collections.abc import Callable
from typing import Any

from woodlot.desk.algo_facts import AlgoFacts
from woodlot.desk.live_algo import LiveAlgoOrder
from woodlot.desk.portal import Portal
from woodlot.orders.algo_order import AlgoOrder


class SyncAlgoOrder(AlgoFacts):
    """An algo order that follows itself; its properties are those of the moment they are read."""

    def __init__(self, portal: Portal, order: LiveAlgoOrder) -> None:
        self._portal = portal
        self._order = order

    @property
    def live(self) -> LiveAlgoOrder:
        """The order itself, which belongs to the desk's own thread."""
        return self._order

    @property
    def known(self) -> AlgoOrder:
        return self._order.known

    def until(self, condition: Callable[[AlgoOrder], bool]) -> "SyncAlgoOrder":
        """Wait until `condition` holds; it is asked in the desk's own thread."""
        self._portal.run(self._order.until(condition))
        return self

    def acknowledged(self) -> "SyncAlgoOrder":
        """Wait until it is known whether the exchange has the order."""
        self._portal.run(self._order.acknowledged())
        return self

    def triggered(self) -> "SyncAlgoOrder":
        """Wait until it, or a leg of it, has met its price, or until it is over."""
        self._portal.run(self._order.triggered())
        return self

    def settled(self) -> "SyncAlgoOrder":
        """Wait until it is over, with every leg that could still act."""
        self._portal.run(self._order.settled())
        return self

    def cancel(self) -> None:
        """Ask the exchange to cancel it with its legs; `settled()` waits for what really happened."""
        self._portal.run(self._order.cancel())

    def amend(self, **changes: Any) -> None:
        """Ask the exchange to change it before it triggers; the arguments are those of `LiveAlgoOrder.amend`."""
        self._portal.run(self._order.amend(**changes))

    def __repr__(self) -> str:
        return repr(self._order)
