"""This file is the gate that no order can pass by: only it makes an `Admitted`, and nothing else is sent.

Cancels always pass. Everything that makes or changes an order is held to the limits, and to the kill switch. A refusal
is an error with the control's name, counted; nothing was written down and nothing was sent.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from woodlot.clock import Clock
from woodlot.desk.controls import CONTROLS, Case, Facts, Past, Wanted
from woodlot.desk.limits import Limits
from woodlot.desk.meters import Meter, meters_of
from woodlot.errors import GateRefused, TradingStopped
from woodlot.orders.order import TrackedOrder
from woodlot.wire.algo import EditAlgoOrder, PlaceAlgoOrder
from woodlot.wire.answer import Answer
from woodlot.wire.enums import OrderType, OrderTypeWord
from woodlot.wire.request import Request
from woodlot.wire.trade import EditOrder, PlaceOrder

log = logging.getLogger(__name__)

AnswerT = TypeVar("AnswerT", bound=Answer)
KILL_SWITCH = "kill switch"


@dataclass(frozen=True, slots=True)
class Admitted(Generic[AnswerT]):
    """A request that may be sent. Only the gate makes one."""

    request: Request[AnswerT]


class Gate:
    """Hold every order to the limits. `violations` counts the refusals by control."""

    def __init__(
        self,
        limits: Limits,
        *,
        facts: Facts,
        environment: str,
        clock: Clock,
        told: Callable[[GateRefused], None] = lambda _: None,
    ) -> None:
        self.limits = limits
        self.violations: Counter[str] = Counter()
        self.stopped_because: str | None = None
        self._facts = facts
        self._environment = environment
        self._clock = clock
        self._told = told
        self._past = Past()

    def admit(self, request: Request[AnswerT]) -> Admitted[AnswerT]:
        """Let a request pass. Raises GateRefused for the first control it breaks, TradingStopped by the kill switch."""
        wanted = self._wanted(request)
        if wanted is None:
            return Admitted(request)
        if self.stopped_because is not None:
            problem = f"trading is stopped: {self.stopped_because}"
            raise self._counted(TradingStopped(KILL_SWITCH, problem, symbol=wanted.symbol))
        now_s = self._clock.monotonic_s()
        case = Case(wanted, self.limits, self._facts, self._past, self._environment, now_s)
        for name, control in CONTROLS.items():
            if (problem := control(case)) is not None:
                raise self._counted(GateRefused(name, problem, symbol=wanted.symbol))
        self._past.remember(wanted, now_s)
        return Admitted(request)

    def meters(self, symbol: str) -> tuple[Meter, ...]:
        """Return how near the limits are for an order of this symbol."""
        now_s = self._clock.monotonic_s()
        return meters_of(self.limits, facts=self._facts, past=self._past, symbol=symbol, now_s=now_s)

    def _counted(self, refusal: GateRefused) -> GateRefused:
        self.violations[refusal.control] += 1
        refusal.count = self.violations[refusal.control]
        # A program gone wild is told of in a few lines, not in as many as it has orders.
        if refusal.count.bit_count() == 1:
            log.warning("%s", refusal)
        self._told(refusal)
        return refusal

    def _wanted(self, request: Request[Any]) -> Wanted | None:
        """Return what a request would bring about; None for those that neither make nor change an order."""
        match request:
            case PlaceOrder():
                return _placed(request)
            case PlaceAlgoOrder():
                return _algo(request)
            case EditOrder():
                known = self._facts.find(order_id=request.order_id, client_order_id=request.client_order_id)
                return _edited(request, known)
            case EditAlgoOrder():
                price = _number(request.price if request.price is not None else request.trigger_price)
                return Wanted("", None, "ALGO", price, _number(request.quantity), is_new=False)
            case _:
                return None


def _placed(order: PlaceOrder) -> Wanted:
    return Wanted(
        order.symbol,
        order.side,
        order.type.value,
        None if order.type is OrderType.MARKET else _number(order.price),
        _number(order.quantity),
        amount=_number(order.amount),
        tag=order.order_tag or "",
    )


def _algo(order: PlaceAlgoOrder) -> Wanted:
    price = _number(order.price if order.price is not None else order.trigger_price)
    quantity, tag = _number(order.quantity), order.algo_order_tag or ""
    return Wanted(order.symbol, order.side, order.algo_type.value, price, quantity, tag=tag)


def _edited(edit: EditOrder, known: TrackedOrder | None) -> Wanted:
    price, quantity = _number(edit.price), _number(edit.quantity)
    if known is None:
        return Wanted("", None, "EDIT", price, quantity, is_new=False)
    if price is None and known.type is not OrderTypeWord.MARKET:
        price = known.price
    if quantity is None:
        quantity = known.quantity
    return Wanted(
        known.symbol, known.side, known.type.value, price, quantity, is_new=False, already=known.remaining or Decimal(0)
    )


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)
