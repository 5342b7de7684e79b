import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpRequestParser
from aiohttp.http_exceptions import HttpProcessingError
from hypothesis import given
from hypothesis import strategies as st

from woodlot.clock import ManualClock
from woodlot.sandbox.plain_requests import PlainRequest, plain_request
from woodlot.sandbox.server import Sandbox, SandboxOptions

ORDER = b'{"symbol":"SPOT_BTC_USDT"}'
POST = b"POST /v3/trade/order HTTP/1.1\r\nHost: x\r\nX-Api-Key:  k \r\nContent-Length: 26\r\n\r\n" + ORDER
GET = b"GET /v3/trade/orders?a=b%20c HTTP/1.1\r\nhost: x\r\n\r\n"

DECLINED = [
    POST[:-1],
    POST + b"x",
    GET + GET,
    GET.replace(b"HTTP/1.1", b"HTTP/1.0"),
    GET.replace(b"GET", b"HEAD"),
    GET.replace(b"GET /", b"GET  /"),
    GET.replace(b" /v3", b" //v3"),
    GET.replace(b" /v3", b" http://x/v3"),
    GET.replace(b"host: x", b"host : x"),
    GET.replace(b"host: x", b"host: x\r\n y"),
    GET.replace(b"host: x", b"host: \xff"),
    GET.replace(b"host: x", b"host: x\r\nhost: x"),
    GET.replace(b"\r\n", b"\n"),
    GET.replace(b"host: x", b"connection: close"),
    GET.replace(b"host: x", b"upgrade: websocket\r\nconnection: upgrade"),
    POST.replace(b"Content-Length: 26", b"Transfer-Encoding: chunked"),
    POST.replace(b"Content-Length: 26", b"Content-Length: +26"),
    POST.replace(b"Content-Length: 26", b"Content-Length: 26\r\nContent-Length: 26"),
    POST.replace(b"Host: x", b"Expect: 100-continue"),
    POST.replace(b"Host: x", b"Content-Encoding: gzip"),
    POST.replace(b"Host: x", b"x: " + b"y" * 9_000),
    b"",
    b"\r\n\r\n",
]


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def read_by_aiohttp(data: bytes, loop: asyncio.AbstractEventLoop) -> Any:
    """Return what aiohttp makes of the bytes where that is one whole request, and whether more may follow it."""
    parser: Any = HttpRequestParser(BaseProtocol(loop), loop, 2**16, auto_decompress=False)
    try:
        messages, upgraded, tail = parser.feed_data(data)
    except HttpProcessingError:
        return None
    if len(messages) != 1 or upgraded or tail:
        return None
    message, payload = messages[0]
    if not payload.is_eof() or message.should_close or message.chunked:
        return None
    headers = {name.lower(): value for name, value in message.headers.items()}
    return message.method, message.path, headers, payload.read_nowait()


def test_a_whole_request_is_read_as_it_was_sent() -> None:
    assert plain_request(POST) == PlainRequest(
        "POST", "/v3/trade/order", {"host": "x", "x-api-key": "k", "content-length": "26"}, ORDER
    )
    assert plain_request(GET) == PlainRequest("GET", "/v3/trade/orders?a=b%20c", {"host": "x"}, b"")


@pytest.mark.parametrize("data", DECLINED)
def test_what_asks_for_a_second_look_is_left_to_aiohttp(data: bytes) -> None:
    assert plain_request(data) is None


pieces = st.sampled_from(
    [b" ", b"\t", b"\r", b"\n", b"\r\n", b":", b"\0", b"\x7f", b"\xff", b"/", b"?", b"#", b"%", b"0", b"A",
     b"host: y\r\n", b"content-length: 0\r\n", b"connection: close\r\n", b"x_y: z\r\n", b"", b"\r\n\r\n", b"HTTP/1.1",
     b"1e1", b"-"]
)  # fmt: skip


@given(st.sampled_from([GET, POST]), st.lists(st.tuples(st.integers(0, 120), st.integers(0, 3), pieces), max_size=3))
def test_what_is_read_here_aiohttp_reads_the_same(
    loop: asyncio.AbstractEventLoop, data: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    for at, less, more in changes:
        data = data[:at] + more + data[at + less :]
    plain = plain_request(data)
    if plain is not None:
        assert read_by_aiohttp(data, loop) == (plain.method, plain.target, plain.headers, plain.body)


async def replies(port: int, *parts: bytes) -> bytes:
    """Return all that comes back for a request that is sent in these parts, each by itself."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    writer.close()
    return head + body


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /v3/public/systemInfo HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v3/public/instruments?symbol=SPOT_BTC_USDT HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v3/nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PUT /v3/public/systemInfo HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /sandbox/faults HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v3/private HTTP/1.1\r\nHost: x\r\n\r\n",
        POST,
        GET,
    ],
)
async def test_how_a_request_is_cut_into_packets_changes_nothing_of_its_reply(request_: bytes) -> None:
    options = SandboxOptions(limits=None, quiet=True)
    async with await Sandbox.start(options, clock=ManualClock()) as sandbox:
        whole = await replies(sandbox.port, request_)
        assert whole == await replies(sandbox.port, request_[:30], request_[30:])
        assert whole.startswith(b"HTTP/1.1 ")


async def test_a_connection_answers_plain_and_other_requests_in_turn() -> None:
    ask = b"GET /v3/public/systemInfo HTTP/1.1\r\nHost: x\r\n\r\n"
    async with await Sandbox.start(SandboxOptions(limits=None, quiet=True), clock=ManualClock()) as sandbox:
        reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
        for request in (ask, ask + ask, ask, ask[:-1], ask[-1:] + ask):
            writer.write(request)
            await asyncio.sleep(0.02)
        writer.write_eof()
        async with asyncio.timeout(5):
            assert (await reader.read()).count(b"HTTP/1.1 200 OK") == 6
        writer.close()
