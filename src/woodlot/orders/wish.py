"""This file is a wish: a cancel or an amend that was asked for, until the order's own reports say what became of it."""

from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from woodlot.orders.states import News
from woodlot.wire.value import Value


class WishStage(StrEnum):
    """How far a wish has come. Only the order's own reports say whether it came true."""

    ASKED = "asked"
    SENT = "sent on"
    LOST = "answer lost"


# A request whose answer was lost may take effect while its signature is valid (rest-v3 §2.4).
_PATIENCE_MS = {WishStage.ASKED: 300_000, WishStage.LOST: 300_000, WishStage.SENT: 10_000}


class Wish(Value):
    """A cancel or an amend that was asked for and not heard of yet; prices and quantity are an amend's."""

    asked_ms: int
    stage: WishStage = WishStage.ASKED
    price: Decimal | None = None
    quantity: Decimal | None = None
    trigger_price: Decimal | None = None
    with_all: bool = False

    def has_run_out(self, seen_ms: int) -> bool:
        """Whether an order seen open at `seen_ms` shows that nothing will come of it any more."""
        return seen_ms - self.asked_ms > _PATIENCE_MS[self.stage]

    def is_met_by(self, terms: "Terms") -> bool:
        """Whether the order has the prices and the quantity an amend asked for."""
        return (
            self.price in (None, terms.price)
            and self.quantity in (None, terms.quantity)
            and self.trigger_price in (None, terms.trigger_price)
        )


class Terms(Protocol):
    """What a description of an order says that an amend may change."""

    @property
    def price(self) -> Decimal | None: ...
    @property
    def quantity(self) -> Decimal | None: ...
    @property
    def trigger_price(self) -> Decimal | None: ...


_CLEARS_CANCEL = frozenset({News.CANCEL_REFUSED, News.CANCEL_ALL_REFUSED, News.CANCEL_DENIED})
_CLEARS_AMEND = frozenset({News.EDIT_REFUSED, News.AMEND_DENIED, News.REPLACED})


def resolved(news: News, *, is_over: bool) -> dict[str, Any]:
    """Return the wishes that `news` resolves, as cleared; an order that is over has none left."""
    cleared: dict[str, Any] = {}
    if is_over or news in _CLEARS_CANCEL:
        cleared["cancel_wish"] = None
    if is_over or news in _CLEARS_AMEND:
        cleared["amend_wish"] = None
    return cleared
