"""This file is a receiver of the feed, a process of its own: `-m benchmarks._receiver NAME ADDRESS DEPTH SYMBOL...`.

It connects once, says that it is ready, and is then told of one round after the other over stdin; of each it says what
CPU time the round took, what its book looks like in the end, and, if asked, when each message had reached the book.
"""

import asyncio
import importlib
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from benchmarks._meter import Meter

# Returns once its books can be read; what it returns tells what they look like.
Receive = Callable[[str, int, Sequence[str], Meter], Awaitable[Callable[[], list[str]]]]

GUIDE = "the guide"
# Imported by name, so that none carries another's modules around.
RECEIVERS = {
    "ccxt.pro": "_ccxt_feed.receive",
    "aiohttp": "_floor_feeds.over_aiohttp",
    "picows": "_floor_feeds.over_picows",
    "aiohttp + msgspec": "_floor_feeds.parsed_by_msgspec",
    "picows + simdjson": "_floor_feeds.parsed_by_simdjson",
    "woodlot, pure Python": "_woodlot_feeds.touching",
    "woodlot, pure Python, every change": "_woodlot_feeds.every_change",
    "woodlot, compiled": "_woodlot_feeds.touching",
    "woodlot, compiled, picows": "_woodlot_feeds.touching_over_picows",
    "woodlot, compiled, every change": "_woodlot_feeds.every_change",
}
PURE, COMPILED, FASTEST = "woodlot, pure Python", "woodlot, compiled", "woodlot, compiled, picows"


async def _serve(receive: Receive, address: str, depth: int, symbols: Sequence[str]) -> None:
    meter = Meter()
    books = await receive(address, depth, symbols, meter)
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    say({"ready": True})
    while line := await commands.readline():
        command = json.loads(line)
        over = loop.create_future()

        def stamp(over: "asyncio.Future[int]" = over) -> None:
            over.set_result(time.process_time_ns())

        # Readers that were woken by the last message run before this does.
        def last(stamp: Callable[[], None] = stamp) -> None:
            loop.call_soon(loop.call_soon, loop.call_soon, stamp)

        meter.begin(command["messages"], last=last, is_timed=command["timed"])
        began = time.process_time_ns()
        say({"go": True})
        ended = await over
        say({"cpu_us": (ended - began) / 1000, "digests": books(), "reached_ns": meter.reached_ns})


def say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def run(receive: Receive, address: str, depth: int, symbols: Sequence[str]) -> None:
    try:
        import uvloop

        factory = uvloop.new_event_loop
    except ImportError:
        factory = None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve(receive, address, depth, symbols))


def main(name: str, address: str, depth: str, *symbols: str) -> None:
    module, function = RECEIVERS.get(name, "_guide_feed.receive").split(".")
    receive = getattr(importlib.import_module(f"benchmarks.{module}"), function)
    if name == GUIDE:
        receive(address, int(depth), symbols)
    else:
        run(receive, address, int(depth), symbols)


if __name__ == "__main__":
    main(*sys.argv[1:])
