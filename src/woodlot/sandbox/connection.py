"""This file is one live socket of a stream: what waits for the client, when it was last heard of, how it ends.

Frames are written whole and straight to the transport, all that one turn of the loop has to say in one piece: that
is what makes a hundred thousand frames a second possible. aiohttp reads, and does the handshake.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Literal, TypeAlias

from aiohttp import WSMsgType, web

from woodlot.clock import Clock
from woodlot.sandbox.faults import Faults
from woodlot.sandbox.listen_keys import ListenKey
from woodlot.sandbox.sockets import Said, Session, Sort

if TYPE_CHECKING:
    from collections.abc import Callable

Stream: TypeAlias = Literal["public", "private"]

MOST_QUEUED = 5_000
"""Frames that one turn may queue for a client; one more and it is cut, since what it would miss it could not tell."""

MOST_UNREAD = 4 * 1024 * 1024
"""Bytes that wait for a slow client before it is cut."""

_NO_CLOSE_FRAME = 1006
_LONGEST_FRAME = 64 * 1024
# A client that does not even read the close frame is not waited for.
_PATIENCE_S = 2.0

_log = logging.getLogger("woodlot.sandbox")


class Connection:
    """One live socket, from the upgrade to its end."""

    def __init__(
        self,
        session: Session,
        *,
        clock: Clock,
        address: str,
        stream: Stream = "public",
        key: ListenKey | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.session = session
        self.address = address
        self.stream: Stream = stream
        self.key = key
        self.is_mute = False
        """Whether it gets no more data; its commands are answered."""
        self.outlives_key = False
        self.on_change: Callable[[], None] = lambda: None
        """Called when what it is subscribed to may have changed."""
        self._clock = clock
        self._faults = faults or Faults(clock=clock)
        self._socket = web.WebSocketResponse(
            autoping=False, autoclose=False, compress=False, timeout=0.5, max_msg_size=_LONGEST_FRAME
        )
        self._transport: asyncio.Transport | None = None
        self._queue: list[bytes] = []
        self._acks_after_data: list[bytes] = []
        self._is_up = False
        self._is_deaf = False
        self._close_code: int | None = None
        self._closing_s = 0.0
        self.opened_s = self.heard_s = self.spoken_s = clock.monotonic_s()

    @property
    def account_id(self) -> str | None:
        """Whose private stream this is; None for a public one."""
        return self.key.account_id if self.key else None

    async def serve(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """Upgrade, then talk until either end has had enough."""
        self._transport = request.transport
        await self._socket.prepare(request)
        self._is_up = True
        self.flush()
        await self._read()
        return self._socket

    @property
    def unread(self) -> int:
        """How many bytes the kernel has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def send(self, payload: bytes) -> None:
        """Queue a text frame; at the bound the connection is cut instead."""
        self.send_framed(framed(payload))

    def push(self, framed_payload: bytes) -> None:
        """Queue one framed push, if this connection still gets data."""
        if self.is_mute or self._is_deaf or self._close_code is not None:
            return
        self.send_framed(framed_payload)
        if self._acks_after_data:
            late, self._acks_after_data = self._acks_after_data, []
            for ack in late:
                self.send_framed(ack)

    def send_framed(self, frame: bytes) -> None:
        queue = self._queue
        if len(queue) >= MOST_QUEUED:
            self._cut_off()
            return
        queue.append(frame)
        if len(queue) == 1 and self._is_up:
            asyncio.get_running_loop().call_soon(self.flush)

    def abort(self) -> None:
        """End the connection without a close frame, as a load balancer does."""
        self._queue.clear()
        if self._transport is not None:
            self._transport.abort()

    def close(self, code: int) -> None:
        """End the connection with a close frame, after what is queued already; asked again later, without one."""
        if code == _NO_CLOSE_FRAME:
            self.abort()
            return
        if self._close_code is not None:
            if self._clock.monotonic_s() - self._closing_s > _PATIENCE_S:
                self.abort()
            return
        self._close_code, self._closing_s = code, self._clock.monotonic_s()
        # The frame alone: the reader goes on until the client has answered it.
        self.send_framed(framed(code.to_bytes(2, "big"), WSMsgType.CLOSE))

    def fall_deaf(self) -> None:
        """Stay open, and from now on neither say nor hear anything: what a half-open connection looks like."""
        self._is_deaf = True
        self._queue.clear()

    def flush(self) -> None:
        """Hand what is queued to the kernel."""
        transport = self._transport
        if transport is None or not self._queue:
            return
        frames, self._queue = self._queue, []
        if transport.is_closing():
            return
        transport.write(b"".join(frames))
        self.spoken_s = self._clock.monotonic_s()
        if self.unread > MOST_UNREAD:
            self._cut_off()

    def _cut_off(self) -> None:
        _log.warning("a stream client reads too slowly, thousands of frames wait for it; it is cut off")
        self.abort()

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            now_ms = self._clock.now_ms()
            match message.type:
                case WSMsgType.CLOSE if self._close_code is None and not self._is_deaf:
                    await self._socket.close(code=message.data or 1000)
                    return
                case WSMsgType.CLOSE | WSMsgType.CLOSED | WSMsgType.CLOSING | WSMsgType.ERROR:
                    return
                case _ if self._is_deaf:
                    pass
                case WSMsgType.TEXT:
                    replies = self.session.receive(message.data, now_ms=now_ms)
                    self.on_change()
                    self._answer(replies)
                case WSMsgType.BINARY:
                    self._answer(self.session.refuse_binary(now_ms=now_ms))
                case WSMsgType.PING:
                    self.send_framed(framed(message.data, WSMsgType.PONG))
                case _:
                    pass
            self.heard_s = self._clock.monotonic_s()

    def _answer(self, replies: list[Said]) -> None:
        for reply in replies:
            self._say(reply.sort, framed(reply.text.encode()))

    def _say(self, sort: Sort, frame: bytes) -> None:
        """Send a reply, unless a fault has it otherwise."""
        match sort:
            case Sort.PONG if self._strikes("pong-lost"):
                pass
            case Sort.ACK if self._strikes("ack-lost"):
                pass
            case Sort.ACK if self._strikes("ack-after-data"):
                self._acks_after_data.append(frame)
            case Sort.ACK if delay := self._faults.strike(f"{self.stream}.ack-delay", "stream.ack-delay"):
                asyncio.get_running_loop().call_later(delay.length_ms / 1000, self.send_framed, frame)
            case Sort.ERROR if self._strikes("error-close"):
                self.send_framed(frame)
                self.close(1000)
            case _:
                self.send_framed(frame)

    def _strikes(self, word: str) -> bool:
        return self._faults.strike(f"{self.stream}.{word}", f"stream.{word}") is not None


def framed(payload: bytes, kind: WSMsgType = WSMsgType.TEXT) -> bytes:
    """Return the payload as one whole frame of a server, which is never masked (RFC 6455 §5.1, §5.2)."""
    length = len(payload)
    if length < 126:
        head = bytes((0x80 | kind, length))
    elif length < 1 << 16:
        head = bytes((0x80 | kind, 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((0x80 | kind, 127)) + length.to_bytes(8, "big")
    return head + payload
