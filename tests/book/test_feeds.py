"""This file is the proof that a feed of any prices reads as an independent reading of it does, at every message."""

import pytest
from tests.book.feeds import CHARACTERS, DEPTH, SYMBOL, Feed, Reading

from woodlot.book.chain import Delta
from woodlot.book.sync import Synchroniser
from woodlot.book.transition import BookState, Transition
from woodlot.wire.frames import Push, decode_frame

MESSAGES = 150


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("character", CHARACTERS)
def test_the_best_fifty_levels_are_those_of_an_independent_reading(character: str, seed: int) -> None:
    feed = Feed(CHARACTERS[character], seed)
    snapshot, sync = feed.snapshot(), Synchroniser(SYMBOL, depth=DEPTH, now_s=0.0)
    reading = Reading(snapshot)
    sync.connected(now_s=0.0)
    sync.subscribed(now_s=0.0)
    levels = ([(level["price"], level["quantity"]) for level in snapshot[side]] for side in ("bids", "asks"))
    bids, asks = levels
    sync.snapshot(snapshot["timestamp"], bids=bids, asks=asks, now_s=0.0, ticket=sync.take_seed(now_s=0.0))

    for frame in feed.frames(MESSAGES):
        push = decode_frame(frame)
        assert isinstance(push, Push), push
        event = push.event
        sync.delta(Delta(event.symbol, event.prev_ts, event.ts, event.bids, event.asks), now_s=1.0)
        reading.hear(frame)

        assert sync.state is BookState.SYNCED
        assert sync.read().levels(DEPTH) == reading.top() == feed.top()
        assert sync.read().ts == feed.ts
    assert sync.counts[Transition.APPLIED] == MESSAGES - 1
