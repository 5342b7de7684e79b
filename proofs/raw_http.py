"""This file is HTTP as bytes, for requests that no HTTP library would send: it shares nothing with the client."""

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    closes: bool


class RawConnection:
    """One connection, opened when it is needed and opened again after the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def exchange(
        self, pieces: Sequence[bytes], *, replies: int, has_body: bool = True, is_odd: bool = False
    ) -> list[Reply]:
        """Send pieces one after another and return up to so many replies; fewer where the server hangs up.

        Without replies to wait for, and behind what `is_odd`, the connection is closed. Raises TimeoutError.
        """
        reader, writer = await self._opened()
        received: list[Reply] = []
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                if len(pieces) > 1:
                    await asyncio.sleep(0)
            if is_odd:
                # The server may wait for more of what is no request; there is no more. Or it has hung up already.
                with contextlib.suppress(OSError):
                    writer.write_eof()
            async with asyncio.timeout(PATIENCE_S):
                while len(received) < replies:
                    reply = await read_reply(reader, has_body=has_body)
                    received.append(reply)
                    if reply.closes or reply.status == 101:
                        break
        except (ConnectionError, asyncio.IncompleteReadError):
            await self.close()
            return received
        if replies == 0 or is_odd or received[-1].closes or received[-1].status == 101:
            await self.close()
        return received

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self._reader, self._writer


async def read_reply(reader: asyncio.StreamReader, *, has_body: bool = True) -> Reply:
    """Read one reply; an interim one (1xx, apart from 101) is passed over."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ")[1])
        if status >= 200 or status == 101:
            break
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    closes = "close" in fields.get("connection", "").lower() or first.startswith("HTTP/1.0")
    if status == 101 or not has_body:
        return Reply(status, b"", closes)
    if "chunked" in fields.get("transfer-encoding", ""):
        return Reply(status, await _chunked(reader), closes)
    return Reply(status, await reader.readexactly(int(fields.get("content-length", "0"))), closes)


def request(method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes = b"") -> bytes:
    """Return the bytes of a request; nothing is checked."""
    lines = [method.encode() + b" " + target + b" HTTP/1.1", *(name + b": " + value for name, value in headers)]
    return b"\r\n".join([*lines, b"", b""]) + body


def signature(secret: str, timestamp: str, method: str, target: bytes, body: bytes) -> str:
    """Sign as rest-v3 §2.2 says, V1 as §11 does."""
    if target.startswith(b"/v1/"):
        pairs = [pair for text in (target.partition(b"?")[2], body) for pair in text.split(b"&") if pair]
        text = b"&".join(sorted(pairs, key=_name_of)) + b"|" + timestamp.encode()
    else:
        text = timestamp.encode() + method.encode() + target + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def _name_of(pair: bytes) -> bytes:
    return pair.partition(b"=")[0]


async def _chunked(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return body
