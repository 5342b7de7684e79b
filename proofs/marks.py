"""This file is the marked points at which a proof ends the program: every statement, request, frame and hand-over.

The marks sit at the seams of a desk (`desk.terms.Seams`), so that the program under proof is the program itself.
"""

import os
from collections import Counter

import msgspec

from woodlot.config import Environment
from woodlot.desk.journal import Journal
from woodlot.desk.terms import Seams
from woodlot.rest.loop_client import LoopTransport
from woodlot.rest.steps import HttpReply, HttpRequest, Lost
from woodlot.stream.link import Address, AiohttpDialer, Link

ENDED_AT_MARK = 77


class Marks:
    """Count what is passed; at the `occurrence`th time that `name` is, end without any farewell."""

    def __init__(self, name: str = "", occurrence: int = 0) -> None:
        self.passed: Counter[str] = Counter()
        self._name = name
        self._occurrence = occurrence

    def at(self, name: str) -> None:
        self.passed[name] += 1
        if name == self._name and self.passed[name] == self._occurrence:
            os._exit(ENDED_AT_MARK)

    def seams(self, environment: Environment) -> Seams:
        return Seams(
            transport=MarkedTransport(LoopTransport(environment, connect_timeout_s=5.0), self),
            dialer=MarkedDialer(AiohttpDialer(), self),
            journal=self._mark_journal,
        )

    def _mark_journal(self, journal: Journal) -> None:
        journal.connection.set_trace_callback(lambda statement: self.at(f"before {_kind_of(statement)}"))


class MarkedTransport:
    """Mark each call before it leaves and after its reply came."""

    def __init__(self, transport: LoopTransport, marks: Marks) -> None:
        self._transport = transport
        self._marks = marks

    async def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        name = f"{request.method} {request.target.partition('?')[0]}"
        self._marks.at(f"before {name}")
        reply = await self._transport.exchange(request, timeout_s=timeout_s)
        self._marks.at(f"after {name}")
        return reply

    async def close(self) -> None:
        await self._transport.close()


class MarkedDialer:
    """Mark each frame of the private stream before anybody hears it."""

    def __init__(self, dialer: AiohttpDialer, marks: Marks) -> None:
        self._dialer = dialer
        self._marks = marks

    async def dial(self, address: Address) -> Link:
        self._marks.at("before dialling")
        link = await self._dialer.dial(address)
        self._marks.at("after dialling")
        return MarkedLink(link, self._marks)

    async def close(self) -> None:
        await self._dialer.close()


class MarkedLink:
    """A connection whose frames are marked by topic, and reports by status."""

    def __init__(self, link: Link, marks: Marks) -> None:
        self._link = link
        self._marks = marks
        self._last = ""

    async def send(self, text: str) -> None:
        await self._link.send(text)

    async def receive(self) -> bytes | str:
        if self._last:
            self._marks.at(f"after {self._last}")
        frame = await self._link.receive()
        told = msgspec.json.decode(frame)
        data = told.get("data")
        status = f" {data['ss']}" if isinstance(data, dict) and "ss" in data else ""
        self._last = f"frame {told.get('topic') or told.get('cmd')}{status}"
        self._marks.at(self._last)
        return frame

    async def close(self) -> None:
        await self._link.close()


def _kind_of(statement: str) -> str:
    """Name a statement by its first words, without its values."""
    words = statement.replace("(", " ").split()
    return " ".join(words[: {"INSERT": 5 if "OR" in words[:2] else 3, "UPDATE": 2, "SELECT": 2}.get(words[0], 1)])
