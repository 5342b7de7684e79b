"""This file is the blocking transport: kept-alive sockets, one for each thread that is calling.

A request is written with a single call and its reply read to the end, or the connection is closed: nothing is ever
reused after an error.
"""

import select
import socket
import time

from woodlot.config import Environment
from woodlot.rest.address import Address
from woodlot.rest.http_reply import Malformed, read_reply
from woodlot.rest.route import NO_TRUST, Proxy, Route, Trust, route_to
from woodlot.rest.steps import LARGEST_BODY_BYTES, HttpReply, HttpRequest, Lost

# Servers and load balancers close idle connections after 60 s and more; a younger one is rarely closed under us.
_OLDEST_IDLE_S = 20.0
_MOST_IDLE = 32
_READ_BYTES = 65536


class SocketTransport:
    """A pool of connections to one host; threads may share it."""

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
        # Appending to and popping from a list is atomic: no lock, and the connection last used is used next.
        self._idle: list[_Connection] = []

    def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        deadline_s = time.monotonic() + timeout_s
        connection = self._idle_connection()
        if connection is None:
            try:
                connection = _connect(self._route, min(self._connect_timeout_s, timeout_s))
            except OSError as error:
                return Lost(f"could not connect ({_what(error)})", may_have_arrived=False)
        reply = connection.exchange(request, deadline_s=deadline_s, most_bytes=self._largest_body_bytes)
        if connection.is_reusable and len(self._idle) < _MOST_IDLE:
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
        self.is_reusable = False

    @property
    def is_alive(self) -> bool:
        """A connection that nothing was asked of has nothing to say: readable means closed, or out of step."""
        return time.monotonic() - self._idle_since_s <= _OLDEST_IDLE_S and not _is_readable(self._socket)

    def exchange(self, request: HttpRequest, *, deadline_s: float, most_bytes: int) -> HttpReply | Lost:
        self.is_reusable = False

        def receive() -> bytes:
            self._arm(deadline_s)
            return self._socket.recv(_READ_BYTES)

        try:
            self._arm(deadline_s)
            self._socket.sendall(_head(request, self._address) + request.body)
            whole = read_reply(receive, most_bytes=most_bytes)
        except TimeoutError:
            return Lost("no reply in time", may_have_arrived=True)
        except Malformed as error:
            return Lost(f"the reply cannot be used: {error}", may_have_arrived=True)
        except OSError as error:
            return Lost(f"the connection broke ({_what(error)})", may_have_arrived=True)
        self.is_reusable = whole.keeps_alive
        self._idle_since_s = time.monotonic()
        return whole.reply

    def close(self) -> None:
        self._socket.close()

    def _arm(self, deadline_s: float) -> None:
        """Hold the next wait to the deadline: a socket's own timeout starts anew with every byte that drips in."""
        remaining_s = deadline_s - time.monotonic()
        if remaining_s <= 0:
            raise TimeoutError
        self._socket.settimeout(remaining_s)


def _connect(route: Route, timeout_s: float) -> _Connection:
    address, proxy = route.address, route.proxy
    first_hop = (address.host, address.port) if proxy is None else (proxy.host, proxy.port)
    sock = socket.create_connection(first_hop, timeout_s)
    try:
        # A request is one small write: waiting to fill a packet only delays an order.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if proxy is not None:
            _tunnel(sock, address, proxy)
        if route.context is not None:
            sock = route.context.wrap_socket(sock, server_hostname=address.host)
        return _Connection(sock, address)
    except BaseException:
        sock.close()
        raise


def _tunnel(sock: socket.socket, address: Address, proxy: Proxy) -> None:
    target = address.authority
    lines = [f"CONNECT {target} HTTP/1.1", f"host: {target}", *(f"{k}: {v}" for k, v in proxy.headers.items()), "", ""]
    sock.sendall("\r\n".join(lines).encode("latin-1"))
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _READ_BYTES:
        if not (received := sock.recv(_READ_BYTES)):
            break
        head += received
    status = head.partition(b" ")[2][:3].decode("latin-1")
    if not status.startswith("2"):
        raise OSError(0, f"the proxy refused the tunnel: {status or 'no reply'}")


def _head(request: HttpRequest, address: Address) -> bytes:
    lines = [
        f"{request.method} {address.prefix}{request.target} HTTP/1.1",
        f"host: {address.host_header}",
        *(f"{name}: {value}" for name, value in request.headers.items()),
    ]
    if request.body:
        lines.append(f"content-length: {len(request.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _is_readable(sock: socket.socket) -> bool:
    # `select` refuses descriptors above 1023; `poll` is missing on Windows.
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    readable, _, _ = select.select([sock], [], [], 0)
    return bool(readable)


def _what(error: OSError) -> str:
    return error.strerror or type(error).__name__
