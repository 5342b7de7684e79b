"""This file is a market on a real port whose truth is known: a quiet sandbox, another trader in it, a witness."""

import asyncio
import random
from contextlib import suppress
from decimal import Decimal
from typing import Any

import aiohttp

from woodlot.config import Credentials, Environment
from woodlot.sandbox.exchange import Exchange, Refusal
from woodlot.sandbox.server import Sandbox
from woodlot.wire.enums import OrderType, Side, StatusFilter
from woodlot.wire.trade import GetOrders, GetTransactionHistory, OrderRow, PlaceOrder

SYMBOL = "SPOT_WOO_USDT"
DEPTH = 50
Levels = tuple[tuple[Decimal, Decimal], ...]
Window = tuple[Levels, Levels]

_MONEY = {"USDT": Decimal(10_000_000), "WOO": Decimal(100_000_000)}
_CENTS = range(200, 300)


class Market:
    """A sandbox with another trader in it. The program under proof reaches it at `port`, everybody else directly."""

    def __init__(self, sandbox: Sandbox, port: int, chance: random.Random) -> None:
        self.sandbox = sandbox
        self.chance = chance
        self.environment = Environment.at(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}")
        self.credentials = Credentials(sandbox.api_key, sandbox.api_secret)
        self.others = sandbox.exchange.open_account("others", _MONEY, watched=False).id

    @property
    def exchange(self) -> Exchange:
        return self.sandbox.exchange

    async def trade(self, *, every_s: float) -> None:
        """Be the others: place, cancel and take, for ever."""
        while True:
            await asyncio.sleep(self.chance.uniform(0.2, 1.8) * every_s)
            self._trade()

    def _trade(self) -> None:
        chance, side = self.chance, self.chance.choice((Side.BUY, Side.SELL))
        buys = side is Side.BUY
        dice = chance.random()
        if dice < 0.2:
            price, kind = (0.27, OrderType.IOC) if buys else (0.23, OrderType.IOC)
        else:
            price, kind = chance.choice(_CENTS) / 1000 * (0.95 if buys else 1.05), OrderType.LIMIT
        with suppress(Refusal):
            if dice > 0.75:
                rows = self.exchange.orders(self.others, GetOrders(status=StatusFilter.INCOMPLETE, size=100)).rows
                if rows:
                    self.exchange.cancel(self.others, order_id=chance.choice(rows).order_id)
                return
            self.exchange.place(
                self.others,
                PlaceOrder(symbol=SYMBOL, side=side, type=kind, price=f"{price:.5f}", quantity=chance.randint(50, 400)),
            )

    # The truth about our own account.

    @property
    def orders(self) -> tuple[OrderRow, ...]:
        return self.exchange.orders(self.sandbox.account_id, GetOrders(size=500)).rows

    @property
    def open_ids(self) -> list[int]:
        query = GetOrders(status=StatusFilter.INCOMPLETE, size=500)
        return sorted(row.order_id for row in self.exchange.orders(self.sandbox.account_id, query).rows)

    @property
    def trade_ids(self) -> list[int]:
        rows = self.exchange.transactions(self.sandbox.account_id, GetTransactionHistory(limit=500)).rows
        return sorted(row.id for row in rows)

    def holding(self, token: str) -> Decimal:
        return self.exchange.balances(self.sandbox.account_id, token)[0].holding


class Witness:
    """Read the same book without the proxy, with a few lines of its own; it knows the window at every `ts`."""

    def __init__(self) -> None:
        self.truth: dict[int, Window] = {0: ((), ())}
        self.ts = 0
        self._pinged_ts = 0
        self._sides: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})

    async def watch(self, url: str, ready: asyncio.Event) -> None:
        topic = f"orderbookupdate@{SYMBOL}@{DEPTH}"
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/v3/public") as socket:
            await socket.send_json({"id": "1", "cmd": "SUBSCRIBE", "params": [topic]})
            async for message in socket:
                frame: dict[str, Any] = message.json()
                if frame.get("topic") == topic:
                    self._apply(frame["data"])
                    await self._keep_alive(socket)
                else:
                    ready.set()
        raise RuntimeError("the witness was cut off")

    async def _keep_alive(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        # A connection whose client is silent for 60 s is cut (websocket-v3 §3).
        if self.ts >= self._pinged_ts + 20_000:
            self._pinged_ts = self.ts
            await socket.send_json({"cmd": "PING", "ts": self.ts})

    def _apply(self, data: dict[str, Any]) -> None:
        for side, levels in zip(self._sides, (data["bids"], data["asks"]), strict=True):
            for price, size in levels:
                side[Decimal(price)] = Decimal(size)
                if not Decimal(size):
                    del side[Decimal(price)]
        bids, asks = self._sides
        self.ts = data["ts"]
        self.truth[self.ts] = tuple(sorted(bids.items(), reverse=True)), tuple(sorted(asks.items()))
