"""This file is how a call whose outcome is unknown is found out about: by asking, never by sending it again.

    the call             what proves that it was done          what proves that it was not
    PlaceOrder, -Algo-   the order is there                    not there, asked after the window
    CancelOrder          the order is finished                 still open, asked after the window
    EditOrder            it has the new price and quantity     finished or still open without, after the window
    CancelAllOrders      nothing older is open, asked after    something older is open, asked after the window
                         the visibility delay
    anything else        -                                     -

**The window** is the assumption that a request which has not been carried out 300 seconds after it was signed never
will be: "refused when its timestamp differs from server time by more than 300 seconds" (rest-v3 §2.4). Until then a
request that was delayed on its way may still be carried out, so absence proves nothing. To that comes the visibility
delay, for which the exchange may not show an order that it has. With `Assumptions(signature_window_s=None)` absence
never proves anything, and the outcome stays unknown.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from woodlot.backoff import Backoff
from woodlot.errors import (
    ConnectionFailed,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
    UnexpectedReply,
    WoodlotError,
)
from woodlot.rest.flow import Flow
from woodlot.rest.pages import ByPage
from woodlot.rest.steps import Sleep, Steps
from woodlot.wire.algo import AlgoOrderRow, GetAlgoOrder, PlaceAlgoOrder
from woodlot.wire.enums import StatusFilter
from woodlot.wire.trade import CancelAllOrders, CancelOrder, EditOrder, GetOrder, GetOrders, OrderRow, PlaceOrder

log = logging.getLogger("woodlot.rest")


class Outcome(StrEnum):
    """What became of a call. `placed` and `not_placed` are said of an order, `done` and `not_done` of the rest."""

    PLACED = "placed"
    NOT_PLACED = "not_placed"
    DONE = "done"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What was found out, by which order as the exchange has it, and why it is proven or is not."""

    outcome: Outcome
    reason: str
    order: OrderRow | AlgoOrderRow | None = None

    @property
    def is_proven(self) -> bool:
        return self.outcome is not Outcome.UNKNOWN


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is taken for granted where the exchange says nothing."""

    signature_window_s: float | None = 300.0
    """How long a signed request can still be carried out; None where that is not to be relied on."""

    visibility_delay_s: float = 5.0
    """How long the exchange may not show an order that it has."""


# What asking may fail with and be asked again; anything else ends it, and the outcome stays unknown.
_PASSES = (ConnectionFailed, RateLimited, Unavailable, UnexpectedReply)
# Orders are stamped by the exchange, calls by our idea of its clock.
_CLOCKS_DISAGREE_MS = 5000
_PAUSES = Backoff(first_s=0.25, ceiling_s=5.0)


def resolve(unknown: OutcomeUnknown, flow: Flow, *, timeout_s: float, assumptions: Assumptions) -> Steps[Resolution]:
    """Return the steps that find out; they end in a proven outcome, or at the timeout in an unknown one."""
    question = _Question(unknown, flow, assumptions)
    deadline_s = flow.clock.monotonic_s() + timeout_s
    if not flow.server_time.is_known:
        yield from flow.ask_the_time()
    asked = 0
    while True:
        resolution = yield from question.ask(deadline_s - flow.clock.monotonic_s())
        if resolution.is_proven or question.is_hopeless:
            break
        # Not jittered: one caller asks about one order, and an early answer is worth more than spreading.
        pause_s = min(_PAUSES.first_s * 2.0**asked, _PAUSES.ceiling_s)
        if flow.clock.monotonic_s() + pause_s >= deadline_s:
            break
        asked += 1
        yield Sleep(pause_s)
    log.warning("%s: resolved as %s: %s", unknown.endpoint, resolution.outcome, resolution.reason)
    return resolution


class _Question:
    """One unknown call, asked about once or more."""

    def __init__(self, unknown: OutcomeUnknown, flow: Flow, assumptions: Assumptions) -> None:
        self._unknown = unknown
        self._flow = flow
        self._assumptions = assumptions
        self.is_hopeless = False

    def ask(self, timeout_s: float) -> Steps[Resolution]:
        """Ask once. What is found counts only as of the moment the question left."""
        asked_ms = self._flow.server_time.now_ms()
        try:
            match self._unknown.request:
                case PlaceOrder() as call:
                    return (yield from self._placed(call, asked_ms, timeout_s))
                case PlaceAlgoOrder() as call:
                    return (yield from self._algo_placed(call, asked_ms, timeout_s))
                case CancelOrder(order_id=order_id, client_order_id=client_order_id):
                    row = yield from self._order(order_id, client_order_id, timeout_s)
                    return self._cancelled(row, asked_ms)
                case EditOrder() as call:
                    row = yield from self._order(call.order_id, call.client_order_id, timeout_s)
                    return self._edited(call, row, asked_ms)
                case CancelAllOrders(symbol=symbol):
                    return (yield from self._all_cancelled(symbol, asked_ms, timeout_s))
                case _:
                    self.is_hopeless = True
                    return _unknown("there is no question that would tell")
        except _PASSES as error:
            return _unknown(str(error))
        except WoodlotError as error:
            self.is_hopeless = True
            return _unknown(str(error))

    def _order(self, order_id: int | None, client_order_id: int | None, timeout_s: float) -> Steps[OrderRow | None]:
        # "`orderId` wins" (rest-v3 §9.1.2), so it is asked for where both are known.
        handle = None if order_id else client_order_id
        try:
            return (
                yield from self._flow.call(GetOrder(order_id=order_id, client_order_id=handle), timeout_s=timeout_s)
            )
        except NotFound:
            return None

    def _placed(self, call: PlaceOrder, asked_ms: int, timeout_s: float) -> Steps[Resolution]:
        row = yield from self._order(None, call.client_order_id, timeout_s)
        is_ours = row is not None and (row.symbol, row.side) == (call.symbol, call.side)
        return self._found(row, asked_ms, is_ours=is_ours)

    def _algo_placed(self, call: PlaceAlgoOrder, asked_ms: int, timeout_s: float) -> Steps[Resolution]:
        question = GetAlgoOrder(client_algo_order_id=call.client_algo_order_id)
        row: AlgoOrderRow | None = None
        with suppress(NotFound):
            row = yield from self._flow.call(question, timeout_s=timeout_s)
        return self._found(row, asked_ms, is_ours=row is not None and row.symbol == call.symbol)

    def _found(self, row: OrderRow | AlgoOrderRow | None, asked_ms: int, *, is_ours: bool) -> Resolution:
        if row is None:
            return self._absent(asked_ms, Outcome.NOT_PLACED, "the exchange does not show the order")
        if self._is_older(row) or not is_ours:
            # "may be reused after the first completes; lookups by a repeated id hit the latest one" (rest-v3 §7.3).
            return Resolution(Outcome.UNKNOWN, "another order of ours has this client_order_id", row)
        return Resolution(Outcome.PLACED, "the exchange has the order", row)

    def _cancelled(self, row: OrderRow | None, asked_ms: int) -> Resolution:
        if row is None:
            return _unknown("the exchange does not show the order")
        if row.status.is_final:
            return Resolution(Outcome.DONE, f"the order is {row.status}", row)
        return self._absent(asked_ms, Outcome.NOT_DONE, f"the order is still {row.status}", row)

    def _edited(self, call: EditOrder, row: OrderRow | None, asked_ms: int) -> Resolution:
        if row is None:
            return _unknown("the exchange does not show the order")
        if call.price in {None, row.price} and call.quantity in {None, row.quantity}:
            return Resolution(Outcome.DONE, "the order has the new price and quantity", row)
        return self._absent(asked_ms, Outcome.NOT_DONE, f"the order is {row.status} without the edit", row)

    def _all_cancelled(self, symbol: str | None, asked_ms: int, timeout_s: float) -> Steps[Resolution]:
        signed_ms = self._unknown.signed_ms
        if signed_ms is None or asked_ms < signed_ms + self._assumptions.visibility_delay_s * 1000:
            return _unknown("too early: an open order may not be shown yet")
        listing = ByPage(GetOrders(symbol=symbol, status=StatusFilter.INCOMPLETE, size=500))
        unclear: OrderRow | None = None
        while (request := listing.request) is not None:
            for row in listing.take((yield from self._flow.call(request, timeout_s=timeout_s))):
                if self._is_older(row):
                    return self._absent(asked_ms, Outcome.NOT_DONE, "an order older than the call is open", row)
                if row.created_time.ms <= signed_ms:
                    unclear = row
        if unclear is not None:
            return Resolution(Outcome.UNKNOWN, "an order about as old as the call is open", unclear)
        return Resolution(Outcome.DONE, "no order older than the call is open")

    def _is_older(self, row: OrderRow | AlgoOrderRow) -> bool:
        """Whether an order was there before the call, by more than clocks may disagree."""
        signed_ms = self._unknown.signed_ms
        return signed_ms is not None and row.created_time.ms < signed_ms - _CLOCKS_DISAGREE_MS

    def _absent(self, asked_ms: int, outcome: Outcome, seen: str, row: OrderRow | None = None) -> Resolution:
        """Take absence for proof only once nothing can happen any more."""
        window_s = self._assumptions.signature_window_s
        if window_s is None or self._unknown.signed_ms is None or not self._flow.server_time.is_known:
            return Resolution(Outcome.UNKNOWN, seen, row)
        over_ms = self._unknown.signed_ms + (window_s + self._assumptions.visibility_delay_s) * 1000
        if asked_ms <= over_ms:
            return Resolution(Outcome.UNKNOWN, f"{seen}; its signature is still valid", row)
        return Resolution(outcome, f"{seen}, and its signature has run out", row)


def _unknown(reason: str) -> Resolution:
    return Resolution(Outcome.UNKNOWN, reason)
