"""This file is the proof that a book in sync is held against snapshots of its own time, and what follows."""

import pytest
from tests.book.driver import Driver

from woodlot.book.audit import PATIENCE_S
from woodlot.book.transition import BookState, Transition

SYNCED, SYNCING, UNCONFIRMED = BookState.SYNCED, BookState.SYNCING, BookState.UNCONFIRMED


@pytest.fixture
def live() -> Driver:
    """A book SYNCED at 200 with one bid of 1 at 1; two updates later it is at 300."""
    return synced(Driver())


def synced(driver: Driver) -> Driver:
    driver.up()
    driver.delta(100, 200)
    driver.seed(200)
    driver.delta(200, 250, [("2", "5")])
    driver.delta(250, 300, [("1", "0")])
    assert driver.sync.state is SYNCED
    return driver


@pytest.mark.parametrize(
    ("timestamp", "bids"), [(300, [("2.0", "5")]), (250, [("2", "5"), ("1", "1")]), (200, [("1", "1")])]
)
def test_a_snapshot_is_compared_with_the_book_as_it_was_then(
    live: Driver, timestamp: int, bids: list[tuple[str, str]]
) -> None:
    live.sync.audit(now_s=live.now_s)

    assert live.seed(timestamp, bids) is Transition.AGREED
    assert live.sync.state is SYNCED
    assert live.sync.seed_due_at is None, "once is enough"


@pytest.mark.parametrize("timestamp", [300, 250, 200])
def test_a_difference_takes_the_book_away_and_is_counted(live: Driver, timestamp: int) -> None:
    live.sync.audit(now_s=live.now_s)

    assert live.seed(timestamp, [("7", "7")]) is Transition.DIFFERED
    assert live.sync.standing.reason is Transition.DIFFERED
    assert live.sync.state is SYNCING
    assert live.sync.counts[Transition.DIFFERED] == 1
    assert live.seed(300, [("2", "5")]) is Transition.EXACT_END
    assert live.sync.state is SYNCED


def test_a_snapshot_that_lags_46_s_is_met_after_that_time(live: Driver) -> None:
    live.sync.audit(now_s=live.now_s)
    ts, asked = 300, 0
    while live.sync.seed_due_at is not None:
        asked += 1
        rest_ts = max(100, ts - 46_000)
        outcome = live.seed(rest_ts, [("2", "5")])
        if outcome is Transition.AGREED:
            break
        assert outcome is Transition.UNNEEDED
        due_s = live.sync.seed_due_at
        assert due_s is not None
        while live.now_s < due_s:
            live.now_s += 0.05
            live.delta(ts, ts + 50, [("2", "5"), ("3", "1"), ("3", "0")])
            ts += 50

    assert live.sync.counts[Transition.AGREED] == 1
    assert asked <= 15, f"{asked} snapshots"
    assert live.now_s <= 46 + 6


def test_between_two_updates_a_snapshot_proves_nothing_and_is_asked_for_again(live: Driver) -> None:
    live.sync.audit(now_s=live.now_s)

    assert live.seed(275, [("7", "7")]) is Transition.UNNEEDED
    assert live.sync.state is SYNCED
    assert live.seed(300, [("2", "5")]) is Transition.AGREED


def test_an_audit_that_meets_no_comparable_snapshot_gives_up(live: Driver) -> None:
    live.sync.audit(now_s=live.now_s)
    outcomes: list[Transition] = []
    while live.sync.seed_due_at is not None:
        outcomes.append(live.seed(50))

    assert outcomes[-1] is Transition.UNPROVEN
    assert set(outcomes[:-1]) == {Transition.UNNEEDED}
    assert PATIENCE_S <= live.now_s <= PATIENCE_S + 6
    assert live.sync.state is SYNCED


def test_a_snapshot_that_fails_during_an_audit_is_asked_for_again(live: Driver) -> None:
    live.sync.audit(now_s=live.now_s)
    assert live.sync.seed_failed(live.ask(), now_s=live.now_s) is Transition.SEED_FAILED

    assert live.seed(300, [("x", "5")]) is Transition.BAD_SNAPSHOT
    assert live.seed(300, [("2", "5")]) is Transition.AGREED


def test_a_book_that_moves_on_without_an_update_is_taken_away(live: Driver) -> None:
    live.sync.audit(now_s=live.now_s)
    outcomes = {live.seed(400, [("3", "3")]) for _ in range(3)}
    assert outcomes == {Transition.UNNEEDED}, "the update may be on its way"
    while live.sync.state is SYNCED:
        live.seed(500, [("3", "3")])

    assert live.sync.standing.reason is Transition.SILENT
    assert live.now_s <= 15
    assert live.seed(500, [("3", "3")]) is Transition.SNAPSHOT_AHEAD
    assert live.sync.state is UNCONFIRMED


def test_an_update_that_was_on_its_way_is_waited_for(live: Driver) -> None:
    live.sync.audit(now_s=live.now_s)
    assert live.seed(400, [("3", "3")]) is Transition.UNNEEDED

    live.delta(300, 400, [("2", "0"), ("3", "3")])
    live.now_s += 60
    assert live.seed(500, [("4", "4")]) is Transition.UNNEEDED, "this one is another that is on its way"
    assert live.sync.state is SYNCED


def test_after_a_frame_that_cannot_be_read_the_next_update_proves_that_none_was_lost(live: Driver) -> None:
    assert live.sync.unreadable(now_s=live.now_s) is Transition.MALFORMED
    assert live.sync.state is SYNCED
    ticket = live.ask()

    live.delta(300, 350, [("3", "3")])

    assert live.bring(ticket, 400, [("4", "4")]) is Transition.UNNEEDED, "the update to 400 may be on its way"
    assert live.sync.state is SYNCED


def test_after_a_frame_that_cannot_be_read_snapshots_that_stay_ahead_take_the_book_away(live: Driver) -> None:
    live.sync.unreadable(now_s=live.now_s)

    assert live.seed(300, [("2", "5")]) is Transition.UNNEEDED, "REST lags; that it agrees on what was proves nothing"
    assert live.seed(350, [("2", "6")]) is Transition.UNNEEDED, "the update may be on its way"
    ahead_s = live.now_s
    while live.sync.state is SYNCED:
        live.seed(350, [("2", "6")])

    assert live.sync.standing.reason is Transition.SILENT
    assert 2 <= live.now_s - ahead_s <= 5
    assert live.seed(350, [("2", "6")]) is Transition.SNAPSHOT_AHEAD


def test_a_fear_that_nothing_bears_out_is_given_up(live: Driver) -> None:
    live.sync.unreadable(now_s=live.now_s)
    while live.sync.seed_due_at is not None:
        live.seed(300, [("2", "5")])

    assert live.sync.counts[Transition.UNPROVEN] == 1
    assert PATIENCE_S <= live.now_s <= PATIENCE_S + 10
    assert live.sync.state is SYNCED


def test_audits_come_every_so_often_by_themselves() -> None:
    live = synced(Driver())
    live.sync.audit_every(600, now_s=live.now_s)
    live.sync.audit_every(60, now_s=live.now_s)
    times: list[float] = []
    for _ in range(3):
        assert live.seed(300, [("2", "5")]) is Transition.AGREED
        times.append(live.now_s)

    assert times == [60, 120, 180]


def test_a_snapshot_asked_for_earlier_is_no_audit(live: Driver) -> None:
    live.delta(350, 400)
    ticket = live.ask()
    live.bring(None, 350)
    assert live.sync.state is SYNCED

    assert live.bring(ticket, 340) is Transition.UNNEEDED
    assert live.sync.seed_due_at is None, "nobody asked for a comparison"


def test_a_book_without_updates_is_looked_at_again_on_request() -> None:
    driver = Driver().up()
    while driver.sync.seed_due_at is not None:
        driver.seed(100)
    assert driver.sync.standing.reason is Transition.QUIET

    driver.sync.audit(now_s=driver.now_s)

    assert driver.seed(150, [("4", "4")]) is Transition.NO_DELTAS
    assert driver.sync.seed_due_at is not None, "it is not quiet any more"


def test_a_book_that_cannot_be_read_is_not_audited() -> None:
    driver = Driver()
    driver.sync.audit(now_s=0)

    assert driver.sync.seed_due_at is None
