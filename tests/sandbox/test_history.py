import functools
import itertools
import pickle
import time
from decimal import Decimal

import pytest

from woodlot.clock import ManualClock
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.history import MOST_MINUTES, MOST_TRADES, History, make_up, span
from woodlot.sandbox.prices import FairPrice, fair_prices
from woodlot.wire.enums import KlineType, Side
from woodlot.wire.public import Candle

BTC = "SPOT_BTC_USDT"
START_MS = ManualClock().now_ms()
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def trade(history: History, price: str, *, at_ms: int, quantity: str = "1") -> None:
    history.record(BTC, price=Decimal(price), quantity=Decimal(quantity), side=Side.BUY, ts=at_ms)


@functools.cache
def made_up(seed: int = 7) -> tuple[History, dict[str, FairPrice]]:
    instruments = Exchange(clock=ManualClock()).instruments
    history = History(instruments)
    fair = {symbol: FairPrice(symbol, seed=seed) for symbol in instruments}
    make_up(history, instruments=instruments, fair=fair, seed=seed, now_ms=START_MS)
    return history, fair


def test_an_hour_of_trades_and_candles_is_there_from_the_start():
    history, fair = made_up()

    for symbol, walk in fair.items():
        candles = history.candles(symbol, KlineType.MINUTE_1, limit=60, now_ms=START_MS)
        trades = history.trades(symbol, limit=MOST_TRADES)
        assert len(candles) == 60
        assert sum(candle.volume > 0 for candle in candles) >= 59
        assert trades[0].executed_timestamp.ms - trades[-1].executed_timestamp.ms >= 3_600_000
        assert [t.executed_timestamp for t in trades] == sorted((t.executed_timestamp for t in trades), reverse=True)
        assert trades[0].executed_timestamp.ms < START_MS
        assert float(trades[0].executed_price) == pytest.approx(walk.price, rel=1e-3)


def test_the_same_seed_makes_the_same_past_and_another_seed_another():
    again, _ = made_up.__wrapped__()
    other, _ = made_up(seed=8)

    assert made_up()[0].trades(BTC, limit=100) == again.trades(BTC, limit=100)
    assert made_up()[0].trades(BTC, limit=100) != other.trades(BTC, limit=100)


def test_making_up_a_past_is_quick():
    before = time.process_time()
    made_up.__wrapped__()

    assert time.process_time() - before < 0.5


def test_made_up_prices_and_sizes_lie_on_tick_and_step():
    instrument = Exchange(clock=ManualClock()).instruments[BTC]

    for row in made_up()[0].trades(BTC, limit=MOST_TRADES):
        assert row.executed_price % instrument.quote_tick == 0
        assert row.executed_quantity % instrument.base_tick == 0
        assert row.executed_quantity > 0


def test_a_candle_is_open_high_low_close_volume_and_amount():
    history = History([BTC])
    start = START_MS - START_MS % MINUTE_MS
    for offset, price in enumerate(("100", "120", "90", "110")):
        trade(history, price, at_ms=start + offset, quantity="2")

    (candle,) = history.candles(BTC, KlineType.MINUTE_1, limit=10, now_ms=start + 5)

    assert (candle.open, candle.high, candle.low, candle.close) == (100, 120, 90, 110)
    assert (candle.volume, candle.amount) == (8, 840)
    assert (candle.start_timestamp.ms, candle.end_timestamp.ms) == (start, start + MINUTE_MS)


def test_a_minute_without_trades_has_a_flat_candle():
    history = History([BTC])
    start = START_MS - START_MS % MINUTE_MS
    trade(history, "100", at_ms=start)
    trade(history, "200", at_ms=start + 3 * MINUTE_MS)

    candles = history.candles(BTC, KlineType.MINUTE_1, limit=10, now_ms=start + 4 * MINUTE_MS)

    assert [(int(c.open), int(c.close), int(c.volume)) for c in candles] == [
        (200, 200, 0),
        (200, 200, 1),
        (100, 100, 0),
        (100, 100, 0),
        (100, 100, 1),
    ]


def test_long_candles_are_made_of_the_short_ones():
    history, _ = made_up()

    minutes = history.candles(BTC, KlineType.MINUTE_1, limit=1000, now_ms=START_MS)
    for hour in history.candles(BTC, KlineType.HOUR_1, limit=5, now_ms=START_MS):
        parts = [m for m in minutes if hour.start_timestamp <= m.start_timestamp < hour.end_timestamp]
        assert hour.high == max(part.high for part in parts)
        assert hour.low == min(part.low for part in parts)
        assert hour.volume == sum(part.volume for part in parts)
        assert (hour.open, hour.close) == (parts[-1].open, parts[0].close)


@pytest.mark.parametrize("kind", list(KlineType))
def test_candles_of_every_length_follow_each_other_newest_first(kind: KlineType):
    history, _ = made_up()

    candles = history.candles(BTC, kind, limit=1000, now_ms=START_MS)

    assert candles[0].start_timestamp.ms <= START_MS < candles[0].end_timestamp.ms
    for newer, older in itertools.pairwise(candles):
        assert older.end_timestamp == newer.start_timestamp
        assert older.close > 0


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        (KlineType.WEEK_1, 1_789_948_800_000, 1_790_553_600_000),  # Monday 2026-09-21
        (KlineType.MONTH_1, 1_788_220_800_000, 1_790_812_800_000),  # 2026-09-01, 2026-10-01
        (KlineType.YEAR_1, 1_767_225_600_000, 1_798_761_600_000),  # 2026-01-01, 2027-01-01
    ],
)
def test_weeks_start_on_monday_and_months_on_the_first(kind: KlineType, start: int, end: int):
    assert span(kind, START_MS) == (start, end)


def test_tape_and_candles_have_a_bound():
    history = History([BTC])
    for minute in range(MOST_MINUTES + 10):
        trade(history, "100", at_ms=START_MS + minute * MINUTE_MS)

    assert len(history.trades(BTC, limit=10**6)) == MOST_TRADES
    assert len(history._of[BTC].minutes) == MOST_MINUTES


def test_a_clock_that_was_set_back_does_not_reopen_a_candle():
    history = History([BTC])
    trade(history, "100", at_ms=START_MS)
    trade(history, "101", at_ms=START_MS - HOUR_MS)

    assert len(history.candles(BTC, KlineType.MINUTE_1, limit=10, now_ms=START_MS)) == 1


def test_the_made_up_day_is_the_same_whenever_it_is_first_looked_at():
    (early, _), (late, _) = made_up.__wrapped__(), made_up.__wrapped__()
    before = early.trades(BTC, limit=MOST_TRADES)
    for history in (early, late):
        trade(history, "60000", at_ms=START_MS + 1)

    assert late.trades(BTC, limit=MOST_TRADES) == early.trades(BTC, limit=MOST_TRADES)
    assert early.trades(BTC, limit=MOST_TRADES)[1:] == before


def test_a_made_up_past_is_never_saved_and_is_the_same_when_it_is_loaded():
    history, _ = made_up.__wrapped__()
    trade(history, "60000", at_ms=START_MS + 1)
    unseen = pickle.dumps(history)
    looked_at = history.trades(BTC, limit=MOST_TRADES), history.candles(BTC, KlineType.HOUR_1, limit=9, now_ms=START_MS)

    saved = pickle.dumps(history)
    loaded = pickle.loads(saved)
    for each in (history, loaded):
        trade(each, "61000", at_ms=START_MS + 2)

    assert abs(len(saved) - len(unseen)) < 1_000
    assert loaded.trades(BTC, limit=MOST_TRADES)[1:] == looked_at[0]
    assert loaded.trades(BTC, limit=9) == history.trades(BTC, limit=9)
    assert loaded.candles(BTC, KlineType.DAY_1, limit=2, now_ms=START_MS) == history.candles(
        BTC, KlineType.DAY_1, limit=2, now_ms=START_MS
    )


@pytest.mark.parametrize("late_s", [1, 37, 59])
def test_the_same_seed_has_the_same_past_minutes_and_price_in_whatever_second_it_is_started(late_s: int):
    minute_ms = START_MS - START_MS % MINUTE_MS

    def past(start_ms: int) -> tuple[list[Candle], float]:
        instruments = Exchange(clock=ManualClock()).instruments
        history, fair = History(instruments), fair_prices(instruments, seed=7)
        make_up(history, instruments=instruments, fair=fair, seed=7, now_ms=start_ms)
        candles = history.candles(BTC, KlineType.MINUTE_1, limit=100, now_ms=start_ms)
        return [candle for candle in candles if candle.start_timestamp.ms < minute_ms], fair[BTC].price

    candles, price = past(minute_ms + late_s * 1000)

    assert len(candles) == 99
    assert (candles, price) == (past(minute_ms)[0][:99], past(minute_ms)[1])
