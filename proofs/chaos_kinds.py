"""This file is what a bad line does to the bytes on it: one class a kind, all drawn from a seed.

The first seven are those that toxiproxy made common; the others are what costs clients most: a link that is half open,
a reset within a frame, a flipped byte, a stall, a refused connect. A flip is one of the highest bit, which makes of any
byte of JSON, HTTP and a frame's head something else that can be told. That one digit becomes another is for TLS to see,
which no sandbox speaks.
"""

import asyncio
import random
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class Way(Enum):
    """Which way bytes go."""

    UP = "client to exchange"
    DOWN = "exchange to client"


@dataclass(eq=False)
class Line:
    """One connection through the proxy. `spent` is what has passed since trouble began."""

    client: asyncio.StreamWriter
    exchange: asyncio.StreamWriter
    spent: int = 0
    is_dead: set[Way] = field(default_factory=set[Way])

    def writer(self, way: Way) -> asyncio.StreamWriter:
        return self.exchange if way is Way.UP else self.client

    def reset(self) -> None:
        """End both sides with RST."""
        for writer in (self.client, self.exchange):
            sock = writer.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def close(self) -> None:
        """End both sides with FIN."""
        self.client.close()
        self.exchange.close()


class Kind(Protocol):
    """What happens to one chunk; nothing is passed on but by the kind itself."""

    async def __call__(self, line: Line, way: Way, data: bytes) -> None: ...


def _send(line: Line, way: Way, data: bytes) -> None:
    writer = line.writer(way)
    if not writer.is_closing():
        writer.write(data)


async def healthy(line: Line, way: Way, data: bytes) -> None:
    """Pass everything on."""
    _send(line, way, data)


def latency(chance: random.Random) -> Kind:
    most_s = chance.uniform(0.2, 3.0)

    async def late(line: Line, way: Way, data: bytes) -> None:
        await asyncio.sleep(chance.uniform(0, most_s))
        _send(line, way, data)

    return late


def bandwidth(chance: random.Random) -> Kind:
    bytes_per_s = chance.randint(300, 5_000)

    async def slow(line: Line, way: Way, data: bytes) -> None:
        for start in range(0, len(data), 200):
            piece = data[start : start + 200]
            await asyncio.sleep(len(piece) / bytes_per_s)
            _send(line, way, piece)

    return slow


def slicer(chance: random.Random) -> Kind:
    async def sliced(line: Line, way: Way, data: bytes) -> None:
        while data:
            size = chance.randint(1, 40)
            _send(line, way, data[:size])
            data = data[size:]
            await asyncio.sleep(0.02)

    return sliced


def limit(chance: random.Random) -> Kind:
    most = chance.randint(100, 8_000)

    async def limited(line: Line, way: Way, data: bytes) -> None:
        passed = data[: max(0, most - line.spent)]
        line.spent += len(data)
        _send(line, way, passed)
        if line.spent >= most:
            line.close()

    return limited


def timeout(chance: random.Random) -> Kind:
    after_s = chance.uniform(0.5, 20.0)

    async def swallowed(line: Line, way: Way, data: bytes) -> None:
        del data
        if not line.is_dead:
            line.is_dead.add(way)
            asyncio.get_running_loop().call_later(after_s, line.close)

    return swallowed


def slow_close(chance: random.Random) -> Kind:
    after_s = chance.uniform(2.0, 30.0)

    async def lingering(line: Line, way: Way, data: bytes) -> None:
        if way is Way.UP and not line.is_dead:
            _send(line, way, data)
            line.is_dead |= {Way.UP, Way.DOWN}
            # The exchange's side ends now, and the client is told much later.
            line.exchange.close()
            asyncio.get_running_loop().call_later(after_s, line.client.close)
        elif not line.is_dead:
            _send(line, way, data)

    return lingering


def reset(chance: random.Random) -> Kind:
    share = chance.uniform(0.05, 0.5)

    async def resetting(line: Line, way: Way, data: bytes) -> None:
        if chance.random() < share:
            line.reset()
        else:
            _send(line, way, data)

    return resetting


def reset_in_mid_frame(chance: random.Random) -> Kind:
    share = chance.uniform(0.05, 0.5)

    async def cut(line: Line, way: Way, data: bytes) -> None:
        if chance.random() >= share:
            _send(line, way, data)
            return
        _send(line, way, data[: chance.randint(1, max(1, len(data) - 1))])
        await asyncio.sleep(0.05)
        line.reset()

    return cut


def half_open(chance: random.Random) -> Kind:
    silent = chance.choice(list(Way))

    async def one_way(line: Line, way: Way, data: bytes) -> None:
        # It stays so: no later weather brings a half-open link back.
        line.is_dead.add(silent)
        if way is not silent:
            _send(line, way, data)

    return one_way


def byte_flip(chance: random.Random) -> Kind:
    share = chance.uniform(0.02, 0.3)

    async def flipped(line: Line, way: Way, data: bytes) -> None:
        if chance.random() < share:
            spoiled = bytearray(data)
            spoiled[chance.randrange(len(spoiled))] ^= 0x80
            data = bytes(spoiled)
        _send(line, way, data)

    return flipped


def stall(chance: random.Random) -> Kind:
    until_s = chance.uniform(1.0, 40.0)
    began_s = asyncio.get_running_loop().time()

    async def held(line: Line, way: Way, data: bytes) -> None:
        await asyncio.sleep(max(0.0, began_s + until_s - asyncio.get_running_loop().time()))
        _send(line, way, data)

    return held


def refuse(chance: random.Random) -> Kind:
    del chance

    async def gone(line: Line, way: Way, data: bytes) -> None:
        del way, data
        line.reset()

    return gone


KINDS: dict[str, Callable[[random.Random], Kind]] = {
    kind.__name__.replace("_", " "): kind
    for kind in (
        latency,
        bandwidth,
        slow_close,
        timeout,
        reset,
        slicer,
        limit,
        half_open,
        reset_in_mid_frame,
        byte_flip,
        stall,
        refuse,
    )
}
"""Made anew for each spell of trouble; some measure from when it began."""
