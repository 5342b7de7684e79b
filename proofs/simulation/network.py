"""This file is what is between a desk and the exchange: a transport and a dialer that are a seeded network.

A socket keeps its order, as TCP does; what a fault loses, repeats, swaps or spoils is lost and spoilt by the exchange,
as its faults have it. Whatever passes goes into the trace.
"""

import asyncio
import hashlib
from collections import deque

from proofs.simulation.floor import Floor, Line
from proofs.simulation.troubles import Dice
from woodlot.errors import ConnectionFailed
from woodlot.rest.steps import HttpReply, HttpRequest, Lost
from woodlot.stream.link import CUT, Address, Link, LinkClosed, UpgradeRefused

_CONNECT_TIMEOUT_S = 5.0
_ERROR = b'{"success":false,"code":-1000,"message":"An internal error has occurred."}'
_TOO_MANY = b'{"success":false,"code":-1003,"message":"Rate limit exceed."}'


class Trace:
    """A fingerprint of everything that passed, in order and with its time: what "the same run" is measured by."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._hash = hashlib.sha256()
        self.events = 0

    def note(self, what: str, *parts: bytes) -> None:
        self.events += 1
        self._hash.update(f"{self._floor.clock.monotonic_s():.6f} {what} ".encode())
        for part in parts:
            self._hash.update(part)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


class Network:
    """Both ways to the exchange: `exchange` for calls, `dial` for sockets. `is_down` while nothing gets through."""

    def __init__(self, floor: Floor, dice: Dice, trace: Trace) -> None:
        self.is_down = False
        self.links: list[MemoryLink] = []
        self._floor = floor
        self._dice = dice
        self._trace = trace
        self._dials = 0

    # Calls.

    async def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        name = f"{request.method} {request.target}"
        self._trace.note(f"call {name}", request.body)
        try:
            async with asyncio.timeout(timeout_s):
                reply = await self._carried(request)
        except TimeoutError:
            reply = Lost("no reply in time", may_have_arrived=True)
        # A listen key is drawn from the system's own chance; nothing depends on which it is.
        said = reply.body if isinstance(reply, HttpReply) and "listenKey" not in name else b""
        self._trace.note(f"reply to {name}", said)
        return reply

    async def _carried(self, request: HttpRequest) -> HttpReply | Lost:
        dice, troubles = self._dice, self._dice.troubles
        if self.is_down:
            await asyncio.sleep(dice.latency_s())
            return Lost("could not connect", may_have_arrived=False)
        await asyncio.sleep(dice.latency_s())
        if dice.strikes(troubles.requests_lost, "requests lost"):
            return Lost("the connection broke", may_have_arrived=True)
        if dice.strikes(troubles.replies_429, "calls refused with 429"):
            reply = HttpReply(429, _TOO_MANY)
        elif dice.strikes(troubles.replies_500, "calls refused with 500"):
            reply = HttpReply(500, _ERROR)
        else:
            reply = self._floor.answer(request)
            # "Acknowledge first, then emit websocket events" (rest-v3 §13.2 no 6).
            self._floor.tell()
        if dice.strikes(troubles.replies_lost, "replies lost") or self.is_down:
            return Lost("the connection broke", may_have_arrived=True)
        if dice.strikes(troubles.replies_cut, "replies cut short"):
            reply = HttpReply(reply.status, reply.body[: len(reply.body) // 2])
        await asyncio.sleep(dice.latency_s())
        return reply

    # Sockets.

    async def dial(self, address: Address) -> Link:
        await asyncio.sleep(self._dice.latency_s())
        if self.is_down:
            raise ConnectionFailed(str(address), "could not connect")
        is_private, quirks = address.path.endswith("private"), self._floor.quirks
        key = self._floor.knows(address.key) if is_private else None
        is_refused = is_private and key is None
        if is_refused and quirks.bad_key == "upgrade":
            raise UpgradeRefused(str(address), quirks.bad_key_status)
        self._dials += 1
        self._trace.note(f"socket {self._dials} {address.path}")
        link = MemoryLink(self._dials, self._floor, self._dice, self._trace)
        link.line = self._floor.open(key, push=link.push, close=link.hang_up, is_private=is_private)
        self.links.append(link)
        if is_refused and quirks.bad_key == "accept":
            link.hang_up(quirks.key_close_code)
        return link

    async def close(self) -> None:
        """Both the transport and the dialer end with the desk; there is nothing to let go of."""

    # What goes wrong with all of it.

    def open_links(self) -> "list[MemoryLink]":
        self.links = [link for link in self.links if link.is_open]
        return self.links

    def cut_all(self) -> None:
        for link in self.open_links():
            link.cut()


class MemoryLink:
    """One socket. Frames arrive in order, each after its latency; those on the way to a cut socket are gone."""

    line: Line

    def __init__(self, number: int, floor: Floor, dice: Dice, trace: Trace) -> None:
        self.number = number
        self.is_open = True
        self._floor = floor
        self._dice = dice
        self._trace = trace
        self._frames: deque[tuple[float, bytes | None]] = deque()
        self._arrived = asyncio.Event()
        self._held: bytes | None = None
        self._free_at_s = 0.0
        self._close_code = CUT

    # The exchange's side.

    def push(self, payload: bytes) -> None:
        dice, troubles = self._dice, self._dice.troubles
        if not self.is_open or dice.strikes(troubles.frames_lost, "frames lost"):
            return
        if dice.strikes(troubles.frames_spoilt, "frames spoilt"):
            # A byte that no text has: a digit in the place of another would be past finding out, and TLS's to prevent.
            at = dice.chance.randrange(len(payload))
            payload = payload[:at] + b"\xff" + payload[at + 1 :]
        if self._held is None and dice.strikes(troubles.frames_swapped, "frames swapped"):
            self._held = payload
            return
        self._queue(payload)
        if dice.strikes(troubles.frames_twice, "frames sent twice"):
            self._queue(payload)
        if self._held is not None:
            held, self._held = self._held, None
            self._queue(held)

    def hang_up(self, code: int) -> None:
        """End with a close frame behind what is under way."""
        self._close_code = code
        self._queue(None)

    def cut(self) -> None:
        """End without a word; what is under way is lost."""
        self.is_open = False
        self._frames.clear()
        self._floor.hang_up(self.line)
        self._queue(None)

    def fall_deaf(self) -> None:
        """Stay open and neither say nor hear anything any more."""
        self.line.is_deaf = True

    def stall(self, seconds: float) -> None:
        """Let everything that is sent from now on wait so long."""
        self._free_at_s = max(self._free_at_s, self._floor.clock.monotonic_s() + seconds)

    def _queue(self, payload: bytes | None) -> None:
        arrives_s = self._floor.clock.monotonic_s() + self._dice.latency_s()
        # Nothing overtakes on one socket.
        self._free_at_s = max(self._free_at_s, arrives_s)
        self._frames.append((self._free_at_s, payload))
        self._arrived.set()

    # The desk's side.

    async def send(self, text: str) -> None:
        if not self.is_open:
            raise LinkClosed(CUT)
        self._trace.note(f"{self.number} says", text.encode())
        asyncio.get_running_loop().call_later(self._dice.latency_s(), self._floor.hear, self.line, text)

    async def receive(self) -> bytes:
        while not self._frames:
            self._arrived.clear()
            await self._arrived.wait()
        pause_s = self._frames[0][0] - self._floor.clock.monotonic_s()
        while pause_s > 0:
            await asyncio.sleep(pause_s)
            if not self._frames:
                return await self.receive()
            pause_s = self._frames[0][0] - self._floor.clock.monotonic_s()
        _, payload = self._frames.popleft()
        if payload is None:
            self.is_open = False
            raise LinkClosed(self._close_code)
        self._trace.note(f"{self.number} hears", payload)
        return payload

    async def close(self) -> None:
        self._floor.hang_up(self.line)
        self.is_open = False
