"""This file is the proof of a book that keeps itself, against a market in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

import pytest
from tests.desk.venue import Venue

from woodlot.book.fallback import Source
from woodlot.book.transition import BookState, Transition
from woodlot.desk.live_book import LiveBook
from woodlot.desk.market import Market
from woodlot.errors import BookNotInSync
from woodlot.wire.enums import Side
from woodlot.wire.frames import Push
from woodlot.wire.topics import BookDeltas

SYMBOL = "PERP_BTC_USDT"
TOPIC = f"orderbookupdate@{SYMBOL}@50"
D = Decimal
NOTHING = D(0)


@pytest.fixture
def venue() -> Venue:
    return Venue()


@pytest.fixture
async def market(venue: Venue) -> AsyncIterator[Market]:
    async with venue.opened() as market:
        yield market


@pytest.fixture
async def book(venue: Venue, market: Market) -> LiveBook:
    """A book SYNCED at 1050: bids 100 and 99, an ask at 101."""
    made = await venue.book(market, SYMBOL)
    venue.update(TOPIC, 1000, 1050, [("99", "4")])
    await venue.time.run(1)
    assert made.state is BookState.SYNCED
    return made


async def test_a_quiet_book_can_be_read_at_once_and_says_what_it_is(venue: Venue, market: Market) -> None:
    book = await venue.book(market, SYMBOL)

    assert book.state is BookState.UNCONFIRMED
    assert book.reason == "a snapshot without any update"
    assert 0 <= book.age_s <= 1
    assert book.best_bid == (D(100), D(1))
    assert book.source is Source.UPDATES


async def test_every_measure_can_be_read_off_the_book(book: LiveBook) -> None:
    assert (book.ts, book.best_bid, book.best_ask) == (1050, (D(100), D(1)), (D(101), D(1)))
    assert (book.mid, book.spread, book.micro_price) == (D("100.5"), D(1), D("100.5"))
    assert book.levels(1) == ([(D(100), D(1))], [(D(101), D(1))])
    assert (book.bid_depth("99"), book.ask_depth(200)) == (D(5), D(1))
    assert book.imbalance(2) == D(4) / D(6)
    assert book.sell_quantity("2").amount == D(199)
    assert book.buy_amount("101").quantity == D(1)
    assert book.view(1).bids == ((D(100), D(1)),)


async def test_a_gap_withdraws_the_book_before_anyone_reads_it_and_one_snapshot_mends_it(
    venue: Venue, book: LiveBook
) -> None:
    asked = len(venue.rest_s)
    venue.rest(SYMBOL).timestamp = 1150
    venue.update(TOPIC, 1100, 1150)
    for _ in range(3):
        await asyncio.sleep(0)

    assert book.state is BookState.SYNCING
    with pytest.raises(BookNotInSync, match="an update was lost"):
        _ = book.best_bid
    with pytest.raises(BookNotInSync):
        _ = book.mid
    assert book.levels(9, allow_stale=True)[0] == [(D(100), D(1)), (D(99), D(4))]
    await venue.time.run(1)
    assert book.state is BookState.SYNCED
    assert len(venue.rest_s) == asked + 1


async def test_reading_on_sees_every_frame_as_it_was(venue: Venue, book: LiveBook) -> None:
    changes = book.changes(conflate=False)
    for ts in range(1050, 1250, 50):
        venue.update(TOPIC, ts, ts + 50, [("100", str(ts))])
    await venue.time.run(1)

    seen = [await anext(changes) for _ in range(4)]

    assert [change.ts for change in seen] == [1100, 1150, 1200, 1250]
    assert [change.view.best_bid for change in seen if change.view] == [
        (D(100), D(ts)) for ts in (1050, 1100, 1150, 1200)
    ]


async def test_a_slow_reader_gets_the_newest_change_and_the_count_of_what_it_stands_for(
    venue: Venue, book: LiveBook
) -> None:
    changes = aiter(book)
    for ts in range(1050, 1250, 50):
        venue.update(TOPIC, ts, ts + 50)
    await venue.time.run(1)

    change = await anext(changes)

    assert (change.ts, change.conflated, change.view) == (1250, 3, None)


async def test_a_change_of_state_is_a_change_too(venue: Venue, book: LiveBook) -> None:
    changes = book.changes(conflate=False)
    venue.exchange.links[0].cut()
    await venue.time.run(0.01)

    change = await anext(changes)

    assert (change.state, change.reason, change.view) == (BookState.STALE, Transition.DISCONNECTED, None)


async def test_a_frame_that_cannot_be_read_changes_nothing(venue: Venue, book: LiveBook) -> None:
    venue.exchange.links[0].say({"topic": TOPIC, "ts": 1, "data": {"ts": 1100, "bids": 7}})
    await venue.time.run(0.01)
    assert book.state is BookState.SYNCED
    assert book.counts[Transition.MALFORMED] == 1

    venue.update(TOPIC, 1050, 1100, [("98", "1")])
    await venue.time.run(5)

    assert (book.state, book.ts, len(book.levels(9)[0])) == (BookState.SYNCED, 1100, 3)
    assert book.counts[Transition.CONNECTED] == 1


async def test_an_update_lost_in_a_frame_that_cannot_be_read_is_found_out_by_a_snapshot(
    venue: Venue, book: LiveBook
) -> None:
    venue.exchange.links[0].say({"topic": TOPIC, "ts": 1, "data": {"ts": 1100, "bids": 7}})
    venue.rest(SYMBOL).timestamp, venue.rest(SYMBOL).bids = 1100, [("97", "7")]
    await venue.time.run(15)

    assert (book.ts, book.best_bid) == (1100, (D(97), D(7)))
    assert (book.state, book.counts[Transition.SILENT]) == (BookState.UNCONFIRMED, 1)


async def test_an_audit_that_agrees_says_so(venue: Venue, book: LiveBook) -> None:
    audit = asyncio.create_task(book.audit(timeout_s=2))
    await venue.time.run(3)

    assert await audit is Transition.AGREED, "REST was still at the time before the last update"


async def test_a_difference_is_an_event_a_resync_and_a_counter(venue: Venue, book: LiveBook) -> None:
    changes = book.changes(conflate=False)
    venue.rest(SYMBOL).bids = [("100", "3")]
    audit = asyncio.create_task(book.audit(timeout_s=2))
    await venue.time.run(5)

    assert await audit is Transition.DIFFERED
    first = await anext(changes)
    assert (first.state, first.reason) == (BookState.SYNCING, Transition.DIFFERED)
    assert book.counts[Transition.DIFFERED] == 1
    assert book.state is BookState.SYNCED
    assert book.levels(9)[0] == [(D(100), D(3)), (D(99), D(4))], "the new snapshot, and what came after it"


async def test_an_audit_goes_on_when_an_update_confirms_the_book_first(venue: Venue, market: Market) -> None:
    book = await venue.book(market, SYMBOL)
    assert book.state is BookState.UNCONFIRMED
    audit = asyncio.create_task(book.audit(timeout_s=30))
    await asyncio.sleep(0)
    venue.update(TOPIC, 1000, 1050)
    await asyncio.sleep(0)
    venue.rest(SYMBOL).timestamp = 1050
    await venue.time.run(10)
    assert audit.done()
    assert await audit is Transition.AGREED


async def test_audits_can_be_left_to_the_book(venue: Venue, market: Market) -> None:
    book = await venue.book(market, SYMBOL, audit_every_s=60)
    venue.update(TOPIC, 1000, 1050)
    await venue.time.run(200)

    assert book.counts[Transition.AGREED] == 3


async def test_a_book_that_cannot_be_read_cannot_be_audited(venue: Venue, book: LiveBook) -> None:
    venue.exchange.is_down = True
    venue.exchange.links[0].cut()
    await venue.time.run(0.1)

    with pytest.raises(BookNotInSync):
        await book.audit()


async def test_a_closed_book_leaves_its_topic_and_ends_its_readers(venue: Venue, book: LiveBook) -> None:
    changes = book.changes()
    book.close()
    await venue.time.run(1)

    assert venue.exchange.links[0].topics == set()
    assert book.state is BookState.STALE
    assert [change.state async for change in changes] == [BookState.STALE]


async def test_snapshots_that_are_refused_are_asked_for_again(venue: Venue, market: Market) -> None:
    venue.refuses = 3

    book = await venue.book(market, SYMBOL)

    assert book.state is BookState.UNCONFIRMED


async def test_our_open_orders_are_marked_in_the_book(venue: Venue, book: LiveBook) -> None:
    venue.open_orders = [
        Resting(SYMBOL, Side.BUY, D(100), D("0.5")),
        Resting(SYMBOL, Side.SELL, D(105), D(2), filled_quantity=D(1)),
        Resting("PERP_ETH_USDT", Side.BUY, D(99), D(9)),
    ]

    view = book.own_view()

    assert [(level.price, level.size, level.own, level.others) for level in view.bids] == [
        (100, 1, D("0.5"), D("0.5")),
        (99, 4, 0, 4),
    ]
    assert [(level.price, level.size, level.own) for level in view.asks] == [(101, 1, 0), (105, 0, 1)]


async def test_a_spot_book_without_updates_lives_of_ten_levels_and_comes_back(venue: Venue, market: Market) -> None:
    spot = "SPOT_BTC_USDT"
    book = await venue.book(market, spot)
    for second in range(62):
        top = {"s": spot, "ts": 2000 + second, "bids": [["98", str(second + 1)]], "asks": [["99", "1"]]}
        venue.exchange.push(f"orderbook10@{spot}", top)
        await venue.time.run(1)

    assert (book.source, book.state) == (Source.TOP_TEN, BookState.UNCONFIRMED)
    assert book.reason == "no updates come: ten levels of orderbook10"
    assert book.best_bid == (D(98), D(62))

    venue.exchange.links[0].say({"topic": f"orderbook10@{spot}", "ts": 1, "data": 7})
    await venue.time.run(0.1)
    assert book.source is Source.TOP_TEN, "the next push is whole again"

    venue.rest(spot).timestamp = 3000
    venue.update(f"orderbookupdate@{spot}@50", 2900, 3000)
    await venue.time.run(3)
    venue.update(f"orderbookupdate@{spot}@50", 3000, 3050)
    await venue.time.run(1)
    assert (book.source, book.state) == (Source.UPDATES, BookState.SYNCED)


async def test_a_perpetual_book_does_not_hear_the_topic_with_rpi_orders(venue: Venue, book: LiveBook) -> None:
    assert venue.exchange.links[0].topics == {TOPIC}


@dataclass(frozen=True)
class Resting:
    """An open order, as the book sees it."""

    symbol: str
    side: Side
    price: Decimal | None
    quantity: Decimal | None
    filled_quantity: Decimal = NOTHING


async def test_updates_that_are_told_to_nobody_are_counted_and_wake_who_waits(
    venue: Venue, market: Market, book: LiveBook
) -> None:
    applied, pushes = book.counts[Transition.APPLIED], market.stream.findings.pushes
    changes = book.changes()
    waiting = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    venue.update(TOPIC, 1050, 1100, [("98", "1")])
    venue.update(TOPIC, 1100, 1150, [("97", "1")])
    await venue.time.run(0.1)

    # Each is one change, whoever counts.
    assert book.counts[Transition.APPLIED] == applied + 2
    assert market.stream.findings.pushes == pushes + 2
    heard = [await waiting]
    while heard[-1].ts < 1150:
        heard.append(await anext(changes))
    assert sum(1 + change.conflated for change in heard) == 2
    assert (book.ts, len(book.levels(9)[0])) == (1150, 4)


async def test_who_else_hears_the_topic_is_told_after_the_book(venue: Venue, market: Market, book: LiveBook) -> None:
    topic = BookDeltas(SYMBOL, depth=50)
    async with market.stream.subscribe(topic) as reader:
        venue.update(TOPIC, 1050, 1100, [("98", "1")])
        await venue.time.run(0.1)
        push = await anext(reader)

    assert isinstance(push, Push)
    event = push.event
    assert (event.prev_ts, event.ts, list(event.bids)) == (1050, 1100, [("98", "1")])
    assert book.ts == 1100
    venue.update(TOPIC, 1100, 1150)
    await venue.time.run(0.1)
    assert book.ts == 1150
