"""This file is the desk for programs without an event loop: scripts and notebooks."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Literal, TypeVar, overload

from woodlot.config import Credentials, Environment
from woodlot.desk.dead_man import DeadMan
from woodlot.desk.desk import Desk
from woodlot.desk.events import DeskEvent, Gap
from woodlot.desk.holdings import BalanceNow, PositionNow
from woodlot.desk.live_order import LiveOrder
from woodlot.desk.portal import Portal
from woodlot.desk.sync_algo import SyncAlgoOrder
from woodlot.desk.sync_book import SyncBook
from woodlot.desk.sync_market import SyncMarket
from woodlot.desk.sync_order import SyncOrder
from woodlot.desk.sync_outlet import SyncOutlet
from woodlot.desk.sync_topics import SyncReadings, SyncTopicVerbs
from woodlot.errors import ConfigurationError, WoodlotError
from woodlot.orders.fills import Fill
from woodlot.sandbox.server import Sandbox
from woodlot.stream.continuity import Gap as PublicGap
from woodlot.wire.algo import PlaceAlgoOrder
from woodlot.wire.amount import Number
from woodlot.wire.enums import PositionSide
from woodlot.wire.events import Pushed
from woodlot.wire.frames import Push
from woodlot.wire.topics import Topic
from woodlot.wire.trade import PlaceOrder

EventT = TypeVar("EventT", bound=Pushed)


def open_desk(
    environment: Environment | None = None, credentials: Credentials | None = None, **options: Any
) -> "SyncDesk":
    """Return a desk for a plain `with`; the arguments are those of `Desk.open`.

    with woodlot.open_desk() as desk:
        order = desk.buy("SPOT_BTC_USDT", "0.001", price="30000")
    """
    return SyncDesk(Desk.open(environment, credentials, **options))


class SyncDesk(SyncTopicVerbs):
    """A desk whose loop runs in a thread: the verbs of `Desk`, each waiting for its result."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._portal: Portal | None = None

    def __enter__(self) -> "SyncDesk":
        self._portal = Portal()
        try:
            self._portal.run(self._desk.__aenter__())
        except BaseException:
            self._portal.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        portal = self._open_portal
        try:
            portal.run(self._desk.__aexit__(kind, error, trace))
        finally:
            portal.close()
            self._portal = None

    @property
    def environment(self) -> Environment:
        return self._desk.environment

    @property
    def credentials(self) -> Credentials | None:
        return self._desk.credentials

    @property
    def sandbox(self) -> Sandbox | None:
        """The exchange inside the program, where that is the environment."""
        return self._desk.sandbox

    @property
    def client(self) -> SyncOutlet:
        """The client for plain calls: `desk.client.send(GetBalances())`. Orders pass the gate here too."""
        portal = self._open_portal
        return SyncOutlet(portal, portal.call(lambda: self._desk.client))

    @property
    def market(self) -> SyncMarket:
        """The public side: books, and streams of any topics."""
        portal = self._open_portal
        return SyncMarket(portal, portal.call(lambda: self._desk.market))

    def buy(
        self, symbol: str, quantity: Number | None = None, *, price: Number | None = None, **options: Any
    ) -> SyncOrder:
        """Buy: LIMIT at `price`, else MARKET."""
        portal = self._open_portal
        return SyncOrder(portal, portal.run(self._desk.buy(symbol, quantity, price=price, **options)))

    def sell(
        self, symbol: str, quantity: Number | None = None, *, price: Number | None = None, **options: Any
    ) -> SyncOrder:
        """Sell: LIMIT at `price`, else MARKET."""
        portal = self._open_portal
        return SyncOrder(portal, portal.run(self._desk.sell(symbol, quantity, price=price, **options)))

    def cancel(self, order: SyncOrder | SyncAlgoOrder, *others: SyncOrder | SyncAlgoOrder) -> None:
        """Ask the exchange to cancel orders; `order.settled()` waits for what really happened. See `Desk.cancel`."""
        live = [each.live for each in (order, *others)]
        self._open_portal.run(self._desk.cancel(*live))

    def amend(self, order: SyncOrder, *, price: Number | None = None, quantity: Number | None = None) -> None:
        """Ask the exchange for another price, another total quantity or both."""
        order.amend(price=price, quantity=quantity)

    def cancel_all(self, symbol: str | None = None) -> None:
        """Ask the exchange to cancel every order of a symbol, or of all."""
        self._open_portal.run(self._desk.cancel_all(symbol))

    def orders(self) -> list[SyncOrder]:
        """Return the orders that are not known to be over, oldest first."""
        portal = self._open_portal
        return [SyncOrder(portal, order) for order in portal.call(self._desk.orders)]

    def place(self, order: PlaceOrder) -> SyncOrder:
        """Send an order as it is; it gets a client order id if it has none."""
        portal = self._open_portal
        return SyncOrder(portal, portal.run(self._desk.place(order)))

    def place_all(self, orders: Iterable[PlaceOrder]) -> list[SyncOrder | WoodlotError]:
        """Send orders at the pace the exchange allows; return for each, in order, what `place` gives or raises."""
        portal = self._open_portal
        results = portal.run(self._desk.place_all(orders))
        return [SyncOrder(portal, result) if isinstance(result, LiveOrder) else result for result in results]

    def place_algo(self, order: PlaceAlgoOrder) -> SyncAlgoOrder:
        """Send an order that waits for a price: a stop, a trailing stop, an OCO, a TP/SL or a bracket."""
        portal = self._open_portal
        return SyncAlgoOrder(portal, portal.run(self._desk.place_algo(order)))

    def algo_orders(self) -> list[SyncAlgoOrder]:
        """Return the algo orders that are not known to be over, oldest first."""
        portal = self._open_portal
        return [SyncAlgoOrder(portal, order) for order in portal.call(self._desk.algo_orders)]

    def kill(self, reason: str = "stopped by hand") -> int:
        """Cancel everything and refuse new orders until `resume`, now and after a restart; return how many are left."""
        return len(self._open_portal.run(self._desk.kill(reason)))

    def resume(self) -> None:
        """Lift the kill switch."""
        self._open_portal.call(self._desk.resume)

    @contextmanager
    def dead_man(
        self, *, after_s: float = 30.0, by: Literal["watchdog", "exchange"] = "watchdog", needed: bool = False
    ) -> Generator[DeadMan]:
        """Cancel everything unless this desk goes on vouching for itself: `with desk.dead_man(after_s=30) as switch:`.

        The desk's own loop vouches, in its thread; a program that hangs elsewhere is not noticed. `switch.is_armed`
        and the rest are as in `Desk.dead_man`.
        """
        portal = self._open_portal
        switch = portal.call(lambda: self._desk.dead_man(after_s=after_s, by=by, needed=needed))
        portal.run(switch.__aenter__())
        try:
            yield switch
        finally:
            portal.run(switch.__aexit__(None, None, None))

    @property
    def stopped_because(self) -> str | None:
        """Why trading is stopped; None while it is not."""
        return self._open_portal.call(lambda: self._desk.stopped_because)

    @property
    def violations(self) -> dict[str, int]:
        """How many orders the gate refused, by control."""
        return self._open_portal.call(lambda: self._desk.violations)

    def balances(self) -> dict[str, BalanceNow]:
        """Return what is held, by token; each says from when it is."""
        return self._open_portal.call(self._desk.balances)

    def positions(self) -> dict[tuple[str, PositionSide], PositionNow]:
        """Return the positions by symbol and side; each says from when it is."""
        return self._open_portal.call(self._desk.positions)

    @overload
    def executions(self, *, consumer: str | None = None, gaps: Literal[False] = False) -> Iterator[Fill]: ...
    @overload
    def executions(self, *, consumer: str | None = None, gaps: Literal[True]) -> Iterator[Fill | Gap]: ...
    def executions(self, *, consumer: str | None = None, gaps: bool = False) -> Iterator[Any]:
        """Iterate over every execution since the desk opened, each once; waits for the next one.

        A `consumer` goes on where it stopped, in this run or an earlier one. With `gaps` it is also told where
        something may be missing, and when it is no longer.
        """
        portal = self._open_portal
        if gaps:
            return portal.each(portal.call(lambda: self._desk.executions(consumer=consumer, gaps=True)))
        return portal.each(portal.call(lambda: self._desk.executions(consumer=consumer)))

    def events(self) -> Iterator[DeskEvent]:
        """Iterate over what else happens, from the desk's opening on; waits for the next. See `Desk.events`."""
        portal = self._open_portal
        return portal.each(portal.call(self._desk.events))

    def subscribe(self, *topics: Topic[EventT]) -> SyncReadings[Push[EventT] | PublicGap]:
        """Iterate over the pushes of any topics, each with its topic and its time of sending, gaps between them."""
        return self.market.subscribe(*topics)

    def book(self, symbol: str, depth: int = 50, **options: Any) -> SyncBook:
        """Return the book of a symbol once it can be read; it keeps itself from then on."""
        portal = self._open_portal
        return SyncBook(portal, portal.run(self._desk.book(symbol, depth, **options)))

    @property
    def _open_portal(self) -> Portal:
        if self._portal is None:
            raise ConfigurationError("the desk is not open; use it inside `with`")
        return self._portal
