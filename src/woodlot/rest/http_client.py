"""This file is the blocking transport: http.client's parser on kept-alive sockets, one at a time per thread.

A request is written with a single call and read to its end, or its connection is closed: nothing is ever reused
after an error.
"""

import http.client
import io
import select
import socket
import ssl
import time
from typing import TYPE_CHECKING, cast

from woodlot.config import Environment
from woodlot.rest.address import Address, rest_address
from woodlot.rest.steps import HttpReply, HttpRequest, Lost

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# All instruments are 150 kB (rest-v3 §8.2); the longest pages stay below 1 MB.
LARGEST_BODY_BYTES = 16 * 1024 * 1024
# Servers and load balancers close idle connections after 60 s and more; a younger one is rarely closed under us.
OLDEST_IDLE_S = 20.0
_MOST_IDLE = 32


class HttpClientTransport:
    """A pool of connections to one host; threads may share it."""

    def __init__(self, environment: Environment, *, connect_timeout_s: float) -> None:
        self._address = rest_address(environment)
        self._connect_timeout_s = connect_timeout_s
        self._context = ssl.create_default_context() if self._address.secure else None
        # Appending to and popping from a list is atomic: no lock, and the connection last used is used next.
        self._idle: list[_Connection] = []

    def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        deadline_s = time.monotonic() + timeout_s
        connection = self._idle_connection()
        if connection is None:
            try:
                connection = _connect(self._address, self._context, min(self._connect_timeout_s, timeout_s))
            except OSError as error:
                return Lost(f"could not connect ({_what(error)})", may_have_arrived=False)
        reply = connection.exchange(request, deadline_s=deadline_s)
        if connection.reusable and len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()
        return reply

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _idle_connection(self) -> "_Connection | None":
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread took it
                return None
            if connection.is_alive:
                return connection
            connection.close()
        return None


class _Connection:
    """One socket; reusable after a whole reply that did not ask to close."""

    def __init__(self, sock: socket.socket, address: Address) -> None:
        self._socket = sock
        self._address = address
        self._idle_since_s = time.monotonic()
        self.reusable = False

    @property
    def is_alive(self) -> bool:
        """A connection that nothing was asked of has nothing to say: readable means closed, or out of step."""
        if time.monotonic() - self._idle_since_s > OLDEST_IDLE_S:
            return False
        return not _is_readable(self._socket)

    def exchange(self, request: HttpRequest, *, deadline_s: float) -> HttpReply | Lost:
        self.reusable = False
        timed = _Timed(self._socket, deadline_s)
        try:
            timed.sendall(_head(request, self._address) + request.body)
            reply = self._read(request, timed)
        except TimeoutError:
            return Lost("no reply in time", may_have_arrived=True)
        except (OSError, http.client.HTTPException) as error:
            return Lost(f"the connection broke ({_what(error)})", may_have_arrived=True)
        self._idle_since_s = time.monotonic()
        return reply

    def close(self) -> None:
        self._socket.close()

    def _read(self, request: HttpRequest, timed: "_Timed") -> HttpReply | Lost:
        response = http.client.HTTPResponse(cast("socket.socket", timed), method=request.method)
        try:
            response.begin()
            body = response.read(LARGEST_BODY_BYTES + 1)
            if len(body) > LARGEST_BODY_BYTES:
                return Lost(f"the reply is longer than {LARGEST_BODY_BYTES} bytes", may_have_arrived=True)
            if response.length:
                return Lost("the reply was cut", may_have_arrived=True)
            will_close = response.will_close
            status = response.status
        finally:
            response.close()
        self.reusable = not will_close and not timed.has_leftover
        return HttpReply(status, body)


class _Timed:
    """A socket held to one deadline: http.client's own timeout starts anew with every byte that drips in."""

    def __init__(self, sock: socket.socket, deadline_s: float) -> None:
        self._socket = sock
        self._deadline_s = deadline_s
        self._reader: _Reader | None = None

    def sendall(self, data: bytes) -> None:
        self._arm()
        self._socket.sendall(data)

    def recv_into(self, buffer: memoryview) -> int:
        self._arm()
        return self._socket.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._reader = _Reader(_Incoming(self))
        return self._reader

    @property
    def has_leftover(self) -> bool:
        """Whether more came than the reply said it was: what follows cannot be trusted to be the next reply."""
        return self._reader is None or self._reader.has_leftover

    def _arm(self) -> None:
        remaining_s = self._deadline_s - time.monotonic()
        if remaining_s <= 0:
            raise TimeoutError
        self._socket.settimeout(remaining_s)


class _Incoming(io.RawIOBase):
    def __init__(self, timed: _Timed) -> None:
        self._timed = timed
        self.at_end = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        return 0 if self.at_end else self._timed.recv_into(memoryview(buffer))


class _Reader(io.BufferedReader):
    has_leftover = False

    def __init__(self, incoming: _Incoming) -> None:
        super().__init__(incoming)
        self._incoming = incoming

    def close(self) -> None:
        if not self.closed:
            # At its end the stream gives only what is buffered already, so looking does not wait.
            self._incoming.at_end = True
            self.has_leftover = bool(self.peek(1))
        super().close()


def _connect(address: Address, context: ssl.SSLContext | None, timeout_s: float) -> _Connection:
    sock = socket.create_connection((address.host, address.port), timeout_s)
    try:
        # A request is one small write: waiting to fill a packet only delays an order.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            sock = context.wrap_socket(sock, server_hostname=address.host)
        return _Connection(sock, address)
    except BaseException:
        sock.close()
        raise


def _head(request: HttpRequest, address: Address) -> bytes:
    lines = [
        f"{request.method} {address.prefix}{request.target} HTTP/1.1",
        f"host: {address.host_header}",
        *(f"{name}: {value}" for name, value in request.headers.items()),
    ]
    if request.body:
        lines.append(f"content-length: {len(request.body)}")
    # Latin-1 is what a header line may hold; a key with other characters is refused here, not sent mangled.
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _is_readable(sock: socket.socket) -> bool:
    # `select` refuses descriptors above 1023; `poll` is missing on Windows.
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    readable, _, _ = select.select([sock], [], [], 0)
    return bool(readable)


def _what(error: Exception) -> str:
    """Name what went wrong; http.client's own texts quote what arrived, which nobody has checked."""
    if isinstance(error, http.client.HTTPException):
        return type(error).__name__
    text = getattr(error, "strerror", None)
    return text if isinstance(text, str) else type(error).__name__
