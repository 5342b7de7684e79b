"""This file is what can be read off an order of ours at any moment, in a loop or without one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal

from woodlot.orders.order import Step, TrackedOrder
from woodlot.orders.states import OrderState
from woodlot.wire.enums import OrderTypeWord, Side


class OrderFacts(ABC):
    """The properties of an order; they are those of the moment they are read, and two reads may differ."""

    @property
    @abstractmethod
    def known(self) -> TrackedOrder:
        """Everything that is known of the order now, as a value that stays."""

    @property
    def client_order_id(self) -> int | None:
        return self.known.client_order_id

    @property
    def order_id(self) -> int | None:
        """The exchange's id; None until it has given one."""
        return self.known.order_id

    @property
    def symbol(self) -> str:
        return self.known.symbol

    @property
    def side(self) -> Side:
        return self.known.side

    @property
    def type(self) -> OrderTypeWord:
        return self.known.type

    @property
    def price(self) -> Decimal | None:
        return self.known.price

    @property
    def quantity(self) -> Decimal | None:
        return self.known.quantity

    @property
    def amount(self) -> Decimal | None:
        return self.known.amount

    @property
    def state(self) -> OrderState:
        return self.known.state

    @property
    def is_final(self) -> bool:
        """Whether the order is over: filled, cancelled, rejected or never placed."""
        return self.known.is_final

    @property
    def filled_quantity(self) -> Decimal:
        return self.known.filled_quantity

    @property
    def average_price(self) -> Decimal | None:
        """The mean price of what was filled; None before the first fill."""
        return self.known.average_price

    @property
    def fees(self) -> Mapping[str, Decimal]:
        """What was paid, by asset: a spot buy pays in the base asset, a sell in the quote asset."""
        return self.known.fees

    @property
    def history(self) -> tuple[Step, ...]:
        """Each step with its time and where it was learned."""
        return self.known.history
