"""This file is the blocking transport: kept-alive sockets, one for each thread that is calling.

A request is written with a single call and its reply read to the end, or the connection is closed: nothing is ever
reused after an error.
"""

import socket
import time

from woodlot.config import Environment
from woodlot.rest.address import Address
from woodlot.rest.http_reply import Malformed, read_reply
from woodlot.rest.http_request import check_tunnel, spelled, tunnel
from woodlot.rest.idle import MOST_IDLE, Watch
from woodlot.rest.route import NO_TRUST, Proxy, Route, Trust, route_to
from woodlot.rest.steps import LARGEST_BODY_BYTES, HttpReply, HttpRequest, Lost

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
        if connection.is_reusable and len(self._idle) < MOST_IDLE:
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
            if connection.is_usable:
                return connection
            connection.close()
        return None


class _Connection:
    """One socket; reusable after a whole reply that did not ask to close."""

    def __init__(self, sock: socket.socket, address: Address) -> None:
        self._socket = sock
        self._watch = Watch(sock)
        self._address = address
        self._idle_since_s = time.monotonic()
        self.is_reusable = False

    @property
    def is_usable(self) -> bool:
        return self._watch.is_usable(idle_since_s=self._idle_since_s)

    def exchange(self, request: HttpRequest, *, deadline_s: float, most_bytes: int) -> HttpReply | Lost:
        self.is_reusable = False

        def receive() -> bytes:
            self._arm(deadline_s)
            return self._socket.recv(_READ_BYTES)

        try:
            self._arm(deadline_s)
            self._socket.sendall(spelled(request, self._address))
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
    sock.sendall(tunnel(address, proxy))
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _READ_BYTES:
        if not (received := sock.recv(_READ_BYTES)):
            break
        head += received
    check_tunnel(head)


def _what(error: OSError) -> str:
    return error.strerror or type(error).__name__
