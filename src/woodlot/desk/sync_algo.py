"""This file is an algo order for programs without an event loop."""

from typing import Any

from woodlot.desk.algo_facts import AlgoFacts
from woodlot.desk.live_algo import LiveAlgoOrder
from woodlot.desk.sync_live import SyncLive
from woodlot.orders.algo_order import AlgoOrder


class SyncAlgoOrder(SyncLive[AlgoOrder, LiveAlgoOrder], AlgoFacts):
    """An algo order that follows itself; its properties are those of the moment they are read."""

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
