"""The private stream over days of virtual time: renewals, thefts and outages, without sockets."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator
from itertools import pairwise
from typing import Any

from tests.stream.virtual import MemoryExchange, VirtualTime, every

from woodlot.config import Environment
from woodlot.stream.budget import CONNECTS, Budget
from woodlot.stream.continuity import Cause, Interrupted, Resumed
from woodlot.stream.keeper import cancelled
from woodlot.stream.private import PrivateStream
from woodlot.stream.rules import Rules
from woodlot.wire.frames import Push

HOUR_S = 3600.0
ACCOUNT = {"m": "FUTURE", "v": "1"}
RULES = Rules(ping_every_s=600.0)


@contextlib.asynccontextmanager
async def private(
    exchange: MemoryExchange, time: VirtualTime, *, seed: int = 1, silence_s: float = 900.0, life_s: float = 86_400.0
) -> AsyncGenerator[PrivateStream]:
    async with PrivateStream(
        Environment.live(),
        exchange.key_maker(time, life_s=life_s),
        clock=time.clock,
        sleep=time.sleep,
        chance=random.Random(seed),
        dialer=exchange,
        connects=Budget(CONNECTS, clock=time.clock, sleep=time.sleep),
        rules=RULES,
        account_silence_s=silence_s,
        bound=100_000,
    ) as stream:
        yield stream


@contextlib.asynccontextmanager
async def heartbeat(exchange: MemoryExchange, time: VirtualTime, *, seconds: float = 300.0) -> AsyncGenerator[None]:
    beat = asyncio.ensure_future(every(seconds, time, lambda: exchange.push("account", ACCOUNT)))
    try:
        yield
    finally:
        await cancelled(beat)


async def markers(stream: PrivateStream) -> list[Any]:
    return [event async for event in stream if not isinstance(event, Push)]


async def test_one_key_a_day_is_all_that_a_healthy_stream_needs() -> None:
    time, exchange = VirtualTime(), MemoryExchange()
    async with heartbeat(exchange, time), private(exchange, time) as stream:
        await time.run(72 * HOUR_S)
    told = await markers(stream)

    assert len(exchange.keys_made_s) == 4
    assert all(later - earlier > 23 * HOUR_S for earlier, later in pairwise(exchange.keys_made_s))
    assert [type(marker) for marker in told] == [Resumed, *[Interrupted, Resumed] * 3]
    assert {marker.cause for marker in told if isinstance(marker, Interrupted)} == {Cause.RENEWAL}


async def test_two_owners_of_one_account_do_not_fight() -> None:
    time, exchange = VirtualTime(), MemoryExchange()
    async with (
        heartbeat(exchange, time, seconds=20.0),
        private(exchange, time, seed=1, silence_s=60.0),
        private(exchange, time, seed=2, silence_s=60.0),
    ):
        await time.run(2 * HOUR_S)
    made_s = [s - exchange.keys_made_s[0] for s in exchange.keys_made_s]

    assert len([s for s in made_s if s < 60.0]) <= 20
    assert len([s for s in made_s if s > HOUR_S]) <= 60, "less than one a minute, once they know each other"


async def test_an_outage_of_hours_costs_no_keys_and_ends_by_itself() -> None:
    time, exchange = VirtualTime(), MemoryExchange()
    async with heartbeat(exchange, time), private(exchange, time) as stream:
        await time.run(HOUR_S)
        exchange.is_down = True
        for link in exchange.open_links:
            link.cut()
        await time.run(3 * HOUR_S)
        exchange.is_down = False
        await time.run(400.0)
        assert stream.is_live
    told = await markers(stream)

    assert len(exchange.keys_made_s) == 1
    assert [type(marker) for marker in told] == [Resumed, Interrupted, Resumed]
    assert told[2].missed_ms >= 3 * HOUR_S * 1000


async def test_an_outage_over_the_time_of_renewal_is_survived() -> None:
    time, exchange = VirtualTime(), MemoryExchange()
    async with heartbeat(exchange, time, seconds=30.0), private(exchange, time, life_s=HOUR_S) as stream:
        await time.run(0.6 * HOUR_S)
        exchange.is_down = True
        await time.run(0.3 * HOUR_S)
        assert stream.is_live, "the old socket stays while no key can be made"
        exchange.is_down = False
        await time.run(0.1 * HOUR_S)

        assert stream.is_live
        assert len(exchange.keys_made_s) == 2


async def test_every_execution_is_delivered_or_lies_in_a_marked_hole() -> None:
    time, exchange, chance = VirtualTime(), MemoryExchange(), random.Random(7)
    sent_ms: dict[int, int] = {}

    def trade() -> None:
        trade_id = len(sent_ms) + 1
        sent_ms[trade_id] = time.clock.now_ms()
        exchange.push("executionreport", {"s": "S", "oid": 1, "tid": trade_id, "ss": "FILLED"})

    def trouble() -> None:
        for link in exchange.open_links:
            if chance.random() < 0.5:
                link.cut()
        exchange.is_down = chance.random() < 0.2

    async with heartbeat(exchange, time, seconds=30.0), private(exchange, time, life_s=HOUR_S) as stream:
        await time.run(5.0)
        work = [asyncio.ensure_future(every(s, time, do)) for s, do in ((2.5, trade), (97.0, trouble))]
        await time.run(4 * HOUR_S)
        for task in work:
            await cancelled(task)
        exchange.is_down = False
        await time.run(400.0)
    heard, holes = set[int](), list[tuple[int, int]]()
    async for event in stream:
        match event:
            case Push("executionreport", _, report):
                assert report.trade_id not in heard
                heard.add(report.trade_id)
            case Resumed(int() as since_ms, at_ms):
                holes.append((since_ms, at_ms))
            case _:
                pass
    missed = [ms for trade_id, ms in sent_ms.items() if trade_id not in heard]

    assert len(heard) > 1000
    assert missed
    assert all(any(since <= ms <= at for since, at in holes) for ms in missed)
