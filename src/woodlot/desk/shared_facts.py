"""This file is what can be read off any order of ours, ordinary or algo, in a loop or without one."""

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from woodlot.orders.order import Step
from woodlot.orders.states import OrderState


class Known(Protocol):
    """What is known of an order of any kind."""

    @property
    def symbol(self) -> str: ...
    @property
    def state(self) -> OrderState: ...
    @property
    def is_final(self) -> bool: ...
    @property
    def filled_quantity(self) -> Decimal: ...
    @property
    def average_price(self) -> Decimal | None: ...
    @property
    def history(self) -> tuple[Step, ...]: ...


KnownT_co = TypeVar("KnownT_co", bound=Known, covariant=True)


class SharedFacts(ABC, Generic[KnownT_co]):
    """The properties of an order; they are those of the moment they are read, and two reads may differ."""

    @property
    @abstractmethod
    def known(self) -> KnownT_co:
        """Everything that is known of the order now, as a value that stays."""

    @property
    def symbol(self) -> str:
        return self.known.symbol

    @property
    def state(self) -> OrderState:
        """Where it stands: an algo order is WORKING while it waits for its price, then as the order it becomes."""
        return self.known.state

    @property
    def is_final(self) -> bool:
        """Whether nothing of it can act any more: filled, cancelled, rejected or never placed, its legs too."""
        return self.known.is_final

    @property
    def filled_quantity(self) -> Decimal:
        """What was filled; of an algo order what its root's own order has, a leg has its own."""
        return self.known.filled_quantity

    @property
    def average_price(self) -> Decimal | None:
        """The mean price of what was filled; None before the first fill."""
        return self.known.average_price

    @property
    def history(self) -> tuple[Step, ...]:
        """Each step with its time and where it was learned."""
        return self.known.history
