"""This file is what a feed costs at least: transports alone, and transports with a parse whose result is let go.

None of these keeps a book, so none has a digest.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks._meter import Meter


async def over_aiohttp(address: str, depth: int, symbols: Sequence[str], meter: Meter) -> Callable[[], list[str]]:
    """Count frames and look at none."""
    return await _aiohttp(address, depth, symbols, meter, lambda _: None)


async def parsed_by_msgspec(address: str, depth: int, symbols: Sequence[str], meter: Meter) -> Callable[[], list[str]]:
    """Decode each frame to a struct whose levels are pairs of strings."""
    import msgspec

    class Data(msgspec.Struct):
        bids: list[tuple[str, str]]
        asks: list[tuple[str, str]]
        ts: int
        prevTs: int  # noqa: N815 - the wire's name
        s: str

    class Frame(msgspec.Struct):
        topic: str
        data: Data
        ts: int

    return await _aiohttp(address, depth, symbols, meter, msgspec.json.Decoder(Frame).decode)


async def over_picows(address: str, depth: int, symbols: Sequence[str], meter: Meter) -> Callable[[], list[str]]:
    """Take each payload as bytes and look at none."""
    return await _picows(address, depth, symbols, meter, lambda _: None)


async def parsed_by_simdjson(address: str, depth: int, symbols: Sequence[str], meter: Meter) -> Callable[[], list[str]]:
    """Parse each frame to simdjson's tape, and make nothing of it."""
    import simdjson

    return await _picows(address, depth, symbols, meter, simdjson.Parser().parse)


_kept: list[object] = []
"""What must live as long as the process."""


def _subscription(depth: int, symbols: Sequence[str]) -> str:
    topics = [f"orderbookupdate@{symbol}@{depth}" for symbol in symbols]
    return json.dumps({"id": "1", "cmd": "SUBSCRIBE", "params": topics})


def _nothing() -> list[str]:
    return []


async def _aiohttp(
    address: str, depth: int, symbols: Sequence[str], meter: Meter, look: Callable[[Any], object]
) -> Callable[[], list[str]]:
    import aiohttp

    session = aiohttp.ClientSession()
    stream = await session.ws_connect(f"ws://{address}/v3/public", compress=0)
    await stream.send_str(_subscription(depth, symbols))
    for _ in range(1 + len(symbols)):  # the acknowledgement, and an opening each
        await stream.receive()

    async def read() -> None:
        while True:
            look((await stream.receive()).data)
            meter.count()

    _kept.append(asyncio.create_task(read()))
    return _nothing


async def _picows(
    address: str, depth: int, symbols: Sequence[str], meter: Meter, look: Callable[[Any], object]
) -> Callable[[], list[str]]:
    from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

    before = 1 + len(symbols)
    is_begun = asyncio.Event()

    class Listener(WSListener):
        def on_ws_frame(self, _: WSTransport, frame: WSFrame) -> None:
            nonlocal before
            if before:
                before -= 1
                if not before:
                    is_begun.set()
                return
            look(frame.get_payload_as_bytes())
            meter.count()

    transport, _ = await ws_connect(Listener, f"ws://{address}/v3/public")
    _kept.append(transport)
    transport.send(WSMsgType.TEXT, _subscription(depth, symbols).encode())
    await is_begun.wait()
    return _nothing
