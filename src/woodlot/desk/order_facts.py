"""This file is what can be read off an order of ours at any moment, in a loop or without one."""

from collections.abc import Mapping
from decimal import Decimal

from woodlot.desk.shared_facts import SharedFacts
from woodlot.orders.order import TrackedOrder
from woodlot.wire.enums import OrderTypeWord, Side


class OrderFacts(SharedFacts[TrackedOrder]):
    """The properties of an order; they are those of the moment they are read, and two reads may differ."""

    @property
    def client_order_id(self) -> int | None:
        return self.known.client_order_id

    @property
    def order_id(self) -> int | None:
        """The exchange's id; None until it has given one."""
        return self.known.order_id

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
    def fees(self) -> Mapping[str, Decimal]:
        """What was paid, by asset: a spot buy pays in the base asset, a sell in the quote asset."""
        return self.known.fees
