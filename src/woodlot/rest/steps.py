"""This file is what a call asks of whoever carries it out, and what it is told back.

the flow yields        and is sent
Send(request, ...)     HttpReply, or Lost where no whole reply came
Sleep(seconds)         None, when the time has passed
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar

AnswerT = TypeVar("AnswerT")

# All instruments are 150 kB (rest-v3 §8.2); the longest pages stay below 1 MB.
LARGEST_BODY_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What goes on the wire. `target` and `body` are sent byte for byte, since they are what is signed."""

    method: str
    target: str
    # The signature and the key are in here.
    headers: dict[str, str] = field(repr=False)
    body: bytes = b""
    is_urgent: bool = False
    """Whether it may not wait for a connection behind others."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send this once, and only once; give up on the reply after `timeout_s`."""

    request: HttpRequest
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Sleep:
    seconds: float


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A whole reply, read to its end. The body may hold a listen key and is not shown."""

    status: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lost:
    """No whole reply came. `may_have_arrived` is False only where nothing of the request was ever written."""

    reason: str
    may_have_arrived: bool


Steps: TypeAlias = Generator[Send | Sleep, HttpReply | Lost | None, AnswerT]


class BlockingTransport(Protocol):
    """Carries one request there and its reply back; fakes, recorders and faults come in here."""

    def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost: ...

    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The same for asyncio."""

    async def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost: ...

    async def close(self) -> None: ...
