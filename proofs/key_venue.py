"""This file is the exchange of a month: listen keys, the sockets they open, and fills; nothing else, and no market.

A new key ends the one before (websocket-v3 §4.1): its socket is closed, falls silent, or works on for a while. Sockets
end after 24 hours and keys expire. The key endpoint refuses for spells, REST shows fills up to five seconds late.
"""

import asyncio
import json
import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from woodlot.clock import Clock
from woodlot.errors import ConnectionFailed, NotFound, RateLimited
from woodlot.stream.link import Address, LinkClosed, UpgradeRefused
from woodlot.wire.account import ListenKey
from woodlot.wire.answer import Time
from woodlot.wire.enums import OrderStatus, OrderTypeWord, Side
from woodlot.wire.request import Request
from woodlot.wire.trade import (
    GetOrder,
    GetOrders,
    GetTransactionHistory,
    OrderRow,
    OrderRows,
    Transaction,
    TransactionRows,
    TransactionSide,
)

SYMBOL = "SPOT_WOO_USDT"
ACCOUNT_EVERY_S = 240.0
_DAY_S = 86_400.0
_LATENCY_S = 0.05


@dataclass(eq=False)
class Wire:
    """One private socket; `is_deaf` is one whose key died without anybody closing it."""

    venue: "KeyVenue"
    key: str
    frames: "asyncio.Queue[str | None]" = field(default_factory=asyncio.Queue["str | None"])
    topics: set[str] = field(default_factory=set[str])
    is_open: bool = True
    is_deaf: bool = False

    async def send(self, text: str) -> None:
        command = json.loads(text)
        if command["cmd"] == "PING":
            self._say({"cmd": "PONG", "success": True, "time": 1})
            return
        self.topics |= set(command["params"])
        self._say({"id": command["id"], "cmd": command["cmd"], "success": True, "time": 1, "data": command["params"]})

    async def receive(self) -> str:
        frame = await self.frames.get()
        if frame is None:
            raise LinkClosed(1006)
        return frame

    async def close(self) -> None:
        self.is_open = False

    def cut(self) -> None:
        self.is_open = False
        self.frames.put_nowait(None)

    def push(self, topic: str, data: object, *, ts_ms: int) -> None:
        if self.is_open and not self.is_deaf and topic in self.topics:
            self._say({"topic": topic, "ts": ts_ms, "data": data})

    def _say(self, frame: object) -> None:
        self.frames.put_nowait(json.dumps(frame))


class KeyVenue:
    """The exchange, for any number of owners of one account.

    `asked_s` notes each call for a key and whose it was, `made_s` those that were answered with one.
    """

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self._wires: list[Wire] = []
        self._key = ""
        self._key_until_s = 0.0
        self._shown_ms: dict[int, int] = {}
        self.asked_s: list[tuple[float, str]] = []
        self.made_s: list[float] = []
        self.fills: list[Transaction] = []
        self.is_down = False
        self.refuses_keys = False
        self.refused = 0

    # The wire.

    async def make_key(self, owner: str) -> ListenKey:
        """Make a key for an owner, and end the one before."""
        await asyncio.sleep(_LATENCY_S)
        if self.is_down:
            raise ConnectionFailed("/v3/account/listenKey", "down")
        self.asked_s.append((self._clock.monotonic_s(), owner))
        if self.refuses_keys:
            self.refused += 1
            raise RateLimited("too many requests", code=-1003)
        self._end_the_old_key()
        self.made_s.append(self._clock.monotonic_s())
        self._key = f"key{len(self.made_s)}"
        self._key_until_s = self._clock.monotonic_s() + _DAY_S
        now_ms = self._clock.now_ms()
        return ListenKey(auth_key=self._key, expired_time=Time.at(now_ms + int(_DAY_S * 1000)), timestamp=now_ms)

    async def dial(self, address: Address) -> Wire:
        await asyncio.sleep(_LATENCY_S)
        if self.is_down:
            raise ConnectionFailed(str(address), "down")
        if address.key != self._key or self._clock.monotonic_s() > self._key_until_s:
            raise UpgradeRefused(str(address), 401)
        wire = Wire(self, self._key)
        self._wires.append(wire)
        asyncio.get_running_loop().call_later(_DAY_S, wire.cut)
        return wire

    async def close(self) -> None:
        """Part of the dialer's shape; the exchange goes on."""

    async def send_accounts(self) -> None:
        """Push `account` to whoever is heard, and forget closed sockets, for ever."""
        while True:
            await asyncio.sleep(ACCOUNT_EVERY_S)
            if self._clock.monotonic_s() > self._key_until_s:
                self.cut()
            self._wires = [wire for wire in self._wires if wire.is_open]
            for wire in self._wires:
                wire.push("account", {"m": "PURE_SPOT", "v": "30000"}, ts_ms=self._clock.now_ms())

    def cut(self) -> None:
        """Cut every socket, as a failing network does."""
        for wire in self._wires:
            wire.cut()

    def _end_the_old_key(self) -> None:
        for wire in self._wires:
            match self._chance.choice(("closed", "silent", "working")):
                case "closed":
                    wire.cut()
                case "silent":
                    wire.is_deaf = True
                case _:
                    asyncio.get_running_loop().call_later(self._chance.uniform(0.1, 30.0), wire.cut)

    # What happens on it.

    def fill(self) -> None:
        """Execute an order of ours, placed by some program, and report it to whoever is heard."""
        number, now_ms = len(self.fills) + 1, self._clock.now_ms()
        self.fills.append(
            Transaction(
                id=number,
                symbol=SYMBOL,
                order_id=number,
                executed_price=Decimal("0.25"),
                executed_quantity=Decimal(100),
                fee=Decimal("0.01"),
                fee_asset="WOO",
                side=TransactionSide.BUY,
                executed_timestamp=Time.at(now_ms),
                is_maker=0,
            )
        )
        self._shown_ms[number] = now_ms + self._chance.choice((0, 0, 1, self._chance.randint(0, 5_000)))
        report = {"mt": 0, "s": SYMBOL, "cid": 0, "oid": number, "t": "MARKET", "sd": "BUY", "sx": "100", "px": "0",
                  "tid": number, "esx": "100", "epx": "0.25", "f": "0.01", "fa": "WOO", "tesx": "100", "aepx": "0.25",
                  "ss": "FILLED", "rs": "", "tg": "default", "ts": now_ms, "ro": False, "mk": False}  # fmt: skip
        for wire in self._wires:
            wire.push("executionreport", report, ts_ms=now_ms)

    async def send(self, request: Request[Any]) -> Any:
        """Answer what is asked over REST."""
        await asyncio.sleep(_LATENCY_S)
        if self.is_down:
            raise ConnectionFailed(str(request.endpoint), "down")
        match request:
            case GetOrders():
                return OrderRows(rows=())
            case GetOrder(order_id=int(number)) if self._is_shown(number):
                return _row(self.fills[number - 1])
            case GetTransactionHistory():
                start, end = int(str(request.start_time)), int(str(request.end_time))
                rows: list[Transaction] = []
                for row in reversed(self.fills):
                    if row.executed_timestamp.ms < start or len(rows) == request.limit:
                        break
                    if row.executed_timestamp.ms <= end and self._is_shown(row.id):
                        rows.append(row)
                return TransactionRows(rows=tuple(rows))
            case _:
                raise NotFound("not here", code=-1006)

    def _is_shown(self, number: int) -> bool:
        return self._clock.now_ms() >= self._shown_ms.get(number, 0)


def _row(fill: Transaction) -> OrderRow:
    return OrderRow(
        order_id=fill.order_id,
        symbol=SYMBOL,
        side=Side.BUY,
        type=OrderTypeWord.MARKET,
        status=OrderStatus.FILLED,
        quantity=fill.executed_quantity,
        executed=fill.executed_quantity,
        average_executed_price=fill.executed_price,
        created_time=fill.executed_timestamp,
    )
