"""This file is the sandbox's HTTP: aiohttp carries requests to the gate and upgrades to the streams.

What cannot be parsed as HTTP gets an envelope too; the access log is off, since addresses hold listen keys.
"""

import asyncio
from collections.abc import Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from woodlot.clock import Clock
from woodlot.sandbox.connections import Connection, Connections
from woodlot.sandbox.gate import Arrived, Gate, Reply, refused, too_many_requests
from woodlot.sandbox.listen_keys import ListenKey, ListenKeys
from woodlot.sandbox.parameters import invalid
from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.signatures import unauthorized
from woodlot.sandbox.sockets import PRIVATE_TOPICS, Session

PUBLIC_STREAM = "/v3/public"
PRIVATE_STREAM = "/v3/private"

_BODY_TIMEOUT_S = 10.0


class Edge:
    """Answer one HTTP request after another. `after_reply` is called once a reply is on its way: events follow it."""

    def __init__(
        self,
        gate: Gate,
        *,
        connections: Connections,
        keys: ListenKeys,
        clock: Clock,
        public_topics: frozenset[str],
        after_reply: Callable[[], None],
    ) -> None:
        self._gate = gate
        self._connections = connections
        self._keys = keys
        self._clock = clock
        self._public_topics = public_topics
        self._after_reply = after_reply

    def server(self) -> web.Server:
        """Return what listens, once it is given a socket."""
        # `auto_decompress` off: the signature is over the bytes that were sent.
        return _Server(self._handle, access_log=None, auto_decompress=False, lingering_time=1.0)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        try:
            if path == PUBLIC_STREAM:
                return await self._stream(request, self._public_topics)
            if path == PRIVATE_STREAM:
                return await self._stream(request, PRIVATE_TOPICS, key=self._key(request))
            body = await _body(request)
        except Refusal as refusal:
            return _response(refused(refusal))
        reply = self._gate.answer(
            Arrived(
                method=request.method,
                target=request.raw_path,
                headers=request.headers,
                body=body,
                address=request.remote or "",
            )
        )
        response = _response(reply)
        # "Acknowledge first, then emit websocket events" (rest-v3 §13.2 no 6): both calls hand the whole reply to
        # the kernel's queue before anything else runs.
        await response.prepare(request)
        await response.write_eof()
        self._after_reply()
        return response

    async def _stream(
        self, request: web.BaseRequest, topics: frozenset[str], *, key: ListenKey | None = None
    ) -> web.StreamResponse:
        address = request.remote or ""
        if not self._connections.has_room(address):
            raise too_many_requests()
        connection = Connection(Session(topics), clock=self._clock, address=address, key=key)
        try:
            with self._connections.joined(connection):
                return await connection.serve(request)
        except web.HTTPException:
            raise invalid("A WebSocket upgrade is expected here.") from None

    def _key(self, request: web.BaseRequest) -> ListenKey:
        """Refuse the upgrade without a valid key: the default among what nobody documented (websocket-v3 §4.2)."""
        key = self._keys.find(request.query.get("key", ""), now_ms=self._clock.now_ms())
        if key is None:
            raise unauthorized(-1002, "The listen key is unknown, replaced or expired.")
        return key


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class _Protocol(web.RequestHandler):
    __slots__ = ()

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
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:  # aiohttp's own bound
        raise Refusal(-1005, "The request body is longer than 1 MiB.", http_status=413) from None
    except TimeoutError:
        raise Refusal(-1005, "The request body did not arrive.", http_status=408) from None
    except (HttpProcessingError, web.PayloadAccessError) as error:
        raise invalid("The request body is malformed.") from error


def _response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, content_type="application/json")
