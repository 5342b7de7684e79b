"""This file is one algo order of ours as it is known now: a root, perhaps legs, and the states of each.

Root and legs take the states of an ordinary order, by the same table (`orders.states`): what waits for its price is
WORKING, and its FILLED is that of the order it became. How those orders are called is not documented (websocket-v3
§9.2), so their executions are told under the ids the exchange gives them, like those of any order placed elsewhere.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from woodlot.orders.algo_evidence import AlgoEvidence
from woodlot.orders.evidence import Source, Standing
from woodlot.orders.order import Step, extended
from woodlot.orders.states import News, OrderState, after, news_of
from woodlot.orders.wish import Wish, resolved
from woodlot.wire.algo import AlgoAckRow, PlaceAlgoOrder
from woodlot.wire.enums import Side
from woodlot.wire.value import Value

_WITH_LEGS = frozenset({"OCO", "BRACKET", "STOP_BRACKET", "TP_SL", "POSITIONAL_TP_SL"})
# What trades by ordinary orders from the start, or only closes what there is.
_NEVER_WAITS_TO_BUILD_UP = frozenset({"OCO", "BRACKET", "TP_SL", "POSITIONAL_TP_SL"})
_NOTHING = Decimal(0)


class AlgoLeg(Value):
    """One leg; `filled_quantity` and `average_price` are those of the order it became."""

    algo_order_id: int
    algo_type: str
    parent_algo_order_id: int = 0
    side: Side | None = None
    type: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    state: OrderState = OrderState.ACKNOWLEDGED
    is_triggered: bool = False
    filled_quantity: Decimal = _NOTHING
    average_price: Decimal | None = None
    reason: str = ""
    standing: Standing = Standing()


class AlgoOrder(Value):
    """One algo order as it is known now. Its ids are algo ids, a number space of their own (rest-v3 §7.3).

    `order_id` is the root's. `state` is the root's too; the whole is over (`is_final`) when no leg can act any more.
    `foreign` means it was placed elsewhere.
    """

    symbol: str
    algo_type: str
    side: Side | None = None
    type: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    reduce_only: bool = False
    client_order_id: int | None = None
    order_id: int | None = None
    state: OrderState = OrderState.INTENDED
    legs: Mapping[int, AlgoLeg] = {}
    knows_its_legs: bool = False
    reason: str = ""
    cancel_wish: Wish | None = None
    amend_wish: Wish | None = None
    foreign: bool = False
    created_ms: int | None = None
    history: tuple[Step, ...] = ()

    @property
    def handle(self) -> int | None:
        """Ours, by which it can be asked for before the exchange's id is known."""
        return self.client_order_id

    @property
    def root(self) -> AlgoLeg | None:
        """The leg that is the order itself; None until the exchange has spoken of it."""
        return self.legs.get(self.order_id or 0)

    @property
    def is_triggered(self) -> bool:
        """Whether the order, or a leg of it, has met its price."""
        return any(leg.is_triggered for leg in self.legs.values())

    @property
    def filled_quantity(self) -> Decimal:
        """What the root's own order has filled; a leg has its own."""
        return _NOTHING if self.root is None else self.root.filled_quantity

    @property
    def average_price(self) -> Decimal | None:
        return None if self.root is None else self.root.average_price

    @property
    def is_final(self) -> bool:
        """Whether it is over, with every leg that could still act: a filled bracket is not while its exits wait."""
        if not self.state.is_final:
            return False
        if self.state is OrderState.FILLED and self.algo_type in _WITH_LEGS and not self.knows_its_legs:
            return False
        return not self.waiting_legs

    @property
    def waiting_legs(self) -> tuple[AlgoLeg, ...]:
        """The legs below the root that are not over."""
        # What was cancelled before it traded has nothing for its legs to close, whether or not that is said of each.
        ended_bare = self.state in {OrderState.CANCELLED, OrderState.REJECTED} and not self.filled_quantity
        return tuple(
            leg
            for number, leg in self.legs.items()
            if number != self.order_id and not leg.state.is_final and (leg.is_triggered or not ended_bare)
        )

    @property
    def waiting_quantity(self) -> Decimal:
        """What it would build up once it triggers, as long as no ordinary order of the exchange's stands for it."""
        is_waiting = not (self.state.is_final or self.is_triggered or self.reduce_only)
        if not is_waiting or self.algo_type in _NEVER_WAITS_TO_BUILD_UP:
            return _NOTHING
        return self.quantity or _NOTHING

    @classmethod
    def intended(cls, order: PlaceAlgoOrder, *, at_ms: int) -> "AlgoOrder":
        """Start from what is about to be sent; it carries a client algo order id."""
        if not order.client_algo_order_id:
            raise ValueError("an algo order is followed by its client_algo_order_id from the first moment; give it one")
        return cls(
            symbol=order.symbol,
            algo_type=order.algo_type.value,
            side=order.side,
            type=None if order.type is None else order.type.value,
            quantity=_decimal(order.quantity),
            price=_decimal(order.price),
            trigger_price=_decimal(order.trigger_price),
            reduce_only=bool(order.reduce_only),
            client_order_id=order.client_algo_order_id,
            created_ms=at_ms,
            history=(Step(at_ms=at_ms, source=Source.INTENT, news=News.INTENDED, state=OrderState.INTENDED),),
        )

    @classmethod
    def adopted(cls, evidence: AlgoEvidence) -> "AlgoOrder":
        """Start from a description of an order placed elsewhere."""
        return cls(
            symbol=evidence.symbol,
            algo_type=evidence.algo_type if evidence.is_root else "",
            order_id=evidence.root_id,
            state=OrderState.ACKNOWLEDGED,
            foreign=True,
        )

    def taken(self, rows: Iterable[AlgoAckRow], *, at_ms: int) -> "AlgoHeard":
        """Return what the order is once the exchange has taken it: "root last" (rest-v3 §9.2.1)."""
        named = tuple(rows)
        root_id = named[-1].algo_order_id if named else self.order_id
        legs = {
            row.algo_order_id: AlgoLeg(
                algo_order_id=row.algo_order_id,
                algo_type=str(row.algo_type),
                parent_algo_order_id=0 if row.algo_order_id == root_id else root_id or 0,
                quantity=row.quantity,
            )
            for row in named
        }
        return self.step(
            News.ACKNOWLEDGED,
            at_ms=at_ms,
            source=Source.REPLY,
            order_id=root_id,
            legs=legs | dict(self.legs),
            knows_its_legs=self.knows_its_legs or len(named) > 1,
        )

    def step(self, news: News, *, at_ms: int, source: Source, note: str = "", **changes: Any) -> "AlgoHeard":
        """Return what the order is after `news`, with the other `changes`, and whether to ask REST."""
        row = after(self.state, news)
        order = msgspec.structs.replace(self, state=row.state, **changes)
        order = msgspec.structs.replace(order, **resolved(news, is_over=order.is_final))
        if _bare(order) == _bare(self):
            return AlgoHeard(order=order, ask=row.ask, changed=False)
        step = Step(at_ms=at_ms, source=source, news=news, state=row.state, note=note)
        return AlgoHeard(order=msgspec.structs.replace(order, history=extended(self.history, step)), ask=row.ask)

    def hear(self, evidence: AlgoEvidence, *, at_ms: int) -> "AlgoHeard":
        """Return what the order is after a description of one leg. A poll is itself the answer and asks nothing."""
        known = self.legs.get(evidence.leg_id)
        leg, ask = _leg_after(known, evidence)
        changes: dict[str, Any] = {
            "order_id": self.order_id or evidence.root_id,
            "legs": {**self.legs, leg.algo_order_id: leg},
            "knows_its_legs": self.knows_its_legs or evidence.source is Source.POLL,
        }
        is_latest = known is None or evidence.standing >= known.standing
        if evidence.is_root:
            changes |= self._root_facts(evidence, is_latest=is_latest)
        status = evidence.status if evidence.is_root else evidence.root_status
        heard = self.step(
            News.STRANGE_STATUS if status is None else news_of(status),
            at_ms=at_ms,
            source=evidence.source,
            note=evidence.reason if status is None or status.is_known else f"status {status}",
            **changes | self._wishes(evidence, is_latest=is_latest),
        )
        return msgspec.structs.replace(heard, ask=(heard.ask or ask) and evidence.source is not Source.POLL)

    def _root_facts(self, evidence: AlgoEvidence, *, is_latest: bool) -> dict[str, Any]:
        facts: dict[str, Any] = {
            # A STOP reads back as TAKE_PROFIT or STOP_LOSS (rest-v3 §9.2.5): what was asked for stays.
            "algo_type": self.algo_type or evidence.algo_type,
            "side": self.side or evidence.side,
            "type": self.type or evidence.type,
            "client_order_id": self.client_order_id or evidence.client_order_id,
            "reduce_only": self.reduce_only or evidence.reduce_only,
            "created_ms": self.created_ms if self.created_ms is not None else evidence.created_ms,
        }
        if is_latest:
            facts |= {
                "quantity": evidence.quantity or self.quantity,
                "price": evidence.price or self.price,
                "trigger_price": evidence.trigger_price or self.trigger_price,
                "reason": evidence.reason or self.reason,
            }
        return facts

    def _wishes(self, evidence: AlgoEvidence, *, is_latest: bool) -> dict[str, Any]:
        wishes = {"cancel_wish": self.cancel_wish, "amend_wish": self.amend_wish}
        cleared: dict[str, Any] = {}
        if evidence.source is Source.POLL:
            cleared |= {name: None for name, wish in wishes.items() if wish and wish.has_run_out(evidence.ts_ms)}
        is_amended = evidence.is_root and is_latest and self.amend_wish is not None
        if is_amended and self.amend_wish is not None and self.amend_wish.is_met_by(evidence):
            cleared["amend_wish"] = None
        return cleared


class AlgoHeard(Value):
    """An algo order after a step, whether anything about it is different, and whether REST has to be asked."""

    order: AlgoOrder
    ask: bool
    changed: bool = True


def _leg_after(known: AlgoLeg | None, evidence: AlgoEvidence) -> tuple[AlgoLeg, bool]:
    """Return the leg as a description leaves it: a late one still climbs the states, the latest sets the terms."""
    leg = known or AlgoLeg(algo_order_id=evidence.leg_id, algo_type=evidence.algo_type)
    news = News.STRANGE_STATUS if evidence.status is None else news_of(evidence.status)
    row = after(leg.state, news)
    leg = msgspec.structs.replace(
        leg,
        state=row.state,
        is_triggered=leg.is_triggered or evidence.is_triggered,
        filled_quantity=max(leg.filled_quantity, evidence.total_quantity),
    )
    if evidence.standing < leg.standing:
        return leg, row.ask
    return msgspec.structs.replace(
        leg,
        parent_algo_order_id=evidence.parent_id,
        side=evidence.side or leg.side,
        type=evidence.type or leg.type,
        quantity=evidence.quantity or leg.quantity,
        price=evidence.price or leg.price,
        trigger_price=evidence.trigger_price or leg.trigger_price,
        average_price=evidence.average_price or leg.average_price,
        reason=evidence.reason or leg.reason,
        standing=evidence.standing,
    ), row.ask


def _bare(order: AlgoOrder) -> AlgoOrder:
    """Return the order without the age of what is known of it."""
    legs = {number: msgspec.structs.replace(leg, standing=Standing()) for number, leg in order.legs.items()}
    return msgspec.structs.replace(order, legs=legs)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)
