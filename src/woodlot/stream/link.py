"""This file is the edge: a WebSocket library's calls and errors become ours here, and a listen key stays hidden."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self, TypeAlias, runtime_checkable
from urllib.parse import quote

import aiohttp
from yarl import URL

from woodlot.config import Environment
from woodlot.errors import ConnectionFailed

# The largest frame ever seen is a few kilobytes; a bound keeps a mad server from filling the memory.
MOST_BYTES_PER_FRAME = 4 * 1024 * 1024
CONNECT_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
# Looked up for every frame.
_TEXT = aiohttp.WSMsgType.TEXT
CUT = 1006
"""The code that stands for an end without a close frame."""


class UpgradeRefused(ConnectionFailed):
    """The server answered the upgrade with an HTTP error. `status` is its number."""

    def __init__(self, endpoint: str, status: int) -> None:
        super().__init__(endpoint, f"the server refused the connection with HTTP {status}")
        self.status = status

    @property
    def is_about_the_key(self) -> bool:
        """Whether another key may help: any refusal but those that ask for patience (websocket-v3 §16 no 2)."""
        return 400 <= self.status < 500 and self.status not in {408, 425, 429}


class LinkClosed(Exception):
    """The other end is gone. `code` is the close code."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text[:120]

    def __str__(self) -> str:
        return f"closed with code {self.code}{': ' + self.text if self.text else ''}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect. Its listen key, if it has one, is in no repr and no text."""

    base: str
    path: str
    key: str = field(default="", repr=False)

    @classmethod
    def public(cls, environment: Environment) -> "Address":
        return cls(environment.ws_url, "/v3/public")

    @classmethod
    def private(cls, environment: Environment, key: str) -> "Address":
        return cls(environment.ws_url, "/v3/private", key)

    def __str__(self) -> str:
        return f"{self.base}{self.path}"

    def url(self) -> URL:
        """Return the whole address. "Do not log the URL with the key" (websocket-v3 §4.3): nobody else asks for it."""
        query = f"?key={quote(self.key, safe='')}" if self.key else ""
        return URL(f"{self.base}{self.path}{query}", encoded=True)


class Link(Protocol):
    """One open connection that carries text frames."""

    async def send(self, text: str) -> None: ...

    async def receive(self) -> bytes | str:
        """Wait for the next frame. Raises LinkClosed when there will be none."""
        ...

    async def close(self) -> None: ...


Take: TypeAlias = Callable[[bytes | str], None]
"""Called with each frame, in order, where it came in; so it must be quick."""


@runtime_checkable
class Pump(Protocol):
    """A link that can hand its frames on by itself, with less between the socket and who hears them."""

    async def pump(self, take: Take) -> None:
        """Hand on every frame. Ends only by an error: of `take`, or LinkClosed."""
        ...


async def pump(link: Link, take: Take) -> None:
    """Hand every frame of a link on to `take`. Ends only by an error: of `take`, or LinkClosed."""
    if isinstance(link, Pump):
        await link.pump(take)
    while True:
        take(await link.receive())


class Dialer(Protocol):
    """Open links. Tests, recorders and replayers put their own here."""

    async def dial(self, address: Address) -> Link:
        """Connect. Raises UpgradeRefused or ConnectionFailed."""
        ...

    async def close(self) -> None:
        """Let go of what the links shared."""
        ...


class CarefulDialer(ABC):
    """Open links with a library whose errors may hold the address, and so the listen key."""

    def __init__(self, *, connect_timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        self._connect_timeout_s = connect_timeout_s

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def dial(self, address: Address) -> Link:
        """Connect. Raises UpgradeRefused or ConnectionFailed."""
        result = await self._try(address)
        # Raised here and not where it was caught: the library's own error would come along.
        if isinstance(result, ConnectionFailed):
            raise result
        return result

    @abstractmethod
    async def close(self) -> None:
        """Let go of what the links shared."""

    @abstractmethod
    async def _try(self, address: Address) -> Link | ConnectionFailed: ...


class AiohttpDialer(CarefulDialer):
    """Open links with aiohttp."""

    def __init__(self, *, connect_timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        super().__init__(connect_timeout_s=connect_timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _try(self, address: Address) -> "Link | ConnectionFailed":
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            # "permessage-deflate is not negotiated" (websocket-v3 §1): not offered either.
            async with asyncio.timeout(self._connect_timeout_s):
                socket = await self._session.ws_connect(address.url(), compress=0, max_msg_size=MOST_BYTES_PER_FRAME)
        except aiohttp.WSServerHandshakeError as error:
            return UpgradeRefused(str(address), error.status)
        except TimeoutError:
            return ConnectionFailed(str(address), f"no connection within {self._connect_timeout_s:g} s")
        except (aiohttp.ClientError, OSError) as error:
            return ConnectionFailed(str(address), _told(error))
        return _AiohttpLink(socket)


class _AiohttpLink:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        try:
            await self._socket.send_str(text)
        except (aiohttp.ClientError, OSError):
            raise LinkClosed(CUT) from None

    async def receive(self) -> bytes | str:
        return self._payload(await self._socket.receive())

    async def pump(self, take: Take) -> None:
        receive = self._socket.receive
        while True:
            message = await receive()
            take(message.data if message.type is _TEXT else self._payload(message))

    def _payload(self, message: aiohttp.WSMessage) -> bytes | str:
        match message.type:
            case aiohttp.WSMsgType.TEXT:
                return message.data
            case aiohttp.WSMsgType.BINARY:
                return message.data
            case aiohttp.WSMsgType.CLOSE:
                raise LinkClosed(int(message.data), str(message.extra or ""))
            case aiohttp.WSMsgType.ERROR:
                raise LinkClosed(self._socket.close_code or CUT, type(message.data).__name__)
            case _:
                raise LinkClosed(CUT)

    async def close(self) -> None:
        # The library waits for the other end's close frame as long as other frames keep coming.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._socket.close()


def _told(error: Exception) -> str:
    """Say what went wrong without the library's own sentence, which may hold the address and so the listen key."""
    inner = getattr(error, "os_error", error)
    reason = getattr(inner, "strerror", None)
    return f"{type(error).__name__}{f' ({reason})' if isinstance(reason, str) and reason else ''}"
