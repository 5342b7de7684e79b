"""This file is the proof that a spot book without updates shows ten levels instead, says so, and comes back."""

from decimal import Decimal

import pytest
from tests.book.driver import SYMBOL, Driver

from woodlot.book.chain import Delta
from woodlot.book.fallback import Fallback, Source
from woodlot.book.transition import BookState, Transition


class Spot(Driver):
    """A driver whose book hears `orderbook10` too."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = Fallback(self.sync)
        self.up()

    def top(self, ts: int, price: str = "5") -> Transition | None:
        return self.shown.top(ts, bids=[(price, "1")], asks=[("9", "1")], now_s=self.now_s)

    def update(self, prev_ts: int, ts: int) -> Transition:
        return self.shown.delta(Delta(SYMBOL, prev_ts, ts, [], []), now_s=self.now_s)

    def tops_for(self, seconds: int, *, from_ts: int) -> None:
        for second in range(seconds + 1):
            self.top(from_ts + second)
            self.now_s += 1


@pytest.fixture
def spot() -> Spot:
    """A book that is UNCONFIRMED at 100 with one bid at 1."""
    made = Spot()
    made.seed(100)
    return made


@pytest.fixture
def fallen(spot: Spot) -> Spot:
    spot.tops_for(61, from_ts=1000)
    return spot


def test_for_a_minute_the_snapshot_is_shown(spot: Spot) -> None:
    spot.tops_for(58, from_ts=1000)

    assert spot.shown.source is Source.UPDATES
    assert spot.shown.read().best_bid == (1, 1)


def test_after_a_minute_without_updates_ten_levels_are_shown_and_it_says_so(fallen: Spot) -> None:
    assert fallen.shown.source is Source.TOP_TEN
    assert fallen.shown.standing.state is BookState.UNCONFIRMED
    assert fallen.shown.standing.reason is Transition.TOP_TEN
    assert fallen.shown.standing.since == 60
    assert fallen.shown.read().best_bid == (5, 1)
    assert fallen.top(2000, "6") is Transition.TOP_TEN
    assert fallen.shown.read().best_bid == (6, 1)
    assert fallen.shown.standing.since == 60


def test_rest_is_read_now_and_then_meanwhile_and_shown_where_it_is_newer(fallen: Spot) -> None:
    asked: list[float] = []
    for second in range(60):
        fallen.top(2000 + second)
        if (ticket := fallen.sync.take_seed(now_s=fallen.now_s)) is not None:
            asked.append(fallen.now_s)
            fallen.bring(ticket, 2000 + second - 5, [("4", "4")])
        fallen.now_s += 1
    assert 4 <= len(asked) <= 8, f"asked at {asked}"
    assert fallen.shown.read().best_bid == (5, 1), "orderbook10 was newer"

    assert fallen.seed(3000, [("4", "4")]) is Transition.NO_DELTAS
    assert fallen.shown.read().best_bid == (4, 4)


def test_it_comes_back_when_updates_have_proved_the_book(fallen: Spot) -> None:
    fallen.update(5000, 5050)
    assert fallen.shown.source is Source.TOP_TEN, "one update alone proves nothing yet"
    assert fallen.shown.read().best_bid == (5, 1)

    fallen.seed(5050, [("7", "7")])
    assert fallen.shown.source is Source.TOP_TEN
    fallen.update(5050, 5100)

    assert fallen.shown.source is Source.UPDATES
    assert fallen.shown.standing.state is BookState.SYNCED
    assert fallen.shown.read().best_bid == (7, 7)


def test_it_comes_back_too_when_updates_make_a_book_that_no_snapshot_meets_exactly(fallen: Spot) -> None:
    assert fallen.shown.source is Source.TOP_TEN

    assert fallen.update(50, 2000) is Transition.STRADDLE

    assert fallen.shown.source is Source.UPDATES
    assert fallen.shown.standing.reason is Transition.STRADDLE
    assert fallen.shown.read().ts == 2000


def test_an_update_now_and_then_is_enough_to_stay(spot: Spot) -> None:
    spot.update(100, 200)
    for minute in range(5):
        spot.tops_for(50, from_ts=1000 * (minute + 1))
        spot.update(200 + 50 * minute, 250 + 50 * minute)

    assert spot.shown.source is Source.UPDATES
    assert spot.shown.standing.state is BookState.SYNCED


def test_a_book_in_sync_is_audited_first(spot: Spot) -> None:
    spot.update(100, 200)
    spot.tops_for(61, from_ts=1000)
    assert spot.shown.source is Source.UPDATES, "what changed may be RPI orders alone"

    assert spot.seed(200) is Transition.AGREED
    assert spot.shown.standing.state is BookState.SYNCED


def test_updates_that_stop_are_found_out(spot: Spot) -> None:
    spot.update(100, 200)
    for second in range(200):
        spot.top(1000 + second)
        if (ticket := spot.sync.take_seed(now_s=spot.now_s)) is not None:
            spot.bring(ticket, 1000 + second, [("4", "4")])
        spot.now_s += 1

    assert spot.sync.counts[Transition.SILENT] == 1
    assert spot.shown.source is Source.TOP_TEN


def test_without_orderbook10_there_is_no_fallback(fallen: Spot) -> None:
    fallen.shown.top_lost()

    assert fallen.shown.source is Source.UPDATES
    assert fallen.shown.read().best_bid == (Decimal(1), Decimal(1))


def test_time_without_a_subscription_does_not_count(spot: Spot) -> None:
    spot.sync.disconnected(now_s=spot.now_s)
    spot.tops_for(61, from_ts=1000)
    assert spot.shown.standing.state is BookState.STALE

    spot.up()
    spot.tops_for(30, from_ts=2000)
    assert spot.shown.source is Source.UPDATES


@pytest.mark.parametrize(("bids", "asks"), [([("x", "1")], []), ([("9", "1")], [("8", "1")])])
def test_ten_levels_that_cannot_be_are_passed_over(
    fallen: Spot, bids: list[tuple[str, str]], asks: list[tuple[str, str]]
) -> None:
    fallen.shown.top(9000, bids=bids, asks=asks, now_s=fallen.now_s)
    assert fallen.top(500) is None, "older than what is shown"

    assert fallen.shown.read().best_bid == (5, 1)
