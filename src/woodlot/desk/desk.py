"""This file is the desk: one account and its market, live for as long as the `async with` lasts."""

import contextlib
import random
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, overload

from woodlot.clock import Clock, SystemClock
from woodlot.config import Credentials, Environment
from woodlot.desk.account import Account
from woodlot.desk.dead_man import DeadMan, ExchangeSwitch, Switch
from woodlot.desk.doubts import ABSENCE_IS_PROOF_AFTER_S
from woodlot.desk.entry import cancel_each, order_of
from woodlot.desk.events import DeadManChanged, DeadManFired, Events
from woodlot.desk.executions import Executions, ExecutionsAndGaps
from woodlot.desk.facts import Quotes
from woodlot.desk.holdings import BalanceNow, PositionNow
from woodlot.desk.limits import Limits
from woodlot.desk.live_algo import LiveAlgoOrder
from woodlot.desk.live_book import LiveBook
from woodlot.desk.live_order import LiveOrder
from woodlot.desk.market import Market
from woodlot.desk.opening import Belongings, account_of, take
from woodlot.desk.outlet import Outlet
from woodlot.desk.seeder import Seeder
from woodlot.desk.terms import OnExit, Seams, Terms
from woodlot.desk.topic_verbs import TopicVerbs
from woodlot.desk.watchdog_switch import Watchdog
from woodlot.errors import ConfigurationError, WoodlotError
from woodlot.sandbox.server import Sandbox, SandboxOptions
from woodlot.stream.public import PublicStream
from woodlot.wire.algo import AlgoOrderRow, PlaceAlgoOrder
from woodlot.wire.amount import Number
from woodlot.wire.enums import PositionSide, Side
from woodlot.wire.trade import CancelAllOrders, OrderRow, PlaceOrder


class Desk(TopicVerbs):
    """One live account. Open it, trade, leave it:

        async with woodlot.Desk.open() as desk:
            order = await desk.buy("SPOT_BTC_USDT", "0.001", price="30000")

    Without an environment it starts the sandbox exchange inside the program and trades there. With an environment and
    no credentials it is public only and makes no private call. Leaving it keeps orders, unless `on_exit` is "cancel".
    """

    @classmethod
    def open(
        cls,
        environment: Environment | None = None,
        credentials: Credentials | None = None,
        *,
        journal: Path | str | None = None,
        power_safe: bool = False,
        limits: Limits | Path | str | None = None,
        on_exit: OnExit | Literal["keep", "cancel"] = OnExit.KEEP,
        absence_is_proof_after_s: float | None = ABSENCE_IS_PROOF_AFTER_S,
        sandbox: SandboxOptions | None = None,
        timeout_s: float = 30.0,
        clock: Clock | None = None,
        chance: random.Random | None = None,
        seams: Seams | None = None,
    ) -> "Desk":
        """Describe a desk; `async with` opens it.

        `journal` is the file that remembers intents, orders and executions; with `power_safe` it also waits for the
        disk. Without a name it is in memory on a sandbox, and in the user's state directory elsewhere. `limits` are
        what the gate holds orders to, or a TOML file of them: off on a sandbox, tight elsewhere. `on_exit` is what
        leaving does with open orders. `absence_is_proof_after_s` is when an order that nobody shows counts as never
        placed; None is never. `sandbox` are the options of the embedded exchange, where that is the environment.
        `timeout_s` bounds each call, its waits included.
        """
        return cls(
            environment or Environment.sandbox(),
            credentials,
            terms=Terms(
                journal=journal,
                power_safe=power_safe,
                limits=Limits.from_file(limits) if isinstance(limits, Path | str) else limits,
                on_exit=OnExit(on_exit),
                absence_is_proof_after_s=absence_is_proof_after_s,
            ),
            sandbox=sandbox,
            timeout_s=timeout_s,
            clock=clock or SystemClock(),
            chance=chance or random.Random(),
            seams=seams or Seams(),
        )

    def __init__(
        self,
        environment: Environment,
        credentials: Credentials | None,
        *,
        terms: Terms,
        sandbox: SandboxOptions | None,
        timeout_s: float,
        clock: Clock,
        chance: random.Random,
        seams: Seams,
    ) -> None:
        if environment.is_embedded and credentials is not None:
            raise ConfigurationError("the embedded sandbox makes its own credentials; name an environment for these")
        self.environment = environment
        self.credentials = credentials
        self.sandbox: Sandbox | None = None
        self._terms = terms
        self._seams = seams
        self._is_embedded = environment.is_embedded
        self._options = sandbox or SandboxOptions()
        self._timeout_s = timeout_s
        self._clock = clock
        self._chance = chance
        self._client: Outlet | None = None
        self._market: Market | None = None
        self._account: Account | None = None
        self._belongings: Belongings | None = None
        self._quotes = Quotes()

    async def __aenter__(self) -> "Desk":
        try:
            await self._open()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    @property
    def client(self) -> Outlet:
        """The client for plain calls: `await desk.client.send(GetBalances())`. Orders pass the gate here too."""
        if self._client is None:
            raise ConfigurationError("the desk is not open; use it inside `async with`")
        return self._client

    @property
    def account(self) -> Account:
        """The private side: orders and executions. Raises ConfigurationError on a desk without credentials."""
        if self._account is None:
            raise ConfigurationError("this desk has no credentials, or is not open; pass Credentials(key, secret)")
        return self._account

    # Orders.

    async def buy(
        self, symbol: str, quantity: Number | None = None, *, price: Number | None = None, **options: Any
    ) -> LiveOrder:
        """Buy: LIMIT at `price`, else MARKET. `options` are further fields of PlaceOrder, `amount` and `type` too.

        Returns once the exchange has taken the order, or in state UNKNOWN once its answer is lost; then it finds out by
        itself, and `acknowledged()` waits for it. Raises FloatRefused, GateRefused, Rejected.
        """
        return await self.place(order_of(Side.BUY, symbol, quantity, price, options))

    async def sell(
        self, symbol: str, quantity: Number | None = None, *, price: Number | None = None, **options: Any
    ) -> LiveOrder:
        """Sell: LIMIT at `price`, else MARKET. The rest is as in `buy`."""
        return await self.place(order_of(Side.SELL, symbol, quantity, price, options))

    async def place(self, order: PlaceOrder) -> LiveOrder:
        """Send an order as it is; it gets a client order id if it has none. The rest is as in `buy`."""
        await self._price(order.symbol)
        return await self.account.entry.place(order)

    async def place_algo(self, order: PlaceAlgoOrder) -> LiveAlgoOrder:
        """Send an order that waits for a price: a stop, a trailing stop, an OCO, a TP/SL or a bracket.

        It passes the gate, legs included, and the journal; it gets a client algo order id if it has none. The rest is
        as in `buy`. What it trades comes with `executions()`, by orders that the exchange makes of it.
        """
        await self._price(order.symbol)
        return await self.account.entry.place_algo(order)

    async def place_all(self, orders: Iterable[PlaceOrder]) -> list[LiveOrder | WoodlotError]:
        """Send orders at the pace the exchange allows; return for each, in order, what `place` gives or raises."""
        listed = list(orders)
        for symbol in {order.symbol for order in listed}:
            await self._price(symbol)
        return await self.account.entry.place_all(listed)

    async def cancel(self, order: LiveOrder | LiveAlgoOrder, *others: LiveOrder | LiveAlgoOrder) -> None:
        """Ask the exchange to cancel orders; `order.settled()` waits for what really happened.

        Raises NotFound if a single one is over already; of several, those that are over are passed over, and other
        errors come together in an ExceptionGroup.
        """
        await (cancel_each((order, *others)) if others else order.cancel())

    async def amend(self, order: LiveOrder, *, price: Number | None = None, quantity: Number | None = None) -> None:
        """Ask the exchange for another price, another total quantity or both."""
        await order.amend(price=price, quantity=quantity)

    async def cancel_all(self, symbol: str | None = None) -> None:
        """Ask the exchange to cancel every order of a symbol, or of all; algo orders too (rest-v3 §9.1.5)."""
        await self.account.entry.send_command(CancelAllOrders(symbol=symbol))

    def orders(self) -> list[LiveOrder]:
        """Return the orders that are not known to be over, oldest first; those placed elsewhere too."""
        return self.account.open_orders()

    def algo_orders(self) -> list[LiveAlgoOrder]:
        """Return the algo orders that are not known to be over, oldest first; those placed elsewhere too."""
        return self.account.open_algos()

    @overload
    def executions(self, *, consumer: str | None = None, gaps: Literal[False] = False) -> Executions: ...

    @overload
    def executions(self, *, consumer: str | None = None, gaps: Literal[True]) -> ExecutionsAndGaps: ...

    def executions(self, *, consumer: str | None = None, gaps: bool = False) -> Executions | ExecutionsAndGaps:
        """Iterate over every execution since the desk opened, each once, across reconnects and key renewals.

        A `consumer` has a position of its own in the journal, which moves when it asks for the next: it goes on where
        it stopped, and sees what happened while the program was down. With `gaps` it is also told where something
        may be missing, and when it is no longer.
        """
        kind = ExecutionsAndGaps if gaps else Executions
        return kind(self.account.executions, consumer=consumer)

    def events(self) -> Events:
        """Iterate over what else happens: gaps, stolen keys, refused orders, stops, algo orders. See `desk.events`."""
        return Events(self.account.events)

    def balances(self) -> dict[str, BalanceNow]:
        """Return what is held, by token; each says from when it is."""
        return dict(self.account.holdings.balances)

    def positions(self) -> dict[tuple[str, PositionSide], PositionNow]:
        """Return the positions by symbol and side; each says from when it is."""
        return dict(self.account.holdings.positions)

    # Safety.

    async def kill(self, reason: str = "stopped by hand") -> tuple[OrderRow | AlgoOrderRow, ...]:
        """Cancel everything and refuse new orders until `resume`, in this run and the next; return what is still open.

        What shows up later, such as an order whose answer was lost, is cancelled as it does.
        """
        return await self.account.kill_switch.kill(reason)

    def resume(self) -> None:
        """Lift the kill switch."""
        self.account.kill_switch.resume()

    def dead_man(
        self, *, after_s: float = 30.0, by: Literal["watchdog", "exchange"] = "watchdog", needed: bool = False
    ) -> DeadMan:
        """Cancel everything unless this desk goes on vouching for itself: `async with desk.dead_man(after_s=30):`.

        It does while the loop runs, the private stream is live and its books can be read. `by="exchange"` asks the
        exchange to do it, which outlives this machine; the call is for VIP accounts (rest-v3 §9.1.8). A watchdog that
        dies is replaced; `DeadManChanged` tells of both, `is_armed` of what `async with` returns is how it stands, and
        with `needed` the gate refuses orders while that is False.
        """
        account, keys = self.account, self.credentials or Credentials("", "")

        def changed(armed: bool, why: str) -> None:  # noqa: FBT001 - what is told, not a switch
            account.events.tell(DeadManChanged(armed, why))

        switch: Switch = Watchdog(
            self.environment,
            keys,
            after_s=after_s,
            fired=lambda: account.events.tell(DeadManFired(after_s)),
            changed=changed,
        )
        if by == "exchange":
            switch = ExchangeSwitch(self.client.send, after_s=after_s, changed=changed)
        return DeadMan(
            switch,
            after_s=after_s,
            is_well=lambda: account.is_live and self._quotes.are_readable,
            guards=account.gate.guards if needed else None,
        )

    @property
    def stopped_because(self) -> str | None:
        """Why trading is stopped; None while it is not."""
        return self.account.gate.stopped_because

    @property
    def violations(self) -> dict[str, int]:
        """How many orders the gate refused, by control."""
        return dict(self.account.gate.violations)

    # The market.

    @property
    def market(self) -> Market:
        """The public side: books, and streams of any topics."""
        if self._market is None:
            raise ConfigurationError("the desk is not open; use it inside `async with`")
        return self._market

    async def book(
        self,
        symbol: str,
        depth: int = 50,
        *,
        rpi: bool = False,
        audit_every_s: float | None = None,
        timeout_s: float = 90.0,
    ) -> LiveBook:
        """Return the book of a symbol once it can be read: SYNCED, or UNCONFIRMED while nothing changes.

        It holds the best `depth` (50, 200 or 500) levels of what an API order can hit. That book is wide: orders under
        retail price improvement, which an API taker never meets, are not in it; with them BTC was 11 ppm wide, without
        them 3,652 ppm (websocket-v3 §8.7). `rpi=True` is the book with them, for showing the market, not for taking
        from it: a book of its own, which shares no message with the other.
        `audit_every_s` has the book compared with the exchange's own every so often; `book.audit()` does it once.
        Raises SubscriptionRefused if the exchange does not know the symbol, BookNotInSync after `timeout_s`.
        """
        book = await self.market.book(symbol, depth, rpi=rpi, audit_every_s=audit_every_s, timeout_s=timeout_s)
        if not rpi:
            self._quotes.follow(symbol, book)
        return book

    # Its life.

    async def _open(self) -> None:
        if self.environment.is_embedded:
            self.sandbox = await Sandbox.start(self._options)
            self.environment = Environment.at(self.sandbox.rest_url, self.sandbox.ws_url, name="sandbox")
            self.credentials = Credentials(self.sandbox.api_key, self.sandbox.api_secret)
        self._client = Outlet(
            self.environment,
            self.credentials,
            timeout_s=self._timeout_s,
            clock=self._clock,
            chance=self._chance,
            transport=self._seams.transport,
        )
        self._market = Market(
            PublicStream(self.environment, clock=self._clock, chance=self._chance, dialer=self._seams.dialer),
            self._client,
            seeder=Seeder(clock=self._clock),
            clock=self._clock,
            open_orders=lambda: [] if self._account is None else self._account.open_orders(),
        )
        if self.credentials is not None:
            await self._open_account(self._client, self.credentials)

    async def _open_account(self, client: Outlet, credentials: Credentials) -> None:
        self._belongings = take(self.environment, credentials, terms=self._terms, is_embedded=self._is_embedded)
        self._account = account_of(
            client,
            self._belongings,
            environment=self.environment,
            terms=self._terms,
            seams=self._seams,
            quotes=self._quotes,
            clock=self._clock,
            chance=self._chance,
        )
        await self._account.open()

    async def _price(self, symbol: str) -> None:
        """Follow the book of a symbol if the gate cannot judge orders without it; one it cannot read, it refuses."""
        if self.account.gate.limits.needs_a_price and symbol not in self._quotes:
            with contextlib.suppress(WoodlotError):
                await self.book(symbol, timeout_s=self._timeout_s)

    async def _close(self) -> None:
        async with contextlib.AsyncExitStack() as closing:
            # Last in, first out; each is closed even if one before it fails.
            if self.sandbox is not None:
                closing.push_async_callback(self.sandbox.stop)
            if self._client is not None:
                closing.push_async_callback(self._client.close)
            if self._belongings is not None:
                closing.callback(self._belongings.release)
            if self._account is not None:
                closing.push_async_callback(self._account.close)
            if self._market is not None:
                closing.push_async_callback(self._market.close)
