"""This file is the asyncio transport: kept-alive connections, one for each call that is under way.

A request is written with a single call and its reply read to the end, or the connection is ended: nothing is ever
reused after an error, and nothing is sent twice. Decision 10 says why it is not aiohttp's.
"""

import asyncio
import socket
import time
from typing import cast

import aiohappyeyeballs

from woodlot.config import Environment
from woodlot.rest.address import Address
from woodlot.rest.http_reply import Malformed, Reading, WholeReply, reading
from woodlot.rest.http_request import check_tunnel, spelled, tunnel
from woodlot.rest.idle import MOST_IDLE, Watch
from woodlot.rest.route import NO_TRUST, Proxy, Route, Trust, route_to
from woodlot.rest.steps import LARGEST_BODY_BYTES, HttpReply, HttpRequest, Lost

# Requests under way that are not urgent; those beyond wait for a reply.
_MOST_AT_ONCE = 100
# "Connection Attempt Delay ... recommended value 250 milliseconds" (RFC 8305 §5)
_NEXT_ADDRESS_AFTER_S = 0.25
_CLOSE_WITHIN_S = 1.0
_READ_BYTES = 65536


class LoopTransport:
    """A pool of connections to one host, opened as they are needed."""

    def __init__(
        self,
        environment: Environment,
        *,
        connect_timeout_s: float,
        trust: Trust = NO_TRUST,
        largest_body_bytes: int = LARGEST_BODY_BYTES,
    ) -> None:
        self._route = route_to(environment, trust)
        self._connect_timeout_s = connect_timeout_s
        self._largest_body_bytes = largest_body_bytes
        self._open: set[_Connection] = set()
        # The connection last used is used next.
        self._idle: list[_Connection] = []
        self._room = asyncio.Semaphore(_MOST_AT_ONCE)

    async def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        deadline_s = asyncio.get_running_loop().time() + timeout_s
        if request.is_urgent:
            return await self._exchange(request, deadline_s=deadline_s, timeout_s=timeout_s)
        if self._room.locked():
            try:
                async with asyncio.timeout_at(deadline_s):
                    await self._room.acquire()
            except TimeoutError:
                return Lost(f"not sent within {timeout_s:.1f} s", may_have_arrived=False)
        else:
            await self._room.acquire()
        try:
            return await self._exchange(request, deadline_s=deadline_s, timeout_s=timeout_s)
        finally:
            self._room.release()

    async def close(self) -> None:
        ended = [connection.end() for connection in list(self._open)]
        self._idle.clear()
        if ended:
            await asyncio.wait(ended, timeout=_CLOSE_WITHIN_S)

    async def _exchange(self, request: HttpRequest, *, deadline_s: float, timeout_s: float) -> HttpReply | Lost:
        connection: _Connection | None = None
        try:
            connection = self._idle_connection() or await self._connect(deadline_s)
            return await connection.exchange(request, deadline_s=deadline_s, most_bytes=self._largest_body_bytes)
        except _NotConnected as error:
            return Lost(f"could not connect ({error})", may_have_arrived=False)
        except TimeoutError:
            return Lost(f"no reply within {timeout_s:.1f} s", may_have_arrived=True)
        except Malformed as error:
            return Lost(f"the reply cannot be used: {error}", may_have_arrived=True)
        except OSError as error:
            return Lost(f"the connection broke ({_what(error)})", may_have_arrived=True)
        finally:
            # Cancelled or failed, its reply may still come: it must meet nobody.
            if connection is not None:
                self._take_back(connection)

    def _idle_connection(self) -> "_Connection | None":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
            connection.end()
        return None

    def _take_back(self, connection: "_Connection") -> None:
        if not connection.is_reusable:
            connection.end()
            return
        self._idle.append(connection)
        if len(self._idle) > 1 and (len(self._idle) > MOST_IDLE or not self._idle[0].is_usable):
            self._idle.pop(0).end()

    async def _connect(self, deadline_s: float) -> "_Connection":
        within_s = self._connect_timeout_s + asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(min(within_s, deadline_s)):
                return await _connect(self._route, self._open)
        except OSError as error:
            raise _NotConnected(_what(error)) from error


class _NotConnected(Exception):
    """There is no connection, so nothing was written."""


class _Connection(asyncio.Protocol):
    """One connection; reusable after a whole reply that did not ask to close."""

    def __init__(self, address: Address, everyone: "set[_Connection]") -> None:
        self._address = address
        self._everyone = everyone
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._reading: Reading | None = None
        self._reply: asyncio.Future[WholeReply] | None = None
        self._watch: Watch | None = None
        # Rung early it is set anew: a timer for each call would cost a tenth of it.
        self._alarm: asyncio.TimerHandle | None = None
        self._deadline_s = 0.0
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._keeps_alive = True
        self._idle_since_s = 0.0

    @property
    def is_reusable(self) -> bool:
        return self._keeps_alive and self._transport is not None and not self._transport.is_closing()

    @property
    def is_usable(self) -> bool:
        """Whether nothing has come of it since it was used last: the loop need not have looked."""
        return self.is_reusable and self._watch is not None and self._watch.is_usable(idle_since_s=self._idle_since_s)

    async def exchange(self, request: HttpRequest, *, deadline_s: float, most_bytes: int) -> HttpReply:
        """Send a request and return its reply. Raises Malformed or OSError, of which TimeoutError is one."""
        if self._transport is None:
            raise ConnectionAbortedError
        self._keeps_alive = False
        self._transport.write(spelled(request, self._address))
        # Nothing of the reply is heard before this task waits, so the rest is done while the request travels.
        self._reading = reading(most_bytes=most_bytes)
        next(self._reading)
        self._reply = self._loop.create_future()
        self._deadline_s = deadline_s
        if self._alarm is None or deadline_s < self._alarm.when():
            self._set_alarm()
        whole = await self._reply
        self._keeps_alive = whole.keeps_alive
        self._idle_since_s = time.monotonic()
        return whole.reply

    def end(self) -> "asyncio.Future[None]":
        """Drop the connection; what is returned is done when it is gone."""
        if self._transport is not None:
            self._transport.abort()
        return self._gone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is none by its class.
        self._transport = cast("asyncio.Transport", transport)
        self._watch = Watch(transport.get_extra_info("socket"))
        self._everyone.add(self)

    def data_received(self, data: bytes) -> None:
        if self._reading is None:
            # Said without being asked, or after a whole reply.
            self.end()
            return
        try:
            self._reading.send(data)
        except StopIteration as whole:
            self._settle(whole.value)
        except Malformed as error:
            self._settle(error)

    def eof_received(self) -> None:
        self.data_received(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        self._settle(exc or ConnectionAbortedError())
        self._transport = None
        self._everyone.discard(self)
        if self._alarm is not None:
            self._alarm.cancel()
        self._gone.set_result(None)

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(self._deadline_s, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._loop.time() >= self._deadline_s:
            self._settle(TimeoutError())
        elif self._reading is not None:
            self._set_alarm()

    def _settle(self, told: WholeReply | Exception) -> None:
        self._reading = None
        if self._reply is None or self._reply.done():
            return
        if isinstance(told, WholeReply):
            self._reply.set_result(told)
        else:
            self._reply.set_exception(told)


async def _connect(route: Route, everyone: set[_Connection]) -> _Connection:
    loop, address, proxy = asyncio.get_running_loop(), route.address, route.proxy
    first_hop = (address.host, address.port) if proxy is None else (proxy.host, proxy.port)
    found = await loop.getaddrinfo(*first_hop, type=socket.SOCK_STREAM)
    sock = await aiohappyeyeballs.start_connection(  # pyright: ignore[reportUnknownMemberType] - "tuple" of an address
        found, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER_S, loop=loop
    )
    try:
        if proxy is not None:
            await _tunnel(sock, address, proxy)
        _, connection = await loop.create_connection(
            lambda: _Connection(address, everyone),
            sock=sock,
            ssl=route.context,
            server_hostname=None if route.context is None else address.host,
        )
    except BaseException:
        sock.close()
        raise
    return connection


async def _tunnel(sock: socket.socket, address: Address, proxy: Proxy) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, tunnel(address, proxy))
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _READ_BYTES:
        if not (received := await loop.sock_recv(sock, _READ_BYTES)):
            break
        head += received
    check_tunnel(head)


def _what(error: OSError) -> str:
    # Only what the system says, or the class: other texts may quote what was sent, and a header is the signature.
    return error.strerror or type(error).__name__
