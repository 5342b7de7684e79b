"""This file is what can be read off an algo order of ours at any moment, in a loop or without one."""

from abc import ABC, abstractmethod
from decimal import Decimal

from woodlot.orders.algo_order import AlgoLeg, AlgoOrder
from woodlot.orders.order import Step
from woodlot.orders.states import OrderState
from woodlot.wire.enums import Side


class AlgoFacts(ABC):
    """The properties of an algo order; they are those of the moment they are read, and two reads may differ."""

    @property
    @abstractmethod
    def known(self) -> AlgoOrder:
        """Everything that is known of the order now, as a value that stays."""

    @property
    def algo_order_id(self) -> int | None:
        """The exchange's id of the whole; None until it has given one."""
        return self.known.order_id

    @property
    def client_algo_order_id(self) -> int | None:
        return self.known.client_order_id

    @property
    def symbol(self) -> str:
        return self.known.symbol

    @property
    def algo_type(self) -> str:
        """What was asked for; the exchange reads a STOP back as TAKE_PROFIT or STOP_LOSS (rest-v3 §9.2.5)."""
        return self.known.algo_type

    @property
    def side(self) -> Side | None:
        return self.known.side

    @property
    def state(self) -> OrderState:
        """Where the root stands: WORKING while it waits for its price, then as the order it becomes."""
        return self.known.state

    @property
    def is_final(self) -> bool:
        """Whether nothing of it can act any more; a filled bracket is not over while its exits wait."""
        return self.known.is_final

    @property
    def is_triggered(self) -> bool:
        return self.known.is_triggered

    @property
    def legs(self) -> tuple[AlgoLeg, ...]:
        """Every leg that is known, the root among them, each with its own state, fills and trigger."""
        return tuple(self.known.legs.values())

    @property
    def filled_quantity(self) -> Decimal:
        """What the root's own order has filled; a leg has its own."""
        return self.known.filled_quantity

    @property
    def average_price(self) -> Decimal | None:
        return self.known.average_price

    @property
    def history(self) -> tuple[Step, ...]:
        """Each step with its time and where it was learned."""
        return self.known.history
