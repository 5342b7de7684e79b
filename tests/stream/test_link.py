import socket
import traceback

import pytest
from tests.stream.exchange import Exchange, until

from woodlot.config import Environment
from woodlot.errors import ConnectionFailed
from woodlot.stream.link import Address, AiohttpDialer, LinkClosed, UpgradeRefused

KEY = "SECRETKEY/with?odd&letters=ü"


def told(error: BaseException) -> str:
    """Everything that a traceback with local variables would show, along the whole chain of errors."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        report = traceback.TracebackException.from_exception(seen, capture_locals=True)
        parts += [*report.format(), repr(seen), repr(vars(seen))]
        seen = seen.__cause__ or seen.__context__
    return "".join(parts)


def shows_the_key(error: BaseException) -> bool:
    return "SECRETKEY" in told(error)


async def test_a_refused_upgrade_tells_the_status_and_not_the_key(exchange: Exchange) -> None:
    exchange.upgrade_status = 401
    async with AiohttpDialer() as dialer:
        with pytest.raises(UpgradeRefused) as caught:
            await dialer.dial(Address.private(exchange.environment, KEY))

    assert caught.value.status == 401
    assert caught.value.is_about_the_key
    assert not shows_the_key(caught.value)


async def test_a_refusal_for_too_many_connections_is_not_about_the_key(exchange: Exchange) -> None:
    exchange.upgrade_status = 429
    async with AiohttpDialer() as dialer:
        with pytest.raises(UpgradeRefused) as caught:
            await dialer.dial(Address.private(exchange.environment, KEY))

    assert not caught.value.is_about_the_key


async def test_a_port_where_nobody_listens_is_a_failed_connection_that_hides_the_key() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with AiohttpDialer() as dialer:
        with pytest.raises(ConnectionFailed) as caught:
            await dialer.dial(Address.private(Environment.at("http://localhost", f"ws://127.0.0.1:{port}"), KEY))

    assert not shows_the_key(caught.value)


async def test_a_server_that_never_answers_the_upgrade_is_given_up() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        environment = Environment.at("http://localhost", f"ws://127.0.0.1:{mute.getsockname()[1]}")
        async with AiohttpDialer(connect_timeout_s=0.05) as dialer:
            with pytest.raises(ConnectionFailed, match=r"no connection within 0.05 s"):
                await dialer.dial(Address.public(environment))


async def test_the_key_reaches_the_server_letter_by_letter(exchange: Exchange) -> None:
    exchange.keys = [KEY]
    async with AiohttpDialer() as dialer:
        link = await dialer.dial(Address.private(exchange.environment, KEY))
        await until(lambda: exchange.sockets)
        await link.close()

    assert exchange.sockets[0].key == KEY


async def test_compression_is_not_offered(exchange: Exchange) -> None:
    async with AiohttpDialer() as dialer:
        link = await dialer.dial(Address.public(exchange.environment))
        await until(lambda: exchange.sockets)
        await link.close()

    assert "Sec-WebSocket-Extensions" not in exchange.sockets[0].request.headers


async def test_a_cut_without_a_close_frame_has_the_code_that_stands_for_it(exchange: Exchange) -> None:
    async with AiohttpDialer() as dialer:
        link = await dialer.dial(Address.public(exchange.environment))
        await until(lambda: exchange.sockets)
        exchange.sockets[0].cut()
        with pytest.raises(LinkClosed) as caught:
            await link.receive()
        await link.close()

    assert caught.value.code == 1006


async def test_an_orderly_close_tells_its_code_and_text(exchange: Exchange) -> None:
    async with AiohttpDialer() as dialer:
        link = await dialer.dial(Address.public(exchange.environment))
        await until(lambda: exchange.sockets)
        await exchange.sockets[0].ws.close(code=1011, message=b"restart")
        with pytest.raises(LinkClosed, match="restart") as caught:
            await link.receive()
        await link.close()

    assert caught.value.code == 1011


async def test_a_frame_beyond_the_bound_ends_the_link(exchange: Exchange) -> None:
    async with AiohttpDialer() as dialer:
        link = await dialer.dial(Address.public(exchange.environment))
        await until(lambda: exchange.sockets)
        await exchange.sockets[0].say("x" * 5_000_000)
        with pytest.raises(LinkClosed):
            await link.receive()
        await link.close()


def test_an_address_shows_everything_but_its_key() -> None:
    address = Address.private(Environment.live(), KEY)

    assert str(address) == "wss://wss.woox.io/v3/private"
    assert "SECRET" not in repr(address)
    assert str(address.url()) == "wss://wss.woox.io/v3/private?key=SECRETKEY%2Fwith%3Fodd%26letters%3D%C3%BC"
