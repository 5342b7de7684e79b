"""This file is the proof of the synchroniser, case by case."""

from decimal import Decimal
from itertools import pairwise

import pytest
from tests.book.driver import Driver

from woodlot.book.chain import MOST_DELTAS, SPAN_MS, Delta
from woodlot.book.seeding import PATIENCE_S
from woodlot.book.transition import BookState, Transition
from woodlot.errors import BookNotInSync

SYNCING, UNCONFIRMED, SYNCED, STALE = (
    BookState.SYNCING,
    BookState.UNCONFIRMED,
    BookState.SYNCED,
    BookState.STALE,
)


@pytest.fixture
def driver() -> Driver:
    return Driver().up()


@pytest.fixture
def live() -> Driver:
    """A book that is SYNCED at 200 with one bid of 1 at 1."""
    made = Driver().up()
    made.delta(100, 200)
    assert made.seed(200) is Transition.EXACT_END
    return made


def test_an_update_that_starts_at_the_snapshot_makes_the_book(driver: Driver) -> None:
    assert driver.delta(50, 100, [("9", "9")]) is Transition.BUFFERED
    driver.delta(100, 200, [("2", "5")])

    assert driver.seed(100) is Transition.EXACT_START

    assert driver.sync.state is SYNCED
    assert driver.bids == {Decimal(1): 1, Decimal(2): 5}
    assert driver.sync.read().ts == 200
    assert driver.sync.seed_due_at is None


def test_an_update_that_ends_at_the_snapshot_makes_the_book(driver: Driver) -> None:
    driver.delta(50, 100, [("9", "9")])

    assert driver.seed(100) is Transition.EXACT_END

    assert driver.sync.state is SYNCED
    assert driver.bids == {Decimal(1): 1}


def test_a_live_book_follows_its_updates(live: Driver) -> None:
    assert live.delta(200, 250, [("1", "0"), ("3", "4")]) is Transition.APPLIED
    assert live.delta(250, 300) is Transition.APPLIED, "an update without levels still moves the chain"

    assert live.bids == {Decimal(3): 4}
    assert live.sync.read().ts == 300


def test_nothing_is_asked_before_the_subscription_is_up() -> None:
    driver = Driver()
    driver.sync.connected(now_s=0)
    assert driver.sync.seed_due_at is None

    assert driver.delta(50, 100) is Transition.BUFFERED
    assert driver.sync.seed_due_at == 0, "data before its acknowledgement proves the subscription"


def test_a_straddled_book_is_unconfirmed_until_a_snapshot_is_exact(driver: Driver) -> None:
    driver.delta(100, 200, [("2", "2")])
    assert driver.seed(150, [("1", "7")]) is Transition.STRADDLE
    assert driver.sync.state is UNCONFIRMED
    assert driver.delta(200, 300, [("3", "3")]) is Transition.APPLIED
    assert driver.sync.state is UNCONFIRMED

    assert driver.seed(200, [("1", "1"), ("2", "2")]) is Transition.EXACT_START

    assert driver.sync.state is SYNCED
    assert driver.bids == {Decimal(1): 1, Decimal(2): 2, Decimal(3): 3}
    assert driver.sync.counts[Transition.DIFFERED] == 1, "the flickering level had been wrong"


def test_a_straddled_book_is_believed_once_three_snapshots_from_other_updates_agree(driver: Driver) -> None:
    for start in range(100, 500, 100):
        driver.delta(start, start + 100, [("2", str(start))])
        assert driver.sync.state is not SYNCED
        placed = driver.seed(start + 50, [("1", "7"), ("2", "9")])
        assert placed is (Transition.WITNESSED if start == 400 else Transition.STRADDLE)

    assert driver.sync.state is SYNCED
    assert driver.sync.standing.reason is Transition.WITNESSED
    assert driver.bids == {Decimal(1): 7, Decimal(2): 400}
    assert driver.delta(500, 600, [("1", "0")]) is Transition.APPLIED


def test_snapshots_from_inside_one_update_are_one_witness(driver: Driver) -> None:
    driver.delta(100, 200)
    for _ in range(9):
        assert driver.seed(150) is Transition.STRADDLE
        assert driver.seed(160) is Transition.STRADDLE
    assert driver.sync.state is UNCONFIRMED


def test_of_two_straddled_books_that_differ_the_newer_is_shown_and_the_counting_begins_anew(driver: Driver) -> None:
    for start, size in ((100, "7"), (200, "7"), (300, "7"), (400, "8"), (500, "8"), (600, "8")):
        driver.delta(start, start + 100)
        assert driver.seed(start + 50, [("1", size)]) is Transition.STRADDLE
    assert driver.bids == {Decimal(1): 8}
    assert driver.sync.counts[Transition.DIFFERED] == 1
    assert driver.sync.state is UNCONFIRMED

    driver.delta(700, 800)
    assert driver.seed(750, [("1", "8")]) is Transition.WITNESSED


def test_a_snapshot_behind_the_stream_keeps_the_buffer_and_is_asked_for_again(driver: Driver) -> None:
    driver.delta(10_000, 10_050)
    asked: list[float] = []
    for second in range(11):
        assert driver.seed(5_000 + second) is Transition.SNAPSHOT_BEHIND
        asked.append(driver.now_s)
        driver.delta(10_050 + 50 * second, 10_100 + 50 * second, [("2", str(second + 1))])
    assert driver.sync.state is SYNCING
    assert driver.sync.standing.reason is Transition.SNAPSHOT_BEHIND
    pauses = [round(later - earlier, 3) for earlier, later in pairwise(asked)]
    assert pauses == [1, 2, 4, 5, 5, 5, 5, 5, 5, 5]

    assert driver.seed(10_050) is Transition.EXACT_START

    assert driver.bids == {Decimal(1): 1, Decimal(2): 11}


def test_a_snapshot_ahead_is_confirmed_by_the_update_that_starts_there(driver: Driver) -> None:
    driver.delta(50, 100)
    assert driver.seed(200) is Transition.SNAPSHOT_AHEAD
    assert driver.sync.state is UNCONFIRMED

    assert driver.delta(100, 150, [("1", "0")]) is Transition.BEFORE_SNAPSHOT
    assert driver.bids == {Decimal(1): 1}
    assert driver.delta(150, 200, [("1", "0")]) is Transition.EXACT_END
    assert driver.sync.state is SYNCED
    assert driver.bids == {Decimal(1): 1}
    assert driver.delta(200, 250, [("1", "2")]) is Transition.APPLIED


def test_what_is_lost_before_the_snapshot_is_not_missed(driver: Driver) -> None:
    driver.delta(50, 100)
    driver.seed(200)

    assert driver.delta(200, 250, [("2", "2")]) is Transition.EXACT_START
    assert driver.sync.state is SYNCED


def test_an_update_over_a_snapshot_ahead_is_a_straddle(driver: Driver) -> None:
    driver.delta(50, 100)
    driver.seed(200)

    assert driver.delta(150, 250, [("2", "2")]) is Transition.STRADDLE
    assert driver.sync.state is UNCONFIRMED


def test_where_every_snapshot_lies_inside_an_update_they_are_asked_for_less_and_less_often(driver: Driver) -> None:
    asked: list[float] = []
    driver.delta(50, 100)
    for start in range(100, 900, 100):
        assert driver.seed(start + 50) is Transition.SNAPSHOT_AHEAD
        asked.append(driver.now_s)
        assert driver.delta(start, start + 100) is Transition.STRADDLE
    pauses = [later - earlier for earlier, later in pairwise(asked)]

    assert pauses == sorted(pauses)
    assert pauses[0] <= 2
    assert pauses[-1] == 15


@pytest.mark.parametrize("before", [[(50, 100)], []])
def test_an_update_that_starts_after_a_snapshot_held_is_a_gap(driver: Driver, before: list[tuple[int, int]]) -> None:
    for prev_ts, ts in before:
        driver.delta(prev_ts, ts)
    driver.seed(200)

    assert driver.delta(250, 300) is Transition.GAP
    assert driver.sync.state is SYNCING
    assert driver.seed(250) is Transition.EXACT_START


def test_a_snapshot_without_updates_is_readable_and_unconfirmed(driver: Driver) -> None:
    assert driver.seed(100) is Transition.NO_DELTAS
    assert driver.sync.state is UNCONFIRMED
    assert driver.bids == {Decimal(1): 1}

    assert driver.delta(100, 150, [("2", "2")]) is Transition.EXACT_START
    assert driver.sync.state is SYNCED


def test_a_quiet_book_is_seeded_until_two_snapshots_a_minute_apart_agree(driver: Driver) -> None:
    outcomes = [driver.seed(100)]
    while driver.sync.seed_due_at is not None:
        outcomes.append(driver.seed(100))
        assert len(outcomes) < 20, "the seeding never ends"

    assert outcomes[-1] is Transition.QUIET
    assert set(outcomes[:-1]) == {Transition.NO_DELTAS}
    assert driver.now_s >= 60
    assert driver.sync.state is UNCONFIRMED
    assert driver.sync.standing.age_s(driver.now_s) == driver.now_s
    assert driver.delta(100, 150) is Transition.EXACT_START


def test_a_newer_snapshot_without_updates_replaces_the_held_one(driver: Driver) -> None:
    driver.seed(100)

    assert driver.seed(300, [("4", "4")]) is Transition.NO_DELTAS
    assert driver.bids == {Decimal(4): 4}
    assert driver.seed(200, [("5", "5")]) is Transition.SNAPSHOT_BEHIND
    assert driver.bids == {Decimal(4): 4}


def test_a_gap_withdraws_the_book_and_asks_for_one_snapshot(live: Driver) -> None:
    live.now_s = 100.0
    assert live.delta(250, 300, [("5", "5")]) is Transition.GAP

    assert live.sync.state is SYNCING
    assert live.sync.standing.since == 100.0
    with pytest.raises(BookNotInSync, match="an update was lost"):
        live.sync.read()
    assert live.sync.read(allow_stale=True).ts == 200, "what was held is what was true before the gap"
    assert live.sync.seed_due_at == 100.0
    assert live.delta(300, 350) is Transition.BUFFERED
    assert live.seed(300) is Transition.EXACT_START
    assert live.sync.seed_due_at is None, "one snapshot is enough"


def test_a_gap_while_straddled_withdraws_the_book(driver: Driver) -> None:
    driver.delta(100, 200)
    driver.seed(150)

    assert driver.delta(250, 300) is Transition.GAP
    assert driver.sync.state is SYNCING


def test_a_gap_in_the_buffer_drops_what_was_before_it(driver: Driver) -> None:
    driver.delta(100, 200)
    assert driver.delta(300, 400) is Transition.BROKEN_BUFFER

    assert driver.seed(100) is Transition.SNAPSHOT_BEHIND
    assert driver.seed(300) is Transition.EXACT_START


def test_old_and_repeated_updates_change_nothing(live: Driver) -> None:
    live.delta(200, 250, [("2", "2")])

    assert live.delta(200, 250, [("2", "2")]) is Transition.REPEATED
    assert live.delta(100, 200, [("2", "9")]) is Transition.OLD
    assert live.sync.state is SYNCED
    assert live.bids[Decimal(2)] == 2


@pytest.mark.parametrize(("prev_ts", "ts"), [(200, 250), (250, 250)])
def test_two_updates_of_one_time_make_that_time_useless(live: Driver, prev_ts: int, ts: int) -> None:
    live.delta(200, 250, [("2", "2")])

    assert live.delta(prev_ts, ts, [("3", "3")]) is Transition.CONFLICT
    assert live.sync.state is SYNCING
    live.delta(250, 300, [("4", "4")])
    assert live.seed(250) is Transition.SNAPSHOT_BEHIND, "nobody can say which of the two it shows"
    assert live.seed(300) is Transition.EXACT_END


def test_time_that_runs_backwards_is_noticed(live: Driver) -> None:
    live.delta(200, 9_000_000)
    outcomes = {live.delta(250 + 50 * i, 300 + 50 * i) for i in range(51)}

    assert outcomes == {Transition.OLD, Transition.BACKWARDS}
    assert live.sync.state is SYNCING
    live.delta(2800, 2850)
    assert live.seed(2850) is Transition.EXACT_END


def test_a_crossed_book_is_not_shown(live: Driver) -> None:
    assert live.delta(200, 250, asks=[("0.9", "1")]) is Transition.CROSSED

    assert live.sync.state is SYNCING
    assert live.seed(250, [("1", "1")], [("1", "1")]) is Transition.CROSSED
    assert live.sync.state is SYNCING
    assert live.seed(250, [("1", "1")], [("1.1", "1")]) is Transition.EXACT_END


def test_a_book_that_outgrows_its_window_is_not_shown() -> None:
    driver = Driver(depth=2).up()
    driver.delta(50, 100)
    driver.seed(100, [("1", "1"), ("2", "1")])

    assert driver.delta(100, 150, [("3", "1")]) is Transition.TOO_DEEP
    assert driver.sync.state is SYNCING
    assert driver.seed(100, [("1", "1"), ("2", "1")]) is Transition.SNAPSHOT_BEHIND, "it is not led over that update"
    assert driver.seed(150, [("3", "1"), ("2", "1"), ("1", "1")]) is Transition.EXACT_END
    assert driver.bids == {Decimal(3): 1, Decimal(2): 1}, "a snapshot deeper than the window is cut to it"


@pytest.mark.parametrize("bad", [("1", "NaN"), ("-1", "1"), ("1", "-1"), ("x", "1"), ("", "")])
def test_an_update_that_cannot_be_read_changes_nothing_and_the_next_is_a_gap(
    live: Driver, bad: tuple[str, str]
) -> None:
    assert live.delta(200, 250, [("2", "2"), bad]) is Transition.MALFORMED
    assert live.delta(300, 250) is Transition.MALFORMED
    assert live.sync.state is SYNCED
    assert live.bids == {Decimal(1): 1}

    assert live.delta(250, 300) is Transition.GAP


def test_another_symbols_update_is_not_ours(live: Driver) -> None:
    assert live.sync.delta(Delta("SPOT_X", 200, 250, [("2", "2")], []), now_s=0) is Transition.FOREIGN
    assert live.bids == {Decimal(1): 1}


def test_a_snapshot_that_cannot_be_read_is_asked_for_again(driver: Driver) -> None:
    driver.delta(50, 100)

    assert driver.seed(100, [("1", "NaN")]) is Transition.BAD_SNAPSHOT
    assert driver.sync.state is SYNCING
    assert driver.seed(100) is Transition.EXACT_END


def test_a_missing_topic_is_not_waited_for(driver: Driver) -> None:
    assert driver.sync.ack_missing(now_s=5) is Transition.ACK_MISSING

    assert driver.sync.state is STALE
    assert driver.sync.seed_due_at is None
    assert driver.delta(50, 100) is Transition.UNEXPECTED


def test_a_disconnect_takes_the_book_away_until_it_is_seeded_anew(live: Driver) -> None:
    assert live.sync.disconnected(now_s=7) is Transition.DISCONNECTED
    assert live.sync.state is STALE
    assert live.sync.standing.since == 7
    with pytest.raises(BookNotInSync, match="STALE"):
        live.sync.read()
    assert live.sync.seed_due_at is None

    live.now_s = 9
    live.up()
    live.delta(300, 400)
    assert live.seed(400) is Transition.EXACT_END


def test_a_snapshot_asked_for_before_the_connection_proves_nothing_alone(driver: Driver) -> None:
    ticket = driver.ask()
    driver.sync.disconnected(now_s=1)
    driver.now_s = 2
    driver.up()

    assert driver.bring(ticket, 100) is Transition.OUTDATED
    assert driver.sync.state is SYNCING
    assert driver.seed(100) is Transition.NO_DELTAS


def test_a_snapshot_that_comes_while_disconnected_is_not_shown(driver: Driver) -> None:
    ticket = driver.ask()
    driver.sync.disconnected(now_s=1)

    assert driver.bring(ticket, 100) is Transition.OUTDATED
    assert driver.sync.state is STALE
    assert driver.sync.seed_due_at is None


def test_a_snapshot_asked_for_before_a_gap_is_placed_by_its_own_time(live: Driver) -> None:
    live.delta(250, 300)
    ticket = live.ask()
    live.delta(350, 400)

    assert live.bring(ticket, 300) is Transition.SNAPSHOT_BEHIND
    late = live.ask()
    live.delta(450, 500)
    assert live.bring(late, 450) is Transition.EXACT_START


def test_one_request_is_out_at_a_time_and_at_most_one_a_second(live: Driver) -> None:
    live.delta(250, 300)
    ticket = live.ask()
    live.now_s += 0.3
    live.delta(350, 400)
    assert live.sync.take_seed(now_s=live.now_s) is None, "the first is still out"

    live.bring(ticket, 400)
    live.delta(450, 500)
    assert live.sync.state is SYNCING
    assert live.sync.take_seed(now_s=live.now_s) is None, "the first was answered just now"
    assert live.sync.seed_due_at == live.now_s + 1


def test_failures_are_retried_more_and_more_slowly(driver: Driver) -> None:
    asked: list[float] = []
    for _ in range(8):
        ticket = driver.ask()
        asked.append(driver.now_s)
        assert driver.sync.seed_failed(ticket, now_s=driver.now_s) is Transition.SEED_FAILED

    assert [later - earlier for earlier, later in pairwise(asked)] == [1, 2, 4, 8, 10, 10, 10]


def test_a_snapshot_that_never_comes_is_given_up(driver: Driver) -> None:
    ticket = driver.ask()
    assert driver.sync.seed_due_at == PATIENCE_S
    assert driver.sync.tick(now_s=PATIENCE_S - 1) is None
    assert driver.sync.tick(now_s=PATIENCE_S) is Transition.SEED_LOST

    driver.now_s = PATIENCE_S
    assert driver.ask() != ticket
    assert driver.bring(ticket, 100) is Transition.OUTDATED, "too late, and no update places it"


def test_an_audit_compares_only_books_of_one_time(live: Driver) -> None:
    assert live.bring(None, 150) is Transition.UNNEEDED
    assert live.bring(None, 200, [("1.0", "1.00")]) is Transition.AGREED
    assert live.sync.state is SYNCED

    assert live.bring(None, 200, [("1", "2")]) is Transition.DIFFERED
    assert live.sync.state is SYNCING
    assert live.seed(200, [("1", "2")]) is Transition.EXACT_END


def test_the_buffer_holds_ninety_seconds_and_has_a_bound(driver: Driver) -> None:
    for start in range(0, 300_000, 50):
        driver.delta(start + 100, start + 150)
    assert driver.seed(300_100 - 90_000) is Transition.EXACT_START
    assert SPAN_MS >= 90_000

    crowded = Driver().up()
    for start in range(MOST_DELTAS + 10):
        crowded.delta(start + 100, start + 101)
    assert crowded.seed(105) is Transition.SNAPSHOT_BEHIND, "at the bound the oldest updates are dropped"
    assert crowded.seed(110) is Transition.EXACT_START
