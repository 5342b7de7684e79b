"""This file is the fills of one order: added up once each, and delivered in trade order.

A report tells the order's total with its fill, so it shows whether a fill before it is missing. Such a fill waits for
the missing one instead of overtaking it; it is counted at once and delivered when the gap is closed, or after
`HOLD_MS`, whichever comes first.
"""

from decimal import Decimal

from woodlot.orders.fills import Fill, in_trade_order

HOLD_MS = 30_000
"""Six times the assumed lag of REST: a fill is never kept back longer for the sake of order."""


class Ledger:
    """The fills of one order. It keeps the ids of all of them while the order is tracked."""

    def __init__(self) -> None:
        self.trade_ids: dict[int, None] = {}
        self.quantity = Decimal(0)
        self.notional = Decimal(0)
        self.fees: dict[str, Decimal] = {}
        self.reported_quantity = Decimal(0)
        self.complete_until_ms: int | None = None
        self._delivered = Decimal(0)
        self._waiting: list[tuple[int, Fill]] = []

    @property
    def waiting(self) -> tuple[Fill, ...]:
        """What is counted and not yet delivered."""
        return tuple(fill for _, fill in self._waiting)

    @property
    def is_short(self) -> bool:
        """Whether the exchange has told of more than the fills add up to."""
        return self.quantity < self.reported_quantity

    def joined(self, other: "Ledger") -> "Ledger":
        """Return the one ledger of two that turned out to be of one order; what waits in either waits on."""
        if len(self.trade_ids) > len(other.trade_ids):
            return other.joined(self)
        for since_ms, fill in self._waiting:
            if other.count(fill):
                other.wait(fill, at_ms=since_ms)
        return other

    def expect(self, total_quantity: Decimal) -> None:
        """Note the order's total as the exchange tells it."""
        self.reported_quantity = max(self.reported_quantity, total_quantity)

    def count(self, fill: Fill) -> bool:
        """Add a fill up, once; return whether it was new to this order."""
        if fill.trade_id in self.trade_ids:
            return False
        self.trade_ids[fill.trade_id] = None
        self.quantity += fill.quantity
        self.notional += fill.notional
        self.fees[fill.fee_asset] = self.fees.get(fill.fee_asset, Decimal(0)) + fill.fee
        self.expect(fill.total_quantity or Decimal(0))
        return True

    def wait(self, fill: Fill, *, at_ms: int) -> None:
        """Keep a counted fill until its turn."""
        self._waiting.append((at_ms, fill))
        self._waiting.sort(key=lambda held: in_trade_order(held[1]))

    def was_delivered(self, fill: Fill) -> None:
        """Note that a counted fill was delivered before, by this program or an earlier one."""
        self._delivered += fill.quantity

    def due(self, now_ms: int) -> list[Fill]:
        """Take out the fills whose turn it is, in trade order.

        All of them if nothing is missing; else those that follow on what was delivered, and what is overdue.
        """
        following = self._following() if self.is_short else len(self._waiting)
        if following:
            self.complete_until_ms = self._waiting[following - 1][1].ts_ms
        return self._take(max(following, self._overdue(now_ms)))

    def overdue(self, now_ms: int) -> list[Fill]:
        """Take out what may not be kept back any longer, and what comes before it."""
        return self._take(self._overdue(now_ms))

    def rest(self) -> list[Fill]:
        """Take out everything."""
        return self._take(len(self._waiting))

    def _take(self, count: int) -> list[Fill]:
        ready = [fill for _, fill in self._waiting[:count]]
        del self._waiting[:count]
        self._delivered += sum((fill.quantity for fill in ready), Decimal(0))
        return ready

    def _following(self) -> int:
        delivered = self._delivered
        for index, (_, fill) in enumerate(self._waiting):
            if fill.total_quantity is None or fill.total_quantity - fill.quantity != delivered:
                return index
            delivered = fill.total_quantity
        return len(self._waiting)

    def _overdue(self, now_ms: int) -> int:
        overdue = (index for index, (since_ms, _) in enumerate(self._waiting, 1) if now_ms - since_ms >= HOLD_MS)
        return max(overdue, default=0)
