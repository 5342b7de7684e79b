"""This file is a wish: a cancel or an amend that was asked for, until the order's own reports say what became of it."""

from decimal import Decimal
from enum import StrEnum

from woodlot.orders.evidence import Evidence
from woodlot.wire.value import Value


class WishStage(StrEnum):
    """How far a wish has come. Only the order's own reports say whether it came true."""

    ASKED = "asked"
    SENT = "sent on"
    LOST = "answer lost"


# A request whose answer was lost may take effect while its signature is valid (rest-v3 §2.4).
_PATIENCE_MS = {WishStage.ASKED: 300_000, WishStage.LOST: 300_000, WishStage.SENT: 10_000}


class Wish(Value):
    """A cancel or an amend that was asked for and not heard of yet; price and quantity are an amend's."""

    asked_ms: int
    stage: WishStage = WishStage.ASKED
    price: Decimal | None = None
    quantity: Decimal | None = None
    with_all: bool = False

    def has_run_out(self, seen_ms: int) -> bool:
        """Whether an order seen open at `seen_ms` shows that nothing will come of it any more."""
        return seen_ms - self.asked_ms > _PATIENCE_MS[self.stage]

    def is_met_by(self, evidence: Evidence) -> bool:
        """Whether the order has the price and quantity an amend asked for."""
        return (self.price is None or self.price == evidence.price) and (
            self.quantity is None or self.quantity == evidence.quantity
        )
