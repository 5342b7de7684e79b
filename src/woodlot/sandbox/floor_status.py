"""This file is what is open: whether the exchange works, which symbols are listed, and which of them trade.

A scenario changes it. It stands in the gate, so that every caller sees the same; the exchange behind it knows nothing
of it.
"""

from typing import Any, TypeVar

import msgspec

from woodlot.sandbox.refusal import Refusal, refusal
from woodlot.wire.answer import Answer, Time
from woodlot.wire.public import Instruments, InstrumentStatus, SystemInfo
from woodlot.wire.request import Request

AnswerT = TypeVar("AnswerT", bound=Answer)

_MAINTENANCE_MS = 600_000


class FloorStatus:
    """Everything is open until it is said otherwise."""

    def __init__(self) -> None:
        self.in_maintenance = False
        self.hidden: set[str] = set()
        self.statuses: dict[str, InstrumentStatus] = {}

    def check(self, request: Request[Any], *, moves: bool) -> None:
        """Refuse what cannot be asked or done now; `moves` says that it would change something. Raises Refusal."""
        if self.in_maintenance and request.endpoint.signed:
            raise Refusal(-1011, "The system is under maintenance.")
        symbol = getattr(request, "symbol", None)
        if symbol in self.hidden:
            # The wire shows the public one without a code (rest-v3 §5.2).
            raise (
                refusal(317155, symbol=symbol) if request.endpoint.signed else Refusal(None, f"invalid symbol {symbol}")
            )
        if moves and self.statuses.get(symbol or "", InstrumentStatus.TRADING) is not InstrumentStatus.TRADING:
            _, base, quote = str(symbol).split("_")
            raise refusal(317157, base=base, quote=quote)

    def shown(self, answer: AnswerT, *, now_ms: int) -> AnswerT:
        """Say what is open in the answers that tell."""
        match answer:
            case SystemInfo() if self.in_maintenance:
                until = Time.at(now_ms + _MAINTENANCE_MS)
                message = "The system is under maintenance."
                return msgspec.structs.replace(answer, status=2, msg=message, estimated_end_time=until)
            case Instruments() if self.hidden or self.statuses:
                rows = tuple(
                    msgspec.structs.replace(row, status=self.statuses.get(row.symbol, row.status))
                    for row in answer.rows
                    if row.symbol not in self.hidden
                )
                return msgspec.structs.replace(answer, rows=rows)
            case _:
                return answer
