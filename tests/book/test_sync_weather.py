"""This file is the fixed share of `proofs/books.py` that runs each time, and the proof that it proves something."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from proofs.book_exchange import Exchange, Window
from proofs.book_weather import SYMBOL, Broken, Weather
from tests.book.driver import Driver

from woodlot.book.chain import Delta
from woodlot.book.numbers import Level
from woodlot.book.sync import Synchroniser
from woodlot.book.transition import BookState, Transition

MUST_HAPPEN = frozenset(Transition) - {
    Transition.CREATED,
    Transition.ACK_MISSING,
    Transition.UNEXPECTED,
    Transition.BACKWARDS,
    Transition.QUIET,
    Transition.BAD_SNAPSHOT,
    Transition.UNPROVEN,
    Transition.SILENT,
    Transition.TOP_TEN,
    Transition.SEED_LOST,
    Transition.WITNESSED,
}


def test_a_synced_book_is_the_exchanges_window_in_any_weather() -> None:
    counts, reads = Counter[Transition](), 0
    for seed in range(150):
        weather = Weather.of(seed)
        try:
            counts += weather.run(300)
        except Broken as broken:
            pytest.fail(f"seed {seed}: {broken}\npython -m proofs.books --first {seed} --seeds 1 --deltas 300")
        reads += weather.reads

    assert counts.keys() >= MUST_HAPPEN, f"never seen: {MUST_HAPPEN - counts.keys()}"
    assert reads > 10_000, f"only {reads} reads were SYNCED: the test proves little"


class EmptyBooks(dict[int, Window]):
    """Says that the window was always empty."""

    def get(self, key: int, default: object = None) -> Window:  # type: ignore[override]
        return (), ()


def test_a_book_that_is_wrong_is_caught_by_the_proof() -> None:
    weather = next(fair for seed in range(100) if (fair := Weather.of(seed)).forecast.is_calm)
    weather.run(50)
    weather.exchange.truth = EmptyBooks()

    with pytest.raises(Broken, match="a wrong read"):
        weather.run(300)


@pytest.mark.parametrize("seed", range(3))
def test_in_calm_weather_a_gap_costs_one_snapshot(seed: int) -> None:
    chance = Random(seed)
    exchange, driver = Exchange(chance, depth=8), Driver(8).up()
    requests = 0
    for _ in range(2000):
        driver.now_s += 0.05
        update = exchange.step()
        if update and chance.random() > 0.01:
            driver.delta(update.prev_ts, update.ts, update.bids, update.asks)
        if (ticket := driver.sync.take_seed(now_s=driver.now_s)) is not None:
            requests += 1
            timestamp, bids, asks = exchange.snapshot(lag_ms=0)
            driver.bring(ticket, timestamp, bids, asks)

    gaps = driver.sync.counts[Transition.GAP]
    assert gaps >= 5, f"only {gaps} gaps: the test proves little"
    assert requests <= gaps + 1, f"{requests} snapshots for {gaps} gaps and one start"


def test_with_snapshots_46_s_behind_the_book_is_synced_as_soon_as_one_can_be_bridged() -> None:
    weather = Weather.of(0)
    exchange = weather.exchange = Exchange(Random(46), depth=8)
    sync = Driver(8).up().sync
    for _ in range(40 * 20):
        exchange.step()
    first_ms, asked_s, now_s = exchange.sent_ms, list[float](), 0.0
    bridgeable_s = synced_s = 0.0
    while not synced_s:
        now_s += 0.05
        if update := exchange.step():
            delta = Delta(SYMBOL, update.prev_ts, update.ts, update.bids, update.asks)
            sync.delta(delta, now_s=now_s)
        if (ticket := sync.take_seed(now_s=now_s)) is not None:
            asked_s.append(now_s)
            timestamp, bids, asks = exchange.snapshot(lag_ms=46_000)
            if timestamp >= first_ms and not bridgeable_s:
                bridgeable_s = now_s
            sync.snapshot(timestamp, bids=bids, asks=asks, ticket=ticket, now_s=now_s)
        if sync.state is BookState.SYNCED:
            synced_s = now_s
        assert now_s < 60, f"still {sync.standing}"

    assert synced_s == bridgeable_s, "the first snapshot that can be bridged makes the book"
    assert synced_s <= 46 + 5.1, "and such a snapshot is asked for within the five seconds of the backoff"
    assert min(later - earlier for earlier, later in pairwise(asked_s)) >= 0.999, "never two in a second"
    assert len(asked_s) <= 15


class Asleep(Synchroniser):
    """Never asks for a snapshot once it was connected for a while."""

    def take_seed(self, *, now_s: float) -> int | None:
        return super().take_seed(now_s=now_s) if now_s < 5.0 else None


class Stubborn(Synchroniser):
    """Never believes a snapshot."""

    def snapshot(
        self, timestamp: int, *, bids: Sequence[Level], asks: Sequence[Level], now_s: float, ticket: int | None = None
    ) -> Transition:
        del timestamp
        return super().snapshot(1, bids=bids, asks=asks, now_s=now_s, ticket=ticket)


@pytest.mark.parametrize("kind", [Asleep, Stubborn])
def test_a_book_that_stays_in_doubt_in_the_calm_is_caught(kind: type[Synchroniser]) -> None:
    seed = next(seed for seed in range(100) if Weather.of(seed).forecast.off_grid)
    weather = Weather.of(seed, kind=kind)
    weather.run(300)
    weather.sync.disconnected(now_s=weather.now_s)
    weather.connect()

    with pytest.raises(Broken, match="calm for 600 s"):
        weather.calm()
