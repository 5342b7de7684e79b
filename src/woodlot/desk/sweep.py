"""This file is cancelling everything and seeing that it is so: for the kill switch and for leaving."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from woodlot.clock import Clock
from woodlot.errors import ExchangeError, WoodlotError
from woodlot.wire.algo import AlgoOrderRow, GetAlgoOrders
from woodlot.wire.enums import StatusFilter
from woodlot.wire.request import Request
from woodlot.wire.trade import CancelAllOrders, GetOrders, OrderRow

log = logging.getLogger(__name__)

Send = Callable[[Request[Any]], Awaitable[Any]]

# "Cancel answers `CANCEL_SENT` at once; the real cancel is asynchronous" (rest-v3 §7.5): asked again only after this.
_AGAIN_S = 1.0
_LOOK_S = 0.1


async def cancel_everything(
    send: Send, *, under_way: Callable[[], int], clock: Clock, timeout_s: float = 30.0
) -> tuple[OrderRow | AlgoOrderRow, ...]:
    """Cancel all orders, algo orders too, until the exchange shows none; return those that it still shows.

    Orders whose answer is awaited may arrive behind a cancel, so it goes on until none is.
    """
    until_s = clock.monotonic_s() + timeout_s
    open_rows: tuple[OrderRow | AlgoOrderRow, ...] = ()
    asked_s = float("-inf")
    while True:
        was_quiet = under_way() == 0
        try:
            if clock.monotonic_s() - asked_s >= _AGAIN_S:
                asked_s = clock.monotonic_s()
                await send(CancelAllOrders())
            open_rows = (await send(GetOrders(status=StatusFilter.INCOMPLETE, size=500))).rows
            open_rows += await _open_algos(send)
        except WoodlotError as error:
            log.error("cancelling every order does not get through (%s); trying again", error)
        else:
            if was_quiet and not open_rows:
                return ()
        if clock.monotonic_s() >= until_s:
            log.error("%d orders are still open after %.0f s of cancelling", len(open_rows), timeout_s)
            return open_rows
        await asyncio.sleep(_LOOK_S)


async def _open_algos(send: Send) -> tuple[AlgoOrderRow, ...]:
    """Return the open algo orders; where the exchange will not list them, it was told to cancel them all the same."""
    try:
        return (await send(GetAlgoOrders(status=StatusFilter.INCOMPLETE, size=100))).rows
    except ExchangeError as error:
        log.warning("it cannot be seen whether algo orders are open: %s", error)
        return ()
