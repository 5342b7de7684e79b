"""This file is the sandbox's HTTP: aiohttp carries requests to the gate and upgrades to the streams.

What cannot be parsed as HTTP gets an envelope too; the access log is off, since addresses hold listen keys.
"""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, TypeAlias

from aiohttp import HttpVersion11, web
from aiohttp.http import SERVER_SOFTWARE
from aiohttp.http_exceptions import HttpProcessingError

from woodlot.clock import Clock
from woodlot.sandbox.connection import Connection, Stream
from woodlot.sandbox.connections import Connections
from woodlot.sandbox.control import PATH as CONTROL_PATH
from woodlot.sandbox.control import Control
from woodlot.sandbox.faults import Faults
from woodlot.sandbox.gate import Arrived, Gate, Reply, refused
from woodlot.sandbox.listen_keys import ListenKeys
from woodlot.sandbox.parameters import invalid
from woodlot.sandbox.plain_requests import plain_request
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.rest_faults import HALF, LOST, Mishap, in_place_of_a_reply, mishap
from woodlot.sandbox.sockets import PRIVATE_TOPICS, Session

PUBLIC_STREAM = "/v3/public"
PRIVATE_STREAM = "/v3/private"

_OTHER_WAYS = (CONTROL_PATH, PUBLIC_STREAM, PRIVATE_STREAM)

_BODY_TIMEOUT_S = 10.0
_KEEPALIVE_S = 3600.0
# Who does not read what it is told is waited for.
_MOST_UNREAD = 64 * 1024


class Edge:
    """Answer one HTTP request after another.

    `after_reply` is called once a reply is on its way: events follow it. `is_down` tells that nobody is answered.
    """

    def __init__(
        self,
        gate: Gate,
        *,
        connections: Connections,
        keys: ListenKeys,
        clock: Clock,
        public_topics: Callable[[], frozenset[str]],
        after_reply: Callable[[], None],
        control: Control | None = None,
        is_down: Callable[[], bool] = lambda: False,
        faults: Faults | None = None,
        quirks: Quirks | None = None,
    ) -> None:
        self._gate = gate
        self._connections = connections
        self._keys = keys
        self._clock = clock
        self._public_topics = public_topics
        self._after_reply = after_reply
        self._control = control
        self._is_down = is_down
        self._faults = faults or Faults(clock=clock)
        self._quirks = quirks or Quirks()

    def server(self) -> web.Server:
        """Return what listens, once it is given a socket."""
        # `auto_decompress` off: the signature is over the bytes that were sent.
        return _Server(
            self._handle,
            at_once=self._answer_at_once,
            access_log=None,
            auto_decompress=False,
            lingering_time=1.0,
            keepalive_timeout=_KEEPALIVE_S,
        )

    def _answer_at_once(self, data: bytes, transport: asyncio.Transport) -> bool:
        """Answer a plain request to REST before anything else runs, or return False and have done nothing.

        Without a task, a reader and a writer of its own it costs less. What waits, and what may go wrong, does not come
        this way.
        """
        if self._faults.any_on or transport.get_write_buffer_size() > _MOST_UNREAD:
            return False
        request = plain_request(data)
        if request is None or request.target.startswith(_OTHER_WAYS):
            return False
        method, target, headers, body = request
        reply = self._gate.answer(Arrived(method, target, headers, body, _address_of(transport)))
        _write(transport, reply, now_s=self._clock.now_ms() // 1000)
        self._after_reply()
        return True

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        try:
            if path.startswith(CONTROL_PATH) and self._control is not None:
                return _response(self._control.answer(_arrived(request, await _body(request))))
            if self._is_down():
                return _hung_up(request)
            if path == PUBLIC_STREAM:
                return await self._stream(request, "public")
            if path == PRIVATE_STREAM:
                return await self._stream(request, "private")
            arrived = _arrived(request, await _body(request))
        except Refusal as refusal:
            return _response(refused(refusal))
        return await self._answer(request, arrived, mishap(self._faults, method=request.method, path=path))

    async def _answer(self, request: web.BaseRequest, arrived: Arrived, mishap: Mishap) -> web.StreamResponse:
        if mishap.delay_ms:
            await asyncio.sleep(mishap.delay_ms / 1000)
        if mishap.before:
            return await self._spoiled(request, mishap.before)
        reply = self._gate.answer(arrived)
        if mishap.is_early:
            self._after_reply()
            self._connections.settle()
        if mishap.slow_ms:
            self._after_reply()
            await asyncio.sleep(mishap.slow_ms / 1000)
        if mishap.after:
            self._after_reply()
            return await self._spoiled(request, mishap.after, reply=reply)
        # "Acknowledge first, then emit websocket events" (rest-v3 §13.2 no 6): the whole reply is in the kernel's queue
        # before anything else runs.
        if _stays_open(request):
            response = await _write_whole(request, reply, now_s=self._clock.now_ms() // 1000)
        else:
            response = _response(reply)
            await response.prepare(request)
            await response.write_eof()
        self._after_reply()
        return response

    async def _spoiled(self, request: web.BaseRequest, word: str, *, reply: Reply | None = None) -> web.StreamResponse:
        """Answer with what a fault has in place of the reply."""
        if word == LOST:
            return _hung_up(request)
        if word != HALF:
            return _response(in_place_of_a_reply(word))
        reply = reply or in_place_of_a_reply("500")
        response = web.StreamResponse(status=reply.status, headers={"Content-Length": str(len(reply.body))})
        response.content_type = reply.content_type
        await response.prepare(request)
        await response.write(reply.body[: len(reply.body) // 2])
        if request.transport is not None:
            request.transport.close()
        return response

    async def _stream(self, request: web.BaseRequest, stream: Stream) -> web.StreamResponse:
        if stream in self._connections.suffer():
            return _hung_up(request)
        address = request.remote or ""
        if strike := self._faults.strike(f"{stream}.refuse", "stream.refuse"):
            raise Refusal(-1003, "The connection is denied.", http_status=int(strike.word))
        if not self._connections.admits(address):
            raise Refusal(-1003, "Rate limit exceed.", http_status=self._quirks.connection_limit_status)
        connection = self._connection(request, stream, address)
        try:
            with self._connections.joined(connection):
                return await connection.serve(request)
        except web.HTTPException:
            raise invalid("A WebSocket upgrade is expected here.") from None

    def _connection(self, request: web.BaseRequest, stream: Stream, address: str) -> Connection:
        public = self._public_topics()
        offered, elsewhere = (public, PRIVATE_TOPICS) if stream == "public" else (PRIVATE_TOPICS, public)
        key = refusal = None
        if stream == "private":
            key = self._keys.find(request.query.get("key", ""), now_ms=self._clock.now_ms())
            refusal = None if key else self._refusal_of_key()
        session = Session(frozenset() if refusal else offered, elsewhere=elsewhere, quirks=self._quirks)
        connection = Connection(
            session, clock=self._clock, address=address, stream=stream, key=key, faults=self._faults
        )
        if refusal == "accept":
            connection.close(self._quirks.key_close_code)
        return connection

    def _refusal_of_key(self) -> str:
        """Refuse the upgrade without a valid key, the default among what nobody documented (websocket-v3 §4.2), or
        return where else it is refused. Raises Refusal."""
        strike = self._faults.strike("key.bad")
        where = strike.word if strike else self._quirks.bad_key
        if where == "upgrade":
            message = "The listen key is unknown, replaced or expired."
            raise Refusal(-1002, message, http_status=self._quirks.bad_key_status)
        return where


async def _write_whole(request: web.BaseRequest, reply: Reply, *, now_s: int) -> "_Written":
    """Hand a reply to the kernel in one piece: a third of what aiohttp takes for head and body.

    A client that does not read is waited for.
    """
    if request.transport is not None:
        _write(request.transport, reply, now_s=now_s)
        await request.writer.drain()
    return _WRITTEN


def _write(transport: asyncio.WriteTransport, reply: Reply, *, now_s: int) -> None:
    head = _head(reply.status, reply.content_type, now_s)
    transport.write(b"%b%d\r\n\r\n%b" % (head, len(reply.body), reply.body))


class _Written(web.StreamResponse):
    """What is left to do with a reply that was written whole, on a connection that stays open: nothing."""

    @property
    def keep_alive(self) -> bool:
        return True

    async def prepare(self, request: web.BaseRequest) -> None: ...

    async def write_eof(self, data: bytes = b"") -> None: ...


_WRITTEN = _Written()


@functools.lru_cache(maxsize=64)
def _head(status: int, content_type: str, now_s: int) -> bytes:
    """Return everything of a reply up to its length; the same for all of one second."""
    return (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {content_type}\r\n"
        f"Date: {formatdate(now_s, usegmt=True)}\r\nServer: {SERVER_SOFTWARE}\r\nContent-Length: "
    ).encode()


def _stays_open(request: web.BaseRequest) -> bool:
    return request.keep_alive and request.version == HttpVersion11 and request.method != "HEAD"


AtOnce: TypeAlias = Callable[[bytes, asyncio.Transport], bool]


class _Server(web.Server):
    def __init__(
        self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], *, at_once: AtOnce, **options: Any
    ) -> None:
        super().__init__(handler, **options)
        self._at_once = at_once

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, at_once=self._at_once, loop=self._loop, **self._kwargs)


class _Protocol(web.RequestHandler):
    """One connection. Requests are answered at once until one is not plain; from there on all are aiohttp's."""

    __slots__ = ("_answer_at_once", "_opened_s")

    def __init__(self, server: web.Server, *, at_once: AtOnce, **options: Any) -> None:
        super().__init__(server, **options)
        self._answer_at_once: AtOnce | None = at_once
        self._opened_s = time.monotonic()

    def data_received(self, data: bytes) -> None:
        if self._answer_at_once is not None:
            transport = self.transport
            if transport is not None and self._is_young(transport) and self._answer_at_once(data, transport):
                return
            self._answer_at_once = None
        super().data_received(data)

    def _is_young(self, transport: asyncio.Transport) -> bool:
        # aiohttp closes what it has heard nothing of for so long, and of these requests it hears nothing.
        return time.monotonic() - self._opened_s < _KEEPALIVE_S / 2 and not transport.is_closing()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,  # noqa: ARG002
        message: str | None = None,  # noqa: ARG002
    ) -> web.StreamResponse:
        """Answer what is not HTTP with an envelope, without a log line: garbage is the caller's affair."""
        if request.writer.output_size > 0:
            raise ConnectionError("a reply is on its way already")
        code, text = (
            (-1005, "The request is malformed.") if status < 500 else (-1000, "An internal error has occurred.")
        )
        response = _response(refused(Refusal(code, text, http_status=status)))
        response.force_close()
        return response


async def _body(request: web.BaseRequest) -> bytes:
    try:
        if request.content.is_eof():  # it came with the head, as almost always
            return await request.read()
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:  # aiohttp's own bound
        raise Refusal(-1005, "The request body is longer than 1 MiB.", http_status=413) from None
    except TimeoutError:
        raise Refusal(-1005, "The request body did not arrive.", http_status=408) from None
    except (HttpProcessingError, web.PayloadAccessError) as error:
        raise invalid("The request body is malformed.") from error


def _arrived(request: web.BaseRequest, body: bytes) -> Arrived:
    return Arrived(
        method=request.method,
        target=request.raw_path,
        headers=request.headers,
        body=body,
        address=request.remote or "",
    )


def _address_of(transport: asyncio.BaseTransport) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""


def _response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, content_type=reply.content_type)


def _hung_up(request: web.BaseRequest) -> web.StreamResponse:
    """End the connection without a word; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
