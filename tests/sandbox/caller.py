"""A caller who shares nothing with the client: hand-written JSON, hand-made signatures, raw aiohttp."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from woodlot.sandbox.server import Sandbox, SandboxOptions

BTC = "SPOT_BTC_USDT"
WOO = "SPOT_WOO_USDT"
FAR_BID = {"symbol": BTC, "side": "BUY", "type": "LIMIT", "price": "30000", "quantity": "0.001"}


def headers(
    key: str, secret: str, method: str, target: str, body: str | bytes = "", *, at_ms: int | None = None
) -> dict[str, str]:
    """Sign as rest-v3 §2.2 says."""
    timestamp = str(time.time_ns() // 1_000_000 if at_ms is None else at_ms)
    raw = body if isinstance(body, bytes) else body.encode()
    text = f"{timestamp}{method}{target}".encode() + raw
    return {
        "x-api-key": key,
        "x-api-timestamp": timestamp,
        "x-api-signature": hmac.new(secret.encode(), text, hashlib.sha256).hexdigest(),
        "Content-Type": "application/json",
    }


class Caller:
    """Calls one sandbox."""

    def __init__(self, sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.http = http
        self._sockets: list[aiohttp.ClientWebSocketResponse] = []

    async def close(self) -> None:
        """Close every socket; from Python 3.13 on, one that the other end closed still counts as left open."""
        for socket in self._sockets:
            await socket.close()

    async def public(self, target: str) -> tuple[int, Any]:
        async with self.http.get(self.sandbox.rest_url + target) as reply:
            return reply.status, json.loads(await reply.read())

    async def signed(self, method: str, target: str, body: Any = "", **replaced: str) -> tuple[int, Any]:
        """Send a signed call. A dict becomes JSON; headers can be replaced."""
        text = json.dumps(body) if isinstance(body, dict) else body
        head = headers(self.sandbox.api_key, self.sandbox.api_secret, method, target, text) | replaced
        async with self.http.request(method, self.sandbox.rest_url + target, data=text or None, headers=head) as reply:
            return reply.status, json.loads(await reply.read())

    async def listen_key(self) -> str:
        _, reply = await self.signed("POST", "/v3/account/listenKey", {"type": "WEBSOCKET"})
        return reply["data"]["authKey"]

    async def stream(self, *topics: str, path: str = "/v3/public") -> aiohttp.ClientWebSocketResponse:
        """Connect, subscribe, take the acknowledgement."""
        socket = await self.http.ws_connect(self.sandbox.ws_url + path)
        self._sockets.append(socket)
        if topics:
            await socket.send_json({"id": "1", "cmd": "SUBSCRIBE", "params": list(topics)})
            assert (await socket.receive_json(timeout=5))["data"] == list(topics)
        return socket

    async def private_stream(self, *topics: str) -> aiohttp.ClientWebSocketResponse:
        return await self.stream(*topics, path=f"/v3/private?key={await self.listen_key()}")


@asynccontextmanager
async def running(**options: Any) -> AsyncGenerator[Caller]:
    """Run a sandbox on a free port, and somebody who calls it."""
    async with (
        await Sandbox.start(SandboxOptions(**options)) as sandbox,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        caller = Caller(sandbox, http)
        try:
            yield caller
        finally:
            await caller.close()


async def until(socket: aiohttp.ClientWebSocketResponse, wanted: Callable[[Any], bool]) -> Any:
    """Return the first frame that is wanted."""
    async with asyncio.timeout(5):
        while True:
            message = await socket.receive_json()
            if wanted(message):
                return message
