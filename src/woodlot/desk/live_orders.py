"""This file is the live orders that somebody holds: how what is learned of an order reaches the object in his hands."""

from weakref import WeakValueDictionary

from woodlot.desk.live_order import Commands, LiveOrder
from woodlot.orders.order import TrackedOrder


class LiveOrders:
    """One object per order, for as long as anybody holds it."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._by_id: WeakValueDictionary[int, LiveOrder] = WeakValueDictionary()
        # A client order id may be used again, so it means an order only until that has the exchange's id.
        self._nameless: WeakValueDictionary[int, LiveOrder] = WeakValueDictionary()

    def new(self, order: TrackedOrder) -> LiveOrder:
        """Return the object of an order that is about to be sent."""
        live = LiveOrder(order, self._commands)
        if order.client_order_id is not None:
            self._nameless[order.client_order_id] = live
        return live

    def of(self, order: TrackedOrder) -> LiveOrder:
        """Return the object of an order that is known, as it is known now."""
        live = self._found(order)
        if live is None:
            live = self.new(order)
            self._file(live, order)
        return live

    def tell(self, order: TrackedOrder) -> None:
        """Pass on what is known now to whoever holds the order."""
        live = self._found(order)
        if live is not None:
            self._file(live, order)
            live.became(order)

    def _found(self, order: TrackedOrder) -> LiveOrder | None:
        live = self._by_id.get(order.order_id or 0)
        return live if live is not None else self._nameless.get(order.client_order_id or 0)

    def _file(self, live: LiveOrder, order: TrackedOrder) -> None:
        if order.order_id is not None:
            self._by_id[order.order_id] = live
            self._nameless.pop(order.client_order_id or 0, None)
