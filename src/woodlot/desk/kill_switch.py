"""This file is the kill switch: everything is cancelled, nothing new is sent, and a restart does not change that."""

import asyncio
import logging
from collections.abc import Callable

from woodlot.clock import Clock
from woodlot.desk.bookkeeping import Books
from woodlot.desk.entry import Entry
from woodlot.desk.events import EventLog, TradingChanged
from woodlot.desk.gate import Gate
from woodlot.desk.sweep import Send, cancel_everything
from woodlot.errors import JournalFailed
from woodlot.wire.algo import AlgoOrderRow
from woodlot.wire.trade import OrderRow

log = logging.getLogger(__name__)

_FACT = "killed"
# What shows up afterwards, such as an order whose answer was lost, is cancelled within so much.
_SWEEP_EVERY_S = 2.0
# "Cancel answers `CANCEL_SENT` at once; the real cancel is asynchronous" (rest-v3 §7.5). One that is older than this,
# of a run that died too, may never have arrived, and is asked for again.
_CANCEL_TAKES_MS = 5_000


class KillSwitch:
    """Stop trading until `resume`. The journal remembers it, where that is a file."""

    def __init__(
        self,
        books: Books,
        *,
        gate: Gate,
        entry: Entry,
        send: Send,
        events: EventLog,
        clock: Clock,
        now_ms: Callable[[], int],
    ) -> None:
        self._books = books
        self._gate = gate
        self._entry = entry
        self._send = send
        self._events = events
        self._clock = clock
        self._now_ms = now_ms
        gate.stopped_because = books.journal.fact(_FACT)
        if gate.stopped_because is not None:
            log.error("trading is stopped since an earlier run: %s; resume() lifts it", gate.stopped_because)

    async def kill(self, reason: str) -> tuple[OrderRow | AlgoOrderRow, ...]:
        """Refuse new orders from now on and cancel all there are; return those that are still open after 30 s."""
        # Written down first: if the program dies in the middle, the next one goes on with it.
        try:
            self._books.journal.state(_FACT, reason)
        except JournalFailed as error:
            log.error("%s; trading is stopped all the same, but a restart will not know of it", error)
        self._gate.stopped_because = reason
        self._events.tell(TradingChanged(stopped=True, reason=reason))
        log.error("trading is stopped: %s; cancelling every order", reason)
        return await self.cancel_everything()

    def resume(self) -> None:
        """Let orders pass again."""
        self._books.journal.state(_FACT, None)
        reason, self._gate.stopped_because = self._gate.stopped_because, None
        if reason is not None:
            self._events.tell(TradingChanged(stopped=False, reason=reason))
            log.warning("trading goes on; it was stopped because of: %s", reason)

    async def cancel_everything(self) -> tuple[OrderRow | AlgoOrderRow, ...]:
        """Cancel every order and see that it is so; return those that are still open after 30 s."""
        return await cancel_everything(self._send, under_way=lambda: self._entry.under_way, clock=self._clock)

    async def keep_killed(self) -> None:
        """While trading is stopped, cancel what still shows up: answers come late, and others place orders too.

        What a run left open that died while it cancelled is the first of it.
        """
        while True:
            if self._gate.stopped_because is not None and self._is_any_left():
                await self.cancel_everything()
            await asyncio.sleep(_SWEEP_EVERY_S)

    def _is_any_left(self) -> bool:
        """Whether an order is open that no cancel is on its way to."""
        since_ms = self._now_ms() - _CANCEL_TAKES_MS
        return any(
            order.order_id is not None and (order.cancel_wish is None or order.cancel_wish.asked_ms < since_ms)
            for order in (*self._books.tracker.open_orders(), *self._books.algos.open_orders())
        )
