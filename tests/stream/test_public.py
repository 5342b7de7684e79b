import asyncio
import random
from typing import Any

import pytest
from tests.stream.exchange import Exchange, until

from woodlot.backoff import Backoff
from woodlot.errors import SubscriptionRefused
from woodlot.stream.continuity import Cause, Interrupted, Resumed
from woodlot.stream.public import PublicStream
from woodlot.stream.rules import Rules
from woodlot.wire.frames import Push
from woodlot.wire.topics import Bbo, BookDeltas, Trades

QUICK = Backoff(first_s=0.01, ceiling_s=0.02)
TRADES = Trades("SPOT_BTC_USDT")
TRADE = {"s": "SPOT_BTC_USDT", "px": "1", "sx": "2", "sd": "BUY", "src": 1, "ts": 5}
BOOK = BookDeltas("SPOT_BTC_USDT")


def delta(prev_ts: int, ts: int) -> dict[str, Any]:
    return {"s": "SPOT_BTC_USDT", "prevTs": prev_ts, "ts": ts, "bids": [["1", "1"]], "asks": []}


def stream(exchange: Exchange, **options: Any) -> PublicStream:
    options.setdefault("backoff", QUICK)
    return PublicStream(exchange.environment, chance=random.Random(1), **options)


class Recorder:
    """A sink that writes down what it was told."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def subscribed(self, topic: str) -> None:
        self.heard.append("subscribed")

    def refused(self, topic: str, reason: str) -> None:
        self.heard.append(("refused", reason))

    def pushed(self, push: Push[Any]) -> None:
        self.heard.append(push.event.ts)

    def interrupted(self, gap: Interrupted) -> None:
        self.heard.append(gap.cause)


async def test_a_reader_gets_what_the_exchange_pushes(exchange: Exchange) -> None:
    async with stream(exchange) as public:
        reader = public.subscribe(TRADES)
        await reader.ready()
        await exchange.sockets[0].push(TRADES.name, TRADE)

        item = await anext(reader)

        assert isinstance(item, Push)
        assert item.event.ts == 5


async def test_a_topic_missing_from_the_ack_is_refused_by_name_and_the_others_go_on(exchange: Exchange) -> None:
    exchange.refused = frozenset({"trade@SPOT_NOPE_USDT"})
    async with stream(exchange) as public:
        reader = public.subscribe(Trades("SPOT_NOPE_USDT"), TRADES)
        with pytest.raises(SubscriptionRefused, match="SPOT_NOPE_USDT"):
            await reader.ready()
        await exchange.sockets[0].push(TRADES.name, TRADE)

        assert isinstance(await anext(reader), Push)


async def test_iterating_over_refused_topics_alone_raises(exchange: Exchange) -> None:
    exchange.refused = frozenset({TRADES.name})
    async with stream(exchange) as public:
        with pytest.raises(SubscriptionRefused):
            await anext(public.subscribe(TRADES))


async def test_one_topic_that_spoils_a_request_is_the_only_one_refused(exchange: Exchange) -> None:
    exchange.spoils = frozenset({"trade@B"})
    async with stream(exchange, rules=Rules(commands_per_s=0.01)) as public:
        reader = public.subscribe(Trades("A"), Trades("B"), Trades("C"))
        with pytest.raises(SubscriptionRefused, match="trade@B: Command type invalid!"):
            await reader.ready()

        assert exchange.sockets[0].topics == ["trade@A", "trade@C"]


async def test_a_cut_is_told_and_mended_and_the_topic_asked_for_again(exchange: Exchange) -> None:
    async with stream(exchange) as public:
        reader = public.subscribe(TRADES)
        await reader.ready()
        exchange.sockets[0].cut()

        gap, back = await anext(reader), await anext(reader)

        assert isinstance(gap, Interrupted)
        assert gap.cause is Cause.CLOSED
        assert gap.topic == TRADES.name
        assert isinstance(back, Resumed)
        assert back.since_ms == gap.since_ms
        assert exchange.sockets[1].topics == [TRADES.name]


async def test_a_link_that_no_longer_answers_is_replaced_although_the_socket_lives(exchange: Exchange) -> None:
    exchange.pongs = False
    rules = Rules(ping_every_s=0.02, pong_wait_s=0.02)
    async with stream(exchange, rules=rules) as public:
        reader = public.subscribe(TRADES)
        gap = await asyncio.wait_for(anext(reader), 2)

        assert isinstance(gap, Interrupted)
        assert gap.cause is Cause.LINK_DEAD


async def test_a_topic_that_is_never_acknowledged_is_asked_for_again_and_then_refused(exchange: Exchange) -> None:
    exchange.acks = False
    rules = Rules(ack_wait_s=0.03, commands_per_s=0.01)
    async with stream(exchange, rules=rules) as public:
        with pytest.raises(SubscriptionRefused, match="asked 3 times"):
            await public.subscribe(TRADES).ready()
        asked = [command["cmd"] for command in exchange.sockets[0].commands if command["cmd"] != "PING"]

        assert asked[:5] == ["SUBSCRIBE", "UN_SUBSCRIBE", "SUBSCRIBE", "UN_SUBSCRIBE", "SUBSCRIBE"]


async def test_many_readers_of_one_topic_share_one_subscription_and_the_last_one_ends_it(exchange: Exchange) -> None:
    async with stream(exchange) as public:
        readers = [public.subscribe(TRADES) for _ in range(3)]
        for reader in readers:
            await reader.ready()
        socket = exchange.sockets[0]
        assert [command["cmd"] for command in socket.commands] == ["SUBSCRIBE"]

        readers[0].close()
        readers[1].close()
        assert socket.topics == [TRADES.name]
        readers[2].close()

        await until(lambda: not socket.topics)


async def test_a_sink_sees_every_push_in_order_between_its_markers(exchange: Exchange) -> None:
    exchange.early = {BOOK.name: delta(0, 1)}
    sink = Recorder()
    async with stream(exchange) as public:
        public.attach(BOOK, sink)
        await until(lambda: "subscribed" in sink.heard)
        for ts in range(2, 200):
            await exchange.sockets[0].push(BOOK.name, delta(ts - 1, ts))
        await until(lambda: sink.heard[-1] == 199)
        exchange.sockets[0].cut()
        await until(lambda: sink.heard.count("subscribed") == 2)

        assert sink.heard == [1, "subscribed", *range(2, 200), Cause.CLOSED, 1, "subscribed"]


async def test_an_unreadable_frame_withdraws_the_topic_and_brings_it_back(exchange: Exchange) -> None:
    sink = Recorder()
    async with stream(exchange) as public:
        public.attach(BOOK, sink)
        await until(lambda: "subscribed" in sink.heard)
        await exchange.sockets[0].push(BOOK.name, {"s": 5})
        await until(lambda: len(sink.heard) == 3)

        assert sink.heard == ["subscribed", Cause.UNREADABLE, "subscribed"]


async def test_a_sink_that_raises_is_told_and_left_out_while_others_hear_on(exchange: Exchange) -> None:
    class Clumsy(Recorder):
        def pushed(self, push: Push[Any]) -> None:
            raise RuntimeError("a mistake")

    clumsy, good = Clumsy(), Recorder()
    async with stream(exchange) as public:
        public.attach(BOOK, clumsy)
        public.attach(BOOK, good)
        await until(lambda: "subscribed" in good.heard)
        await exchange.sockets[0].push(BOOK.name, delta(1, 2))
        await exchange.sockets[0].push(BOOK.name, delta(2, 3))
        await until(lambda: good.heard[-1] == 3)

        assert clumsy.heard == ["subscribed", Cause.SINK_FAILED]


async def test_a_topic_that_is_live_already_says_so_to_a_newcomer(exchange: Exchange) -> None:
    first, second = Recorder(), Recorder()
    async with stream(exchange) as public:
        public.attach(BOOK, first)
        await until(lambda: "subscribed" in first.heard)
        public.attach(BOOK, second)

        assert second.heard == ["subscribed"]


async def test_six_hundred_topics_are_one_call_and_keep_every_limit(exchange: Exchange) -> None:
    topics = [kind(f"SPOT_T{n}_USDT") for n in range(300) for kind in (Trades, Bbo)]
    async with stream(exchange, rules=Rules(commands_per_s=0.05)) as public:
        await asyncio.wait_for(public.subscribe(*topics).ready(), 10)

        assert {topic for socket in exchange.sockets for topic in socket.topics} == {topic.name for topic in topics}
        assert max(len(socket.topics) for socket in exchange.sockets) <= 90
        assert max(len(command.get("params", [])) for socket in exchange.sockets for command in socket.commands) <= 10


async def test_a_refused_connection_is_tried_again_with_growing_pauses(exchange: Exchange) -> None:
    exchange.upgrade_status = 429
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(min(seconds, 0.005))

    async with stream(exchange, sleep=sleep, backoff=Backoff(first_s=1.0, ceiling_s=60.0)) as public:
        public.subscribe(TRADES)
        await until(lambda: exchange.upgrades == 8)

    pauses = [pause for pause in pauses if pause < 100.0]  # the longer waits are for the planned replacement
    assert all(pause <= min(60.0, 2.0**n) for n, pause in enumerate(pauses))
    assert max(pauses) > 1.0


async def test_closing_the_stream_ends_its_readers(exchange: Exchange) -> None:
    async with stream(exchange) as public:
        reader = public.subscribe(TRADES)
        await reader.ready()

    assert [item async for item in reader] == []


async def test_each_socket_tells_how_long_it_has_been_open_and_how_far_away_the_exchange_is(
    exchange: Exchange,
) -> None:
    async with stream(exchange, rules=Rules(ping_every_s=0.01)) as public:
        assert public.vitals == []
        async with public.subscribe(TRADES) as reader:
            await reader.ready()
            await until(lambda: public.vitals[0].round_trip_s is not None)
            (vitals,) = public.vitals
            assert vitals.open_s is not None
            assert vitals.round_trip_s is not None
            assert 0 < vitals.round_trip_s <= vitals.open_s
