"""ccxt's `woo` behind one face, so that a step is written once for its sync and its async half."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt
import ccxt.async_support
import requests
from tests import sandboxes

SPOT = "BTC/USDT"
SWAP = "BTC/USDT:USDT"


class Peer:
    """One `woo` pointed at a sandbox by nothing but its `urls`; every method of ccxt's is awaited here."""

    def __init__(self, exchange: Any) -> None:
        self.exchange = exchange

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self.exchange, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            answer = method(*arguments, **named)
            return await answer if inspect.isawaitable(answer) else answer

        return call

    @property
    def sent(self) -> str:
        """The body of the last request."""
        return str(self.exchange.last_request_body)

    async def close(self) -> None:
        if isinstance(self.exchange, ccxt.async_support.Exchange):
            await self.exchange.close()
        else:
            self.exchange.session.close()

    async def price(self, symbol: str = SPOT, *, part: float = 1.0) -> str:
        """Return the best ask, or a part of it, on the symbol's tick."""
        book = await self.fetch_order_book(symbol, 1)
        return self.exchange.price_to_precision(symbol, book["asks"][0][0] * part)

    async def resting(self, **parameters: Any) -> dict[str, Any]:
        """Place a bid that nothing will reach."""
        return await self.create_order(SPOT, "limit", "buy", "0.001", await self.price(part=0.8), parameters)

    async def seen(self, order: dict[str, Any], symbol: str = SPOT, **parameters: Any) -> dict[str, Any]:
        """Return an order as the exchange tells it."""
        return await self.fetch_order(order["id"], symbol, parameters)


def connect(kind: str, address: sandboxes.Address, *, secret: str | None = None) -> Peer:
    """Return a `woo` of ccxt's "sync" or "async" half."""
    halves: dict[str, Callable[..., Any]] = {"sync": ccxt.woo, "async": ccxt.async_support.woo}
    urls = dict.fromkeys(("pub", "public", "private"), address.rest_url)
    # The sandbox runs without limits here, so ccxt need not pace itself either.
    settings = {"enableRateLimit": False, "urls": {"api": urls}}
    return Peer(halves[kind]({"apiKey": address.api_key, "secret": secret or address.api_secret, **settings}))


def pass_time(address: sandboxes.Address, length: str) -> None:
    """Put the sandbox's clock ahead, so that what is due in the meantime happens."""
    reply = requests.post(f"{address.rest_url}/sandbox/faults", json={"fault": f"clock.skew {length}"}, timeout=5)
    assert reply.status_code == 200, reply.text
