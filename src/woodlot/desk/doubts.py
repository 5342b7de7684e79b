"""This file is when the exchange's silence about an order proves that it does not exist.

A request that left may still be on its way, and counts while its signature does: 300 seconds (rest-v3 §2.4). What
REST does not show after that, and after its own lag, was never placed. That is an assumption about the exchange; it
has a name and can be switched off, and then an order nobody shows stays unknown.
"""

from typing import Protocol

from woodlot.clock import Clock
from woodlot.orders.states import OrderState

ABSENCE_IS_PROOF_AFTER_S = 310.0
"""The signature's 300 s, 5 s for REST to show an order, 5 s for a clock of the exchange's that is not ours."""


class Doubted(Protocol):
    """An order of any kind; each kind has a number space of its own (rest-v3 §7.3)."""

    @property
    def handle(self) -> int | None: ...
    @property
    def state(self) -> OrderState: ...


class Doubts:
    """Remember since when each order's outcome is unknown, by a clock that nobody sets."""

    def __init__(self, *, absence_is_proof_after_s: float | None, clock: Clock) -> None:
        self._after_s = absence_is_proof_after_s
        self._clock = clock
        self._since_s: dict[tuple[type[Doubted], int], float] = {}

    def heard(self, order: Doubted) -> None:
        """Take note of an order: of a new doubt, counted from when its call gave up, or of its end."""
        if order.handle is None:
            return
        if order.state is OrderState.UNKNOWN:
            self._since_s.setdefault((type(order), order.handle), self._clock.monotonic_s())
        else:
            self._since_s.pop((type(order), order.handle), None)

    def is_absence_proof(self, order: Doubted) -> bool:
        """Whether no copy of the order's request can take effect any more."""
        # Of an earlier program's order nobody knows when it was sent last: counted from the first question.
        self.heard(order)
        since_s = self._since_s.get((type(order), order.handle or 0))
        return (
            self._after_s is not None and since_s is not None and self._clock.monotonic_s() - since_s >= self._after_s
        )
