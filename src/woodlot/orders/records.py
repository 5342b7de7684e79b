"""This file is where the tracker finds an order: by the exchange's id, or by ours until that is known."""

from collections.abc import Iterator

import msgspec

from woodlot.orders.record import Record
from woodlot.orders.states import OrderState


class Records:
    """All records, and two ways to find one.

    Open orders are kept without a limit of ours (the exchange has one). Of finished orders the `finished_limit` that
    finished last are kept, of strays the `stray_limit` that came last; one that falls out is returned, and what comes
    for it afterwards meets a stranger. A client order id that is used again means the latest order that has it.
    """

    def __init__(self, *, finished_limit: int, stray_limit: int) -> None:
        self._finished_limit = finished_limit
        self._stray_limit = stray_limit
        self._by_order_id: dict[int, Record] = {}
        self._by_client_id: dict[int, list[Record]] = {}
        self._open: dict[Record, None] = {}
        self._finished: dict[Record, None] = {}
        self._strays: dict[Record, None] = {}
        self._shelves = (self._open, self._finished, self._strays)

    def __iter__(self) -> Iterator[Record]:
        yield from self._open
        yield from self._finished

    @property
    def open(self) -> tuple[Record, ...]:
        return tuple(self._open)

    def add(self, record: Record) -> None:
        """Index a record by whatever ids it has."""
        if record.order_id:
            self._by_order_id[record.order_id] = record
        if record.order is not None and record.order.client_order_id:
            same = self._by_client_id.setdefault(record.order.client_order_id, [])
            if record not in same:
                same.append(record)

    def get(self, order_id: int | None, client_order_id: int | None) -> Record | None:
        """Return the record these ids mean, as things are."""
        if not order_id:
            return self._latest(client_order_id)
        return self._by_order_id.get(order_id) or self._nameless(client_order_id)

    def find(self, order_id: int, client_order_id: int | None) -> Record | None:
        """Return the record a message means; one that lacked its order id is given it, with what came early."""
        nameless = self._nameless(client_order_id)
        if not order_id:
            return nameless or self._latest(client_order_id)
        known = self._by_order_id.get(order_id)
        if nameless is None or (known is not None and not _may_become_ours(known)):
            return known
        self._join(nameless, known, order_id)
        return nameless

    def may_be_ours(self, symbol: str) -> bool:
        """Whether some order of ours on `symbol` has no order id yet: a nameless report may be its own."""
        return any(
            record.order_id is None and record.symbol == symbol and record.order is not None for record in self._open
        )

    def file(self, record: Record) -> list[Record]:
        """Put a record where its state belongs and return those that fall out for it."""
        shelf, limit = self._place_of(record)
        if record in shelf:
            return []
        for other in self._shelves:
            other.pop(record, None)
        shelf[record] = None
        dropped: list[Record] = []
        while limit is not None and len(shelf) > limit:
            dropped.append(next(iter(shelf)))
            self._drop(dropped[-1])
        return dropped

    def _place_of(self, record: Record) -> tuple[dict[Record, None], int | None]:
        if record.order is None:
            return self._strays, self._stray_limit
        return (self._finished, self._finished_limit) if record.order.is_final else (self._open, None)

    def _drop(self, record: Record) -> None:
        for shelf in self._shelves:
            shelf.pop(record, None)
        if record.order_id and self._by_order_id.get(record.order_id) is record:
            del self._by_order_id[record.order_id]
        client_order_id = record.order.client_order_id if record.order is not None else None
        same = [other for other in self._by_client_id.pop(client_order_id or 0, []) if other is not record]
        if client_order_id and same:
            self._by_client_id[client_order_id] = same

    def _latest(self, client_order_id: int | None) -> Record | None:
        return (self._by_client_id.get(client_order_id or 0) or [None])[-1]

    def _nameless(self, client_order_id: int | None) -> Record | None:
        # An order the call refused never gets an id; the report is of another one with the same client order id.
        return next(
            (
                record
                for record in reversed(self._by_client_id.get(client_order_id or 0, []))
                if record.order_id is None
                and record.order is not None
                and record.order.state is not OrderState.REJECTED
            ),
            None,
        )

    def _join(self, record: Record, stray: Record | None, order_id: int) -> None:
        record.order_id = order_id
        self._by_order_id[order_id] = record
        if record.order is not None:
            record.order = msgspec.structs.replace(record.order, order_id=order_id)
        if stray is None:
            return
        for shelf in self._shelves:
            shelf.pop(stray, None)
        record.join(stray)


def _may_become_ours(known: Record) -> bool:
    """Whether a record was made by messages that named no client order id, so that one may be ours after all."""
    return known.order is None or (known.order.foreign and known.order.client_order_id is None)
