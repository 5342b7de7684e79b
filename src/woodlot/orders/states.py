"""This file is the states of an order and the one table that says where each arrival leads.

A state is what the exchange has let us know. What we have asked for and not yet heard of, a cancel or an amend, is a
wish beside the state and not a state: a partly filled order may have both wishes pending while it fills on, and the
product of the three would hide the rule that matters, that a wish never changes what the order is.

States only climb: intended, unknown or not placed; acknowledged; working; partly filled; rejected; cancelled; filled.
That is why reports may come late, twice or in any order: the highest one heard wins. Not placed is the one final state
that gives way: it rests on the exchange's silence, and a report is better evidence.
"""

from enum import StrEnum
from typing import NamedTuple

from woodlot.wire.enums import OrderStatus


class OrderState(StrEnum):
    INTENDED = "INTENDED"
    """Written down, on its way; no answer yet."""
    UNKNOWN = "UNKNOWN"
    """Sent, and the answer never came."""
    NOT_PLACED = "NOT_PLACED"
    """Never left, or the exchange was asked and does not have it."""
    ACKNOWLEDGED = "ACKNOWLEDGED"
    """The exchange took it and gave it an id."""
    WORKING = "WORKING"
    """In the book, nothing filled."""
    PARTLY_FILLED = "PARTLY_FILLED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    """Cancelled by anyone, perhaps after fills."""
    REJECTED = "REJECTED"
    """Refused by the call or by the engine after it."""

    @property
    def is_final(self) -> bool:
        return self in _FINAL


_FINAL = frozenset({OrderState.NOT_PLACED, OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED})


class News(StrEnum):
    """What can arrive for an order."""

    # The call that places it.
    INTENDED = "intended"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    LOST = "answer lost"
    ABSENT = "not at the exchange"
    # A status, by report or poll, and a fill by itself.
    NEW = "new"
    REPLACED = "replaced"
    PARTIAL_FILLED = "partly filled"
    FILL = "fill"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    STRANGE_STATUS = "unknown status"
    # Message types 1, 2, 3 and those nobody knows.
    EDIT_REFUSED = "edit refused"
    CANCEL_REFUSED = "cancel refused"
    CANCEL_ALL_REFUSED = "cancel-all refused"
    STRANGE_MESSAGE = "unknown message type"
    # The calls that cancel or amend it.
    CANCEL_ASKED = "cancel asked"
    CANCEL_SENT = "cancel sent"
    CANCEL_DENIED = "cancel denied"
    CANCEL_LOST = "cancel answer lost"
    AMEND_ASKED = "amend asked"
    AMEND_SENT = "amend sent"
    AMEND_DENIED = "amend denied"
    AMEND_LOST = "amend answer lost"


class Row(NamedTuple):
    """Where it leads, and whether REST has to be asked what is really so."""

    state: OrderState
    ask: bool = False


def after(state: OrderState, news: News) -> Row:
    """Return the row of the table; there is one for every pair."""
    return TRANSITIONS[state, news]


def news_of(status: OrderStatus) -> News:
    """Name a status of the exchange as an arrival; one that is not known stays unguessed."""
    return _STATUSES.get(status, News.STRANGE_STATUS)


_STATUSES = {
    OrderStatus.NEW: News.NEW,
    OrderStatus.REPLACED: News.REPLACED,
    OrderStatus.PARTIAL_FILLED: News.PARTIAL_FILLED,
    OrderStatus.FILLED: News.FILLED,
    OrderStatus.CANCELLED: News.CANCELLED,
    OrderStatus.REJECTED: News.REJECTED,
}

MESSAGE_TYPES = {1: News.EDIT_REFUSED, 2: News.CANCEL_REFUSED, 3: News.CANCEL_ALL_REFUSED}
"""The message types of a report that are not steps of the order (websocket-v3 §9.1.2)."""

_I, _U, _N, _A, _W, _P, _F, _C, _R = (
    Row(OrderState.INTENDED),
    Row(OrderState.UNKNOWN),
    Row(OrderState.NOT_PLACED),
    Row(OrderState.ACKNOWLEDGED),
    Row(OrderState.WORKING),
    Row(OrderState.PARTLY_FILLED),
    Row(OrderState.FILLED),
    Row(OrderState.CANCELLED),
    Row(OrderState.REJECTED),
)
# The same, and ask.
_IQ, _UQ, _NQ, _AQ, _WQ, _PQ, _FQ, _CQ, _RQ = (Row(row.state, ask=True) for row in (_I, _U, _N, _A, _W, _P, _F, _C, _R))

_STAY = (_I, _U, _N, _A, _W, _P, _F, _C, _R)
# "resolve the pending cancel or edit with rs, then check the order by REST" (websocket-v3 §9.1.2).
_STAY_AND_ASK = (_IQ, _UQ, _NQ, _AQ, _WQ, _PQ, _F, _C, _R)

# fmt: off
_BY_NEWS: dict[News, tuple[Row, ...]] = {
    # what arrived            INTD UNKN NOTP ACKD WORK PART FILL CANC REJD   the state it meets
    # Tells that it exists; the same client order id again is another order.
    News.INTENDED:           _STAY,
    News.ACKNOWLEDGED:       (_A,  _A,  _A,  _A,  _W,  _P,  _F,  _C,  _R),
    # A refusal of what is unknown may be of a second try (302117 says that the first is open): no proof.
    News.REFUSED:            (_R,  _UQ, _N,  _AQ, _WQ, _PQ, _F,  _C,  _R),
    News.NOT_SENT:           (_N,  _UQ, _N,  _AQ, _W,  _P,  _F,  _C,  _R),
    # A report has told more than the reply would have.
    News.LOST:               (_UQ, _UQ, _UQ, _A,  _W,  _P,  _F,  _C,  _R),
    # The request may still be on its way; an order that was seen is not unseen because REST lags.
    News.ABSENT:             (_I,  _N,  _N,  _A,  _W,  _P,  _F,  _C,  _R),
    News.NEW:                (_W,  _W,  _W,  _W,  _W,  _P,  _F,  _C,  _R),
    News.REPLACED:           (_W,  _W,  _W,  _W,  _W,  _P,  _F,  _C,  _R),
    News.PARTIAL_FILLED:     (_P,  _P,  _P,  _P,  _P,  _P,  _F,  _C,  _R),
    # A fill after a final status is booked and leaves the status as it is (websocket-v3 §10); the totals then ask.
    News.FILL:               (_P,  _P,  _P,  _P,  _P,  _P,  _F,  _C,  _RQ),
    # Two final statuses contradict each other: the fuller one stands until REST is asked.
    News.FILLED:             (_F,  _F,  _F,  _F,  _F,  _F,  _F,  _FQ, _FQ),
    News.CANCELLED:          (_C,  _C,  _C,  _C,  _C,  _C,  _FQ, _C,  _CQ),
    News.REJECTED:           (_R,  _R,  _R,  _R,  _R,  _RQ, _FQ, _CQ, _R),
    # It exists, or nobody would speak of it; more is not guessed.
    News.STRANGE_STATUS:     (_AQ, _AQ, _AQ, _AQ, _WQ, _PQ, _FQ, _CQ, _RQ),
    News.EDIT_REFUSED:       _STAY_AND_ASK,
    News.CANCEL_REFUSED:     _STAY_AND_ASK,
    News.CANCEL_ALL_REFUSED: _STAY_AND_ASK,
    News.STRANGE_MESSAGE:    _STAY_AND_ASK,
    News.CANCEL_ASKED:       _STAY,
    News.CANCEL_SENT:        _STAY,
    News.CANCEL_DENIED:      _STAY_AND_ASK,
    News.CANCEL_LOST:        _STAY_AND_ASK,
    News.AMEND_ASKED:        _STAY,
    News.AMEND_SENT:         _STAY,
    News.AMEND_DENIED:       _STAY_AND_ASK,
    News.AMEND_LOST:         _STAY_AND_ASK,
}
# fmt: on

TRANSITIONS: dict[tuple[OrderState, News], Row] = {
    (state, news): row for news, rows in _BY_NEWS.items() for state, row in zip(OrderState, rows, strict=True)
}
