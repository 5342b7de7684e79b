"""This file is what becomes of the calls that place, amend and cancel: each outcome as an arrival for the order."""

from decimal import Decimal
from typing import NamedTuple, Protocol, TypeAlias

import msgspec

from woodlot.errors import (
    ArgumentError,
    ConfigurationError,
    ConnectionFailed,
    ExchangeError,
    GateRefused,
    RateLimited,
    Rejected,
    WoodlotError,
)
from woodlot.orders.states import News
from woodlot.orders.wish import Wish, WishStage
from woodlot.wire.algo import CancelAlgoOrder, CancelAlgoOrders, EditAlgoOrder, PlaceAlgoOrder
from woodlot.wire.amount import exact
from woodlot.wire.codes import CODES, Effect
from woodlot.wire.trade import CancelAllOrders, CancelOrder, CancelOrders, EditOrder, PlaceOrder

Command: TypeAlias = PlaceOrder | EditOrder | CancelOrder | CancelOrders | CancelAllOrders
AlgoCommand: TypeAlias = PlaceAlgoOrder | EditAlgoOrder | CancelAlgoOrder | CancelAlgoOrders | CancelAllOrders
"""`CancelAllOrders` ends algo orders too (rest-v3 §9.1.5)."""


class Wishing(Protocol):
    """An order of any kind, as far as wishes go."""

    @property
    def is_final(self) -> bool: ...
    @property
    def cancel_wish(self) -> Wish | None: ...
    @property
    def amend_wish(self) -> Wish | None: ...


class Outcomes(NamedTuple):
    """The arrivals a command may bring, from the asking on."""

    asked: News
    answered: News
    refused: News
    not_sent: News
    lost: News


_PLACE = Outcomes(News.INTENDED, News.ACKNOWLEDGED, News.REFUSED, News.NOT_SENT, News.LOST)
_AMEND = Outcomes(News.AMEND_ASKED, News.AMEND_SENT, News.AMEND_DENIED, News.AMEND_DENIED, News.AMEND_LOST)
_CANCEL = Outcomes(News.CANCEL_ASKED, News.CANCEL_SENT, News.CANCEL_DENIED, News.CANCEL_DENIED, News.CANCEL_LOST)
OUTCOMES: dict[type[Command | AlgoCommand], Outcomes] = {
    PlaceOrder: _PLACE,
    EditOrder: _AMEND,
    CancelOrder: _CANCEL,
    CancelOrders: _CANCEL,
    CancelAllOrders: _CANCEL,
    PlaceAlgoOrder: _PLACE,
    EditAlgoOrder: _AMEND,
    CancelAlgoOrder: _CANCEL,
    CancelAlgoOrders: _CANCEL,
}

# Errors that prove of a call that is never repeated that nothing happened: it was not sent, or not looked at.
_NOTHING_HAPPENED = (ConnectionFailed, RateLimited, ArgumentError, ConfigurationError, GateRefused)


def failure(command: Command | AlgoCommand, error: WoodlotError) -> News:
    """Name a failed command as an arrival. What proves nothing counts as lost: it may have happened."""
    outcomes = OUTCOMES[type(command)]
    if isinstance(error, _NOTHING_HAPPENED):
        return outcomes.not_sent
    return outcomes.refused if _proves_a_refusal(error) else outcomes.lost


def _proves_a_refusal(error: WoodlotError) -> bool:
    if not isinstance(error, ExchangeError):
        return False
    known = CODES.get(error.code) if error.code is not None else None
    return isinstance(error, Rejected) if known is None else known.effect is Effect.NOTHING


def wish_after(order: Wishing, command: Command | AlgoCommand, news: News, *, at_ms: int) -> dict[str, Wish | None]:
    """Return the order's wish as a command's asking or answer leaves it; a finished order has none."""
    if isinstance(command, PlaceOrder | PlaceAlgoOrder) or order.is_final:
        return {}
    name = "amend_wish" if isinstance(command, EditOrder | EditAlgoOrder) else "cancel_wish"
    outcomes = OUTCOMES[type(command)]
    if news is outcomes.asked:
        return {name: _wish(command, at_ms=at_ms)}
    pending: Wish | None = getattr(order, name)
    stage = {outcomes.answered: WishStage.SENT, outcomes.lost: WishStage.LOST}.get(news)
    if pending is None or stage is None:
        return {}
    return {name: msgspec.structs.replace(pending, stage=stage)}


def ids(written: str | None) -> tuple[int, ...]:
    """Read a comma-separated list of ids."""
    return tuple(int(part) for part in (written or "").split(",") if part.strip())


def is_refused_wish(order: Wishing, news: News) -> bool:
    """Whether a refusal that names no order may be about this one: "expect any of the order fields to be missing"
    (websocket-v3 §9.1.2)."""
    match news:
        case News.EDIT_REFUSED:
            return order.amend_wish is not None
        case News.CANCEL_REFUSED | News.CANCEL_ALL_REFUSED:
            with_all = news is News.CANCEL_ALL_REFUSED
            return order.cancel_wish is not None and order.cancel_wish.with_all is with_all
        case _:
            return False


def _wish(command: Command | AlgoCommand, *, at_ms: int) -> Wish:
    match command:
        case EditOrder(price=price, quantity=quantity):
            return Wish(asked_ms=at_ms, price=_decimal(price), quantity=_decimal(quantity))
        case EditAlgoOrder(price=price, quantity=quantity, trigger_price=trigger):
            return Wish(
                asked_ms=at_ms, price=_decimal(price), quantity=_decimal(quantity), trigger_price=_decimal(trigger)
            )
        case _:
            return Wish(asked_ms=at_ms, with_all=isinstance(command, CancelAllOrders | CancelAlgoOrders))


def _decimal(value: object) -> Decimal | None:
    return None if value is None else exact(value, "amend")
