import asyncio
import itertools
import json
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from socket import socket as new_socket
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from tests.sandbox.caller import BTC, FAR_BID, WOO, Caller, running, until

from woodlot.clock import ManualClock, SystemClock
from woodlot.errors import ConfigurationError
from woodlot.sandbox.connection import MOST_QUEUED
from woodlot.sandbox.edge import Edge
from woodlot.sandbox.feed import INTERVALS_MS
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.server import Sandbox, SandboxOptions

SELL = {"symbol": BTC, "side": "SELL", "type": "MARKET", "quantity": "0.001"}


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with running(limits=None) as caller:
        yield caller


class LeapingClock(SystemClock):
    """The machine's clock, which a test may push ahead."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now_ms(self) -> int:
        return super().now_ms() + round(self.ahead_s * 1000)

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.ahead_s


async def end_of(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Return the close code once the connection is over; 1006 where there was no close frame."""
    async with asyncio.timeout(5):
        while (await socket.receive()).type not in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR}:
            pass
    return socket.close_code


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until the other end has done its part."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def raw(sandbox: Sandbox, request: bytes) -> tuple[bytes, bytes]:
    """Send bytes that no HTTP library would; return status line and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
    writer.write(request)
    async with asyncio.timeout(5):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.read(4096)
    writer.close()
    return head.partition(b"\r\n")[0], body


# --- starting and stopping


async def test_the_sandbox_listens_where_it_says_and_hides_its_secret():
    async with await Sandbox.start(SandboxOptions(seed=11)) as sandbox:
        assert sandbox.rest_url == f"http://127.0.0.1:{sandbox.port}"
        assert sandbox.ws_url == f"ws://127.0.0.1:{sandbox.port}"
        assert sandbox.seed == 11
        assert sandbox.api_secret not in repr(sandbox)
        assert len(sandbox.exchange.balances(sandbox.account_id)) == 4


async def test_two_sandboxes_have_different_keys():
    async with running() as one, running() as other:
        assert one.sandbox.api_key != other.sandbox.api_key
        assert one.sandbox.api_secret != other.sandbox.api_secret


@pytest.mark.parametrize(
    "options",
    [
        {"host": "0.0.0.0"},
        {"host": "example.com"},
        {"port": 70_000},
        {"listen_key_ttl_s": 0},
        {"listen_key_ttl_s": float("nan")},
        {"limits": 0},
        {"limits": float("inf")},
    ],
    ids=str,
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any]):
    with pytest.raises(ConfigurationError):
        SandboxOptions(**options)


async def test_a_port_that_is_taken_is_a_configuration_error():
    async with running() as caller:
        with pytest.raises(ConfigurationError, match="cannot listen"):
            await Sandbox.start(SandboxOptions(port=caller.sandbox.port))


async def test_stopping_is_quick_with_open_sockets_and_may_be_repeated(caller: Caller):
    sockets = [await caller.stream(f"trade@{BTC}"), await caller.private_stream("account")]
    before = time.monotonic()

    await caller.sandbox.stop()
    await caller.sandbox.stop()

    assert time.monotonic() - before < 2
    assert [await end_of(socket) for socket in sockets] == [1006, 1006]
    with pytest.raises(aiohttp.ClientConnectionError):
        await caller.public("/v3/public/systemInfo")
    assert [task.get_name() for task in asyncio.all_tasks() if "sandbox" in task.get_name()] == []


async def test_stopping_does_not_wait_for_a_request_that_never_ends(caller: Caller):
    _, writer = await asyncio.open_connection("127.0.0.1", caller.sandbox.port)
    writer.write(b"POST /v3/trade/order HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nabc")
    await asyncio.sleep(0.05)
    before = time.monotonic()

    await caller.sandbox.stop()

    assert time.monotonic() - before < 2
    writer.close()


# --- REST


async def test_the_account_has_what_was_promised(caller: Caller):
    _, reply = await caller.signed("GET", "/v3/asset/balances")

    assert {row["token"]: row["holding"] for row in reply["data"]["holding"]} == {
        "USDT": "100000",
        "BTC": "2",
        "ETH": "20",
        "WOO": "50000",
    }


async def test_twenty_placements_at_once_meet_the_limit_five_times_a_second():
    async with running() as caller:
        replies = await asyncio.gather(*(caller.signed("POST", "/v3/trade/order", FAR_BID) for _ in range(20)))
        _, orders = await caller.signed("GET", "/v3/trade/orders")

    statuses = Counter(status for status, _ in replies)
    # A second may turn over in the middle of them.
    assert statuses[200] in {5, 10}
    assert statuses[200] + statuses[429] == 20
    assert orders["data"]["meta"]["total"] == statuses[200]
    assert all(reply["code"] == -1003 for status, reply in replies if status == 429)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01garbage\r\n\r\n",
        b"POST /v3/trade/order HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /v3/trade/order HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v3/trade/order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /v3/trade/order HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        b"FOO /v3/trade/order HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v3/public/kline?symbol=\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v3/public/" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v3/public HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"PUT /v3/public/orderbook HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /v3/trade/order HTTP/1.0\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        b"POST /v3/trade/order HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000,
    ],
    ids=lambda request: repr(request[:60]),
)
async def test_what_is_hardly_http_gets_an_envelope_and_the_sandbox_serves_on(
    caller: Caller, caplog: pytest.LogCaptureFixture, request_bytes: bytes
):
    status, body = await raw(caller.sandbox, request_bytes)
    reply = json.loads(body)

    assert b" 4" in status
    assert reply["success"] is False
    assert isinstance(reply["code"], int)
    assert reply["message"]
    assert (await caller.public("/v3/public/systemInfo"))[1]["success"] is True
    assert "Traceback" not in caplog.text


async def test_no_log_holds_a_secret_a_signature_or_a_listen_key(caller: Caller, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    key = await caller.listen_key()
    socket = await caller.stream("executionreport", path=f"/v3/private?key={key}")
    await caller.signed("POST", "/v3/trade/order", FAR_BID)
    await caller.signed("GET", "/v3/account/info", **{"x-api-signature": "f" * 64})
    await caller.listen_key()
    await end_of(socket)
    await caller.sandbox.stop()

    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("woodlot", "aiohttp")))
    for secret in (key, caller.sandbox.api_secret, "f" * 64, caller.sandbox.api_key):
        assert secret not in ours


# --- the public stream


async def test_every_symbol_updates_ten_times_and_trades_once_a_second(caller: Caller):
    symbols = list(caller.sandbox.exchange.instruments)
    topics = [
        f"{word}@{symbol}{depth}" for symbol in symbols for word, depth in (("trade", ""), ("orderbookupdate", "@50"))
    ]
    socket = await caller.stream(*topics[:10])
    await socket.send_json({"cmd": "SUBSCRIBE", "params": topics[10:]})
    counted: Counter[str] = Counter()
    began = time.monotonic()

    while (passed := time.monotonic() - began) < 4:
        counted[(await socket.receive_json(timeout=5)).get("topic", "")] += 1

    for symbol in symbols:
        assert counted[f"orderbookupdate@{symbol}@50"] / passed >= 10
        assert counted[f"trade@{symbol}"] / passed >= 1


@pytest.mark.parametrize("depth", [50, 200, 500])
async def test_a_snapshot_and_the_deltas_after_it_are_one_chain(caller: Caller, depth: int):
    topic = f"orderbookupdate@{BTC}@{depth}"
    socket = await caller.stream(topic)
    first = await socket.receive_json(timeout=5)
    _, snapshot = await caller.public(f"/v3/public/orderbook?symbol={BTC}&maxLevel={depth}")
    frames = [first] + [await socket.receive_json(timeout=5) for _ in range(8)]

    assert first["data"]["prevTs"] < first["data"]["ts"] <= first["ts"]
    assert all(frame["data"]["ts"] % INTERVALS_MS[depth] == 0 for frame in frames)
    for older, newer in itertools.pairwise(frames):
        assert newer["data"]["prevTs"] == older["data"]["ts"]
    assert snapshot["timestamp"] in {frame["data"]["ts"] for frame in frames}


async def test_the_book_stream_sends_no_snapshot(caller: Caller):
    socket = await caller.stream(f"orderbookupdate@{BTC}@50")

    first = await socket.receive_json(timeout=5)

    assert list(first) == ["topic", "ts", "data"]
    assert len(first["data"]["bids"]) + len(first["data"]["asks"]) < 60


async def test_a_users_trade_is_printed_and_moves_the_touch(caller: Caller):
    socket = await caller.stream(f"trade@{WOO}", f"bbo@{WOO}")
    order = {"symbol": WOO, "side": "SELL", "type": "MARKET", "quantity": "1234.5"}
    await caller.signed("POST", "/v3/trade/order", order)

    trade = await until(socket, lambda m: m["topic"] == f"trade@{WOO}" and m["data"]["sx"] == "1234.5")
    touch = await until(socket, lambda m: m["topic"] == f"bbo@{WOO}")
    _, tape = await caller.public(f"/v3/public/marketTrades?symbol={WOO}&limit=100")

    assert set(trade["data"]) == {"s", "px", "sx", "sd", "src", "ts"}
    assert (trade["data"]["sd"], trade["data"]["src"]) == ("SELL", 1)
    assert len(trade["data"]["px"].partition(".")[2]) == 5
    assert Decimal(touch["data"]["bp"]) < Decimal(touch["data"]["ap"])
    assert "1234.5" in {row["executedQuantity"] for row in tape["data"]["rows"]}


async def test_pings_of_both_kinds_are_answered(caller: Caller):
    async with caller.http.ws_connect(caller.sandbox.ws_url + "/v3/public", autoping=False) as socket:
        await socket.send_json({"cmd": "PING", "ts": 1})
        pong = await socket.receive_json(timeout=5)
        await socket.ping(b"hello")
        protocol_pong = await socket.receive(timeout=5)

    assert list(pong) == ["cmd", "success", "time"]
    assert (protocol_pong.type, protocol_pong.data) == (WSMsgType.PONG, b"hello")


async def test_bad_frames_leave_the_socket_open(caller: Caller):
    socket = await caller.stream()

    await socket.send_str("not json")
    assert (await socket.receive_json(timeout=5))["data"] == "Invalid request."
    await socket.send_bytes(b"\x00")
    assert (await socket.receive_json(timeout=5))["data"] == "Invalid request."
    await socket.send_json({"id": "v1", "event": "subscribe", "topic": f"{BTC}@trade"})
    assert (await socket.receive_json(timeout=5))["data"] == "Command type invalid!"
    await socket.send_json({"cmd": "subscribe", "params": [f"trade@{BTC}", "executionreport"]})
    assert (await socket.receive_json(timeout=5))["data"] == [f"trade@{BTC}"]


async def test_compression_is_not_negotiated(caller: Caller):
    async with caller.http.ws_connect(caller.sandbox.ws_url + "/v3/public", compress=15) as socket:
        assert socket.compress == 0


async def test_a_silent_client_is_cut_without_a_close_frame_on_either_stream():
    clock = LeapingClock()
    async with (
        await Sandbox.start(SandboxOptions(limits=None), clock=clock) as sandbox,
        aiohttp.ClientSession() as http,
    ):
        caller = Caller(sandbox, http)
        silent, chatty = await caller.stream(f"trade@{BTC}"), await caller.stream()
        key = await caller.listen_key()
        private = await caller.stream("account", path=f"/v3/private?key={key}")
        clock.ahead_s = 59
        await chatty.ping()
        await asyncio.sleep(0.4)
        clock.ahead_s = 61

        assert await end_of(silent) == 1006
        assert await end_of(private) == 1006
        await chatty.send_json({"cmd": "PING"})
        assert (await chatty.receive_json(timeout=5))["cmd"] == "PONG"
        await caller.close()


async def test_the_life_of_a_connection_can_be_scaled():
    async with running(limits=None, connection_life_s=0.2) as caller:
        assert await end_of(await caller.stream(f"trade@{BTC}")) == 1001


async def test_a_connection_lives_a_day():
    clock = LeapingClock()
    async with (
        await Sandbox.start(
            SandboxOptions(listen_key_ttl_s=10**6, quirks=Quirks(idle_cut=False)), clock=clock
        ) as sandbox,
        aiohttp.ClientSession() as http,
    ):
        caller = Caller(sandbox, http)
        socket = await caller.private_stream("account")
        clock.ahead_s = 24 * 3600

        assert await end_of(socket) == 1001
        await caller.close()


async def test_the_hundred_and_first_connection_is_denied():
    clock = LeapingClock()
    async with (
        await Sandbox.start(SandboxOptions(), clock=clock) as sandbox,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        caller = Caller(sandbox, http)
        sockets = [await caller.stream() for _ in range(100)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await caller.stream()
        assert refusal.value.status == 429

        await sockets[0].close()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await caller.stream()  # a hundred new ones in five minutes are enough as well
        clock.ahead_s = 301
        await caller.stream()


async def test_a_client_that_does_not_read_is_cut_at_the_bound(caller: Caller, caplog: pytest.LogCaptureFixture):
    socket = await caller.stream(f"trade@{BTC}")
    (connection,) = caller.sandbox.connections._live

    for _ in range(MOST_QUEUED + 1):
        connection.send(b'{"topic":"x"}')

    assert await end_of(socket) == 1006
    assert "reads too slowly" in caplog.text


# --- the private stream


@pytest.mark.parametrize("query", ["", "?key=", "?key=nope", "?key=%ff", "?other=1"])
async def test_an_upgrade_without_a_valid_key_is_unauthorized(caller: Caller, query: str):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await caller.stream(path=f"/v3/private{query}")

    assert refusal.value.status == 401


async def test_reports_and_balances_follow_an_order(caller: Caller):
    socket = await caller.private_stream("executionreport", "balance")
    _, reply = await caller.signed("POST", "/v3/trade/order", SELL | {"clientOrderId": 5})
    frames = [await socket.receive_json(timeout=5) for _ in range(3)]

    reports = [frame["data"] for frame in frames if frame["topic"] == "executionreport"]
    balances = [frame["data"] for frame in frames if frame["topic"] == "balance"]
    assert [report["ss"] for report in reports] == ["NEW", "FILLED"]
    assert {report["oid"] for report in reports} == {reply["data"]["orderId"]}
    assert reports[1]["cid"] == 5
    assert (reports[0]["tid"], reports[0]["esx"]) == (0, "0")
    assert (reports[1]["tesx"], reports[1]["sx"], reports[1]["fa"]) == ("0.001", "0.001", "USDT")
    assert {balance["t"] for balance in balances[0]["balances"]} == {"BTC", "USDT"}
    assert all(list(frame) == ["topic", "ts", "data"] for frame in frames)


async def test_a_report_has_every_field_of_the_documentation_and_strings_for_amounts(caller: Caller):
    socket = await caller.private_stream("executionreport")
    await caller.signed("POST", "/v3/trade/order", FAR_BID)
    report = (await socket.receive_json(timeout=5))["data"]

    amounts = {"sx", "px", "esx", "epx", "f", "tesx", "aepx", "tf", "tr", "vsx"}
    words = {"s", "t", "sd", "ps", "fa", "ss", "rs", "tg", "tfc", "trc", "m"}
    numbers = {"mt", "cid", "oid", "tid", "ts", "ro", "mk", "lv"}
    assert set(report) == amounts | words | numbers
    assert {key for key, value in report.items() if isinstance(value, str)} == amounts | words


async def test_the_whole_reply_is_on_its_way_before_any_event():
    sandbox = Sandbox(SandboxOptions(), clock=SystemClock())
    received: list[bytes] = []
    with new_socket() as client:

        def read_the_reply() -> None:
            client.settimeout(2)
            received.append(client.recv(65_536))

        edge = Edge(
            sandbox._gate(),
            connections=sandbox.connections,
            keys=sandbox._listen_keys,
            clock=sandbox._clock,
            public_topics=frozenset,
            after_reply=read_the_reply,
        )
        runner = web.ServerRunner(edge.server())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        client.connect(runner.addresses[0])
        client.sendall(b"GET /v3/public/systemInfo HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: bool(received))
    await runner.cleanup()

    assert received[0].startswith(b"HTTP/1.1 200 OK")
    assert json.loads(received[0].partition(b"\r\n\r\n")[2])["success"] is True


async def test_a_client_that_closes_is_answered(caller: Caller):
    stream = await caller.stream()

    await stream.close(code=1000)

    assert stream.close_code == 1000
    await eventually(lambda: not caller.sandbox.connections._live)


async def test_a_client_that_never_reads_is_cut_and_the_others_are_served(caller: Caller):
    _, writer = await asyncio.open_connection("127.0.0.1", caller.sandbox.port, limit=1)
    writer.write(
        b"GET /v3/public HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OUFCQ0RFRg==\r\n\r\n"
    )
    live = caller.sandbox.connections._live
    await eventually(lambda: bool(live))
    (stuck,) = live
    async with asyncio.timeout(10):
        while live:
            stuck.send(b"x" * 10_000)
            await asyncio.sleep(0)

    stream = await caller.stream(f"orderbookupdate@{BTC}@50")
    assert (await stream.receive_json(timeout=5))["data"]
    writer.close()


async def test_the_account_is_pushed_each_second_and_only_when_subscribed(caller: Caller):
    socket = await caller.private_stream("account")
    quiet = await caller.stream("executionreport", path=f"/v3/private?key={await caller.listen_key()}")
    assert await end_of(socket) == 1008

    await quiet.send_json({"id": "2", "cmd": "SUBSCRIBE", "params": ["account"]})
    assert (await quiet.receive_json(timeout=5))["data"] == ["account"]
    frames = [await quiet.receive_json(timeout=5) for _ in range(2)]

    assert [frame["topic"] for frame in frames] == ["account", "account"]
    assert 500 <= frames[1]["ts"] - frames[0]["ts"] <= 1500
    assert frames[0]["data"]["m"] == "FUTURE"
    assert isinstance(frames[0]["data"]["v"], str)


async def test_nothing_is_pushed_before_something_happens(caller: Caller):
    socket = await caller.private_stream("executionreport", "balance")

    with pytest.raises(TimeoutError):
        await socket.receive_json(timeout=0.3)


async def test_two_sockets_with_one_key_both_hear_everything(caller: Caller):
    path = f"/v3/private?key={await caller.listen_key()}"
    sockets = [await caller.stream("executionreport", path=path) for _ in range(2)]
    await caller.signed("POST", "/v3/trade/order", FAR_BID)

    assert [(await socket.receive_json(timeout=5))["data"]["ss"] for socket in sockets] == ["NEW", "NEW"]


async def test_a_new_key_ends_the_old_one_and_its_sockets_at_once(caller: Caller):
    old = await caller.listen_key()
    socket = await caller.stream("executionreport", path=f"/v3/private?key={old}")

    new = await caller.listen_key()

    assert await end_of(socket) == 1008
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await caller.stream(path=f"/v3/private?key={old}")
    await caller.stream("executionreport", path=f"/v3/private?key={new}")


async def test_a_short_lived_key_ends_its_socket_when_it_said():
    async with running(listen_key_ttl_s=0.5) as caller:
        _, reply = await caller.signed("POST", "/v3/account/listenKey", {"type": "WEBSOCKET"})
        path = f"/v3/private?key={reply['data']['authKey']}"
        socket = await caller.stream("executionreport", path=path)

        assert reply["data"]["expiredTime"] - reply["timestamp"] in {499, 500}
        assert await end_of(socket) == 1008
        assert time.time() * 1000 >= reply["data"]["expiredTime"]
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await caller.stream(path=path)


@pytest.mark.parametrize(
    ("kind", "ended"), [("all", {"public", "private"}), ("public", {"public"}), ("private", {"private"})]
)
async def test_streams_can_be_cut_without_a_close_frame(caller: Caller, kind: Any, ended: set[str]):
    sockets = {"public": await caller.stream(), "private": await caller.private_stream("account")}

    caller.sandbox.cut_streams(kind)

    for name, stream in sockets.items():
        if name in ended:
            assert await end_of(stream) == 1006
        else:
            await stream.send_json({"cmd": "PING"})
            await until(stream, lambda message: message.get("cmd") == "PONG")
    assert (await caller.public("/v3/public/systemInfo"))[0] == 200


async def test_the_market_goes_on_from_here_after_a_pause_of_the_machine():
    clock = LeapingClock()
    async with await Sandbox.start(SandboxOptions(), clock=clock) as sandbox:
        version = sandbox.exchange.version(BTC)
        clock.ahead_s = 3600
        await asyncio.sleep(0.12)

        assert 0 < sandbox.exchange.version(BTC) - version < 1000


async def test_a_clock_that_is_moved_by_hand_makes_a_market_that_stands_still():
    async with await Sandbox.start(SandboxOptions(), clock=ManualClock()) as sandbox:
        version = sandbox.exchange.version(BTC)
        await asyncio.sleep(0.12)

        assert sandbox.exchange.version(BTC) == version


async def test_a_sandbox_that_is_driven_by_hand_moves_when_it_is_told_to_and_only_then() -> None:
    clock = ManualClock()
    async with await Sandbox.start(SandboxOptions(limits=None), clock=clock, by_hand=True) as sandbox:
        clock.advance(1)
        before = sandbox.exchange.version(BTC)

        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("sandbox ")]
        assert sandbox.exchange.version(BTC) == before

        sandbox.move()

        assert sandbox.exchange.version(BTC) > before
