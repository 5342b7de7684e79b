"""This file is what goes wrong around orders: acknowledged and refused later, done and not shown yet."""

from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import msgspec

from woodlot.sandbox.faults import Faults
from woodlot.sandbox.handlers import Venue
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.answer import Answer
from woodlot.wire.request import Request
from woodlot.wire.trade import (
    CancelAck,
    CancelAllOrders,
    CancelOrder,
    EditAck,
    EditOrder,
    OrderRow,
    OrderRows,
    TransactionRows,
)

AnswerT = TypeVar("AnswerT", bound=Answer)

_REASON = "The request was refused by the matching engine."


@dataclass(frozen=True, slots=True)
class LateRefusal:
    """A report of `mt` 1, 2 or 3 that has to be pushed."""

    account_id: str
    data: dict[str, Any]


# "1 edit request rejected, 2 cancel request rejected, 3 cancel-all request rejected" (websocket-v3 §9.1.2).
_MESSAGE_TYPES: Final[dict[type[Request[Any]], int]] = {EditOrder: 1, CancelOrder: 2, CancelAllOrders: 3}
_ACKS: Final[dict[int, Answer]] = {
    1: EditAck(status="EDIT_SENT"),
    2: CancelAck(status="CANCEL_SENT"),
    3: CancelAck(status="CANCEL_ALL_SENT"),
}


class OrderFaults:
    """Stand between the gate and the handlers."""

    def __init__(self, faults: Faults, *, venue: Venue, quirks: Quirks) -> None:
        self._faults = faults
        self._venue = venue
        self._quirks = quirks
        self._late: list[LateRefusal] = []

    def refuse_later(self, request: Request[Any], account_id: str) -> Answer | None:
        """Acknowledge an edit or a cancel that will not be done, or return None."""
        kind = _MESSAGE_TYPES.get(type(request))
        endpoint = request.endpoint
        if kind is None or not self._faults.strike(
            "orders.refused-later", subject=f"{endpoint.method}:{endpoint.path}"
        ):
            return None
        self._late.append(LateRefusal(account_id, self._report(kind, cast("EditOrder", request), account_id)))
        return _ACKS[kind]

    def take(self) -> list[LateRefusal]:
        late, self._late = self._late, []
        return late

    def shown(self, answer: AnswerT) -> AnswerT:
        """Leave out of an answer what REST does not show yet. Raises Refusal when that is all of it."""
        hidden = self._faults.holds("orders.hidden")
        if hidden is None:
            return answer
        since_ms = self._venue.clock.now_ms() - hidden.length_ms
        match answer:
            case OrderRow() if answer.created_time.ms > since_ms:
                raise Refusal(-1006, "The order can not be found.")
            case OrderRows():
                rows = tuple(row for row in answer.rows if row.created_time.ms <= since_ms)
                return msgspec.structs.replace(answer, rows=rows)
            case TransactionRows():
                rows = tuple(row for row in answer.rows if row.executed_timestamp.ms <= since_ms)
                return msgspec.structs.replace(answer, rows=rows)
            case _:
                return answer

    def _report(self, kind: int, request: EditOrder, account_id: str) -> dict[str, Any]:
        now_ms = self._venue.clock.now_ms()
        if kind == 3:
            return {"mt": kind, "s": getattr(request, "symbol", None) or "", "rs": _REASON, "ts": now_ms}
        row = self._venue.exchange.order(account_id, order_id=request.order_id, client_order_id=request.client_order_id)
        report = {
            "mt": kind,
            "s": row.symbol,
            "oid": row.order_id,
            "cid": row.client_order_id or 0,
            "rs": _REASON,
            "ts": now_ms,
        }
        return report if self._quirks.refusal_report == "short" else _in_full(row) | report


def _in_full(row: OrderRow) -> dict[str, Any]:
    """Spell what a report of the order as it stands would hold."""
    return {
        "t": str(row.type),
        "sd": str(row.side),
        "ps": "BOTH",
        "sx": str(row.quantity or 0),
        "px": str(row.price or 0),
        "tid": 0,
        "esx": "0",
        "epx": "0",
        "tesx": str(row.executed),
        "ss": str(row.status),
    }
