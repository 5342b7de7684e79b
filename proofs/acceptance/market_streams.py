"""This file is the acceptance cases of public topics: each kind typed, shared, and its loss told."""

from collections.abc import AsyncIterator
from typing import TypeVar

from proofs.acceptance.bench import BTC, PERP, WOO, Bench
from proofs.acceptance.case import case
from proofs.acceptance.refusal import refused
from woodlot.desk.readings import Readings
from woodlot.errors import SubscriptionRefused
from woodlot.stream.continuity import Interrupted, Resumed
from woodlot.wire.events import TradePrint
from woodlot.wire.frames import Push
from woodlot.wire.topics import BookTops, Interval, Tickers, Trades

NOWHERE = "SPOT_NOPE_NOPE"
EventT = TypeVar("EventT")


async def heard(reader: Readings[EventT]) -> EventT:
    """Return the first event of a reader, and leave it."""
    async with reader:
        return await anext(reader)


@case("MD-31", "Trades come typed: symbol, side, price and size")
async def trades(bench: Bench) -> None:
    trade = await heard(bench.desk.trades(WOO))
    assert (trade.symbol, trade.side.is_known) == (WOO, True)
    assert trade.price > 0
    assert trade.size > 0


@case("MD-32", "Best bid and offer come typed, the bid below the offer")
async def bbo(bench: Bench) -> None:
    touch = await heard(bench.desk.bbo(WOO))
    assert touch.bid_price is not None
    assert touch.ask_price is not None
    assert touch.bid_price < touch.ask_price


@case("MD-33", "Candles of a length come typed, of that length, with the low below the high")
async def klines(bench: Bench) -> None:
    candle = await heard(bench.desk.klines(WOO, interval=Interval.MINUTE_5))
    assert (candle.symbol, candle.interval, candle.end_ts - candle.start_ts) == (WOO, "5m", 300_000)
    assert candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high


@case("MD-34", "Tickers come typed, with the last 24 hours in them")
async def tickers(bench: Bench) -> None:
    ticker = await heard(bench.desk.tickers(WOO))
    assert ticker.symbol == WOO
    assert ticker.low <= ticker.close <= ticker.high


@case("MD-35", "Mark prices and index prices of a perpetual come typed and near each other")
async def mark_and_index(bench: Bench) -> None:
    mark = await heard(bench.desk.mark_prices(PERP))
    index = await heard(bench.desk.index_prices(BTC))
    assert (mark.symbol, index.symbol) == (PERP, BTC)
    assert abs(mark.price / index.price - 1) < 0.1


@case("MD-36", "The open interest of a perpetual comes typed")
async def open_interest(bench: Bench) -> None:
    interest = await heard(bench.desk.open_interests(PERP))
    assert interest.symbol == PERP
    assert interest.open_interest >= 0


@case("MD-37", "The estimated funding of a perpetual comes typed, for a time that is still ahead")
async def funding(bench: Bench) -> None:
    estimate = await heard(bench.desk.estimated_fundings(PERP))
    assert estimate.symbol == PERP
    assert estimate.funding_ts > estimate.ts


@case("MD-38", "The ten best levels come typed and sorted")
async def tops(bench: Bench) -> None:
    async with bench.desk.subscribe(BookTops(WOO)) as reader:
        push = await anext(reader)
    assert isinstance(push, Push)
    assert push.topic == BookTops(WOO).name
    assert 0 < len(push.event.bids) <= 10
    assert push.event.bids == sorted(push.event.bids, reverse=True)


@case("MD-39", "Of several topics the one that is not there is named, and the others go on")
async def missing_topic(bench: Bench) -> None:
    async with bench.desk.trades(WOO, NOWHERE) as reader:
        with refused(SubscriptionRefused) as caught:
            await reader.ready()
        assert caught.error.topic == Trades(NOWHERE).name
        assert set(reader.refused_topics) == {Trades(NOWHERE).name}
        assert (await anext(reader)).symbol == WOO


@case("MD-40", "A reader of nothing but a topic that is not there ends with its name")
async def only_missing(bench: Bench) -> None:
    with refused(SubscriptionRefused) as caught:
        await heard(bench.desk.tickers(NOWHERE))
    assert caught.error.topic == Tickers(NOWHERE).name


@case("MD-41", "Two readers of a topic hear the same, and one that leaves takes nothing from the other")
async def two_readers(bench: Bench) -> None:
    first, second = bench.desk.trades(WOO), bench.desk.trades(WOO)
    async with second:
        async with first:
            await first.ready()
            await second.ready()
            assert await anext(first) == await anext(second)
        assert (await anext(second)).symbol == WOO


@case("MD-42", "Two readers of a topic are one subscription, which ends with the last of them", needs_sandbox=True)
async def one_subscription(bench: Bench) -> None:
    name = Trades(WOO).name
    first, second = bench.desk.trades(WOO), bench.desk.trades(WOO)
    async with second:
        async with first:
            await first.ready()
            await second.ready()
            assert list(bench.box.connections.topics()).count(name) == 1
        await anext(second)
        assert name in bench.box.connections.topics()
    await bench.seen(lambda: name not in bench.box.connections.topics())


async def until_resumed(reader: AsyncIterator[TradePrint | object]) -> list[object]:
    """Return what is told up to the end of an interruption."""
    told: list[object] = []
    async for item in reader:
        told.append(item)
        if isinstance(item, Resumed):
            return told
    raise AssertionError("the reader ended")


@case("MD-43", "A cut is told to a reader where it belongs: from when on something is missing, and when it comes again",
      needs_sandbox=True)  # fmt: skip
async def cut_is_told(bench: Bench) -> None:
    async with bench.desk.trades(WOO, gaps=True) as reader:
        await anext(reader)
        bench.box.cut_streams("public")
        told = [item for item in await until_resumed(reader) if not isinstance(item, TradePrint)]
        assert [type(item) for item in told] == [Interrupted, Resumed]
        resumed = told[-1]
        assert isinstance(resumed, Resumed)
        assert resumed.topic == Trades(WOO).name
        assert resumed.missed_ms >= 0
        assert isinstance(await anext(reader), TradePrint)
