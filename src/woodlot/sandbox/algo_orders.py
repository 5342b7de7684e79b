"""This file is one algo order: a tree of legs that wait for a price, trade, and end (rest-v3 §7.6).

Prices are units; what is to be traded stays as it was sent, since it becomes an ordinary order.
"""

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from woodlot.sandbox.ledger import RATE_ONE
from woodlot.wire.algo import AlgoOrderType, AlgoType, AlgoTypeWord, TriggerPriceType
from woodlot.wire.enums import MarginMode, OrderStatus, PositionSide, Side

if TYPE_CHECKING:
    from woodlot.sandbox.orders import Order

CONTAINERS: Final = frozenset({AlgoType.TP_SL, AlgoType.POSITIONAL_TP_SL})
"""Legs that never trade themselves: they hold a take profit and a stop loss."""


class Stage(Enum):
    """How far a leg has come."""

    DORMANT = auto()  # waits for its parent to be filled
    ARMED = auto()  # watches the price
    LIVE = auto()  # its order is in the market
    OVER = auto()


class Leg:
    """One node of the tree. What it watches for is decided by `rises`: a price at or above its trigger, or below."""

    def __init__(
        self,
        leg_id: int,
        *,
        account_id: str,
        symbol: str,
        algo_type: AlgoType,
        side: Side,
        type: AlgoOrderType | None,  # noqa: A002 - the exchange's word
        quantity: Decimal | None,
        price: Decimal | None,
        trigger: int | None,
        trigger_type: TriggerPriceType,
        position_side: PositionSide,
        reduce_only: bool,
        now_ms: int,
        parent: "Leg | None" = None,
    ) -> None:
        self.id = leg_id
        self.account_id = account_id
        self.symbol = symbol
        self.algo_type = algo_type
        self.word = AlgoTypeWord(algo_type.value)
        self.side = side
        self.type = type
        self.quantity = quantity
        self.price = price
        self.trigger = trigger
        self.trigger_type = trigger_type
        self.position_side = position_side
        self.reduce_only = reduce_only
        self.parent = parent
        self.children: list[Leg] = []
        if parent is not None:
            parent.children.append(self)
        self.client_id = 0
        self.tag = "default"
        self.margin_mode: MarginMode | None = None
        self.visible: Decimal | None = None
        self.trail: Trail | None = None
        self.rises = False
        self.stage = Stage.DORMANT
        self.status = OrderStatus.NEW
        self.reason = ""
        self.is_triggered = False
        self.triggered_ms = 0
        self.triggered_at = 0
        self.created_ms = self.updated_ms = now_ms
        self.order: Order | None = None
        # Executed lots and status of the order as last told.
        self.told: tuple[int, OrderStatus] | None = None

    @property
    def root(self) -> "Leg":
        leg = self
        while leg.parent is not None:
            leg = leg.parent
        return leg

    @property
    def is_over(self) -> bool:
        return self.stage is Stage.OVER

    def tree(self) -> Iterator["Leg"]:
        """Yield this leg and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.tree()

    def fires(self, *, low: int, high: int, last: int) -> bool:
        """Tell whether prices between `low` and `high`, the last of them `last`, trigger this leg."""
        if self.trail is not None:
            return self.trail.fires(low=low, high=high, last=last)
        if self.trigger is None:
            return False
        return high >= self.trigger if self.rises else low <= self.trigger


class Trail:
    """A trigger that follows the price at a distance: a fraction of the extreme price, or a value (rest-v3 §7.6)."""

    def __init__(
        self, *, is_sell: bool, rate: int | None, value: int | None, activation: int | None, reference: int | None
    ) -> None:
        self.is_sell = is_sell
        self.rate = rate
        self.value = value
        self.activation = activation
        # Whether the activation price lies above the market.
        self.activates_above = activation is not None and reference is not None and activation > reference
        self.is_activated = activation is None
        self.extreme = reference if self.is_activated else None

    @property
    def distance(self) -> int:
        """Return how far from the extreme price it fires."""
        if self.value is not None:
            return self.value
        return (self.extreme or 0) * (self.rate or 0) // RATE_ONE

    def fires(self, *, low: int, high: int, last: int) -> bool:
        if not self.is_activated and self.activation is not None:
            self.is_activated = high >= self.activation if self.activates_above else low <= self.activation
        if not self.is_activated:
            return False
        if self.extreme is None:
            self.extreme = last
        self.extreme = max(self.extreme, high) if self.is_sell else min(self.extreme, low)
        return last <= self.extreme - self.distance if self.is_sell else last >= self.extreme + self.distance
