"""Rotation and recovery over days of virtual time, without sockets."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from tests.stream.virtual import MemoryExchange, MemoryLink, VirtualTime, every

from woodlot.config import Environment
from woodlot.stream.budget import CONNECTS, Budget
from woodlot.stream.continuity import Interrupted, Skipped
from woodlot.stream.keeper import cancelled
from woodlot.stream.public import PublicStream
from woodlot.stream.rules import Rules
from woodlot.wire.frames import Push
from woodlot.wire.topics import BookDeltas, Trades

DAY_S = 86_400.0
RULES = Rules(ping_every_s=60.0)
BOOK = BookDeltas("SPOT_BTC_USDT")
TRADES = Trades("SPOT_BTC_USDT")
TRADE = {"s": "SPOT_BTC_USDT", "px": "1", "sx": "2", "sd": "BUY", "src": 1}


class Chain:
    """A sink that checks the chain of a book and counts what it was told."""

    def __init__(self) -> None:
        self.last_ts: int | None = None
        self.deltas = self.gaps = self.breaks = self.repeats = self.subscribed_times = 0

    def subscribed(self, topic: str) -> None:
        self.subscribed_times += 1
        self.last_ts = None

    def refused(self, topic: str, reason: str) -> None:
        raise AssertionError(reason)

    def pushed(self, push: Push[Any]) -> None:
        self.deltas += 1
        if self.last_ts is not None:
            self.breaks += push.event.prev_ts > self.last_ts
            self.repeats += push.event.ts <= self.last_ts
        self.last_ts = push.event.ts

    def interrupted(self, gap: Interrupted) -> None:
        self.gaps += 1


class Market:
    """Make deltas that chain, and trades of which several look alike."""

    def __init__(self, exchange: MemoryExchange) -> None:
        self._exchange = exchange
        self._ts = 0
        self.trades = 0

    def move(self) -> None:
        self._ts += 1
        levels = {"bids": [["1", str(self._ts)]], "asks": []}
        self._exchange.push(BOOK.name, {"s": "SPOT_BTC_USDT", "prevTs": self._ts - 1, "ts": self._ts, **levels})
        for _ in range(2):
            self.trades += 1
            self._exchange.push(TRADES.name, {**TRADE, "ts": self._ts})


@contextlib.asynccontextmanager
async def public(
    exchange: MemoryExchange, time: VirtualTime, *, rules: Rules = RULES, seed: int = 1
) -> AsyncGenerator[PublicStream]:
    connects = Budget(CONNECTS, clock=time.clock, sleep=time.sleep)
    async with PublicStream(
        Environment.live(),
        clock=time.clock,
        sleep=time.sleep,
        chance=random.Random(seed),
        dialer=exchange,
        connects=connects,
        rules=rules,
    ) as stream:
        yield stream


def cut_after_a_day(time: VirtualTime, tasks: set["asyncio.Task[None]"]) -> Any:
    async def cut(link: MemoryLink) -> None:
        await time.sleep(DAY_S)
        link.cut()

    return lambda link: tasks.add(asyncio.ensure_future(cut(link)))


async def test_for_days_of_cuts_at_24_hours_readers_see_no_interruption() -> None:
    time, exchange, tasks = VirtualTime(), MemoryExchange(), set[asyncio.Task[None]]()
    exchange.on_dial = cut_after_a_day(time, tasks)
    market, chain = Market(exchange), Chain()
    async with public(exchange, time) as stream:
        stream.attach(BOOK, chain)
        reader = stream.subscribe(TRADES)
        await time.run(10.0)
        tasks.add(asyncio.ensure_future(every(121.0, time, market.move)))
        await time.run(2.3 * DAY_S)
        for task in tasks:
            await cancelled(task)
        rotations, gaps = stream.findings.rotations, chain.gaps
    heard = [item async for item in reader]

    assert rotations == 2
    assert (gaps, chain.breaks, chain.repeats, chain.subscribed_times) == (0, 0, 0, 1)
    assert all(isinstance(item, Push | Skipped) for item in heard)
    assert sum(item.count if isinstance(item, Skipped) else 1 for item in heard) == market.trades


async def test_in_the_overlap_nothing_is_lost_or_said_twice() -> None:
    time, exchange = VirtualTime(), MemoryExchange()
    market, chain = Market(exchange), Chain()
    async with public(exchange, time, rules=Rules(rotate_after_s=20.0)) as stream:
        stream.attach(BOOK, chain)
        reader = stream.subscribe(TRADES)
        await time.run(5.0)
        mover = asyncio.ensure_future(every(0.3, time, market.move))
        await time.run(120.0)
        await cancelled(mover)
        rotations, gaps = stream.findings.rotations, chain.gaps
    trades = [item async for item in reader]

    assert rotations >= 3
    assert (gaps, chain.breaks, chain.repeats) == (0, 0, 0)
    assert len(trades) == market.trades


async def test_a_replacement_that_cannot_connect_leaves_the_old_socket_in_place() -> None:
    time, exchange = VirtualTime(), MemoryExchange()
    market, chain = Market(exchange), Chain()
    async with public(exchange, time, rules=Rules(rotate_after_s=100.0)) as stream:
        stream.attach(BOOK, chain)
        await time.run(5.0)
        mover = asyncio.ensure_future(every(1.0, time, market.move))
        exchange.is_down = True
        await time.run(300.0)
        exchange.is_down = False
        dials = exchange.dials
        await time.run(200.0)
        await cancelled(mover)

        assert dials >= 3
        assert stream.findings.rotations >= 1
        assert (chain.gaps, chain.breaks, chain.repeats) == (0, 0, 0)
        assert len(exchange.open_links) == 1


async def test_an_old_socket_that_dies_during_its_replacement_is_a_gap_and_the_new_one_goes_on() -> None:
    time, exchange = VirtualTime(), MemoryExchange()
    chain = Chain()

    def cut_the_others(link: MemoryLink) -> None:
        for other in exchange.open_links:
            if other is not link:
                other.cut()

    async with public(exchange, time, rules=Rules(rotate_after_s=100.0)) as stream:
        stream.attach(BOOK, chain)
        await time.run(5.0)
        exchange.on_dial = cut_the_others
        await time.run(110.0)

        assert chain.gaps == 1
        assert chain.subscribed_times == 2
        assert len(exchange.open_links) == 1


async def test_topics_that_come_and_go_during_the_overlap_are_on_the_new_socket() -> None:
    time, exchange = VirtualTime(), MemoryExchange()
    async with public(exchange, time, rules=Rules(rotate_after_s=100.0, rotate_jitter=0.0)) as stream:
        leaving = stream.subscribe(TRADES)
        await time.run(101.0)
        assert len(exchange.open_links) == 2
        stream.attach(BOOK, Chain())
        leaving.close()
        await time.run(30.0)

        assert [link.topics for link in exchange.open_links] == [{BOOK.name}]


async def test_a_long_outage_costs_no_more_than_twenty_connects_in_five_minutes() -> None:
    time, exchange = VirtualTime(), MemoryExchange()
    async with public(exchange, time) as stream:
        stream.subscribe(TRADES)
        exchange.is_down = True
        dials: list[int] = []
        for _ in range(12):
            before = exchange.dials
            await time.run(300.0)
            dials.append(exchange.dials - before)
        exchange.is_down = False
        await time.run(120.0)

        assert max(dials) <= 20
        assert len(exchange.open_links) == 1


async def test_a_mistake_of_ours_ends_the_socket_loudly_for_readers_and_books() -> None:
    time, exchange = VirtualTime(), MemoryExchange()
    chain = Chain()

    def mistake(link: MemoryLink) -> None:
        raise ZeroDivisionError

    async with public(exchange, time) as stream:
        stream.attach(BOOK, chain)
        reader = stream.subscribe(TRADES)
        await time.run(5.0)
        exchange.on_dial = mistake
        exchange.links[0].cut()
        await time.run(5.0)

        assert chain.gaps == 1
        assert isinstance(await anext(reader), Interrupted)
        with pytest.raises(ZeroDivisionError):
            await anext(reader)
