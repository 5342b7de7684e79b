"""This file is the desk: one account and its market, live for as long as the `async with` lasts."""

import asyncio
import random
from types import TracebackType
from typing import Any

from woodlot.clock import Clock, SystemClock
from woodlot.config import Credentials, Environment
from woodlot.desk.account import Account
from woodlot.desk.executions import Executions
from woodlot.desk.live_book import LiveBook
from woodlot.desk.live_order import LiveOrder
from woodlot.errors import ConfigurationError
from woodlot.rest.async_client import AsyncClient
from woodlot.sandbox.server import Sandbox, SandboxOptions
from woodlot.stream.private import PrivateStream
from woodlot.stream.public import PublicStream
from woodlot.wire.account import CreateListenKey
from woodlot.wire.amount import Number
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import GetOrderBook
from woodlot.wire.topics import BookDeltas
from woodlot.wire.trade import CancelAllOrders, PlaceOrder


class Desk:
    """One live account. Open it, trade, leave it:

        async with woodlot.Desk.open() as desk:
            order = await desk.buy("SPOT_BTC_USDT", "0.001", price="30000")

    Without an environment it starts the sandbox exchange inside the program and trades there. With an environment and
    no credentials it is public only and makes no private call. Leaving it does not cancel orders.
    """

    @classmethod
    def open(
        cls,
        environment: Environment | None = None,
        credentials: Credentials | None = None,
        *,
        sandbox: SandboxOptions | None = None,
        timeout_s: float = 30.0,
        clock: Clock | None = None,
        chance: random.Random | None = None,
    ) -> "Desk":
        """Describe a desk; `async with` opens it.

        `sandbox` are the options of the embedded exchange, where that is the environment. `timeout_s` bounds each
        call, its waits included.
        """
        return cls(
            environment or Environment.sandbox(),
            credentials,
            sandbox=sandbox,
            timeout_s=timeout_s,
            clock=clock or SystemClock(),
            chance=chance or random.Random(),
        )

    def __init__(
        self,
        environment: Environment,
        credentials: Credentials | None,
        *,
        sandbox: SandboxOptions | None,
        timeout_s: float,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        if environment.is_embedded and credentials is not None:
            raise ConfigurationError("the embedded sandbox makes its own credentials; name an environment for these")
        self.environment = environment
        self.credentials = credentials
        self.sandbox: Sandbox | None = None
        self._options = sandbox or SandboxOptions()
        self._timeout_s = timeout_s
        self._clock = clock
        self._chance = chance
        self._client: AsyncClient | None = None
        self._market: PublicStream | None = None
        self._account: Account | None = None
        self._books: dict[tuple[str, int], LiveBook] = {}
        self._seeding: list[asyncio.Task[None]] = []

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
    def client(self) -> AsyncClient:
        """The client for plain calls: `await desk.client.send(GetBalances())`."""
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

        Returns once the exchange has taken the order. Raises FloatRefused, Rejected, OutcomeUnknown.
        """
        return await self.place(_order(Side.BUY, symbol, quantity, price, options))

    async def sell(
        self, symbol: str, quantity: Number | None = None, *, price: Number | None = None, **options: Any
    ) -> LiveOrder:
        """Sell: LIMIT at `price`, else MARKET. The rest is as in `buy`."""
        return await self.place(_order(Side.SELL, symbol, quantity, price, options))

    async def place(self, order: PlaceOrder) -> LiveOrder:
        """Send an order as it is; it gets a client order id if it has none."""
        return await self.account.place(order)

    async def cancel(self, order: LiveOrder) -> None:
        """Ask the exchange to cancel an order; `order.settled()` waits for what really happened."""
        await order.cancel()

    async def amend(self, order: LiveOrder, *, price: Number | None = None, quantity: Number | None = None) -> None:
        """Ask the exchange for another price, another total quantity or both."""
        await order.amend(price=price, quantity=quantity)

    async def cancel_all(self, symbol: str | None = None) -> None:
        """Ask the exchange to cancel every order of a symbol, or of all."""
        await self.account.send_command(CancelAllOrders(symbol=symbol))

    def orders(self) -> list[LiveOrder]:
        """Return the orders that are not known to be over, oldest first; those placed elsewhere too."""
        return self.account.open_orders()

    def executions(self) -> Executions:
        """Iterate over every execution since the desk opened, each once, across reconnects and key renewals."""
        return Executions(self.account.executions)

    # The market.

    async def book(self, symbol: str, depth: int = 50, *, timeout_s: float = 90.0) -> LiveBook:
        """Return the book of a symbol once it can be read: SYNCED, or UNCONFIRMED while nothing changes.

        It holds the best `depth` (50, 200 or 500) levels of what an API order can hit. That book is wide: orders under
        retail price improvement, which an API taker never meets, are not in it (websocket-v3 §8.7).
        Raises SubscriptionRefused if the exchange does not know the symbol, BookNotInSync after `timeout_s`.
        """
        book = self._books.get((symbol, depth))
        if book is None:
            book = self._books[symbol, depth] = self._attached(symbol, depth)
        await book.ready(timeout_s=timeout_s)
        return book

    def _attached(self, symbol: str, depth: int) -> LiveBook:
        topic = BookDeltas(symbol, depth=depth)
        seed = GetOrderBook(symbol=symbol, max_level=depth)
        client = self.client
        if self._market is None:
            self._market = PublicStream(self.environment, clock=self._clock, chance=self._chance)
        book = LiveBook(symbol, depth=depth, snapshot=lambda: client.send(seed), clock=self._clock)
        self._market.attach(topic, book)
        self._seeding.append(asyncio.create_task(book.keep_seeded(), name=f"woodlot book {symbol}"))
        return book

    # Its life.

    async def _open(self) -> None:
        if self.environment.is_embedded:
            self.sandbox = await Sandbox.start(self._options)
            self.environment = Environment.at(self.sandbox.rest_url, self.sandbox.ws_url, name="sandbox")
            self.credentials = Credentials(self.sandbox.api_key, self.sandbox.api_secret)
        self._client = AsyncClient(self.environment, self.credentials, timeout_s=self._timeout_s, clock=self._clock)
        if self.credentials is not None:
            client = self._client
            stream = PrivateStream(
                self.environment,
                lambda: client.send(CreateListenKey.for_stream()),
                clock=self._clock,
                chance=self._chance,
            )
            account = Account(client, stream, clock=self._clock)
            self._account = account
            await account.open()

    async def _close(self) -> None:
        for task in self._seeding:
            task.cancel()
        await asyncio.gather(*self._seeding, return_exceptions=True)
        if self._market is not None:
            await self._market.close()
        if self._account is not None:
            await self._account.close()
        if self._client is not None:
            await self._client.close()
        if self.sandbox is not None:
            await self.sandbox.stop()


def _order(
    side: Side, symbol: str, quantity: Number | None, price: Number | None, options: dict[str, Any]
) -> PlaceOrder:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    fields: dict[str, Any] = {"symbol": symbol, "side": side, "type": kind, "quantity": quantity, "price": price}
    return PlaceOrder(**(fields | options))
