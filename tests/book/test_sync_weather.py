"""This file is the proof that a book which calls itself SYNCED is the exchange's, in any weather."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.book.driver import SYMBOL, Driver
from tests.book.simulator import Exchange, Wire

from woodlot.book.chain import Delta
from woodlot.book.transition import BookState, Transition


@pytest.mark.parametrize("seed", range(5))
def test_in_calm_weather_a_gap_costs_one_snapshot(seed: int) -> None:
    chance = random.Random(seed)
    exchange, driver = Exchange(chance, depth=8), Driver(8).up()
    requests = 0
    for _ in range(3000):
        driver.now_s += 0.05
        step = exchange.step(off_grid=False)
        if step and chance.random() > 0.01:
            driver.sync.delta(Delta(SYMBOL, *step), now_s=driver.now_s)
        if (ticket := driver.sync.take_seed(now_s=driver.now_s)) is not None:
            requests += 1
            timestamp, bids, asks = exchange.snapshot(lag=0)
            driver.bring(ticket, timestamp, bids, asks)

    gaps = driver.sync.counts[Transition.GAP]
    assert gaps >= 5, f"only {gaps} gaps: the test proves little"
    assert requests <= gaps + 1, f"{requests} snapshots for {gaps} gaps and one start"


def weather(seed: int, steps: int, *, off_grid: bool) -> tuple[Driver, int]:
    """Run a synchroniser against the exchange under seeded trouble; check every read. Return how many were SYNCED."""
    chance = random.Random(seed)
    exchange = Exchange(chance, depth=chance.choice([3, 8]))
    driver, sync_reads = Driver(exchange.depth).up(), 0
    trouble = chance.choice([0.0, 0.02, 0.2])
    waiting: list[Delta] = []
    asked: list[tuple[int, int, Wire, Wire]] = []
    requests: list[float] = []
    newest = 0
    for _ in range(steps):
        driver.now_s += 0.05
        step = exchange.step(off_grid=off_grid)
        if step and chance.random() >= trouble / 2:
            waiting.append(Delta(SYMBOL, *step))
        if waiting and chance.random() < trouble:
            waiting.append(chance.choice(waiting))
            chance.shuffle(waiting)
        while waiting and chance.random() >= trouble:
            handed = waiting.pop(0)
            driver.sync.delta(handed, now_s=driver.now_s)
            newest = max(newest, handed.ts)
            sync_reads += check(driver, exchange, seed, newest=newest)
        if chance.random() < trouble / 20:
            driver.sync.disconnected(now_s=driver.now_s)
            driver.up()
            newest = 0
        driver.sync.tick(now_s=driver.now_s)
        if (ticket := driver.sync.take_seed(now_s=driver.now_s)) is not None:
            requests.append(driver.now_s)
            asked.append((ticket, *exchange.snapshot(lag=chance.choice([0, 0, 1, 3, 40]))))
        if asked and chance.random() < 0.3:
            ticket, timestamp, bids, asks = asked.pop(0)
            if chance.random() < trouble:
                driver.sync.seed_failed(ticket, now_s=driver.now_s)
            else:
                driver.bring(ticket, timestamp, bids, asks)
            sync_reads += check(driver, exchange, seed, newest=newest)
    pauses = [later - earlier for earlier, later in pairwise(requests)]
    assert min(pauses, default=9) > 0.999, f"seed {seed}: two requests within a second"
    return driver, sync_reads


def check(driver: Driver, exchange: Exchange, seed: int, *, newest: int) -> bool:
    """Hold a book that calls itself SYNCED against the exchange; say whether it did."""
    if driver.sync.state is not BookState.SYNCED:
        return False
    book = driver.sync.read()
    assert book.ts >= newest, f"seed {seed}: an update of {newest} came and a book of {book.ts} is still SYNCED"
    shown = (dict(book.walk_bids()), dict(book.walk_asks()))
    assert shown == exchange.truth[book.ts], f"seed {seed}: a wrong read at {book.ts} while SYNCED"
    return True


@given(seed=st.integers(0, 2**32), off_grid=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_synced_book_is_the_exchanges_window_in_any_weather(seed: int, off_grid: bool) -> None:
    weather(seed, 300, off_grid=off_grid)


def test_the_weather_reaches_every_case_it_should() -> None:
    counts, sync_reads = Counter[Transition](), 0
    for seed in range(30):
        driver, reads = weather(seed, 300, off_grid=seed % 2 == 0)
        counts += driver.sync.counts
        sync_reads += reads
    wanted = {
        Transition.APPLIED,
        Transition.EXACT_START,
        Transition.EXACT_END,
        Transition.STRADDLE,
        Transition.SNAPSHOT_BEHIND,
        Transition.SNAPSHOT_AHEAD,
        Transition.GAP,
        Transition.BROKEN_BUFFER,
        Transition.OLD,
        Transition.REPEATED,
        Transition.DISCONNECTED,
    }
    assert wanted <= counts.keys(), f"never seen: {wanted - counts.keys()}"
    assert sync_reads > 1_000, f"only {sync_reads} reads were BookState.SYNCED: the test proves little"
