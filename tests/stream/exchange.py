"""This file is an exchange's streaming end that misbehaves on command: written for these tests, not our sandbox."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from woodlot.config import Environment
from woodlot.wire.account import ListenKey
from woodlot.wire.answer import Time

REPORT = {"s": "SPOT_BTC_USDT", "oid": 1, "ss": "FILLED", "tid": 1}
ACCOUNT = {"m": "FUTURE", "v": "10000"}


@dataclass
class Socket:
    """One accepted connection, as the server sees it."""

    ws: web.WebSocketResponse
    request: web.Request
    key: str = ""
    topics: list[str] = field(default_factory=list[str])
    commands: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    task: "asyncio.Task[None] | None" = None

    async def push(self, topic: str, data: object, *, ts: int = 1) -> None:
        await self.say({"topic": topic, "ts": ts, "data": data})

    async def say(self, frame: object) -> None:
        await self.ws.send_str(frame if isinstance(frame, str) else json.dumps(frame))

    def cut(self) -> None:
        """End the connection without a close frame, as the load balancer does."""
        assert self.request.transport is not None
        self.request.transport.abort()


@dataclass
class Exchange:
    """What it does wrong is set from outside, at any time."""

    acks: bool = True
    pongs: bool = True
    refused: frozenset[str] = frozenset()
    spoils: frozenset[str] = frozenset()  # topics that make a whole request fail, with the text in `data`
    early: dict[str, object] = field(default_factory=dict[str, object])  # data that comes before its ack
    upgrade_status: int = 0
    account_every_s: float = 0.02
    zombie: bool = False
    closes_after_accept: bool = False
    key_lives_s: float = 3600.0
    key_failures: list[Exception] = field(default_factory=list[Exception])
    old_key: str = "closed"  # or "silent" or "works"
    sockets: list[Socket] = field(default_factory=list[Socket])
    keys: list[str] = field(default_factory=list[str])
    upgrades: int = 0
    port: int = 0

    @property
    def environment(self) -> Environment:
        return Environment.at(f"http://127.0.0.1:{self.port}", f"ws://127.0.0.1:{self.port}")

    @property
    def open_sockets(self) -> list[Socket]:
        return [socket for socket in self.sockets if not socket.ws.closed]

    async def make_key(self) -> ListenKey:
        """Stand in for POST /v3/account/listenKey: the old key ends at once."""
        if self.key_failures:
            raise self.key_failures.pop(0)
        self.keys.append(f"SECRETKEY{len(self.keys):04d}")
        for socket in self.open_sockets:
            if socket.key and self.old_key == "closed":
                await socket.ws.close(code=1008)
        expires_ms = 1_790_000_000_000 + round(self.key_lives_s * 1000)
        return ListenKey(auth_key=self.keys[-1], expired_time=Time.at(expires_ms), timestamp=1_790_000_000_000)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.upgrades += 1
        key = request.query.get("key", "")
        is_private = request.path.endswith("private")
        if self.upgrade_status or (is_private and key != (self.keys or [""])[-1]):
            return web.json_response({"success": False}, status=self.upgrade_status or 401)
        ws = web.WebSocketResponse(autoping=True)
        await ws.prepare(request)
        socket = Socket(ws, request, key)
        self.sockets.append(socket)
        if self.closes_after_accept:
            await ws.close(code=1008)
            return ws
        socket.task = asyncio.create_task(self._account(socket)) if is_private else None
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    await self._answer(socket, json.loads(message.data))
        finally:
            if socket.task is not None:
                socket.task.cancel()
        return ws

    def _is_dead(self, socket: Socket) -> bool:
        return self.zombie or (self.old_key == "silent" and socket.key != self.keys[-1])

    async def _account(self, socket: Socket) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(self.account_every_s)
                if "account" in socket.topics and not self._is_dead(socket):
                    await socket.push("account", ACCOUNT)

    async def _answer(self, socket: Socket, command: dict[str, Any]) -> None:
        socket.commands.append(command)
        match command["cmd"]:
            case "PING" if self.pongs:
                await socket.say({"cmd": "PONG", "success": True, "time": 1})
            case "SUBSCRIBE" | "UN_SUBSCRIBE" as word if self.acks:
                await self._acknowledge(socket, word, command)
            case _:
                pass

    async def _acknowledge(self, socket: Socket, word: str, command: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"id": command["id"], "cmd": word, "success": True, "time": 1}
        topics = [topic for topic in command["params"] if topic not in self.refused]
        if word == "UN_SUBSCRIBE":
            socket.topics = [topic for topic in socket.topics if topic not in topics]
        elif self.spoils & set(topics):
            await socket.say({**answer, "success": False, "data": "Command type invalid!"})
            return
        else:
            socket.topics += topics
            for topic in topics:
                if topic in self.early:
                    await socket.push(topic, self.early[topic])
        await socket.say({**answer, "data": topics})


@contextlib.asynccontextmanager
async def running(exchange: Exchange) -> AsyncGenerator[Exchange]:
    """Serve on a free port."""
    app = web.Application()
    app.router.add_get("/v3/public", exchange.serve)
    app.router.add_get("/v3/private", exchange.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    exchange.port = runner.addresses[0][1]
    try:
        yield exchange
    finally:
        for socket in exchange.open_sockets:
            socket.cut()
        await runner.cleanup()


async def until(condition: Callable[[], object], *, within_s: float = 3.0) -> None:
    """Wait for something to become true."""
    for _ in range(int(within_s / 0.005)):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"not within {within_s} s")
