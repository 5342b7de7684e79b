"""This file is one accepted order from its first report to its last, in ticks, lots and units."""

from typing import TYPE_CHECKING, Final, NamedTuple

from woodlot.sandbox.matching import Resting
from woodlot.wire.enums import MarginMode, OrderStatus, OrderType, OrderTypeWord, PositionSide

if TYPE_CHECKING:
    from woodlot.sandbox.accounts import Account

# "rests until filled or cancelled", "rests at the best ask", "post-only" (rest-v3 §7.1)
_RESTING: Final = frozenset({OrderType.LIMIT, OrderType.POST_ONLY, OrderType.ASK, OrderType.BID, OrderType.RPI})

_WORDS: Final = {kind: OrderTypeWord(kind.value) for kind in OrderType}
_NEW: Final = OrderStatus.NEW


class Stance(NamedTuple):
    """How an order stands towards a position: which one it changes, how that is margined, whether it may only close."""

    side: PositionSide = PositionSide.BOTH
    margin_mode: MarginMode = MarginMode.CROSS
    leverage: int = 1
    reduce_only: bool = False
    # In hedge mode the closing side of a position closes without being asked to (rest-v3 §7.3).
    closes: bool = False


SPOT: Final = Stance()
"""What a spot order's report says; the documentation's example has the account's leverage there."""


class Order(Resting):
    """An order the exchange has given an id. `lots` is what is still open, `quantity` all of it in lots.

    A MARKET order by amount has `quantity` 0 and counts down `budget`, in ticks times lots.
    """

    __slots__ = (
        "account",
        "amount",
        "budget",
        "changed_ms",
        "client_order_id",
        "cost",
        "created_ms",
        "executed",
        "fee",
        "level",
        "pnl",
        "quantity",
        "rests",
        "stance",
        "status",
        "symbol",
        "tag",
        "type",
        "visible",
        "word",
    )

    def __init__(
        self,
        order_id: int,
        account: "Account",
        symbol: str,
        is_buy: bool,  # noqa: FBT001 - in their order: names would double what making an order costs
        type: OrderType,  # noqa: A002 - the exchange's word
        price: int,
        lots: int,
        budget: int | None,
        amount: int | None,
        client_order_id: int,
        tag: str,
        created_ms: int,
        visible: int | None = None,
        level: int | None = None,
        stance: Stance = SPOT,
    ) -> None:
        # As Resting does; a call of its own would cost a tenth of all this.
        self.id = order_id
        self.is_buy = is_buy
        self.price = price
        self.lots = lots
        self.account = account
        self.symbol = symbol
        self.type = type
        # What replies call it, which for some is not what was sent.
        self.word = _WORDS[type]
        # Whether this type waits in the book for what it cannot have at once.
        self.rests = type in _RESTING
        self.budget = budget
        # What was asked for, or for a MARKET buy by quantity what was reserved; in units of the quote asset.
        self.amount = amount
        self.quantity = lots if budget is None else 0
        # How many lots are shown at a time; None for all of them.
        self.visible = visible
        self.level = level
        self.stance = stance
        self.client_order_id = client_order_id
        self.tag = tag
        self.created_ms = self.changed_ms = created_ms
        self.status = _NEW
        self.executed = 0
        self.cost = 0
        self.fee = 0
        # What closing a position has brought, in units.
        self.pnl = 0

    def shown_of(self, quantity: int) -> int:
        """Return how many lots reports call visible: "default = `quantity`" (rest-v3 §7.3), 0 on MARKET (§9.1.6)."""
        if self.type is OrderType.MARKET:
            return 0
        return quantity if self.visible is None else min(self.visible, quantity)
