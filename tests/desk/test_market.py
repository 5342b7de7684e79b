"""This file is the proof of many books on few sockets: after a cut, over a day, and side by side."""

from decimal import Decimal
from itertools import pairwise

import pytest
from tests.desk.venue import Venue
from tests.stream.virtual import MemoryLink

from woodlot.book.transition import BookState, Transition
from woodlot.errors import SubscriptionRefused
from woodlot.stream.rules import Rules

SYMBOLS = [f"PERP_C{number:03}_USDT" for number in range(100)]
READABLE = {BookState.SYNCED, BookState.UNCONFIRMED}


async def test_a_cut_under_a_hundred_books_is_mended_in_eleven_seconds_the_first_ones_first() -> None:
    venue = Venue()
    async with venue.opened() as market:
        books = await venue.all_books(market, SYMBOLS)
        venue.rest_s.clear()
        cut_s, up_s = venue.now_s, 0.0
        for link in venue.exchange.open_links:
            link.cut()
        await venue.time.run(0.01)
        assert {book.state for book in books} == {BookState.STALE}

        while any(book.state not in READABLE for book in books):
            await venue.time.run(0.1)
            if not up_s and all(book.state is not BookState.STALE for book in books):
                up_s = venue.now_s
            assert venue.now_s < cut_s + 30, f"{sum(book.state not in READABLE for book in books)} are left"

        assert venue.now_s - up_s <= 11
    # Ten were under way before the cut: they show what was, and count for nothing.
    assert len(venue.rest_s) <= 110
    seeded = list(reversed(dict.fromkeys(symbol for _, symbol in reversed(venue.rest_s))))
    first_socket = [symbol for symbol in seeded if symbol in SYMBOLS[:90]]
    assert first_socket == SYMBOLS[:90], "in the order in which they were subscribed"
    starts = [at_s for at_s, _ in venue.rest_s]
    assert all(later - earlier >= 0.999 for earlier, later in zip(starts, starts[10:], strict=False)), "10 per second"


async def test_books_with_and_without_rpi_never_share_a_message() -> None:
    symbol, venue = "PERP_BTC_USDT", Venue()
    venue.rest(symbol, rpi=True).bids = [("100.9", "7")]
    async with venue.opened() as market:
        wide = await venue.book(market, symbol)
        tight = await venue.book(market, symbol, rpi=True)
        assert (await venue.book(market, symbol)) is wide
        assert wide is not tight
        assert (wide.best_bid, tight.best_bid) == ((100, 1), (Decimal("100.9"), 7))

        venue.update(f"orderbookupdate@{symbol}@50", 1000, 1050, [("99", "1")])
        venue.update(f"orderbookupdaterpi@{symbol}@50", 1000, 1070, [("100.8", "1")])
        await venue.time.run(1)

        assert (wide.ts, tight.ts) == (1050, 1070)
        assert wide.levels(9)[0] == [(100, 1), (99, 1)]
        assert tight.levels(9)[0] == [(Decimal("100.9"), 7), (Decimal("100.8"), 1)]
        for book in (wide, tight):
            assert (book.counts[Transition.APPLIED], book.counts[Transition.EXACT_START]) == (0, 1)


async def test_a_symbol_that_the_exchange_does_not_know_is_refused_and_may_be_asked_for_again() -> None:
    venue = Venue()
    venue.exchange.on_dial = _refuse_everything
    async with venue.opened() as market:
        for _ in range(2):
            with pytest.raises(SubscriptionRefused, match="PERP_NOPE_USDT"):
                await venue.book(market, "PERP_NOPE_USDT")


async def test_a_book_that_is_closed_twice_takes_nothing_from_the_one_that_follows_it() -> None:
    symbol, venue = "PERP_BTC_USDT", Venue()
    async with venue.opened() as market:
        first = await venue.book(market, symbol)
        first.close()
        second = await venue.book(market, symbol)
        first.close()
        venue.update(f"orderbookupdate@{symbol}@50", 1000, 1050, [("99", "1")])
        await venue.time.run(1)

        assert (first.state, second.state) == (BookState.STALE, BookState.SYNCED)
        assert (await venue.book(market, symbol)) is second


async def test_whoever_asks_for_audits_of_a_book_gets_them_though_others_have_it() -> None:
    symbol, venue = "PERP_BTC_USDT", Venue()
    async with venue.opened() as market:
        book = await venue.book(market, symbol)
        venue.update(f"orderbookupdate@{symbol}@50", 1000, 1050, [("99", "1")])
        venue.rest(symbol).timestamp, venue.rest(symbol).bids = 1050, [("100", "1"), ("99", "1")]
        await venue.book(market, symbol, audit_every_s=60)
        await venue.time.run(200)

        assert book.counts[Transition.AGREED] == 3


@pytest.mark.parametrize("refuses", [1, 3])
async def test_a_book_asks_at_most_once_a_second_while_it_is_refused(refuses: int) -> None:
    venue = Venue()
    venue.refuses = refuses
    async with venue.opened() as market:
        book = await venue.book(market, "PERP_BTC_USDT")

        assert book.counts[Transition.SEED_FAILED] == refuses
        asked_s = [at_s for at_s, _ in venue.rest_s]
        assert min(later - earlier for earlier, later in pairwise(asked_s)) >= 1


def _refuse_everything(link: MemoryLink) -> None:
    say = link.say

    def leave_out(frame: object) -> None:
        say({**frame, "data": []} if isinstance(frame, dict) and "data" in frame else frame)

    link.say = leave_out


async def test_readers_notice_nothing_of_a_day_with_servers_that_cut_after_24_hours() -> None:
    venue = Venue()
    topic, ts = "orderbookupdate@PERP_BTC_USDT@50", 1000
    lives: list[tuple[float, MemoryLink]] = []
    venue.exchange.on_dial = lambda link: lives.append((venue.now_s, link))
    async with venue.opened(rules=Rules(ping_every_s=600.0, pong_wait_s=60.0)) as market:
        book = await venue.book(market, "PERP_BTC_USDT", audit_every_s=3600)
        venue.update(topic, 1000, 1050)
        await venue.time.run(1)
        changes = book.changes(conflate=False)
        while venue.now_s < 25 * 3600:
            ts += 50
            venue.rest("PERP_BTC_USDT").timestamp = ts + 50
            venue.rest("PERP_BTC_USDT").bids = [("100", str(ts))]
            venue.update(topic, ts, ts + 50, [("100", str(ts))])
            await venue.time.run(60)
            for born_s, link in lives:
                if link.is_open and venue.now_s - born_s >= 24 * 3600:
                    link.cut()
            assert book.state is BookState.SYNCED, f"at {venue.now_s} s: {book.reason}"
        book.close()
        seen = [change.state async for change in changes]

    assert set(seen[:-1]) == {BookState.SYNCED}
    assert len(lives) >= 2, "no socket was replaced: the test proves nothing"
    assert book.counts[Transition.GAP] == 0
    assert book.counts[Transition.AGREED] >= 20
