"""This file is --dry-run: a request as it would go, without key or signature, and what is said of it."""

from typing import Any

from woodlot.cli import verdict
from woodlot.cli.session import Session
from woodlot.wire.public import Instrument
from woodlot.wire.request import Request
from woodlot.wire.trade import PlaceOrder

REQUEST = ("method", "path", "body", "signed", "environment")
JUDGED = (*REQUEST, "notional", "filters", "gate")


def request_row(here: Session, request: Request[Any]) -> dict[str, Any]:
    """Return a request as a row."""
    return {
        "method": str(request.endpoint.method),
        "path": request.target,
        "body": request.body,
        "signed": request.endpoint.signed,
        "environment": here.environment.name,
    }


async def show_judged(here: Session, request: verdict.Entry, instrument: Instrument, order: PlaceOrder) -> None:
    """Show a request that makes or changes an order, with what the rules and the limits say of `order`, its outcome."""
    row = request_row(here, request) | {"notional": await verdict.notional(here, order)}
    here.printer.one(JUDGED, row | await verdict.verdict(here, request, instrument, order))
