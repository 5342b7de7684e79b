"""This file is what is between the cores and the exchange: sockets that carry frames, calls that are answered or lost.

A socket keeps its order, as TCP does. Whatever reaches either side goes into the trace with its time.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from proofs.calls import Told
from proofs.cores.luck import Luck
from proofs.cores.market import Pit
from proofs.schedule import Schedule
from proofs.venue import Venue
from woodlot.rest.steps import HttpReply, HttpRequest, Lost
from woodlot.sandbox.pushes import spelled
from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.replies import failure, success
from woodlot.sandbox.sockets import PRIVATE_TOPICS, Session
from woodlot.wire.public import GetOrderBook, GetSystemInfo, SystemInfo
from woodlot.wire.request import Request
from woodlot.wire.topics import ExecutionReports

REPORTS = ExecutionReports().name
_TOO_MANY = b'{"success":false,"code":-1003,"message":"Rate limit exceed."}'
_ERROR = b'{"success":false,"code":-1000,"message":"An internal error has occurred."}'
_HASHED_AT_BYTES = 65_536


class Trace:
    """A fingerprint of all that reached either side, in order and with its time."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._waiting = bytearray()

    def note(self, at_ms: int, what: bytes) -> None:
        waiting = self._waiting
        waiting += b"%d %b\n" % (at_ms, what)
        if len(waiting) > _HASHED_AT_BYTES:
            self._hash.update(waiting)
            waiting.clear()

    def hexdigest(self) -> str:
        self._hash.update(self._waiting)
        self._waiting.clear()
        return self._hash.hexdigest()


class Line:
    """One socket: the exchange's session at one end, whoever dialled at the other."""

    def __init__(self, network: "Network", session: Session, heard: Callable[[bytes], None],
                 ended: Callable[["Line"], None]) -> None:  # fmt: skip
        self.session = session
        self.is_open = True
        self.is_deaf = False
        self._network = network
        self._clock, self._schedule, self._luck = network.clock, network.schedule, network.luck
        self._heard = heard
        self._ended = ended
        self._held: bytes | None = None
        self._free_ms = 0

    def push(self, payload: bytes) -> None:
        """Send a frame to whoever dialled."""
        if self.is_deaf:
            self._network.counts["frames lost"] += 1
            return
        if fate := self._luck.fate():
            self._push_badly(payload, fate)
            return
        self._queue(payload)
        if self._held is not None:
            self._queue(self._held)
            self._held = None

    def _push_badly(self, payload: bytes, fate: str) -> None:
        match fate:
            case "frames lost":
                self._network.counts["frames lost"] += 1
            case "frames spoilt":
                # A byte that no text has: a digit in the place of another would be TLS's to prevent.
                at = self._luck.chance.randrange(len(payload))
                self._queue(payload[:at] + b"\xff" + payload[at + 1 :])
            case "frames swapped":
                # The next one overtakes it.
                held, self._held = self._held, payload
                if held is not None:
                    self._queue(held)
            case _:
                self._queue(payload)
                self._queue(payload)

    def say(self, text: str) -> None:
        """Send a command to the exchange."""
        if self.is_open and not self.is_deaf:
            self._schedule.after(self._luck.latency_ms(), partial(self._obey, text))

    def cut(self) -> None:
        """End without a word: what is under way is lost."""
        if self.is_open:
            self.close()
            self._schedule.after(self._luck.latency_ms(), partial(self._ended, self))

    def close(self) -> None:
        """Hang up; nothing is heard any more."""
        self.is_open = False
        self._network.lines.remove(self)

    def stall(self, for_ms: int) -> None:
        """Let everything that is sent from now on wait so long."""
        self._free_ms = max(self._free_ms, self._clock.now_ms() + for_ms)

    def _queue(self, payload: bytes) -> None:
        at_ms = self._clock.now_ms() + self._luck.latency_ms()
        # Nothing overtakes on one socket.
        if at_ms > self._free_ms:
            self._free_ms = at_ms
        self._schedule.at(self._free_ms, partial(self._arrive, payload))

    def _arrive(self, payload: bytes) -> None:
        network = self._network
        if not self.is_open or self.is_deaf:
            network.counts["frames lost"] += 1
            return
        network.counts["frames heard"] += 1
        network.trace.note(self._clock.now_ms(), payload)
        self._heard(payload)

    def _obey(self, text: str) -> None:
        network = self._network
        if not self.is_open or self.is_deaf:
            network.counts["commands lost"] += 1
            return
        network.counts["commands obeyed"] += 1
        now_ms = network.clock.now_ms()
        network.trace.note(now_ms, text.encode())
        for said in self.session.receive(text, now_ms=now_ms):
            self.push(said.text.encode())


class Network:
    """The exchange as it can be reached: `lines` are its open sockets. `is_down` while nothing gets through."""

    def __init__(self, schedule: Schedule, luck: Luck, venue: Venue, pits: dict[str, Pit]) -> None:
        self.schedule = schedule
        self.clock = schedule.clock
        self.luck = luck
        self.trace = Trace()
        self.counts: Counter[str] = Counter()
        """What happened to either side, by kind."""
        self.lines: list[Line] = []
        self.is_down = False
        self._venue = venue
        self._pits = pits
        self._public = frozenset(pit.topic for pit in pits.values())

    # Sockets.

    def dial(self, *, is_private: bool, heard: Callable[[bytes], None], ended: Callable[["Line"], None]) -> Line | None:
        """Return a socket, None while there is none to be had."""
        if self.is_down:
            return None
        session = Session(PRIVATE_TOPICS if is_private else self._public)
        line = Line(self, session, heard, ended)
        self.lines.append(line)
        return line

    def tell(self, topic: str, payload: bytes) -> None:
        """Push to everyone who has subscribed."""
        self.counts["messages told"] += 1
        for line in self.lines:
            if topic in line.session.topics:
                line.push(payload)

    def report(self) -> None:
        """Tell our account what has happened to its orders."""
        for report in self._venue.reports():
            self.tell(REPORTS, spelled(REPORTS, report, ts=report.ts))

    # Calls.

    def carry(self, asked: Request[Any], request: HttpRequest, timeout_s: float, told: Told) -> None:
        """Carry a call there and its answer back, or lose either."""
        luck, now = self.luck, self.luck.now
        # A flow may ask what time it is before it goes on with what it was asked.
        if not request.target.startswith(asked.endpoint.path):
            asked = GetSystemInfo()
        there_ms = luck.latency_ms()
        if self.is_down:
            self._later(there_ms, told, Lost("could not connect", may_have_arrived=False))
        elif luck.strikes(now.requests_lost, "requests lost"):
            self._later(there_ms, told, Lost("the connection broke", may_have_arrived=True))
        else:
            self.schedule.after(there_ms, partial(self._answer, asked, round(timeout_s * 1000) - there_ms, told))

    def _answer(self, asked: Request[Any], left_ms: int, told: Told) -> None:
        luck, now = self.luck, self.luck.now
        self.counts["calls answered"] += 1
        if luck.strikes(now.replies_429, "calls refused with 429"):
            reply = HttpReply(429, _TOO_MANY)
        elif luck.strikes(now.replies_500, "calls refused with 500"):
            reply = HttpReply(500, _ERROR)
        else:
            reply = self._obeyed(asked)
        # "Acknowledge first, then emit websocket events" (rest-v3 §13.2 no 6).
        self.report()
        self.trace.note(self.clock.now_ms(), reply.body)
        back_ms = luck.latency_ms()
        if luck.strikes(now.replies_lost, "replies lost"):
            self._later(back_ms, told, Lost("the connection broke", may_have_arrived=True))
        elif back_ms > left_ms:
            self._later(max(0, left_ms), told, Lost("no reply in time", may_have_arrived=True))
        elif luck.strikes(now.replies_cut, "replies cut short"):
            self._later(back_ms, told, HttpReply(reply.status, reply.body[: len(reply.body) // 2]))
        else:
            self._later(back_ms, told, reply)

    def _obeyed(self, asked: Request[Any]) -> HttpReply:
        now_ms = self.clock.now_ms()
        match asked:
            case GetOrderBook(symbol=symbol):
                return HttpReply(
                    200, self._pits[symbol].snapshot(now_ms - self.luck.chance.choice(self.luck.now.book_lags_ms))
                )
            case GetSystemInfo():
                return HttpReply(200, success(SystemInfo(status=0, msg="", estimated_end_time=None), now_ms=now_ms))
            case _:
                try:
                    return HttpReply(200, success(self._venue.obey(asked), now_ms=now_ms, numbers=True))
                except Refusal as refusal:
                    return HttpReply(refusal.http_status, failure(refusal))

    def _later(self, delay_ms: int, told: Told, reply: HttpReply | Lost) -> None:
        self.schedule.after(delay_ms, partial(self._hear, told, reply))

    def _hear(self, told: Told, reply: HttpReply | Lost) -> None:
        self.counts["replies heard"] += 1
        told(reply)
