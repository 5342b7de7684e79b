"""This file is the live orders that somebody holds: how what is learned of an order reaches the object in his hands."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from woodlot.desk.live import KnownT, Live
from woodlot.errors import DeskClosed

LiveT = TypeVar("LiveT", bound=Live[Any])


class LiveOrders(Generic[KnownT, LiveT]):
    """One object per order, for as long as anybody holds it; `make` makes it."""

    def __init__(self, make: Callable[[KnownT], LiveT]) -> None:
        self._make = make
        self._by_id: WeakValueDictionary[int, LiveT] = WeakValueDictionary()
        # A client order id may be used again, so it means an order only until that has the exchange's id.
        self._nameless: WeakValueDictionary[int, LiveT] = WeakValueDictionary()
        self._closed: DeskClosed | None = None

    def new(self, order: KnownT) -> LiveT:
        """Return the object of an order that is about to be sent."""
        live = self._make(order)
        if self._closed is not None:
            live.close(self._closed)
        if order.client_order_id is not None:
            self._nameless[order.client_order_id] = live
        return live

    def of(self, order: KnownT) -> LiveT:
        """Return the object of an order that is known, as it is known now."""
        live = self._found(order)
        if live is None:
            live = self.new(order)
            self._file(live, order)
        return live

    def tell(self, order: KnownT) -> None:
        """Pass on what is known now to whoever holds the order."""
        # One that was taken for somebody else's at first may be held as two objects: both follow.
        for live in (self._by_id.get(order.order_id or 0), self._nameless_of(order)):
            if live is not None:
                self._file(live, order)
                live.became(order)

    def close(self, closed: DeskClosed) -> None:
        """Let nobody wait for an order any longer."""
        self._closed = closed
        for live in (*self._by_id.values(), *self._nameless.values()):
            live.close(closed)

    def _found(self, order: KnownT) -> LiveT | None:
        live = self._by_id.get(order.order_id or 0)
        return live if live is not None else self._nameless_of(order)

    def _nameless_of(self, order: KnownT) -> LiveT | None:
        live = self._nameless.get(order.client_order_id or 0)
        return live if live is not None and live.known.order_id in (None, order.order_id) else None

    def _file(self, live: LiveT, order: KnownT) -> None:
        if order.order_id is not None and self._by_id.setdefault(order.order_id, live) is live:
            self._nameless.pop(order.client_order_id or 0, None)
