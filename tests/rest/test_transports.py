import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest
from tests.rest.raw_server import RawServer, http, reset, unused_port

from woodlot.config import Environment
from woodlot.rest.loop_client import LoopTransport
from woodlot.rest.socket_client import SocketTransport
from woodlot.rest.steps import HttpReply, HttpRequest, Lost

OK = http(b'{"success":true}')
GET = HttpRequest("GET", "/v3/x?a=b%20c&d=%2F", {"x-api-key": "k", "x-api-signature": "the-signature"})
POST = HttpRequest("POST", "/v3/trade/order", {"content-type": "application/json"}, b'{"price": "1.0"}')
PUT = HttpRequest("PUT", "/v3/trade/order", {}, b"{}")
DELETE = HttpRequest("DELETE", "/v3/trade/order?orderId=1", {})


class Exchange(Protocol):
    def __call__(self, request: HttpRequest, *, timeout_s: float = 2.0) -> HttpReply | Lost: ...


Connect = Callable[[Environment], Exchange]


@pytest.fixture(params=["blocking", "async", "async on uvloop"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Open a transport of either kind on a server, and close it in the end."""
    match request.param:
        case "blocking":
            yield from blocking()
        case "async":
            yield from asynchronous()
        case _:
            yield from asynchronous(pytest.importorskip("uvloop").new_event_loop)


def blocking() -> Iterator[Connect]:
    opened: list[SocketTransport] = []

    def connect(environment: Environment) -> Exchange:
        opened.append(SocketTransport(environment, connect_timeout_s=0.4, largest_body_bytes=100_000))

        def exchange(request: HttpRequest, *, timeout_s: float = 2.0) -> HttpReply | Lost:
            return opened[-1].exchange(request, timeout_s=timeout_s)

        return exchange

    yield connect
    for transport in opened:
        transport.close()


def asynchronous(loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None) -> Iterator[Connect]:
    opened: list[LoopTransport] = []
    with asyncio.Runner(loop_factory=loop_factory) as runner:

        def connect(environment: Environment) -> Exchange:
            opened.append(LoopTransport(environment, connect_timeout_s=0.4, largest_body_bytes=100_000))

            def exchange(request: HttpRequest, *, timeout_s: float = 2.0) -> HttpReply | Lost:
                return runner.run(opened[-1].exchange(request, timeout_s=timeout_s))

            return exchange

        yield connect
        for transport in opened:
            runner.run(transport.close())


def test_target_headers_and_body_arrive_byte_for_byte(connect: Connect) -> None:
    with RawServer(OK) as server:
        exchange = connect(server.environment)
        exchange(GET)
        assert exchange(POST) == HttpReply(200, b'{"success":true}')
        assert server.heads[0].startswith(b"GET /v3/x?a=b%20c&d=%2F HTTP/1.1\r\n")
        assert b"the-signature" in server.heads[0]
        assert f"127.0.0.1:{server.port}".encode() in server.heads[0]
        assert server.bodies == [b"", b'{"price": "1.0"}']


def test_a_connection_is_kept_for_the_next_request(connect: Connect) -> None:
    with RawServer(OK) as server:
        exchange = connect(server.environment)
        for request in (GET, POST, DELETE, PUT):
            assert isinstance(exchange(request), HttpReply)
        assert (server.requests, server.connections) == (4, 1)


def test_a_connection_that_the_server_closed_while_idle_is_not_used(connect: Connect) -> None:
    with RawServer(OK) as server:
        exchange = connect(server.environment)
        exchange(POST)
        server.cut_idle_connections()
        assert isinstance(exchange(POST), HttpReply)
        assert (server.requests, server.connections) == (2, 2)


def test_a_server_that_asks_to_close_is_obeyed(connect: Connect) -> None:
    with RawServer(http(b"{}", headers="connection: close\r\n")) as server:
        exchange = connect(server.environment)
        assert isinstance(exchange(GET), HttpReply)
        assert isinstance(exchange(GET), HttpReply)
        assert server.connections == 2


@pytest.mark.parametrize("request_", [GET, POST, PUT, DELETE], ids=lambda request: request.method)
@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(None, id="closed without a reply"),
        pytest.param(reset, id="reset"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-le", id="silent in the middle of the head"),
        pytest.param(http(b'{"success":', length=500), id="silent in the middle of the body"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="another protocol"),
        pytest.param(lambda sock: time.sleep(0.6), id="slow"),
    ],
)
def test_a_request_whose_reply_is_lost_is_sent_once(connect: Connect, request_: HttpRequest, trouble: object) -> None:
    with RawServer(OK, trouble) as server:  # type: ignore[arg-type]
        exchange = connect(server.environment)
        exchange(GET)
        lost = exchange(request_, timeout_s=0.25)
        assert isinstance(lost, Lost)
        assert lost.may_have_arrived
        assert server.requests == 2, server.heads
        assert "the-signature" not in lost.reason


def cut_in_the_body(sock: socket.socket) -> None:
    sock.sendall(http(b'{"success":', length=500))
    sock.close()


def cut_in_the_head(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n")
    sock.close()


def cut_in_a_chunk(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\n{")
    sock.close()


@pytest.mark.parametrize("trouble", [cut_in_the_body, cut_in_the_head, cut_in_a_chunk])
def test_a_half_reply_is_lost_and_its_connection_is_not_used_again(
    connect: Connect, trouble: Callable[[socket.socket], None]
) -> None:
    with RawServer(trouble, OK) as server:
        exchange = connect(server.environment)
        assert isinstance(exchange(POST), Lost)
        assert isinstance(exchange(POST), HttpReply)
        assert (server.requests, server.connections) == (2, 2)


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        (http(b"<html>x</html>", status="502 Bad Gateway"), 502, b"<html>x</html>"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (http(b"", status="301 Moved", headers="location: /v3/elsewhere\r\n"), 301, b""),
        (http(b"too large", status="413 Payload Too Large"), 413, b"too large"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200, b"{}"),
    ],
)
def test_whatever_whole_reply_comes_is_handed_on(connect: Connect, raw: bytes, status: int, body: bytes) -> None:
    with RawServer(raw) as server:
        exchange = connect(server.environment)
        assert exchange(POST) == HttpReply(status, body)
        assert exchange(DELETE) == HttpReply(status, body)
        assert server.requests == 2, server.heads


def test_compressed_replies_are_neither_asked_for_nor_opened(connect: Connect) -> None:
    cut = gzip.compress(b'{"success":true}')[:-6]
    with RawServer(http(cut, headers="content-encoding: gzip\r\n")) as server:
        assert connect(server.environment)(GET) == HttpReply(200, cut)


def test_bytes_after_a_reply_are_never_taken_for_the_next_one(connect: Connect) -> None:
    with RawServer(http(b"{}") + http(b'{"success":true,"data":"smuggled"}'), OK) as server:
        exchange = connect(server.environment)
        first, second = exchange(GET), exchange(GET)
        assert b"smuggled" not in getattr(first, "body", b"") + getattr(second, "body", b"")


def test_a_reply_that_drips_in_does_not_outlast_the_timeout(connect: Connect) -> None:
    def drip(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        for _ in range(100):
            time.sleep(0.05)
            sock.sendall(b"x")

    with RawServer(drip) as server:
        started_s = time.monotonic()
        assert isinstance(connect(server.environment)(POST, timeout_s=0.3), Lost)
        assert time.monotonic() - started_s < 1


def test_a_call_has_its_own_time_whatever_the_one_before_it_had(connect: Connect) -> None:
    def late(sock: socket.socket) -> None:
        time.sleep(0.3)
        sock.sendall(OK)

    with RawServer(OK, late) as server:
        exchange = connect(server.environment)
        assert isinstance(exchange(GET, timeout_s=0.15), HttpReply)
        assert isinstance(exchange(GET, timeout_s=2.0), HttpReply)
        assert server.connections == 1


@pytest.mark.parametrize("head", [b"content-length: 10000000", b"transfer-encoding: chunked\r\n\r\n989680", b"x: y"])
def test_a_reply_without_end_is_cut_off(connect: Connect, head: bytes) -> None:
    def flood(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + b"x" * 10_000_000)

    with RawServer(flood) as server:
        lost = connect(server.environment)(POST)
        assert isinstance(lost, Lost)
        assert lost.may_have_arrived
        assert "longer than 100000 bytes" in lost.reason


def test_nothing_arrived_where_nobody_listens(connect: Connect) -> None:
    environment = Environment.at(f"http://127.0.0.1:{unused_port()}", "ws://127.0.0.1:1")
    lost = connect(environment)(POST)
    assert isinstance(lost, Lost)
    assert not lost.may_have_arrived


def test_nothing_arrived_where_the_name_is_not_known(connect: Connect) -> None:
    lost = connect(Environment.at("https://nowhere.invalid", "wss://nowhere.invalid"))(POST)
    assert isinstance(lost, Lost)
    assert not lost.may_have_arrived


def test_nothing_arrived_at_a_server_that_does_not_speak_tls(connect: Connect) -> None:
    with RawServer(None) as server:
        lost = connect(Environment.at(f"https://127.0.0.1:{server.port}", "wss://127.0.0.1:1"))(POST)
        assert isinstance(lost, Lost)
        assert not lost.may_have_arrived
        assert server.requests == 0


def test_a_path_before_v3_is_sent_though_it_is_not_signed(connect: Connect) -> None:
    with RawServer(OK) as server:
        environment = Environment.at(f"http://127.0.0.1:{server.port}/woo/", "ws://127.0.0.1:1")
        connect(environment)(DELETE)
        assert server.heads[0].startswith(b"DELETE /woo/v3/trade/order?orderId=1 HTTP/1.1\r\n")


async def test_the_reply_to_a_cancelled_call_meets_nobody() -> None:
    def late(sock: socket.socket) -> None:
        time.sleep(0.1)
        sock.sendall(http(b"for the cancelled one"))

    with RawServer(late, OK) as server:
        transport = LoopTransport(server.environment, connect_timeout_s=1)
        cancelled = asyncio.create_task(transport.exchange(POST, timeout_s=2))
        while not server.requests:
            await asyncio.sleep(0.005)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        assert await transport.exchange(POST, timeout_s=2) == HttpReply(200, b'{"success":true}')
        assert server.connections == 2
        await transport.close()


async def test_a_call_under_way_when_its_client_is_closed_may_have_arrived() -> None:
    with RawServer(lambda _: time.sleep(1), OK) as server:
        transport = LoopTransport(server.environment, connect_timeout_s=1)
        call = asyncio.create_task(transport.exchange(POST, timeout_s=5))
        while not server.requests:
            await asyncio.sleep(0.005)
        await transport.close()
        assert await call == Lost("the connection broke (ConnectionAbortedError)", may_have_arrived=True)
        # "A closed client may be used again; it connects anew."
        assert isinstance(await transport.exchange(POST, timeout_s=5), HttpReply)
        await transport.close()


async def test_a_call_that_finds_no_room_in_time_was_never_sent() -> None:
    waiting = threading.Event()

    def silent(_: socket.socket) -> None:
        waiting.wait(20)

    with RawServer(silent) as server:
        transport = LoopTransport(server.environment, connect_timeout_s=20)
        calls = [asyncio.create_task(transport.exchange(GET, timeout_s=20)) for _ in range(100)]
        await asyncio.sleep(0)
        try:
            assert await transport.exchange(GET, timeout_s=0.05) == Lost(
                "not sent within 0.1 s", may_have_arrived=False
            )
        finally:
            waiting.set()
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            await transport.close()
