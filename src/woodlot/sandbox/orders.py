"""This file is one accepted order from its first report to its last, in ticks, lots and units."""

from woodlot.sandbox.matching import Resting
from woodlot.wire.enums import OrderStatus, OrderType


class Order(Resting):
    """An order the exchange has given an id. `lots` is what is still open, `quantity` all of it in lots.

    A MARKET order by amount has `quantity` 0 and counts down `budget`, in ticks times lots.
    """

    __slots__ = (
        "account_id",
        "amount",
        "budget",
        "client_order_id",
        "cost",
        "created_ms",
        "executed",
        "fee",
        "quantity",
        "status",
        "symbol",
        "tag",
        "type",
    )

    def __init__(
        self,
        order_id: int,
        *,
        account_id: str,
        symbol: str,
        is_buy: bool,
        type: OrderType,  # noqa: A002 - the exchange's word
        price: int,
        lots: int,
        budget: int | None,
        amount: int | None,
        client_order_id: int,
        tag: str,
        created_ms: int,
    ) -> None:
        super().__init__(order_id, is_buy, price, lots)
        self.account_id = account_id
        self.symbol = symbol
        self.type = type
        self.budget = budget
        # What was asked for, or for a MARKET buy by quantity what was reserved; in units of the quote asset.
        self.amount = amount
        self.quantity = lots if budget is None else 0
        self.client_order_id = client_order_id
        self.tag = tag
        self.created_ms = created_ms
        self.status = OrderStatus.NEW
        self.executed = 0
        self.cost = 0
        self.fee = 0

    @property
    def rests(self) -> bool:
        """Whether this type waits in the book for what it cannot have at once (rest-v3 §7.1)."""
        return self.type is OrderType.LIMIT or self.type is OrderType.POST_ONLY
