import asyncio
import logging
import re
import socket
import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

import pytest
from tests.stream.exchange import Exchange, until
from tests.stream.raw_exchange import BINARY, CLOSE, CONTINUATION, PING, PONG, RawExchange, framed, read, running

from woodlot.config import Environment
from woodlot.errors import ConnectionFailed
from woodlot.stream.link import MOST_BYTES_PER_FRAME, Address, AiohttpDialer, Link, LinkClosed, UpgradeRefused, pump
from woodlot.stream.picows_dialer import PicowsDialer

KEY = "SECRETKEY/with?odd&letters=ü"
Make: TypeAlias = type[AiohttpDialer] | type[PicowsDialer]


@pytest.fixture(params=["aiohttp", "picows"])
def make(request: pytest.FixtureRequest) -> Make:
    """Each kind of dialer: what is said here holds for both."""
    if request.param == "aiohttp":
        return AiohttpDialer
    pytest.importorskip("picows")
    return PicowsDialer


@asynccontextmanager
async def linked(make: Make, exchange: RawExchange | None = None) -> AsyncGenerator[tuple[RawExchange, Link]]:
    """A link to an exchange of raw bytes."""
    async with running(exchange or RawExchange()) as exchange, make() as dialer:
        link = await dialer.dial(Address.public(exchange.environment))
        await until(lambda: exchange.to_client)
        yield exchange, link
        await link.close()


async def ending(link: Link) -> LinkClosed:
    with pytest.raises(LinkClosed) as caught:
        await link.receive()
    return caught.value


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


async def test_a_refused_upgrade_tells_the_status_and_not_the_key(make: Make, exchange: Exchange) -> None:
    exchange.upgrade_status = 401
    async with make() as dialer:
        with pytest.raises(UpgradeRefused) as caught:
            await dialer.dial(Address.private(exchange.environment, KEY))

    assert caught.value.status == 401
    assert caught.value.is_about_the_key
    assert not shows_the_key(caught.value)


async def test_a_refusal_for_too_many_connections_is_not_about_the_key(make: Make, exchange: Exchange) -> None:
    exchange.upgrade_status = 429
    async with make() as dialer:
        with pytest.raises(UpgradeRefused) as caught:
            await dialer.dial(Address.private(exchange.environment, KEY))

    assert not caught.value.is_about_the_key


async def test_a_port_where_nobody_listens_is_a_failed_connection_that_hides_the_key(make: Make) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with make() as dialer:
        with pytest.raises(ConnectionFailed) as caught:
            await dialer.dial(Address.private(Environment.at("http://localhost", f"ws://127.0.0.1:{port}"), KEY))

    assert not shows_the_key(caught.value)


async def test_a_server_that_never_answers_the_upgrade_is_given_up(make: Make) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        environment = Environment.at("http://localhost", f"ws://127.0.0.1:{mute.getsockname()[1]}")
        async with make(connect_timeout_s=0.05) as dialer:
            with pytest.raises(ConnectionFailed, match=r"no connection within 0.05 s"):
                await dialer.dial(Address.public(environment))


async def test_the_key_reaches_the_server_letter_by_letter(make: Make, exchange: Exchange) -> None:
    exchange.keys = [KEY]
    async with make() as dialer:
        link = await dialer.dial(Address.private(exchange.environment, KEY))
        await until(lambda: exchange.sockets)
        await link.close()

    assert exchange.sockets[0].key == KEY


async def test_compression_is_not_offered(make: Make, exchange: Exchange) -> None:
    async with make() as dialer:
        link = await dialer.dial(Address.public(exchange.environment))
        await until(lambda: exchange.sockets)
        await link.close()

    assert "Sec-WebSocket-Extensions" not in exchange.sockets[0].request.headers


async def test_a_cut_without_a_close_frame_has_the_code_that_stands_for_it(make: Make, exchange: Exchange) -> None:
    async with make() as dialer:
        link = await dialer.dial(Address.public(exchange.environment))
        await until(lambda: exchange.sockets)
        exchange.sockets[0].cut()
        with pytest.raises(LinkClosed) as caught:
            await link.receive()
        await link.close()

    assert caught.value.code == 1006


async def test_an_orderly_close_tells_its_code_and_text(make: Make, exchange: Exchange) -> None:
    async with make() as dialer:
        link = await dialer.dial(Address.public(exchange.environment))
        await until(lambda: exchange.sockets)
        await exchange.sockets[0].ws.close(code=1011, message=b"restart")
        with pytest.raises(LinkClosed, match="restart") as caught:
            await link.receive()
        await link.close()

    assert caught.value.code == 1011


async def test_a_frame_beyond_the_bound_ends_the_link(make: Make, exchange: Exchange) -> None:
    async with make() as dialer:
        link = await dialer.dial(Address.public(exchange.environment))
        await until(lambda: exchange.sockets)
        with suppress(ConnectionError):  # the link may be gone before all of it is sent
            await exchange.sockets[0].say("x" * 5_000_000)
        with pytest.raises(LinkClosed):
            await link.receive()
        await link.close()


def test_an_address_shows_everything_but_its_key() -> None:
    address = Address.private(Environment.live(), KEY)

    assert str(address) == "wss://wss.woox.io/v3/private"
    assert "SECRET" not in repr(address)
    assert str(address.url()) == "wss://wss.woox.io/v3/private?key=SECRETKEY%2Fwith%3Fodd%26letters%3D%C3%BC"


@pytest.mark.parametrize("status", [401, 503, 520])
async def test_a_refusal_of_any_status_tells_it(make: Make, status: int) -> None:
    refusal = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()
    async with running(RawExchange(answer=refusal)) as exchange, make() as dialer:
        with pytest.raises(UpgradeRefused) as caught:
            await dialer.dial(Address.private(exchange.environment, KEY))

    assert caught.value.status == status
    assert not shows_the_key(caught.value)


async def test_a_server_that_hangs_up_in_place_of_an_answer_is_a_failed_connection(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        environment = Environment.at("http://localhost", f"ws://127.0.0.1:{server.getsockname()[1]}")
        async with make() as dialer:
            dialing = asyncio.ensure_future(dialer.dial(Address.private(environment, KEY)))
            accepted, _ = await asyncio.to_thread(server.accept)
            await asyncio.to_thread(accepted.recv, 4096)
            server.close()  # one more try would wait in its queue
            accepted.close()
            with pytest.raises(ConnectionFailed) as caught:
                await dialing

    assert not shows_the_key(caught.value)


async def test_whoever_gives_up_dialing_leaves_no_connection_open(make: Make) -> None:
    async with running(RawExchange(answer=b"")) as exchange, make() as dialer:
        dialing = asyncio.ensure_future(dialer.dial(Address.public(exchange.environment)))
        await until(lambda: exchange.heads)
        dialing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialing
        await until(lambda: exchange.ended)


async def test_no_log_of_any_level_holds_the_key(
    make: Make, exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    exchange.keys = [KEY]
    async with make() as dialer:
        link = await dialer.dial(Address.private(exchange.environment, KEY))
        await link.close()
        exchange.upgrade_status = 401
        with pytest.raises(UpgradeRefused):
            await dialer.dial(Address.private(exchange.environment, KEY))

    ours = [record.getMessage() for record in caplog.records if record.levelno < logging.CRITICAL]
    assert not any("SECRETKEY" in text for text in ours)


async def test_what_comes_with_the_answer_to_the_upgrade_is_not_lost(make: Make) -> None:
    along = framed(b"first") + framed(b"second") + framed(b"third")
    async with linked(make, RawExchange(along=along)) as (exchange, link):
        first = await link.receive()
        heard: list[bytes | str] = []
        pumping = asyncio.ensure_future(pump(link, heard.append))
        await until(lambda: len(heard) == 2)
        exchange.say(framed(b"fourth"), framed(b"fifth"), framed(b"\x03\xe8", CLOSE))
        with pytest.raises(LinkClosed) as caught:
            await pumping

    assert [first, *heard] == ["first", "second", "third", "fourth", "fifth"]
    assert caught.value.code == 1000


async def test_a_text_beyond_ascii_and_a_binary_frame_come_as_they_are(make: Make) -> None:
    async with linked(make) as (exchange, link):
        exchange.say(framed("é 🪵".encode()), framed(b"\x00\xff", BINARY))
        assert [await link.receive(), await link.receive()] == ["é 🪵", b"\x00\xff"]


async def test_a_message_in_parts_is_one_and_a_ping_between_them_is_answered(make: Make) -> None:
    whole = "{é}".encode()
    async with linked(make) as (exchange, link):
        exchange.say(framed(whole[:2], last=False), framed(b"are you", PING), framed(b"", CONTINUATION, last=False))
        exchange.say(framed(whole[2:], CONTINUATION), framed(b"next"))

        assert [await link.receive(), await link.receive()] == ["{é}", "next"]
        await until(lambda: exchange.heard)
        assert read(exchange.heard) == [(PONG, b"are you")]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (framed(b"\xff"), 1007),
        (framed(b"\xc3", last=False) + framed(b"(", CONTINUATION), 1007),
        (framed(b"rest", CONTINUATION), 1002),
        (framed(b"part", last=False) + framed(b"another"), 1002),
        (framed(b"part", last=False) + framed(b"another", last=False), 1002),
        (framed(b"zip", reserved=4), 1002),
        (framed(b"what", kind=0x3), 1002),
        (framed(b"x" * (MOST_BYTES_PER_FRAME - 9), last=False) + framed(b"x" * 20, CONTINUATION), 1009),
        (framed(b"x" * (MOST_BYTES_PER_FRAME + 1)), 1009),
    ],
    ids=[
        "no UTF-8", "no UTF-8 in parts", "rest of nothing", "one in another", "parts in parts", "reserved bit",
        "unknown kind", "too long in parts", "too long",
    ],
)  # fmt: skip
async def test_what_breaks_the_protocol_ends_the_link_with_its_code(make: Make, frames: bytes, code: int) -> None:
    async with linked(make) as (exchange, link):
        exchange.say(framed(b"before"), frames)
        assert await link.receive() == "before"
        closed = await ending(link)
        await link.close()
        # The other end is told too.
        await until(lambda: exchange.ended)

    assert closed.code == code
    assert read(exchange.heard)[0] == (CLOSE, read(exchange.heard)[0][1])
    assert int.from_bytes(read(exchange.heard)[0][1][:2]) == code


async def test_a_close_without_a_code_and_one_of_the_exchanges_own_are_told_as_they_came(make: Make) -> None:
    async with linked(make) as (exchange, link):
        exchange.say(framed(b"", CLOSE))
        assert (await ending(link)).code == 0
    async with linked(make) as (exchange, link):
        exchange.say(framed(b"\x0f\xa1new key", CLOSE))
        assert str(await ending(link)) == "closed with code 4001: new key"


async def test_an_error_of_whoever_takes_ends_the_pump_and_what_came_after_is_kept(make: Make) -> None:
    heard: list[bytes | str] = []

    def take(payload: bytes | str) -> None:
        heard.append(payload)
        if payload == "bad":
            raise ValueError("no more")

    async with linked(make) as (exchange, link):
        pumping = asyncio.ensure_future(pump(link, take))
        exchange.say(framed(b"good"), framed(b"bad"), framed(b"later"))
        with pytest.raises(ValueError, match="no more"):
            await pumping
        assert await link.receive() == "later"

    assert heard == ["good", "bad"]


async def test_a_pump_and_a_wait_that_were_cancelled_take_nothing_more(make: Make) -> None:
    heard: list[bytes | str] = []
    async with linked(make) as (exchange, link):
        for waiting in (link.receive(), pump(link, heard.append)):
            task = asyncio.ensure_future(waiting)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        exchange.say(framed(b"mine"))
        assert await link.receive() == "mine"

    assert heard == []


async def test_a_link_that_was_closed_neither_sends_nor_receives(make: Make) -> None:
    async with linked(make) as (_, link):
        await link.close()
        with pytest.raises(LinkClosed):
            await link.send("too late")
        await ending(link)
        await link.close()


async def test_an_end_that_never_says_goodbye_is_left_all_the_same(make: Make) -> None:
    async with linked(make, RawExchange(polite=False)) as (exchange, link):
        exchange.say(framed(b"one more"))
        async with asyncio.timeout(10):
            await link.close()
        await until(lambda: exchange.ended)


async def test_sending_waits_for_an_end_that_does_not_read_and_closing_does_not(make: Make) -> None:
    async with linked(make, RawExchange(listens=False)) as (_, link):

        async def send() -> None:
            while True:
                await link.send("x" * 100_000)

        sending = asyncio.ensure_future(send())
        done, _ = await asyncio.wait([sending], timeout=0.2)
        assert not done
        sending.cancel()
        async with asyncio.timeout(10):
            await link.close()


async def test_what_nobody_takes_stops_the_other_end_and_comes_in_order_later(make: Make) -> None:
    count = 20_000
    async with linked(make) as (exchange, link):
        assert exchange.to_client is not None
        exchange.say(*(framed(b"%d %s" % (number, b"x" * 500)) for number in range(count)))
        draining = asyncio.ensure_future(exchange.to_client.drain())
        done, _ = await asyncio.wait([draining], timeout=0.2)
        assert not done
        for number in range(10):
            assert str(await link.receive()).startswith(f"{number} ")
        heard: list[bytes | str] = []
        pumping = asyncio.ensure_future(pump(link, heard.append))
        await until(lambda: len(heard) == count - 10)
        pumping.cancel()

    assert [int(re.match(r"\d+", str(text))[0]) for text in heard] == list(range(10, count))  # pyright: ignore[reportOptionalSubscript]
