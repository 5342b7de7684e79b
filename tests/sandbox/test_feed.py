from decimal import Decimal
from typing import Any

from woodlot.clock import ManualClock
from woodlot.sandbox.crowd import Crowd
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.feed import INTERVALS_MS, Feed, Levels
from woodlot.sandbox.prices import FairPrice
from woodlot.wire.enums import Side
from woodlot.wire.events import BestBidOffer, BookDelta, TradePrint

BTC = "SPOT_BTC_USDT"
START_MS = ManualClock().now_ms()
INSTRUMENTS = Exchange(clock=ManualClock()).instruments


class Shelf:
    """A book that shows what it is told to."""

    def __init__(self) -> None:
        self.instruments = {BTC: INSTRUMENTS[BTC]}
        self.sides: tuple[Levels, Levels] = ([], [])
        self.versions = 0

    def show(self, bids: dict[str, str], asks: dict[str, str]) -> None:
        self.versions += 1
        self.sides = _levels(bids), _levels(asks)

    def window(self, symbol: str, depth: int, *, rpi: bool = False) -> tuple[Levels, Levels]:
        return self.sides[0][:depth], self.sides[1][:depth]

    def version(self, symbol: str, *, rpi: bool = False) -> int:
        return self.versions


def _levels(side: dict[str, str]) -> Levels:
    return [(Decimal(price), Decimal(size)) for price, size in side.items()]


def deltas(feed: Feed, now_ms: int, *, depth: int = 50) -> list[BookDelta]:
    topic = f"orderbookupdate@{BTC}@{depth}"
    return [
        push.event for push in feed.tick(now_ms=now_ms) if push.topic == topic and isinstance(push.event, BookDelta)
    ]


def published(feed: Feed, *, most_levels: int) -> tuple[int, dict[str, Decimal], dict[str, Decimal]]:
    """Return the REST book with its numbers as numbers."""
    book = feed.book(BTC, most_levels=most_levels)
    bids, asks = ({Decimal(x.price): Decimal(x.quantity) for x in side} for side in (book.bids, book.asks))
    return book.timestamp, bids, asks  # type: ignore[return-value]


def apply(side: dict[Any, Decimal], changes: list[tuple[str, str]]) -> None:
    for price, size in changes:
        if Decimal(size):
            side[Decimal(price)] = Decimal(size)
        else:
            side.pop(Decimal(price), None)


def test_a_delta_holds_what_changed_in_the_spelling_of_the_stream():
    shelf = Shelf()
    shelf.show({"100.1": "1", "100": "2"}, {"101": "3"})
    feed = Feed(shelf, now_ms=START_MS)
    shelf.show({"100.1": "1", "99.5": "0.5"}, {"101": "3.5", "102": "1"})

    (delta,) = deltas(feed, START_MS + 50)

    assert delta.symbol == BTC
    assert (delta.prev_ts, delta.ts) == (START_MS, START_MS + 50)
    assert delta.bids == [("100.00", "0"), ("99.50", "0.500000")]
    assert delta.asks == [("101.00", "3.500000"), ("102.00", "1.000000")]


def test_nothing_is_said_when_nothing_changed():
    shelf = Shelf()
    shelf.show({"100": "1"}, {"101": "1"})
    feed = Feed(shelf, now_ms=START_MS)

    assert feed.tick(now_ms=START_MS + 1000) == []

    shelf.show({"100": "1"}, {"101": "1"})
    assert feed.tick(now_ms=START_MS + 2000) == []


def test_a_side_that_did_not_change_is_empty():
    shelf = Shelf()
    shelf.show({"100": "1"}, {"101": "1"})
    feed = Feed(shelf, now_ms=START_MS)
    shelf.show({"100": "2"}, {"101": "1"})

    assert deltas(feed, START_MS + 50)[0].asks == []


def test_a_level_pushed_out_of_the_window_leaves_with_zero_and_comes_back_with_its_size():
    shelf = Shelf()
    asks = {str(200 + number): "1" for number in range(60)}
    shelf.show({"100": "1"}, asks)
    feed = Feed(shelf, now_ms=START_MS)

    shelf.show({"100": "1"}, {"199": "5"} | asks)
    pushed_out = deltas(feed, START_MS + 50)[0]
    shelf.show({"100": "1"}, asks)
    back = deltas(feed, START_MS + 100)[0]

    assert pushed_out.asks == [("199.00", "5.000000"), ("249.00", "0")]
    assert back.asks == [("199.00", "0"), ("249.00", "1.000000")]


def test_a_change_outside_the_window_moves_nothing():
    shelf = Shelf()
    asks = {str(200 + number): "1" for number in range(60)}
    shelf.show({"100": "1"}, asks)
    feed = Feed(shelf, now_ms=START_MS)

    shelf.show({"100": "1"}, asks | {"255": "9"})
    pushes = feed.tick(now_ms=START_MS + 1000)

    # Without RPI orders both flavours are one chain under two names.
    assert [push.topic for push in pushes] == [
        f"{word}@{BTC}@{depth}" for depth in (200, 500) for word in ("orderbookupdate", "orderbookupdaterpi")
    ]


def test_each_depth_has_its_own_clock():
    shelf = Shelf()
    shelf.show({"100": "1"}, {"101": "1"})
    feed = Feed(shelf, now_ms=START_MS)
    counted = dict.fromkeys(INTERVALS_MS, 0)

    for step in range(1, 2001):
        shelf.show({"100": str(step + 1)}, {"101": "1"})
        for push in feed.tick(now_ms=START_MS + step):
            word, _, rest = push.topic.partition("@")
            if word == "orderbookupdate":
                counted[int(rest.rpartition("@")[2])] += 1

    assert counted == {50: 40, 100 * 2: 20, 500: 10}


def test_times_lie_on_the_grid_and_each_names_the_one_before():
    shelf = Shelf()
    shelf.show({"100": "1"}, {"101": "1"})
    feed = Feed(shelf, now_ms=START_MS + 13)
    last = feed.book(BTC, most_levels=50).timestamp

    for step in range(1, 200):
        shelf.show({"100": str(step % 7 + 1)}, {"101": "1"})
        for delta in deltas(feed, START_MS + 13 + 37 * step):
            assert delta.prev_ts == last
            assert delta.ts > delta.prev_ts
            assert delta.ts % 50 == 0
            last = delta.ts


def test_a_clock_that_was_set_back_never_repeats_a_time():
    shelf = Shelf()
    shelf.show({"100": "1"}, {"101": "1"})
    feed = Feed(shelf, now_ms=START_MS)

    shelf.show({"100": "2"}, {"101": "1"})
    assert deltas(feed, START_MS - 5000) == []
    assert [delta.ts for delta in deltas(feed, START_MS + 50)] == [START_MS + 50]


def test_the_rest_book_is_a_point_of_the_chain_and_deltas_carry_it_on():
    clock = ManualClock()
    exchange = Exchange(clock=clock, seed=7)
    fair = {symbol: FairPrice(symbol, seed=7) for symbol in exchange.instruments}
    crowd = Crowd(exchange, fair=fair, seed=7)
    crowd.open()
    feed = Feed(exchange, now_ms=clock.now_ms())

    for depth in INTERVALS_MS:
        ts, bids, asks = published(feed, most_levels=depth)
        for _ in range(80):
            clock.advance(0.05)
            crowd.step()
            for delta in deltas(feed, clock.now_ms(), depth=depth):
                assert delta.prev_ts == ts
                ts = delta.ts
                apply(bids, delta.bids)
                apply(asks, delta.asks)
            assert (ts, bids, asks) == published(feed, most_levels=depth)
            assert len(bids) <= depth
            assert max(bids) < min(asks)


def test_the_rest_book_comes_from_the_chain_that_is_deep_enough():
    shelf = Shelf()
    shelf.show({"100": "1"}, {"101": "1"})
    feed = Feed(shelf, now_ms=START_MS)
    shelf.show({"100": "2"}, {"101": "1"})
    feed.tick(now_ms=START_MS + 50)

    assert [feed.book(BTC, most_levels=n).timestamp - START_MS for n in (1, 50, 51, 200, 201, 10**9)] == [
        50,
        50,
        0,
        0,
        0,
        0,
    ]


def test_the_rest_book_is_cut_and_spelled_without_trailing_zeros():
    shelf = Shelf()
    shelf.show({"100.10": "1.500000", "90.00": "20.000000"}, {"101.00": "3.000000"})

    book = Feed(shelf, now_ms=START_MS).book(BTC, most_levels=1)

    assert [(level.price, level.quantity) for level in (*book.bids, *book.asks)] == [("100.1", "1.5"), ("101", "3")]


def test_the_touch_is_shown_when_it_changes_and_every_10_ms_at_most():
    shelf = Shelf()
    shelf.show({"100": "1"}, {"101": "1"})
    feed = Feed(shelf, now_ms=START_MS)

    shelf.show({"100": "1", "99": "1"}, {"101": "1"})
    assert feed.touches(now_ms=START_MS + 20) == []

    shelf.show({"100.5": "1"}, {"101": "1"})
    (topic, event), _ = feed.touches(now_ms=START_MS + 30)
    assert topic == f"bbo@{BTC}"
    assert isinstance(event, BestBidOffer)
    assert (str(event.bid_price), str(event.bid_size), event.ts) == ("100.50", "1.000000", START_MS + 30)

    shelf.show({"100.6": "1"}, {"101": "1"})
    assert feed.touches(now_ms=START_MS + 39) == []
    assert [push.topic for push in feed.touches(now_ms=START_MS + 40)] == [f"bbo@{BTC}", f"bborpi@{BTC}"]


def test_an_empty_side_has_no_touch():
    shelf = Shelf()
    shelf.show({"100": "1"}, {"101": "1"})
    feed = Feed(shelf, now_ms=START_MS)
    shelf.show({}, {"101": "1"})

    (_, event), _ = feed.touches(now_ms=START_MS + 50)

    assert isinstance(event, BestBidOffer)
    assert event.bid_price is None
    assert event.ask_price == 101


def test_a_trade_is_printed_to_the_step():
    topic, event = Feed(Shelf(), now_ms=START_MS).trade(
        BTC, price=Decimal(100), quantity=Decimal("0.5"), side=Side.SELL, ts=START_MS
    )

    assert topic == f"trade@{BTC}"
    assert isinstance(event, TradePrint)
    assert (str(event.price), str(event.size), event.side, event.source) == ("100.00", "0.500000", "SELL", 1)


def test_a_chain_that_nobody_listens_to_sleeps_and_wakes_for_a_reader_and_a_listener():
    shelf, clock = Shelf(), ManualClock()
    shelf.show({"100": "1"}, {"101": "1"})
    feed = Feed(shelf, now_ms=START_MS, clock=clock)
    topic = f"orderbookupdate@{BTC}@50"
    shelf.show({"100": "2"}, {"101": "1"})
    assert feed.tick(now_ms=START_MS + 50, wanted=frozenset()) == []

    clock.advance(1.07)
    timestamp, bids, _ = published(feed, most_levels=50)
    shelf.show({"100": "3"}, {"101": "1"})
    push, _ = feed.tick(now_ms=START_MS + 1100, wanted=frozenset({topic}))

    assert (timestamp, bids) == (START_MS + 1050, {Decimal(100): Decimal(2)})
    assert isinstance(push.event, BookDelta)
    assert (push.topic, push.event.prev_ts, push.event.bids) == (topic, timestamp, [("100.00", "3.000000")])
