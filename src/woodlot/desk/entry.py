"""This file is order entry: through the gate, into the journal, out to the exchange, and what came of it.

In that order, for every command: what the gate refuses is not written down, and nothing leaves before it is.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Generator, Iterable
from typing import Any, TypeVar

from woodlot.desk.bookkeeping import Books
from woodlot.desk.gate import Admitted, Gate
from woodlot.desk.live_algo import LiveAlgoOrder
from woodlot.desk.live_order import LiveOrder
from woodlot.desk.live_orders import LiveOrders
from woodlot.errors import DeskClosed, JournalFailed, NotFound, OutcomeUnknown, WoodlotError
from woodlot.orders.algo_order import AlgoOrder
from woodlot.orders.commands import AlgoCommand, Command
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import Question
from woodlot.rest.handle import with_handle
from woodlot.wire.algo import CancelAlgoOrder, CancelAlgoOrders, EditAlgoOrder, PlaceAlgoOrder
from woodlot.wire.amount import Number
from woodlot.wire.answer import Answer
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.request import Request
from woodlot.wire.trade import CancelAllOrders, CancelOrder, CancelOrders, EditOrder, PlaceOrder

log = logging.getLogger(__name__)

AnswerT = TypeVar("AnswerT", bound=Answer)
Send = Callable[[Admitted[Any]], Awaitable[Any]]
COMMANDS = (
    PlaceOrder, EditOrder, CancelOrder, CancelOrders, CancelAllOrders,
    PlaceAlgoOrder, EditAlgoOrder, CancelAlgoOrder, CancelAlgoOrders,
)  # fmt: skip
"""The requests that make, change or end orders; a test holds this list against the whole wire."""
_CANCELS = (CancelOrder, CancelOrders, CancelAllOrders, CancelAlgoOrder, CancelAlgoOrders)


class Entry:
    """Carry out commands, one at a time or many at once."""

    def __init__(
        self,
        books: Books,
        *,
        gate: Gate,
        send: Send,
        ask: Callable[[Iterable[Question]], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._books = books
        self._gate = gate
        self._send = send
        self._ask = ask
        self._now_ms = now_ms
        self._orders_under_way: set[int] = set()
        self._closed: DeskClosed | None = None
        self._lets_cancel = True
        self.orders: LiveOrders[TrackedOrder, LiveOrder] = LiveOrders(lambda order: LiveOrder(order, self))
        self.algos: LiveOrders[AlgoOrder, LiveAlgoOrder] = LiveOrders(lambda order: LiveAlgoOrder(order, self))

    @property
    def under_way(self) -> int:
        """How many orders are sent and not answered."""
        return len(self._orders_under_way)

    async def place(self, order: PlaceOrder) -> LiveOrder:
        """Send an order; return it once the exchange has taken it, or once its answer is lost.

        Then it is in state UNKNOWN and resolves itself: wait with `acknowledged()`. It is not raised, because whoever
        catches an error tends to send again. Raises GateRefused, Rejected and its kin: of these nothing is open.
        """
        order = with_handle(order)
        admitted = self._admit(order)
        live = self.orders.new(TrackedOrder.intended(order, at_ms=self._now_ms()))
        try:
            await self._carry_out(admitted, order)
        except OutcomeUnknown:
            log.warning("the answer to order %s on %s was lost; finding out what became of it",
                        order.client_order_id, order.symbol)  # fmt: skip
        return live

    async def place_algo(self, order: PlaceAlgoOrder) -> LiveAlgoOrder:
        """Send an algo order; the rest is as in `place`."""
        order = with_handle(order)
        admitted = self._admit(order)
        live = self.algos.new(AlgoOrder.intended(order, at_ms=self._now_ms()))
        try:
            await self._carry_out(admitted, order)
        except OutcomeUnknown:
            log.warning("the answer to algo order %s on %s was lost; finding out what became of it",
                        order.client_algo_order_id, order.symbol)  # fmt: skip
        return live

    async def place_all(self, orders: Iterable[PlaceOrder]) -> list[LiveOrder | WoodlotError]:
        """Send orders at the pace that the exchange allows; return for each, in order, what `place` gives or raises."""

        async def placed(order: PlaceOrder) -> LiveOrder | WoodlotError:
            try:
                return await self.place(order)
            except WoodlotError as error:
                return error

        return list(await asyncio.gather(*map(placed, orders)))

    async def command(self, command: Request[AnswerT]) -> AnswerT:
        """Carry out any command and return the exchange's acknowledgement. Raises what the call raises."""
        named = with_handle(command)
        admitted = self._admit(named)
        if isinstance(named, COMMANDS):
            return await self._carry_out(admitted, named)
        return await self._send(admitted)

    async def send_command(
        self, command: CancelOrder | EditOrder | CancelAllOrders | CancelAlgoOrder | EditAlgoOrder
    ) -> None:
        """Send a cancel or an amend; the order's own reports tell what becomes of it."""
        await self.command(command)

    def close(self, closed: DeskClosed, *, lets_cancel: bool) -> None:
        """Make and change no order any more, and let nobody wait for one."""
        self._closed, self._lets_cancel = closed, lets_cancel
        self.orders.close(closed)
        self.algos.close(closed)

    def _admit(self, request: Request[AnswerT]) -> Admitted[AnswerT]:
        if self._closed is not None and not self._is_let_out(request):
            raise self._closed
        return self._gate.admit(request)

    def _is_let_out(self, request: Request[Any]) -> bool:
        return self._lets_cancel and isinstance(request, _CANCELS)

    async def _carry_out(self, admitted: Admitted[Any], command: Command | AlgoCommand) -> Any:
        books = self._books
        try:
            self._ask(books.intended(command, at_ms=self._now_ms()))
        except JournalFailed as error:
            if not isinstance(command, _CANCELS):
                raise
            # Less risk is worth more than a note of it.
            log.error("%s; the cancel is sent all the same", error)
        if isinstance(command, PlaceOrder | PlaceAlgoOrder):
            self._orders_under_way.add(id(command))
        try:
            answer = await self._send(admitted)
        except WoodlotError as error:
            self._failed(command, error)
            raise
        except BaseException as error:
            # Interrupted while the answer was awaited: it may have happened.
            lost = OutcomeUnknown(str(command.endpoint), f"the caller stopped waiting ({type(error).__name__})")
            self._failed(command, lost)
            raise
        finally:
            self._orders_under_way.discard(id(command))
        with _unhidden():
            self._ask(books.answered(command, answer, at_ms=self._now_ms()))
        return answer

    def _failed(self, command: Command | AlgoCommand, error: WoodlotError) -> None:
        with _unhidden():
            self._ask(self._books.failed(command, error, at_ms=self._now_ms()))


@contextlib.contextmanager
def _unhidden() -> Generator[None]:
    """Write down what came of a command. It has happened, whether or not that succeeds: no error may hide it."""
    try:
        yield
    except JournalFailed as error:
        log.error("%s; what came of the last command is not written down, a restart finds it out", error)


async def cancel_each(orders: Iterable[LiveOrder | LiveAlgoOrder]) -> None:
    """Cancel several orders at once; those that are over are passed over, other errors come together."""
    results = await asyncio.gather(*(order.cancel() for order in orders), return_exceptions=True)
    errors = [result for result in results if isinstance(result, Exception) and not isinstance(result, NotFound)]
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(results)} cancels failed", errors)


def order_of(
    side: Side, symbol: str, quantity: Number | None, price: Number | None, options: dict[str, Any]
) -> PlaceOrder:
    """Return the order that `buy` and `sell` mean: LIMIT at a price, else MARKET."""
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    fields: dict[str, Any] = {"symbol": symbol, "side": side, "type": kind, "quantity": quantity, "price": price}
    return PlaceOrder(**(fields | options))
