"""This file is time moved by hand for whole streams, and an exchange without sockets that lives in it."""

import asyncio
import heapq
import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from woodlot.clock import ManualClock
from woodlot.errors import ConnectionFailed
from woodlot.stream.link import Address, Link, LinkClosed, UpgradeRefused
from woodlot.wire.account import ListenKey
from woodlot.wire.answer import Time

# How often every task may take a step before the time moves on; the longest chain of wake-ups here is far shorter.
SETTLING_STEPS = 40


class VirtualTime:
    """A clock and a sleep that agree. `run` lets everybody work until nobody can, then moves to the next wake-up."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        due_s = self.clock.monotonic_s() + max(0.0, seconds)
        heapq.heappush(self._sleepers, (due_s, next(self._order), future))
        await future

    async def run(self, seconds: float) -> None:
        end_s = self.clock.monotonic_s() + seconds
        while True:
            for _ in range(SETTLING_STEPS):
                await asyncio.sleep(0)
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if not self._sleepers or self._sleepers[0][0] > end_s:
                self.clock.advance(max(0.0, end_s - self.clock.monotonic_s()))
                return
            due_s, _, future = heapq.heappop(self._sleepers)
            self.clock.advance(max(0.0, due_s - self.clock.monotonic_s()) + 1e-6)
            future.set_result(None)


@dataclass
class MemoryLink:
    """One connection of the exchange without sockets."""

    exchange: "MemoryExchange"
    key: str = ""
    topics: set[str] = field(default_factory=set[str])
    frames: "asyncio.Queue[str | None]" = field(default_factory=lambda: asyncio.Queue())
    is_open: bool = True

    async def send(self, text: str) -> None:
        command: dict[str, Any] = json.loads(text)
        if command["cmd"] == "PING":
            self.say({"cmd": "PONG", "success": True, "time": 1})
            return
        topics = set(command["params"]) - self.exchange.unknown
        self.topics = self.topics | topics if command["cmd"] == "SUBSCRIBE" else self.topics - topics
        self.say(
            {"id": command["id"], "cmd": command["cmd"], "success": True, "time": 1, "data": sorted(topics)},
        )

    def say(self, frame: object) -> None:
        self.frames.put_nowait(json.dumps(frame, separators=(",", ":")))

    def cut(self) -> None:
        self.is_open = False
        self.frames.put_nowait(None)

    async def receive(self) -> str:
        frame = await self.frames.get()
        if frame is None:
            raise LinkClosed(1006)
        return frame

    async def close(self) -> None:
        self.is_open = False


class MemoryExchange:
    """Answer every command, but for `unknown` topics; push to who subscribed; be out of reach while `is_down`."""

    def __init__(self) -> None:
        self.links: list[MemoryLink] = []
        self.is_down = False
        self.dials = 0
        self.key = ""
        self.keys_made_s: list[float] = []
        self.on_dial: Callable[[MemoryLink], None] | None = None
        self.unknown: set[str] = set()

    @property
    def open_links(self) -> list[MemoryLink]:
        return [link for link in self.links if link.is_open]

    def push(self, topic: str, data: object) -> None:
        for link in self.open_links:
            if topic in link.topics:
                link.say({"topic": topic, "ts": 1, "data": data})

    def key_maker(self, time: VirtualTime, *, life_s: float = 86_400.0) -> Callable[[], Awaitable[ListenKey]]:
        """Return what one owner of the account calls for a key; the old key and its sockets end at once."""

        async def make() -> ListenKey:
            if self.is_down:
                raise ConnectionFailed("/v3/account/listenKey", "down")
            self.keys_made_s.append(time.clock.monotonic_s())
            self.key = f"key{len(self.keys_made_s)}"
            for link in self.open_links:
                if link.key:
                    link.cut()
            now_ms = time.clock.now_ms()
            end = Time.at(now_ms + round(life_s * 1000))
            return ListenKey(auth_key=self.key, expired_time=end, timestamp=now_ms)

        return make

    async def dial(self, address: Address) -> Link:
        self.dials += 1
        if self.is_down:
            raise ConnectionFailed(str(address), "down")
        if address.path.endswith("private") and address.key != self.key:
            raise UpgradeRefused(str(address), 401)
        link = MemoryLink(self, address.key)
        self.links.append(link)
        if self.on_dial is not None:
            self.on_dial(link)
        return link

    async def close(self) -> None:
        for link in self.open_links:
            link.cut()


async def every(seconds: float, time: VirtualTime, do: Callable[[], Awaitable[None] | None]) -> None:
    """Do something at a steady pace, for ever."""
    while True:
        await time.sleep(seconds)
        result = do()
        if result is not None:
            await result
