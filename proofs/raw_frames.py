"""This file is WebSocket as bytes, for frames that no library would send: it shares nothing with the client."""

import asyncio
import base64
import contextlib
from dataclasses import dataclass
from enum import IntEnum
from random import Random


class Opcode(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


@dataclass(frozen=True, slots=True)
class Frame:
    opcode: int
    payload: bytes


class RawSocket:
    """One stream connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int, target: str) -> "RawSocket":
        """Do the handshake. Raises ConnectionRefusedError with the status where it is refused."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(b"0123456789abcdef").decode()
        head = f"GET {target} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        status = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        if status != b"101":
            writer.close()
            raise ConnectionRefusedError(status.decode())
        return cls(reader, writer)

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> Frame:
        """Return the next frame. Raises ConnectionError or IncompleteReadError at the end."""
        first, second = await self._reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(await self._reader.readexactly(2))
        elif length == 127:
            length = int.from_bytes(await self._reader.readexactly(8))
        return Frame(first & 0x0F, await self._reader.readexactly(length))

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


def framed(
    payload: bytes,
    opcode: int = Opcode.TEXT,
    *,
    chance: Random,
    is_final: bool = True,
    reserved: int = 0,
    is_masked: bool = True,
    claims: int | None = None,
) -> bytes:
    """Return one frame of a client. `claims` is the length it says that it has."""
    length = len(payload) if claims is None else claims
    head = bytes([is_final << 7 | reserved << 4 | opcode])
    bit = is_masked << 7
    if length < 126:
        head += bytes([bit | length])
    elif length < 1 << 16:
        head += bytes([bit | 126]) + length.to_bytes(2)
    else:
        head += bytes([bit | 127]) + length.to_bytes(8)
    if not is_masked:
        return head + payload
    mask = chance.randbytes(4)
    return head + mask + bytes(byte ^ mask[index & 3] for index, byte in enumerate(payload))
