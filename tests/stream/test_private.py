import asyncio
import logging
import random
from typing import Any

import pytest
from tests.stream.exchange import REPORT, Exchange, until

from woodlot.backoff import Backoff
from woodlot.errors import RateLimited, Unauthorized
from woodlot.stream.continuity import Cause, Interrupted, Resumed
from woodlot.stream.private import PrivateEvent, PrivateStream
from woodlot.stream.rules import Rules
from woodlot.wire.events import ExecutionReport
from woodlot.wire.frames import Push

QUICK = Backoff(first_s=0.01, ceiling_s=0.02)


def stream(exchange: Exchange, **options: Any) -> PrivateStream:
    options = {"backoff": QUICK, "key_backoff": QUICK, "account_silence_s": 0.5, **options}
    return PrivateStream(exchange.environment, exchange.make_key, chance=random.Random(1), **options)


async def following(private: PrivateStream) -> PrivateEvent:
    """Return the next event that is not the account's heartbeat."""
    async with asyncio.timeout(3):
        while True:
            event = await anext(private)
            if not isinstance(event, Push) or event.topic != "account":
                return event


def secrets_in(text: str) -> bool:
    return "SECRETKEY" in text


async def test_the_first_connection_is_announced_like_any_other(exchange: Exchange) -> None:
    async with stream(exchange) as private:
        event = await following(private)

        assert isinstance(event, Resumed)
        assert event.since_ms is None
        assert sorted(exchange.sockets[0].topics) == ["account", "balance", "executionreport"]


async def test_executions_are_delivered_in_order(exchange: Exchange) -> None:
    async with stream(exchange) as private:
        await following(private)
        for trade_id in range(1, 100):
            await exchange.sockets[0].push("executionreport", {**REPORT, "tid": trade_id})
        events = [await following(private) for _ in range(99)]

        assert [event.event.trade_id for event in events if isinstance(event, Push)] == list(range(1, 100))


async def test_a_cut_socket_comes_back_with_the_same_key(exchange: Exchange) -> None:
    async with stream(exchange) as private:
        await following(private)
        await until(lambda: exchange.sockets[0].commands)
        await asyncio.sleep(0.1)
        exchange.sockets[0].cut()

        gap, back = await following(private), await following(private)

        assert isinstance(gap, Interrupted)
        assert gap.cause is Cause.CLOSED
        assert isinstance(back, Resumed)
        assert back.since_ms == gap.since_ms
        assert len(exchange.keys) == 1


async def test_a_silent_account_on_a_living_link_means_a_dead_key_and_a_new_one_is_made(exchange: Exchange) -> None:
    async with stream(exchange, account_silence_s=0.2) as private:
        await following(private)
        await asyncio.sleep(0.1)
        exchange.zombie = True
        gap = await following(private)
        exchange.zombie = False
        back = await following(private)

        assert isinstance(gap, Interrupted)
        assert gap.cause is Cause.KEY_SILENT
        assert isinstance(back, Resumed)
        assert len(exchange.keys) == 2


async def test_a_silent_account_on_a_dead_link_keeps_the_key(exchange: Exchange) -> None:
    async with stream(exchange, account_silence_s=0.2) as private:
        await following(private)
        await asyncio.sleep(0.1)
        exchange.zombie, exchange.pongs = True, False
        gap = await following(private)
        exchange.zombie, exchange.pongs = False, True
        await following(private)

        assert isinstance(gap, Interrupted)
        assert gap.cause is Cause.LINK_DEAD
        assert len(exchange.keys) == 1


@pytest.mark.parametrize("old_key", ["closed", "silent", "works"])
async def test_a_key_is_renewed_before_its_end_whatever_becomes_of_the_old_socket(
    exchange: Exchange, old_key: str
) -> None:
    exchange.old_key, exchange.key_lives_s = old_key, 1.0
    async with stream(exchange) as private:
        events = [await following(private) for _ in range(5)]

        assert [type(event) for event in events] == [Resumed, Interrupted, Resumed, Interrupted, Resumed]
        assert all(event.cause is Cause.RENEWAL for event in events if isinstance(event, Interrupted))
        assert len(exchange.keys) == 3
        await until(lambda: len(exchange.open_sockets) == 1)


async def test_while_no_new_key_can_be_made_the_old_socket_stays(exchange: Exchange) -> None:
    exchange.key_lives_s = 1.0
    async with stream(exchange) as private:
        await following(private)
        exchange.key_failures = [RateLimited("too many", code=-1003) for _ in range(3)]
        await until(lambda: not exchange.key_failures)
        assert len(exchange.open_sockets) == 1
        assert private.is_live

        gap = await following(private)

        assert isinstance(gap, Interrupted)
        assert gap.cause is Cause.RENEWAL


async def test_a_key_refused_at_the_upgrade_is_replaced(exchange: Exchange) -> None:
    async with stream(exchange) as private:
        await following(private)
        exchange.keys.append("SECRETKEY-of-a-thief")
        exchange.sockets[0].cut()
        await following(private)
        await following(private)

        assert len(exchange.keys) == 3


async def test_a_key_that_dies_right_after_connecting_is_met_with_growing_pauses(exchange: Exchange) -> None:
    exchange.closes_after_accept = True
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(min(seconds, 0.002))

    private = stream(exchange, sleep=sleep, key_backoff=Backoff(first_s=1.0, ceiling_s=300.0))
    async with private:
        await until(lambda: len(exchange.keys) == 5)
        await asyncio.sleep(0.1)

    assert len(exchange.keys) == 5  # the budget: at most five in ten seconds
    assert max(pauses) > 2.0


async def test_a_private_topic_that_is_refused_means_a_bad_key(exchange: Exchange) -> None:
    exchange.refused = frozenset({"executionreport"})
    async with stream(exchange) as private:
        await until(lambda: len(exchange.keys) == 2)
        exchange.refused = frozenset()

        assert isinstance(await following(private), Resumed)


async def test_a_wrong_api_key_ends_the_stream_with_the_reason(exchange: Exchange) -> None:
    exchange.key_failures = [Unauthorized("bad signature", code=-1001)]
    async with stream(exchange) as private:
        with pytest.raises(Unauthorized):
            await following(private)


async def test_an_unavailable_key_endpoint_is_waited_out(exchange: Exchange) -> None:
    exchange.key_failures = [RateLimited("too many", code=-1003) for _ in range(3)]
    async with stream(exchange) as private:
        assert isinstance(await following(private), Resumed)


async def test_a_reader_that_falls_behind_is_told_where_and_loses_nothing_unmarked(exchange: Exchange) -> None:
    async with stream(exchange, bound=10) as private:
        await until(lambda: private.is_live)
        for trade_id in range(1, 50):
            await exchange.sockets[0].push("executionreport", {**REPORT, "tid": trade_id})
        await asyncio.sleep(0.2)
        events = [await following(private)]
        while not isinstance(events[-1], Interrupted):
            events.append(await following(private))
        back = await following(private)

        assert isinstance(events[0], Resumed)
        assert events[-1].cause is Cause.OVERFLOW
        assert isinstance(back, Resumed)
        assert back.since_ms == events[-1].since_ms


async def test_an_unreadable_execution_is_a_hole_to_fill(exchange: Exchange) -> None:
    async with stream(exchange) as private:
        await following(private)
        await exchange.sockets[0].push("executionreport", {"s": ["broken"]})

        gap, back = await following(private), await following(private)

        assert isinstance(gap, Interrupted)
        assert gap.cause is Cause.UNREADABLE
        assert isinstance(back, Resumed)


async def test_the_listen_key_is_in_no_log_line_error_or_repr(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    exchange.upgrade_status = 403
    async with stream(exchange) as private:
        await until(lambda: len(exchange.keys) == 3)
        exchange.upgrade_status = 0
        await following(private)
        exchange.sockets[-1].cut()
        gap = await following(private)
    asyncio.get_running_loop().set_debug(False)

    assert not secrets_in(caplog.text)
    assert not secrets_in(repr(gap))
    assert not secrets_in(repr(vars(private)))


async def test_the_event_of_an_execution_is_typed(exchange: Exchange) -> None:
    async with stream(exchange) as private:
        await following(private)
        await exchange.sockets[0].push("executionreport", REPORT)
        event = await following(private)

        assert isinstance(event, Push)
        assert isinstance(event.event, ExecutionReport)


async def test_closing_leaves_no_task_behind(exchange: Exchange) -> None:
    before = asyncio.all_tasks()
    async with stream(exchange, rules=Rules(ping_every_s=0.01)) as private:
        await following(private)
    await until(lambda: not {task for task in asyncio.all_tasks() - before if "woodlot" in task.get_name()})
    assert all(isinstance(event, Push) for event in [event async for event in private])


async def test_the_age_of_the_socket_and_the_end_of_its_key_can_be_seen(exchange: Exchange) -> None:
    private = stream(exchange)
    assert (private.vitals.open_s, private.key_ends_in_s) == (None, None)
    async with private:
        await following(private)
        assert private.vitals.open_s is not None
        assert private.key_ends_in_s is not None
        assert 0 < private.key_ends_in_s <= exchange.key_lives_s
