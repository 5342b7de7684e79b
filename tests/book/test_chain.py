"""This file is the proof of where deltas and snapshots fall on a chain."""

import pytest

from woodlot.book.chain import MOST_DELTAS, SPAN_MS, Chain, Delta, Link, Place


def delta(prev_ts: int, ts: int, size: str = "1") -> Delta:
    return Delta("S", prev_ts, ts, [("1", size)], [])


@pytest.fixture
def chain() -> Chain:
    made = Chain()
    made.extend(delta(100, 200))
    made.extend(delta(200, 300))
    return made


@pytest.mark.parametrize(
    ("timestamp", "place"),
    [
        (99, Place.BEHIND),
        (100, Place.EXACT_START),
        (150, Place.STRADDLE),
        (200, Place.EXACT_START),
        (299, Place.STRADDLE),
        (300, Place.EXACT_END),
        (301, Place.AHEAD),
    ],
)
def test_a_snapshot_is_placed_by_its_timestamp(chain: Chain, timestamp: int, place: Place) -> None:
    assert chain.place(timestamp) is place


def test_without_updates_there_is_no_place() -> None:
    assert Chain().place(100) is Place.EMPTY


@pytest.mark.parametrize(
    ("following", "link"),
    [
        (delta(300, 400), Link.NEXT),
        (delta(350, 400), Link.BROKEN),
        (delta(250, 400), Link.BROKEN),
        (delta(100, 200), Link.OLD),
        (delta(200, 300), Link.REPEATED),
        (delta(200, 300, size="2"), Link.CONFLICT),
        (delta(300, 300), Link.CONFLICT),
        (delta(400, 300), Link.IMPOSSIBLE),
    ],
)
def test_an_update_is_linked_to_the_newest(chain: Chain, following: Delta, link: Link) -> None:
    assert chain.link(following) is link


def test_what_a_snapshot_lacks_is_what_came_after_it(chain: Chain) -> None:
    assert [each.ts for each in chain.after(100)] == [200, 300]
    assert [each.ts for each in chain.after(250)] == [300]
    assert chain.after(300) == []


def test_a_floor_hides_everything_up_to_it(chain: Chain) -> None:
    chain.clear(floor=300)

    assert chain.place(300) is Place.BEHIND
    assert chain.place(301) is Place.EMPTY
    assert chain.link(delta(200, 300)) is Link.OLD
    assert chain.link(delta(300, 400)) is Link.FIRST


def test_the_oldest_are_dropped_at_either_bound() -> None:
    slow, fast = Chain(), Chain()
    for start in range(0, 4 * SPAN_MS, 1000):
        slow.extend(delta(start, start + 1000))
    for start in range(MOST_DELTAS + 10):
        fast.extend(delta(start, start + 1))

    assert slow.tip_ts - slow.after(0)[0].ts == SPAN_MS
    assert len(fast) == MOST_DELTAS
    assert fast.place(9) is Place.BEHIND
    assert fast.place(10) is Place.EXACT_START
