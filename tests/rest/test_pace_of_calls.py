import asyncio
import threading
import time

import pytest
from tests.rest.raw_server import RawServer, http
from tests.rest.scripted import ACK, CREDENTIALS, REFUSED, RESET, TOO_MANY, Played, flow, play, success

from woodlot.clock import ManualClock
from woodlot.errors import OutcomeUnknown, RateLimited
from woodlot.rest.async_client import AsyncClient
from woodlot.rest.loop_client import LoopTransport
from woodlot.rest.pacing import Pacer, Waiting
from woodlot.rest.steps import HttpReply, HttpRequest, Lost
from woodlot.wire.account import GetAccountInfo
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import CancelOrder, GetOrders, PlaceOrder

ORDER = PlaceOrder(symbol="S", side=Side.BUY, type=OrderType.MARKET, quantity="1")


class Paced:
    """A flow with a pacer, played call after call on one clock."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.pacer = Pacer()
        self.flow = flow(clock=self.clock, pacer=self.pacer)

    def play(self, reply: HttpReply | Lost, *, timeout_s: float | None = None) -> Played:
        return play(self.flow.call(ORDER, timeout_s=timeout_s), [reply], clock=self.clock)


def test_the_sixth_order_of_a_second_waits_for_its_turn() -> None:
    paced = Paced()
    played = [paced.play(success(ACK)) for _ in range(6)]
    assert [len(one.sleeps) for one in played] == [0, 0, 0, 0, 0, 1]
    assert played[5].sleeps[0] == pytest.approx(1.0, abs=0.01)
    assert (paced.pacer.counters.calls, paced.pacer.counters.waits) == (6, 1)
    assert paced.pacer.counters.waited_s == pytest.approx(1.0, abs=0.01)


def test_waiting_is_part_of_the_timeout() -> None:
    paced = Paced()
    for _ in range(5):
        paced.play(success(ACK))
    late = paced.play(success(ACK), timeout_s=3)
    assert late.sends[0].timeout_s == pytest.approx(2.0, abs=0.01)


def test_a_call_whose_turn_comes_too_late_is_told_so_at_once() -> None:
    paced = Paced()
    for _ in range(5):
        paced.play(success(ACK))
    late = paced.play(success(ACK), timeout_s=0.5)
    assert isinstance(late.error, RateLimited)
    assert (late.sends, late.sleeps) == ([], [])
    assert "not sent" in str(late.error)
    paced.clock.advance(1.1)
    assert not paced.play(success(ACK)).sleeps


def test_a_call_that_overslept_is_not_sent_with_no_time_left_for_its_reply() -> None:
    paced = Paced()
    for _ in range(5):
        paced.play(success(ACK))
    waiting = paced.flow.call(ORDER, timeout_s=2)
    next(waiting)
    paced.clock.advance(5)
    with pytest.raises(RateLimited, match="not sent"):
        waiting.send(None)


def test_a_lost_order_holds_its_slot_until_its_timeout_and_a_window_more() -> None:
    paced = Paced()
    for _ in range(5):
        assert isinstance(paced.play(RESET, timeout_s=10).error, OutcomeUnknown)
    assert paced.play(success(ACK)).sleeps[0] == pytest.approx(11.0, abs=0.05)


def test_a_refused_connection_holds_no_slot() -> None:
    paced = Paced()
    for _ in range(20):
        paced.play(REFUSED)
    assert paced.pacer.counters.waits == 0


def test_a_429_slows_the_calls_after_it() -> None:
    paced = Paced()
    paced.play(TOO_MANY, timeout_s=0.01)
    assert paced.pacer.counters.slowed == 1


def test_a_call_that_is_given_up_leaves_the_queue() -> None:
    paced = Paced()
    for _ in range(5):
        paced.play(success(ACK))
    waiting = paced.flow.call(ORDER)
    next(waiting)
    waiting.close()
    assert len(paced.play(success(ACK)).sleeps) == 1


async def test_a_cancel_leaves_while_two_hundred_reads_are_queued() -> None:
    done = http(b'{"success": true, "data": {"rows": [], "status": "CANCEL_SENT"}, "timestamp": 1}')
    waits: list[Waiting] = []
    with RawServer(done) as server:
        async with AsyncClient(server.environment, CREDENTIALS, pacer=Pacer(on_wait=waits.append)) as client:
            await client.send(GetOrders())
            reads = [asyncio.create_task(client.send(GetOrders())) for _ in range(200)]
            await asyncio.sleep(0.1)
            started_s = time.monotonic()
            assert (await client.send(CancelOrder(order_id=1))).status == "CANCEL_SENT"
            assert time.monotonic() - started_s < 0.05
            assert len(waits) >= 190
            for read in reads:
                read.cancel()
            await asyncio.gather(*reads, return_exceptions=True)


async def test_a_slow_account_endpoint_does_not_delay_a_cancel() -> None:
    def slow(_: object) -> None:
        time.sleep(1)

    done = http(b'{"success": true, "data": {"rows": [], "status": "CANCEL_SENT"}, "timestamp": 1}')
    with RawServer(done, done, *[slow] * 10, done) as server:
        async with AsyncClient(server.environment, CREDENTIALS) as client:
            await client.send(GetOrders())
            slow_reads = [asyncio.create_task(client.send(GetAccountInfo())) for _ in range(10)]
            await asyncio.sleep(0.1)
            started_s = time.monotonic()
            await client.send(CancelOrder(order_id=1))
            assert time.monotonic() - started_s < 0.05
            for read in slow_reads:
                read.cancel()
            await asyncio.gather(*slow_reads, return_exceptions=True)


async def test_a_cancel_does_not_wait_for_a_connection_behind_slow_reads() -> None:
    answered = threading.Event()

    def slow(_: object) -> None:
        answered.wait(20)

    done = http(b"{}")
    read, cancel = (HttpRequest(*what, {}, is_urgent=what[0] == "DELETE") for what in (("GET", "/r"), ("DELETE", "/c")))
    with RawServer(*[slow] * 100, done) as server:
        transport = LoopTransport(server.environment, connect_timeout_s=20)
        reads = [asyncio.create_task(transport.exchange(read, timeout_s=30)) for _ in range(150)]
        try:
            async with asyncio.timeout(20):
                while server.requests < 100:
                    await asyncio.sleep(0.01)
            # Every connection for reads is taken, no read is answered: only a place of its own lets this one through.
            assert isinstance(await transport.exchange(cancel, timeout_s=10), HttpReply)
        finally:
            answered.set()
            for task in reads:
                task.cancel()
            await asyncio.gather(*reads, return_exceptions=True)
            await transport.close()
