"""This file is the proof that what a desk's reader is shown of a feed is what an independent reading makes of it."""

from decimal import Decimal

import pytest
from tests.book.feeds import CHARACTERS, DEPTH, SYMBOL, Feed, Reading
from tests.desk.venue import Venue

from woodlot.book.transition import BookState

MESSAGES = 60


@pytest.mark.parametrize("character", CHARACTERS)
async def test_every_change_shows_the_fifty_levels_of_an_independent_reading(character: str) -> None:
    feed, venue = Feed(CHARACTERS[character], 3), Venue()
    snapshot, rest = feed.snapshot(), venue.rest(SYMBOL)
    rest.timestamp = snapshot["timestamp"]
    rest.bids, rest.asks = (
        [(level["price"], level["quantity"]) for level in snapshot[side]] for side in ("bids", "asks")
    )
    reading = Reading(snapshot)
    async with venue.opened() as market:
        book = await venue.book(market, SYMBOL)
        assert book.levels(DEPTH) == reading.top()
        changes = book.changes(conflate=False)

        for frame in feed.frames(MESSAGES):
            venue.exchange.links[0].frames.put_nowait(frame)
            change = await anext(changes)
            reading.hear(frame)

            assert change.view is not None
            assert (change.state, change.ts) == (BookState.SYNCED, feed.ts)
            assert change.view.levels(DEPTH) == reading.top() == book.levels(DEPTH)
            assert all(isinstance(number, Decimal) for side in book.levels(1) for level in side for number in level)
