"""Faults and quirks of whole connections and REST calls, over sockets."""

import asyncio
import contextlib
import json
from typing import Any

import aiohttp
import pytest
from tests.sandbox.caller import BTC, FAR_BID, Caller, running, until

from woodlot.clock import ManualClock
from woodlot.sandbox.connection import framed
from woodlot.sandbox.connections import NEW_PER_WINDOW, Connections
from woodlot.sandbox.fault_grammar import Fault
from woodlot.sandbox.listen_keys import ListenKeys
from woodlot.sandbox.quirks import Quirks
from woodlot.wire.trade import GetOrders

BOOK = f"orderbookupdate@{BTC}@50"


def _with(*texts: str) -> dict[str, Any]:
    return {"limits": None, "faults": tuple(map(Fault.parse, texts))}


async def _ended(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(5):
        while (await socket.receive()).type not in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}:
            pass
    return socket.close_code


async def _silent(socket: aiohttp.ClientWebSocketResponse, *, seconds: float = 0.3) -> bool:
    try:
        await socket.receive(timeout=seconds)
    except TimeoutError:
        return True
    return False


async def _place(caller: Caller, client_order_id: int) -> tuple[int, Any]:
    return await caller.signed("POST", "/v3/trade/order", FAR_BID | {"clientOrderId": client_order_id})


async def _exists(caller: Caller, client_order_id: int) -> bool:
    status, _ = await caller.signed("GET", f"/v3/trade/order?clientOrderId={client_order_id}")
    return status == 200


@pytest.mark.parametrize(("fault", "done"), [("rest.before lost", False), ("rest.after lost", True)])
async def test_a_lost_reply_comes_before_or_after_the_effect(fault: str, done: bool):
    async with running(**_with(f"{fault} on POST:/v3/trade/order times 1")) as caller:
        with pytest.raises(aiohttp.ClientError):
            await _place(caller, 71)

        assert await _exists(caller, 71) is done


@pytest.mark.parametrize(
    ("word", "status", "holds"),
    [
        ("429", 429, "-1003"),
        ("500", 500, "-1000"),
        ("502", 502, "<html>"),
        ("503", 503, "<html>"),
        ("504", 504, "<html>"),
        ("html", 200, "<html>"),
        ("gateway", 200, "no upstream server"),
        ("maintenance", 400, '"-1011"'),
        ("empty", 200, ""),
    ],
)
async def test_something_else_comes_in_place_of_a_reply(word: str, status: int, holds: str):
    faults = _with(f"rest.before {word} on /v3/trade/order times 1", f"rest.after {word} on /v3/trade/order times 1")
    async with running(**faults) as caller:
        with pytest.raises(ValueError, match="Expecting") if holds in {"", "<html>"} else contextlib.nullcontext():
            for number in (1, 2):
                answered, reply = await _place(caller, number)
                assert answered == status
                assert holds in json.dumps(reply)


async def test_half_a_reply_breaks_off():
    async with running(**_with("rest.after half on /v3/public/systemInfo times 1")) as caller:
        with pytest.raises(aiohttp.ClientPayloadError):
            await caller.public("/v3/public/systemInfo")

        assert (await caller.public("/v3/public/systemInfo"))[1]["success"] is True


async def test_a_delayed_call_is_done_late_and_a_slow_one_at_once():
    async with running(**_with("rest.delay 200ms times 1", "rest.slow 200ms skip 1 times 1")) as caller:
        delayed = asyncio.create_task(_place(caller, 1))
        await asyncio.sleep(0.1)
        assert not caller.sandbox.exchange.orders(caller.sandbox.account_id, GetOrders()).rows
        await delayed
        slow = asyncio.create_task(_place(caller, 2))
        await asyncio.sleep(0.1)
        assert len(caller.sandbox.exchange.orders(caller.sandbox.account_id, GetOrders()).rows) == 2
        await slow


async def test_reports_can_come_before_the_reply():
    async with running(**_with("private.early", "rest.slow 300ms on POST:/v3/trade/order")) as caller:
        socket = await caller.private_stream("executionreport")
        placing = asyncio.create_task(_place(caller, 5))

        assert (await socket.receive_json(timeout=5))["data"]["cid"] == 5
        assert not placing.done()
        await placing


async def test_a_cancel_is_acknowledged_and_refused_later():
    async with running(**_with("orders.refused-later")) as caller:
        socket = await caller.private_stream("executionreport")
        await _place(caller, 5)
        _, edited = await caller.signed("PUT", "/v3/trade/order", {"clientOrderId": 5, "price": "29000"})
        _, cancelled = await caller.signed("DELETE", "/v3/trade/order?clientOrderId=5")
        _, all_cancelled = await caller.signed("DELETE", "/v3/trade/allOrders")
        reports = [(await socket.receive_json(timeout=5))["data"] for _ in range(4)]

        assert edited["data"]["status"] == "EDIT_SENT"
        assert cancelled["data"]["status"] == "CANCEL_SENT"
        assert all_cancelled["data"]["status"] == "CANCEL_ALL_SENT"
        assert [report["mt"] for report in reports] == [0, 1, 2, 3]
        assert set(reports[2]) == {"mt", "s", "oid", "cid", "rs", "ts"}
        assert await _exists(caller, 5)


async def test_new_orders_are_not_shown_yet():
    async with running(**_with("orders.hidden 400ms")) as caller:
        await _place(caller, 5)
        assert not await _exists(caller, 5)
        await asyncio.sleep(0.5)
        assert await _exists(caller, 5)


async def test_the_rest_book_lags_behind_the_stream():
    async with running(**_with("book.lag 1s")) as caller:
        await asyncio.sleep(1.5)
        _, book = await caller.public(f"/v3/public/orderbook?symbol={BTC}&maxLevel=50")
        now_ms = caller.sandbox.simulation.clock.now_ms()

        assert 950 <= now_ms - book["timestamp"] <= 1400


async def test_a_skewed_clock_shows_and_refuses_fresh_signatures():
    async with running(**_with("clock.skew 10m")) as caller:
        _, info = await caller.public("/v3/public/systemInfo")
        status, reply = await caller.signed("GET", "/v3/account/info")

        assert info["timestamp"] - ManualClock(0).now_ms() > 0
        assert (status, reply["code"]) == (401, -1001)


async def test_a_cut_ends_what_is_live_and_refuses_what_comes_until_it_is_over():
    async with running(limits=None) as caller:
        public, private = await caller.stream(BOOK), await caller.private_stream("account")
        number = caller.sandbox.faults.switch_on(Fault.parse("private.cut 1011"))

        assert await _ended(private) == 1011
        with pytest.raises(aiohttp.ClientError):
            await caller.private_stream("account")
        caller.sandbox.faults.switch_off(number)
        await caller.private_stream("account")
        assert not await _silent(public)


async def test_a_restart_cuts_and_refuses_everything_and_keeps_the_orders():
    async with running(limits=None) as caller:
        await _place(caller, 5)
        socket = await caller.stream(BOOK)
        caller.sandbox.faults.switch_on(Fault.parse("server.restart"))
        assert await _ended(socket) == 1006
        with pytest.raises(aiohttp.ClientError):
            await caller.public("/v3/public/systemInfo")
        caller.sandbox.faults.clear()

        assert await _exists(caller, 5)


async def test_a_half_open_connection_neither_speaks_nor_hears():
    async with running(limits=None) as caller:
        socket = await caller.stream(BOOK)
        caller.sandbox.faults.switch_on(Fault.parse("public.half-open times 1"))
        async with asyncio.timeout(5):
            while not await _silent(socket):
                pass
        await socket.send_json({"cmd": "PING"})

        assert await _silent(socket)
        assert not await _silent(await caller.stream(BOOK))


async def test_a_silent_stream_answers_commands():
    async with running(**_with("stream.silent")) as caller:
        socket = await caller.stream(BOOK)

        assert await _silent(socket)
        await socket.send_json({"cmd": "PING"})
        assert (await socket.receive_json(timeout=5))["cmd"] == "PONG"


async def test_acknowledgements_are_late_lost_or_behind_the_data():
    async with running(
        **_with("public.ack-lost times 1", "public.ack-after-data times 1", "public.ack-delay 300ms")
    ) as caller:
        first = await caller.stream()
        await first.send_json({"id": "1", "cmd": "SUBSCRIBE", "params": [BOOK]})
        assert (await first.receive_json(timeout=5))["topic"] == BOOK

        second = await caller.stream()
        await second.send_json({"id": "2", "cmd": "SUBSCRIBE", "params": [BOOK]})
        assert (await second.receive_json(timeout=5))["topic"] == BOOK
        assert (await second.receive_json(timeout=5))["data"] == [BOOK]

        third = await caller.stream()
        await third.send_json({"id": "3", "cmd": "SUBSCRIBE", "params": ["bbo@SPOT_NOPE_USDT"]})
        assert await _silent(third, seconds=0.2)
        assert (await third.receive_json(timeout=5))["id"] == "3"


async def test_pings_go_unanswered_and_come_from_the_server():
    async with running(**_with("public.pong-lost", "public.ping every 200ms")) as caller:
        socket = await caller.stream()
        await socket.send_json({"cmd": "PING"})

        assert (await socket.receive_json(timeout=5))["cmd"] == "PING"


async def test_an_error_can_end_the_connection_and_an_upgrade_be_refused():
    async with running(**_with("public.error-close", "private.refuse 403")) as caller:
        socket = await caller.stream()
        await socket.send_str("not json")
        assert await _ended(socket) == 1000
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await caller.private_stream("account")
        assert refusal.value.status == 403


@pytest.mark.parametrize("by", ["fault", "quirk"])
@pytest.mark.parametrize("fate", ["silent", "unaffected"])
async def test_a_replaced_key_may_leave_a_zombie_or_live_on(by: str, fate: Any):
    options = _with(f"key.replaced {fate}") if by == "fault" else {"quirks": Quirks(replaced_key=fate), "limits": None}
    async with running(**options) as caller:
        socket = await caller.private_stream("executionreport")
        await caller.listen_key()
        await _place(caller, 5)

        assert await _silent(socket) is (fate == "silent")
        await socket.send_json({"cmd": "PING"})
        await until(socket, lambda message: message.get("cmd") == "PONG")


@pytest.mark.parametrize("where", ["accept", "subscribe"])
async def test_a_bad_key_may_be_refused_later_than_at_the_upgrade(where: Any):
    async with running(limits=None, quirks=Quirks(bad_key=where)) as caller:
        socket = await caller.stream(path="/v3/private?key=nope")
        if where == "accept":
            assert await _ended(socket) == 1008
        else:
            await socket.send_json({"id": "1", "cmd": "SUBSCRIBE", "params": ["account"]})
            assert (await socket.receive_json(timeout=5))["data"] == []


async def test_a_second_connection_with_a_key_may_end_the_first():
    async with running(limits=None, quirks=Quirks(one_connection_per_key=True)) as caller:
        path = f"/v3/private?key={await caller.listen_key()}"
        first = await caller.stream("account", path=path)
        second = await caller.stream("account", path=path)

        assert await _ended(first) == 1008
        assert not await _silent(second, seconds=2)


def test_new_connections_are_counted_for_five_minutes_and_scaled():
    clock = ManualClock()
    connections = Connections(clock=clock, keys=ListenKeys(life_ms=1), factor=0.5)

    assert [connections.admits("a") for _ in range(NEW_PER_WINDOW // 2 + 1)].count(True) == NEW_PER_WINDOW // 2
    assert connections.admits("b")
    clock.advance(299)
    assert not connections.admits("a")
    clock.advance(1)
    assert connections.admits("a")


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_frame_says_how_long_it_is(length: int):
    frame = framed(b"x" * length)

    head = len(frame) - length
    assert frame[0] == 0x81
    assert head == (2 if length < 126 else 4 if length < 65_536 else 10)
    assert int.from_bytes(frame[2:head] if head > 2 else frame[1:2], "big") == length
