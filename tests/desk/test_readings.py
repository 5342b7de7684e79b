"""This file is the proof of what a reader of public topics gets: events, and gaps where it asks for them."""

from decimal import Decimal
from typing import Any

import pytest
from tests.desk.venue import Venue

from woodlot.desk.market import Market
from woodlot.desk.topic_verbs import TopicVerbs
from woodlot.errors import SubscriptionRefused
from woodlot.stream.continuity import Interrupted, Resumed
from woodlot.wire.events import BestBidOffer, TradePrint
from woodlot.wire.figures import BookTop, Candle, EstimatedFunding, IndexPrice, MarkPrice, OpenInterest, Ticker
from woodlot.wire.frames import Push
from woodlot.wire.topics import BookTops, Interval, Trades

SPOT, PERP = "SPOT_BTC_USDT", "PERP_BTC_USDT"
PRICED = {"px": "1.50", "ts": 5}
DAY = {"o": "1", "c": "2", "h": "3", "l": "1", "v": "4", "a": "5", "ts": 5}
PUSHES: dict[str, dict[str, Any]] = {
    f"trade@{SPOT}": {"s": SPOT, "px": "1.50", "sx": "2", "sd": "BUY", "src": 1, "ts": 5},
    f"bbo@{SPOT}": {"s": SPOT, "bp": "1", "bq": "2", "ap": "", "aq": "", "ts": 5},
    f"bborpi@{SPOT}": {"s": SPOT, "bp": "1", "bq": "2", "ap": "3", "aq": "4", "ts": 5},
    f"kline@{SPOT}@1M": {"s": SPOT, "t": "1M", "st": 1, "et": 2, **DAY},
    f"ticker@{SPOT}": {"s": SPOT, "cnt": 7, **DAY},
    f"markprice@{PERP}": {"s": PERP, **PRICED},
    f"indexprice@{SPOT}": {"s": SPOT, **PRICED},
    f"openinterest@{PERP}": {"s": PERP, "oi": "9", "ts": 5},
    f"estfundingrate@{PERP}": {"s": PERP, "r": "4.3E-5", "ft": 9, "ts": 5},
}


class Verbs(TopicVerbs):
    """A desk that has nothing but its market."""

    def __init__(self, market: Market) -> None:
        self._market = market

    @property
    def market(self) -> Market:
        return self._market


async def test_each_verb_yields_the_event_of_its_topic() -> None:
    venue = Venue()
    async with venue.opened() as market:
        desk = Verbs(market)
        readers = [
            (desk.trades(SPOT), TradePrint),
            (desk.bbo(SPOT), BestBidOffer),
            (desk.bbo(SPOT, rpi=True), BestBidOffer),
            (desk.klines(SPOT, interval=Interval.MONTH_1), Candle),
            (desk.tickers(SPOT), Ticker),
            (desk.mark_prices(PERP), MarkPrice),
            (desk.index_prices(SPOT), IndexPrice),
            (desk.open_interests(PERP), OpenInterest),
            (desk.estimated_fundings(PERP), EstimatedFunding),
        ]
        await venue.time.run(3)
        assert [reader.topics for reader, _ in readers] == [(topic,) for topic in PUSHES]

        for topic, data in PUSHES.items():
            venue.exchange.push(topic, data)
        await venue.time.run(0.1)

        for reader, kind in readers:
            event = await anext(reader)
            assert type(event) is kind
            assert event.ts == 5


async def test_a_reader_that_does_not_ask_for_gaps_reads_over_them_and_one_that_does_is_told() -> None:
    venue = Venue()
    async with venue.opened() as market:
        plain, told = Verbs(market).trades(SPOT), Verbs(market).trades(SPOT, gaps=True)
        await venue.time.run(3)
        [link] = venue.exchange.open_links
        link.cut()
        await venue.time.run(10)
        venue.exchange.push(f"trade@{SPOT}", PUSHES[f"trade@{SPOT}"])
        await venue.time.run(0.1)

        assert (await anext(plain)).price == Decimal("1.5")
        heard = [await anext(told) for _ in range(3)]

    assert [type(item) for item in heard] == [Interrupted, Resumed, TradePrint]


async def test_leaving_a_reader_leaves_its_topic_and_ends_its_iteration() -> None:
    venue = Venue()
    async with venue.opened() as market:
        async with Verbs(market).trades(SPOT) as trades:
            await venue.time.run(3)
            await trades.ready()
            venue.exchange.push(f"trade@{SPOT}", PUSHES[f"trade@{SPOT}"])
            await venue.time.run(0.1)
        await venue.time.run(3)

        assert [trade.price async for trade in trades] == [Decimal("1.5")]
        assert [link.topics for link in venue.exchange.open_links] == [set()]


async def test_a_slow_reader_learns_how_much_it_missed() -> None:
    venue = Venue()
    async with venue.opened() as market:
        touches = Verbs(market).bbo(SPOT)
        await venue.time.run(3)
        for _ in range(3):
            venue.exchange.push(f"bbo@{SPOT}", PUSHES[f"bbo@{SPOT}"])
        await venue.time.run(0.1)

        assert (await anext(touches)).ask_price is None
        assert (touches.conflated, touches.dropped) == (2, 0)


async def test_a_refused_topic_is_named_and_the_other_goes_on() -> None:
    venue = Venue()
    venue.exchange.unknown.add("trade@SPOT_NOPE_USDT")
    async with venue.opened() as market:
        trades = Verbs(market).trades("SPOT_NOPE_USDT", SPOT)
        await venue.time.run(3)
        with pytest.raises(SubscriptionRefused, match="trade@SPOT_NOPE_USDT"):
            await trades.ready()
        venue.exchange.push(f"trade@{SPOT}", PUSHES[f"trade@{SPOT}"])
        await venue.time.run(0.1)

        assert list(trades.refused_topics) == ["trade@SPOT_NOPE_USDT"]
        assert (await anext(trades)).symbol == SPOT


async def test_pushes_have_the_topic_and_when_it_was_sent() -> None:
    venue = Venue()
    async with venue.opened() as market:
        pushes = Verbs(market).subscribe(BookTops(SPOT))
        await venue.time.run(3)
        venue.exchange.push(f"orderbook10@{SPOT}", {"s": SPOT, "ts": 5, "bids": [["1", "2"]], "asks": []})
        await venue.time.run(0.1)
        push = await anext(pushes)

    assert isinstance(push, Push)
    assert (push.topic, push.event) == (f"orderbook10@{SPOT}", BookTop(symbol=SPOT, ts=5, bids=[("1", "2")], asks=[]))
    assert Trades(SPOT).name == f"trade@{SPOT}"
