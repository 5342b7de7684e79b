"""This file is a streaming end that sends exactly the bytes it is told to, and keeps what it hears."""

import asyncio
import base64
import contextlib
import hashlib
import re
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from woodlot.config import Environment

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def framed(payload: bytes, kind: int = TEXT, *, last: bool = True, reserved: int = 0) -> bytes:
    """Spell a frame as a server does. `reserved` is the three bits that only an extension may set."""
    first, length = (0x80 if last else 0) | reserved << 4 | kind, len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 1 << 16:
        return bytes((first, 126)) + length.to_bytes(2) + payload
    return bytes((first, 127)) + length.to_bytes(8) + payload


def read(heard: bytes) -> list[tuple[int, bytes]]:
    """Read a client's short frames: what kind each is, and what it holds."""
    frames: list[tuple[int, bytes]] = []
    while heard:
        kind, length, mask = heard[0] & 0xF, heard[1] & 0x7F, heard[2:6]
        assert length < 126
        frames.append((kind, bytes(byte ^ mask[place % 4] for place, byte in enumerate(heard[6 : 6 + length]))))
        heard = heard[6 + length :]
    return frames


@dataclass
class RawExchange:
    """Accept upgrades, or give another answer; `along` comes in one piece with it."""

    answer: bytes | None = None
    along: bytes = b""
    listens: bool = True
    polite: bool = True  # says goodbye to a goodbye, and closes
    port: int = 0
    scheme: str = "ws"
    heads: list[bytes] = field(default_factory=list[bytes], repr=False)
    heard: bytes = b""
    ended: bool = False
    to_client: asyncio.StreamWriter | None = None

    @property
    def environment(self) -> Environment:
        return Environment.at(f"http://127.0.0.1:{self.port}", f"{self.scheme}://127.0.0.1:{self.port}")

    def say(self, *frames: bytes) -> None:
        assert self.to_client is not None
        self.to_client.write(b"".join(frames))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError), contextlib.closing(writer):
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            key = re.search(rb"(?i)sec-websocket-key: *(\S+)", self.heads[-1])
            assert key is not None
            accept = base64.b64encode(hashlib.sha1(key[1] + _GUID).digest())
            agreed = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            agreed += b"Sec-WebSocket-Accept: %s\r\n\r\n" % accept
            writer.write((agreed if self.answer is None else self.answer) + self.along)
            self.to_client = writer
            if self.answer is not None and self.answer:
                return
            while self.listens and (data := await reader.read(65536)):
                self.heard += data
                if self.polite and any(kind == CLOSE for kind, _ in read(self.heard)):
                    self.say(framed(b"\x03\xe8", CLOSE))
                    break
            if not self.listens:
                writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue] - a server's can
                await asyncio.Event().wait()
        self.ended = True


@contextlib.asynccontextmanager
async def running(exchange: RawExchange, *, context: ssl.SSLContext | None = None) -> AsyncGenerator[RawExchange]:
    """Serve on a free port."""
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(exchange.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    exchange.port = server.sockets[0].getsockname()[1]
    exchange.scheme = "ws" if context is None else "wss"
    try:
        yield exchange
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if exchange.to_client is not None and not exchange.to_client.is_closing():
            exchange.to_client.transport.abort()
        await server.wait_closed()
