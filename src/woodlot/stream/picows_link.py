"""This file is a link over picows, which hands each frame on inside the loop's own read, with no task between."""

import asyncio
import contextlib
from collections import deque

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from woodlot.stream.link import CLOSE_TIMEOUT_S, CUT, MOST_BYTES_PER_FRAME, LinkClosed, Take

# Looked up for every frame.
_TEXT = WSMsgType.TEXT


class PicowsLink(WSListener):
    """One open connection.

    What comes while nobody takes it waits, and nothing is read meanwhile: at most one read's worth of frames waits.
    """

    # Read for every frame, and quicker than in a dictionary.
    __slots__ = (
        "_are_text",
        "_can_write",
        "_end",
        "_error",
        "_is_reading",
        "_parts",
        "_take",
        "_taker",
        "_transport",
        "_turned",
        "_waiting",
    )

    def __init__(self) -> None:
        self._transport: WSTransport | None = None
        self._taker: Take = self._keep
        # The same, but for the time inside a message of several frames.
        self._take: Take = self._taker
        self._waiting: deque[bytes | str] = deque()
        self._parts: bytearray | None = None
        self._are_text = True
        self._end: tuple[int, str] | None = None
        self._error: BaseException | None = None
        self._is_reading = True
        self._turned = asyncio.Event()
        self._can_write = asyncio.Event()
        self._can_write.set()

    # The link.

    async def send(self, text: str) -> None:
        """Send one text frame, and wait while too much waits to be written."""
        if self._end is None:
            self._wire.send(_TEXT, text.encode())
            await self._can_write.wait()
        if self._end is not None:
            raise LinkClosed(CUT)

    async def receive(self) -> bytes | str:
        """Wait for the next frame. Raises LinkClosed when there will be none."""
        while not self._waiting:
            if self._end is not None:
                raise LinkClosed(*self._end)
            await self._turn()
        return self._waiting.popleft()

    async def pump(self, take: Take) -> None:
        """Hand on every frame, from within the read. Ends only by an error: of `take`, or LinkClosed."""
        self._error = None
        while self._waiting:
            take(self._waiting.popleft())
        if self._end is None:
            self._let(take)
        try:
            while self._error is None and self._end is None:
                await self._turn()
        finally:
            if self._taker is take:
                self._let(self._keep)
        error, self._error = self._error, None
        if error is not None:
            raise error
        raise LinkClosed(*(self._end or (CUT, "")))

    async def close(self) -> None:
        """Say goodbye, wait a little for the other end's, and let go. What still comes is nobody's."""
        if self._end is None:
            self._over(CUT)
            self._wire.send_close(WSCloseCode.OK)
        self._waiting.clear()
        try:
            # Its error is how the link ended, which was told. The wait is for the other end to close, too.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    self._pace()
                    await self._wire.wait_disconnected()
        finally:
            self._wire.disconnect(graceful=False)

    # What picows calls.

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - picows passes it
        if not frame.fin or frame.msg_type is not _TEXT or frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._rarer(frame)
            return
        # picows says goodbye to a frame beyond its bound, and then may hand it on all the same.
        if frame.payload_size > MOST_BYTES_PER_FRAME:
            self._refuse(WSCloseCode.MESSAGE_TOO_BIG, "a message beyond the bound")
            return
        # The payload is a view that ends with this call, so it is copied.
        try:
            text = frame.get_payload_as_utf8_text()
        except UnicodeDecodeError:
            self._refuse(WSCloseCode.INVALID_TEXT, "a text that is not UTF-8")
            return
        try:
            self._take(text)
        except BaseException as error:  # noqa: BLE001 - it is raised where the pump is awaited
            self._failed(error)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        # A goodbye that was not ours is picows's own, to what it could not read.
        if transport.is_close_frame_sent and (sent := transport.close_handshake.sent) is not None:
            self._over(sent.code.value, "what came is no frame of the protocol")
        self._over(CUT)

    def pause_writing(self) -> None:
        self._can_write.clear()
        self._pace()

    def resume_writing(self) -> None:
        self._can_write.set()
        self._pace()

    # What both share.

    @property
    def _wire(self) -> WSTransport:
        assert self._transport is not None, "a link is handed out once it is connected"  # noqa: S101
        return self._transport

    def _keep(self, payload: bytes | str) -> None:
        self._waiting.append(payload)
        self._turned.set()
        self._pace()

    def _let(self, take: Take) -> None:
        self._taker = take
        if self._parts is None:
            self._take = take

    def _failed(self, error: BaseException) -> None:
        self._error = error
        self._let(self._keep)
        self._turned.set()

    async def _turn(self) -> None:
        """Read on, until something has come that nobody took, or the end."""
        self._turned.clear()
        self._pace()
        await self._turned.wait()

    def _pace(self) -> None:
        """Read only while nothing waits for a reader, nor too much for the other end (its pings are answered)."""
        is_reading = not self._waiting and self._can_write.is_set()
        wire = self._wire.underlying_transport
        if is_reading is self._is_reading or wire.is_closing():
            return
        self._is_reading = is_reading
        if is_reading:
            wire.resume_reading()
        else:
            wire.pause_reading()

    def _rarer(self, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind is WSMsgType.CLOSE:
            self._closed(frame.get_payload_as_bytes())
        elif frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._refuse(WSCloseCode.PROTOCOL_ERROR, "an extension that was not agreed on")
        elif kind is WSMsgType.CONTINUATION:
            self._join(frame)
        elif kind is not WSMsgType.PONG:
            if self._parts is not None:
                self._inside(b"")
                return
            self._parts, self._are_text = bytearray(), kind is WSMsgType.TEXT
            self._take = self._inside
            self._join(frame)

    def _join(self, frame: WSFrame) -> None:
        """Put a part of a message to those before it."""
        if self._parts is None:
            self._refuse(WSCloseCode.PROTOCOL_ERROR, "the rest of a message that never began")
            return
        if len(self._parts) + frame.payload_size > MOST_BYTES_PER_FRAME:
            self._refuse(WSCloseCode.MESSAGE_TOO_BIG, "a message beyond the bound")
            return
        self._parts += frame.get_payload_as_memoryview()
        if not frame.fin:
            return
        whole, self._parts, self._take = bytes(self._parts), None, self._taker
        try:
            payload = whole.decode() if self._are_text else whole
        except UnicodeDecodeError:
            self._refuse(WSCloseCode.INVALID_TEXT, "a text that is not UTF-8")
            return
        try:
            self._take(payload)
        except BaseException as error:  # noqa: BLE001 - as above
            self._failed(error)

    def _inside(self, _: bytes | str) -> None:
        self._refuse(WSCloseCode.PROTOCOL_ERROR, "a message inside another")

    def _closed(self, payload: bytes) -> None:
        self._over(int.from_bytes(payload[:2]), payload[2:].decode("utf-8", "replace"))
        self._wire.send_close(WSCloseCode.OK)
        self._wire.disconnect()

    def _refuse(self, code: WSCloseCode, why: str) -> None:
        self._over(code.value, why)
        self._wire.send_close(code)
        self._wire.disconnect()

    def _over(self, code: int, text: str = "") -> None:
        if self._end is None:
            self._end = (code, text)
            self._parts = None
            self._let(_ignore)
            self._turned.set()
            self._can_write.set()


def _ignore(_: bytes | str) -> None: ...
