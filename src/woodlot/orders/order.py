"""This file is one order of ours as it is known now: a value, replaced by the next one at every step."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from woodlot.orders.evidence import Evidence, Source, Standing
from woodlot.orders.states import News, OrderState, after, news_of
from woodlot.orders.wish import Wish, resolved
from woodlot.wire.enums import OrderStatus, OrderTypeWord, PositionSide, Side
from woodlot.wire.trade import PlaceOrder
from woodlot.wire.value import Value

HISTORY_LIMIT = 100
"""Steps an order remembers; at the bound the oldest but the first goes."""


class Step(Value):
    """One thing that happened to an order, where it was learned, and the state it led to."""

    at_ms: int
    source: Source
    news: News
    state: OrderState
    note: str = ""


class TrackedOrder(Value):
    """One order as it is known now.

    `reported_quantity` is the exchange's total, `booked_quantity` the sum of distinct fills seen; they agree unless a
    fill is missing (`missing_quantity`). `fees` are summed from the fills. `foreign` means it was placed elsewhere.
    `status` and `reason` are the exchange's last words.
    """

    symbol: str
    side: Side
    type: OrderTypeWord
    client_order_id: int | None = None
    order_id: int | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    amount: Decimal | None = None
    state: OrderState = OrderState.INTENDED
    status: OrderStatus | None = None
    reason: str = ""
    cancel_wish: Wish | None = None
    amend_wish: Wish | None = None
    reported_quantity: Decimal = Decimal(0)
    reported_average: Decimal | None = None
    booked_quantity: Decimal = Decimal(0)
    booked_notional: Decimal = Decimal(0)
    fees: Mapping[str, Decimal] = {}
    trade_ids: tuple[int, ...] = ()
    foreign: bool = False
    created_ms: int | None = None
    position_side: PositionSide | None = None
    standing: Standing = Standing()
    history: tuple[Step, ...] = ()

    @property
    def is_final(self) -> bool:
        return self.state.is_final

    @property
    def filled_quantity(self) -> Decimal:
        return max(self.reported_quantity, self.booked_quantity)

    @property
    def missing_quantity(self) -> Decimal:
        """What the exchange says was filled and no fill has shown yet."""
        return max(Decimal(0), self.reported_quantity - self.booked_quantity)

    @property
    def average_price(self) -> Decimal | None:
        """The exchange's average where it is up to date, else that of the fills seen; None before the first."""
        if self.reported_average is not None and self.reported_quantity >= self.booked_quantity:
            return self.reported_average
        return self.booked_notional / self.booked_quantity if self.booked_quantity else None

    @property
    def remaining(self) -> Decimal | None:
        """What may still fill. None where it cannot be told: an open order by amount, or a market order.

        "Do not compute the remaining quantity as `sx - tesx` on market orders" (websocket-v3 §9.1.4).
        """
        if self.is_final:
            return Decimal(0)
        if self.type is OrderTypeWord.MARKET or self.quantity is None:
            return None
        return max(Decimal(0), self.quantity - self.filled_quantity)

    @classmethod
    def intended(cls, order: PlaceOrder, *, at_ms: int) -> "TrackedOrder":
        """Start from what is about to be sent; it carries a client order id."""
        if not order.client_order_id:
            raise ValueError("an order is tracked by its client_order_id from the first moment; give it one")
        return cls(
            symbol=order.symbol,
            side=order.side,
            type=OrderTypeWord(order.type.value),
            client_order_id=order.client_order_id,
            price=_decimal(order.price),
            quantity=_decimal(order.quantity),
            amount=_decimal(order.amount),
            created_ms=at_ms,
            position_side=order.position_side,
            history=(Step(at_ms=at_ms, source=Source.INTENT, news=News.INTENDED, state=OrderState.INTENDED),),
        )

    @classmethod
    def adopted(cls, evidence: Evidence) -> "TrackedOrder | None":
        """Start from a description of an order placed elsewhere; None if it tells too little."""
        if evidence.side is None or evidence.type is None or evidence.status is None:
            return None
        return cls(
            symbol=evidence.symbol,
            side=evidence.side,
            type=evidence.type,
            client_order_id=evidence.client_order_id,
            state=OrderState.ACKNOWLEDGED,
            foreign=True,
            position_side=evidence.position_side,
        )

    @property
    def handle(self) -> int | None:
        """Ours, by which it can be asked for before the exchange's id is known."""
        return self.client_order_id

    def step(self, news: News, *, at_ms: int, source: Source, note: str = "", **changes: Any) -> "Heard":
        """Return what the order is after `news`, with the other `changes`, and whether to ask REST."""
        row = after(self.state, news)
        order = msgspec.structs.replace(self, state=row.state, **changes)
        order = msgspec.structs.replace(order, **resolved(news, is_over=order.is_final))
        if _is_same(self, order):
            return Heard(order=order, ask=row.ask, changed=False)
        step = Step(at_ms=at_ms, source=source, news=news, state=row.state, note=note)
        return Heard(order=msgspec.structs.replace(order, history=extended(self.history, step)), ask=row.ask)

    def hear(self, evidence: Evidence, *, at_ms: int, **fills: Any) -> "Heard":
        """Return what the order is after a description of it, with what its `fills` add up to.

        A late description still raises the total and still climbs the states; price, quantity, average and status
        are those of the latest one. A poll is itself the answer and asks nothing more.
        """
        changes = fills | self._identity(evidence) | self._totals(evidence) | self._terms(evidence)
        changes |= self._wishes(evidence)
        heard = self._after_fills(evidence).step(
            self._news(evidence), at_ms=at_ms, source=evidence.source, note=_note(evidence), **changes
        )
        return msgspec.structs.replace(heard, ask=heard.ask and evidence.source is not Source.POLL)

    def _after_fills(self, evidence: Evidence) -> "TrackedOrder":
        # A status that says nothing of fills, such as NEW, REPLACED or an unknown one, may come with a total.
        if evidence.total_quantity <= self.reported_quantity:
            return self
        return msgspec.structs.replace(self, state=after(self.state, News.FILL).state)

    def _news(self, evidence: Evidence) -> News:
        if evidence.status is None:
            return News.STRANGE_STATUS
        is_repeated = evidence.standing == self.standing and evidence.status == self.status
        if evidence.status is OrderStatus.REPLACED and (is_repeated or evidence.standing < self.standing):
            # It may be the answer to an earlier amend: it only says that the order is open.
            return News.NEW
        return news_of(evidence.status)

    def _identity(self, evidence: Evidence) -> dict[str, Any]:
        return {
            "order_id": self.order_id or evidence.order_id or None,
            "client_order_id": self.client_order_id or evidence.client_order_id,
            "created_ms": self.created_ms if self.created_ms is not None else evidence.created_ms,
            "amount": evidence.amount if self.foreign and evidence.amount else self.amount,
        }

    def _totals(self, evidence: Evidence) -> dict[str, Any]:
        if evidence.total_quantity < self.reported_quantity:
            return {}
        is_more = evidence.total_quantity > self.reported_quantity
        known = None if is_more else self.reported_average
        return {
            "reported_quantity": evidence.total_quantity,
            "reported_average": evidence.average_price or known,
        }

    def _wishes(self, evidence: Evidence) -> dict[str, Any]:
        cleared: dict[str, Any] = {}
        is_latest = evidence.standing >= self.standing
        if is_latest and self.amend_wish is not None and self.amend_wish.is_met_by(evidence):
            cleared["amend_wish"] = None
        if evidence.source is Source.POLL:
            wishes = {"cancel_wish": self.cancel_wish, "amend_wish": self.amend_wish}
            cleared |= {name: None for name, wish in wishes.items() if wish and wish.has_run_out(evidence.ts_ms)}
        return cleared

    def _terms(self, evidence: Evidence) -> dict[str, Any]:
        if evidence.standing < self.standing:
            return {}
        return {
            "standing": evidence.standing,
            "status": evidence.status or self.status,
            "reason": evidence.reason or self.reason,
            "price": evidence.price or self.price,
            "quantity": evidence.quantity or self.quantity,
        }


class Heard(Value):
    """An order after a step, whether anything about it is different, and whether REST has to be asked."""

    order: TrackedOrder
    ask: bool
    changed: bool = True


def _is_same(before: TrackedOrder, now: TrackedOrder) -> bool:
    """Whether anything but the age of the knowledge differs."""
    return msgspec.structs.replace(now, standing=before.standing) == before


def extended(history: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    """Return a history with one more step; at the bound the oldest but the first goes."""
    if len(history) < HISTORY_LIMIT:
        return (*history, step)
    return (history[0], *history[2:], step)


def _note(evidence: Evidence) -> str:
    if evidence.status is not None and not evidence.status.is_known:
        return f"status {evidence.status}"
    return evidence.reason


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)
