"""A sandbox that outlives desks, and a wire to it that loses what it is told to lose."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from woodlot.config import Credentials, Environment
from woodlot.desk.desk import Desk
from woodlot.desk.terms import Seams
from woodlot.rest.loop_client import LoopTransport
from woodlot.rest.steps import HttpReply, HttpRequest, Lost
from woodlot.sandbox.server import Sandbox, SandboxOptions
from woodlot.wire.enums import StatusFilter
from woodlot.wire.trade import GetOrders, GetTransactionHistory, OrderRow

BTC, ETH, WOO = "SPOT_BTC_USDT", "SPOT_ETH_USDT", "SPOT_WOO_USDT"


def is_order(request: HttpRequest) -> bool:
    return (request.method, request.target) == ("POST", "/v3/trade/order")


@dataclass
class Rig:
    """One exchange and what is done to it."""

    sandbox: Sandbox
    directory: Path
    transports: "list[Lossy]" = field(default_factory=list["Lossy"])

    @property
    def environment(self) -> Environment:
        return Environment.at(self.sandbox.rest_url, self.sandbox.ws_url)

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.sandbox.api_key, self.sandbox.api_secret)

    @property
    def lossy(self) -> "Lossy":
        return self.transports[-1]

    def desk(self, **options: Any) -> Desk:
        """Describe a desk on the journal of this rig, with a wire that can lose things."""
        self.transports.append(Lossy(LoopTransport(self.environment, connect_timeout_s=5.0)))
        known: dict[str, Any] = {
            "journal": self.directory / "journal",
            "seams": Seams(transport=self.lossy),
            "timeout_s": 10.0,
        }
        return Desk.open(self.environment, self.credentials, **known | options)

    def open_orders(self) -> tuple[OrderRow, ...]:
        query = GetOrders(status=StatusFilter.INCOMPLETE, size=500)
        return self.sandbox.exchange.orders(self.sandbox.account_id, query).rows

    def orders(self) -> tuple[OrderRow, ...]:
        return self.sandbox.exchange.orders(self.sandbox.account_id, GetOrders(size=500)).rows

    def trade_ids(self, symbol: str) -> list[int]:
        query = GetTransactionHistory(symbol=symbol, limit=1000)
        return sorted(row.id for row in self.sandbox.exchange.transactions(self.sandbox.account_id, query).rows)


@asynccontextmanager
async def rigged(directory: Path) -> AsyncGenerator[Rig]:
    async with asyncio.timeout(60), await Sandbox.start(SandboxOptions(limits=None)) as sandbox:
        yield Rig(sandbox, directory)


class Lossy:
    """Carry requests as they are; lose the next that fits, before it arrives or after."""

    def __init__(self, transport: LoopTransport) -> None:
        self._transport = transport
        self.lose_request: Callable[[HttpRequest], bool] | None = None
        self.lose_reply: Callable[[HttpRequest], bool] | None = None
        self.sent: list[HttpRequest] = []

    async def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        if self.lose_request is not None and self.lose_request(request):
            self.lose_request = None
            return Lost("a test lost it on the way", may_have_arrived=True)
        self.sent.append(request)
        reply = await self._transport.exchange(request, timeout_s=timeout_s)
        if self.lose_reply is not None and self.lose_reply(request):
            self.lose_reply = None
            return Lost("a test lost the reply", may_have_arrived=True)
        return reply

    async def close(self) -> None:
        await self._transport.close()


async def until(condition: Callable[[], object], *, within_s: float = 15.0) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)
