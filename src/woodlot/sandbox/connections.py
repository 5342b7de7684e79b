"""This file is the live sockets of both streams: who is connected, what they are sent, and when they are cut."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Generator
from typing import Literal, TypeAlias

from aiohttp import WSCloseCode, WSMsgType, web

from woodlot.clock import Clock
from woodlot.sandbox.listen_keys import ListenKey, ListenKeys
from woodlot.sandbox.replies import frame
from woodlot.sandbox.sockets import Session
from woodlot.wire.answer import Event

Kind: TypeAlias = Literal["all", "public", "private"]

MOST_QUEUED = 5_000
"""Frames that wait for a slow client; one more and it is cut, since what it would miss it could not tell."""

IDLE_S = 60.0
"""A public connection whose client says nothing for so long is cut (websocket-v3 §3)."""

LIFE_S = 24 * 3600.0
"""How long a connection lives (websocket-v3 §2)."""

_KEY_IS_OVER = 1008  # the proposal of websocket-v3 §4.2
_LIFE_IS_OVER = 1001  # not known; "going away" is what it is

_LONGEST_FRAME = 64 * 1024
# A client that does not even read the close frame is not waited for.
_PATIENCE_S = 2.0

_log = logging.getLogger("woodlot.sandbox")


class Connection:
    """One live socket: a session, the frames that wait for the client, and when it was last heard of."""

    def __init__(self, session: Session, *, clock: Clock, address: str, key: ListenKey | None = None) -> None:
        self.session = session
        self.address = address
        self.key = key
        self._clock = clock
        self._socket = web.WebSocketResponse(
            autoping=False, autoclose=False, compress=False, timeout=0.5, max_msg_size=_LONGEST_FRAME
        )
        self._transport: asyncio.Transport | None = None
        self._queue: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._close_code: int | None = None
        self._closing_s = 0.0
        self.opened_s = self.heard_s = clock.monotonic_s()

    @property
    def account_id(self) -> str | None:
        """Whose private stream this is; None for a public one."""
        return self.key.account_id if self.key else None

    async def serve(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """Upgrade, then talk until either end has had enough."""
        self._transport = request.transport
        await self._socket.prepare(request)
        writer = asyncio.create_task(self._write(), name="sandbox stream writer")
        try:
            await self._read()
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return self._socket

    def send(self, payload: bytes) -> None:
        """Queue a frame; at the bound the connection is cut instead."""
        if len(self._queue) >= MOST_QUEUED:
            _log.warning("a stream client reads too slowly, %d frames wait for it; it is cut off", MOST_QUEUED)
            self.abort()
            return
        self._queue.append(payload)
        self._wake.set()

    def abort(self) -> None:
        """End the connection without a close frame, as a load balancer does."""
        self._queue.clear()
        if self._transport is not None:
            self._transport.abort()

    def close(self, code: int) -> None:
        """End the connection with a close frame, after what is queued already; asked again later, without one."""
        if self._close_code is not None:
            if self._clock.monotonic_s() - self._closing_s > _PATIENCE_S:
                self.abort()
            return
        self._close_code, self._closing_s = code, self._clock.monotonic_s()
        self._wake.set()

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            now_ms = self._clock.now_ms()
            match message.type:
                case WSMsgType.TEXT:
                    self._answer(self.session.receive(message.data, now_ms=now_ms))
                case WSMsgType.BINARY:
                    self._answer(self.session.refuse_binary(now_ms=now_ms))
                case WSMsgType.PING:
                    with contextlib.suppress(ConnectionError):
                        await self._socket.pong(message.data)
                case WSMsgType.PONG:
                    pass
                case WSMsgType.CLOSE if self._close_code is None:
                    await self._socket.close(code=message.data or WSCloseCode.OK)
                    return
                case _:
                    return
            self.heard_s = self._clock.monotonic_s()

    def _answer(self, replies: list[str]) -> None:
        for reply in replies:
            self.send(reply.encode())

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while self._close_code is None or self._queue:
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    await self._socket.send_frame(self._queue.popleft(), WSMsgType.TEXT)
            # The frame alone: the reader goes on until the client has answered it.
            await self._socket.send_frame(self._close_code.to_bytes(2, "big"), WSMsgType.CLOSE)


class Connections:
    """All live sockets."""

    def __init__(self, *, clock: Clock, keys: ListenKeys, most_per_address: int | None) -> None:
        self._clock = clock
        self._keys = keys
        self._most_per_address = most_per_address
        self._live: set[Connection] = set()

    def has_room(self, address: str) -> bool:
        """Tell whether one more may come from there: 100 per address are let in (websocket-v3 §2)."""
        if self._most_per_address is None:
            return True
        return sum(connection.address == address for connection in self._live) < self._most_per_address

    @contextlib.contextmanager
    def joined(self, connection: Connection) -> Generator[None]:
        """Count a connection among the live ones while it is served."""
        self._live.add(connection)
        try:
            yield
        finally:
            self._live.discard(connection)

    def publish(self, topic: str, event: Event, *, ts: int, account_id: str | None = None) -> None:
        """Send an event to everybody who subscribed to `topic`; a private one only to its account."""
        listeners = [
            connection
            for connection in self._live
            if topic in connection.session.topics and connection.account_id == account_id
        ]
        if listeners:
            payload = frame(topic, event, ts=ts)
            for connection in listeners:
                connection.send(payload)

    def accounts_on(self, topic: str) -> set[str]:
        """Return the accounts that somebody is subscribed to `topic` for."""
        return {
            connection.account_id
            for connection in self._live
            if connection.account_id is not None and topic in connection.session.topics
        }

    def end_overdue(self) -> None:
        """Cut the silent ones; close those whose listen key or time is over."""
        now_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        for connection in list(self._live):
            if connection.key is not None and not self._keys.is_current(connection.key, now_ms=now_ms):
                connection.close(_KEY_IS_OVER)
            elif connection.key is None and now_s - connection.heard_s >= IDLE_S:
                connection.abort()
            elif now_s - connection.opened_s >= LIFE_S:
                connection.close(_LIFE_IS_OVER)

    def cut(self, kind: Kind) -> None:
        """Abort live sockets without a close frame."""
        for connection in list(self._live):
            if kind == "all" or (kind == "private") == (connection.key is not None):
                connection.abort()
