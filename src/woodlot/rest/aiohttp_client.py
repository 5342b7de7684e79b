"""This file is the asyncio transport: aiohttp, held to sending each request once and exactly as given."""

import asyncio
import contextlib
import time

import aiohttp
from yarl import URL

from woodlot.config import Environment
from woodlot.rest.route import NO_TRUST, Trust, route_to
from woodlot.rest.steps import LARGEST_BODY_BYTES, HttpReply, HttpRequest, Lost

_NEVER_WRITTEN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
# Requests under way that are not urgent; those beyond wait for a reply.
_MOST_AT_ONCE = 100
# No server closes a connection that was busy this recently.
_IDLE_S = 0.01


class AiohttpTransport:
    """One pool of kept-alive connections to one host, opened with the first request."""

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
        self._session: aiohttp.ClientSession | None = None
        self._room = asyncio.Semaphore(_MOST_AT_ONCE)
        self._last_used_s = 0.0

    async def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        may_have_arrived = False
        try:
            async with asyncio.timeout(timeout_s), contextlib.nullcontext() if request.is_urgent else self._room:
                may_have_arrived = True
                return await self._exchange(request, timeout_s=timeout_s)
        except _NEVER_WRITTEN as error:
            return Lost(f"could not connect ({type(error).__name__})", may_have_arrived=False)
        except TimeoutError:
            return Lost(f"no reply within {timeout_s:.1f} s", may_have_arrived=may_have_arrived)
        except (aiohttp.ClientError, OSError, _Interrupted) as error:
            # Only the class is named: aiohttp's texts may quote headers, and a header is the signature.
            return Lost(f"the connection broke ({type(error.__cause__ or error).__name__})", may_have_arrived=True)

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _notice_closed_connections(self) -> None:
        """Let the loop see which idle connections were closed; it may not have run since."""
        if time.monotonic() - self._last_used_s > _IDLE_S:
            # What is ready to be read is queued behind this task in the first round and handled before the second.
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def _exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        await self._notice_closed_connections()
        proxy = self._route.proxy
        async with self._opened().request(
            request.method,
            URL(self._route.address.url + request.target, encoded=True),
            data=request.body or None,
            headers=request.headers,
            allow_redirects=False,
            ssl=self._route.context or True,
            proxy=None if proxy is None else proxy.url,
            proxy_headers=None if proxy is None else proxy.headers,
            timeout=aiohttp.ClientTimeout(connect=min(self._connect_timeout_s, timeout_s)),
        ) as response:
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > self._largest_body_bytes:
                    return Lost(f"the reply is longer than {self._largest_body_bytes} bytes", may_have_arrived=True)
            self._last_used_s = time.monotonic()
            return HttpReply(response.status, bytes(body))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # `_room` is the bound: aiohttp's own would make a cancel wait for a slow read.
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                middlewares=(_once,),
            )
        return self._session


class _Interrupted(Exception):
    """A connection broke under a request."""


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending again: it would repeat PUT and DELETE on a dead connection, and we would not know."""
    try:
        return await handler(request)
    except _NEVER_WRITTEN:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Interrupted from error
