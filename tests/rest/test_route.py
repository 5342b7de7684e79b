import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.certificate import own_certificate
from tests.rest.raw_server import RawServer, http

from woodlot.config import Environment
from woodlot.errors import ConfigurationError
from woodlot.rest.loop_client import LoopTransport
from woodlot.rest.route import Trust, route_to
from woodlot.rest.socket_client import SocketTransport
from woodlot.rest.steps import HttpReply, HttpRequest, Lost

OK = http(b'{"success":true}')
POST = HttpRequest("POST", "/v3/trade/order", {"x-api-signature": "the-signature"}, b"{}")
FAR = Environment.at("https://exchange.invalid", "wss://exchange.invalid")

Exchange = Callable[[Environment, Trust], HttpReply | Lost]


def blocking(environment: Environment, trust: Trust) -> HttpReply | Lost:
    transport = SocketTransport(environment, connect_timeout_s=2, trust=trust)
    with contextlib.closing(transport):
        return transport.exchange(POST, timeout_s=2)


def asynchronous(environment: Environment, trust: Trust) -> HttpReply | Lost:
    async def exchange() -> HttpReply | Lost:
        transport = LoopTransport(environment, connect_timeout_s=2, trust=trust)
        try:
            return await transport.exchange(POST, timeout_s=2)
        finally:
            await transport.close()
            # The TLS goodbye of a closed connection is said by the loop, a moment later.
            await asyncio.sleep(0.05)

    return asyncio.run(exchange())


both = pytest.mark.parametrize("exchange", [blocking, asynchronous])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own for 127.0.0.1, with its key in the same file."""
    return own_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    return server_side


@both
def test_a_certificate_of_ones_own_is_trusted_when_it_is_named(
    exchange: Exchange, context: ssl.SSLContext, certificate: Path
) -> None:
    with RawServer(OK, context=context) as server:
        assert exchange(server.environment, Trust(ca_file=certificate)) == HttpReply(200, b'{"success":true}')


@both
def test_an_unknown_certificate_is_refused_before_anything_is_written(
    exchange: Exchange, context: ssl.SSLContext
) -> None:
    with RawServer(OK, context=context) as server:
        lost = exchange(server.environment, Trust())
        assert isinstance(lost, Lost)
        assert not lost.may_have_arrived
        assert server.requests == 0


def test_a_certificate_file_that_cannot_be_read_is_a_fault_of_the_set_up(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    for file in (tmp_path / "missing.pem", empty):
        with pytest.raises(ConfigurationError, match="ca_file"):
            route_to(FAR, Trust(ca_file=file))


def tunnel_to(port: int) -> Callable[[socket.socket], None]:
    """Behave as a proxy does: open the tunnel and pass bytes both ways until one side ends."""

    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def behave(sock: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as upstream:
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(upstream, sock), daemon=True)
            back.start()
            pump(sock, upstream)
            back.join()

    return behave


@both
def test_the_environments_proxy_is_asked_for_a_tunnel_and_sees_no_request(
    exchange: Exchange, context: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(OK, context=context) as server, RawServer(tunnel_to(server.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:pass%20word@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        reply = exchange(server.environment, Trust(trust_env=True, ca_file=certificate))
        assert reply == HttpReply(200, b'{"success":true}')
        (head,) = proxy.heads
        assert head.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())
        assert b"basic bwu6cgfzcyb3b3jk" in head.lower()
        assert b"the-signature" not in head


@both
def test_a_proxy_that_refuses_proves_that_nothing_happened(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(http(b"who are you?", status="407 Proxy Authentication Required")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        lost = exchange(FAR, Trust(trust_env=True))
        assert isinstance(lost, Lost)
        assert not lost.may_have_arrived


@both
def test_the_environments_proxy_is_left_alone_unless_it_is_trusted(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(OK) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert isinstance(exchange(FAR, Trust()), Lost)
        assert proxy.connections == 0


def test_hosts_that_need_no_proxy_get_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("NO_PROXY", "exchange.invalid")
    assert route_to(FAR, Trust(trust_env=True)).proxy is None


def test_a_proxys_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hush@127.0.0.1:3128")
    route = route_to(FAR, Trust(trust_env=True))
    assert "hush" not in repr(route)
    assert route.proxy is not None
    assert route.proxy.authorization not in repr(route)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:hush@127.0.0.1:3128")
    with pytest.raises(ConfigurationError) as caught:
        route_to(FAR, Trust(trust_env=True))
    assert "hush" not in str(caught.value)
