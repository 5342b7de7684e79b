"""This file is what happened before: the public tape and its candles, a day of both made up at the start.

The tape keeps the last trades of each symbol, the candles a week of minutes; what is older is dropped.
"""

import random
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from woodlot.sandbox.prices import STEPS_PER_SECOND, FairPrice, on_grid
from woodlot.wire.answer import Time
from woodlot.wire.enums import KlineType, Side
from woodlot.wire.public import Candle, Instrument, MarketTrade
from woodlot.wire.topics import Interval

MOST_TRADES = 10_000
MOST_MINUTES = 7 * 24 * 60
_MINUTE_MS = 60_000
_HOUR_S = 3_600
_THREE_DAYS_MS = 3 * 24 * _HOUR_S * 1000
_Trade: TypeAlias = tuple[Decimal, Decimal, Side, int]
"""Price, quantity, who took, and when."""


class History:
    """Tape and candles of every symbol."""

    def __init__(self, symbols: Iterable[str]) -> None:
        self._of: dict[str, _SymbolHistory] = {symbol: _SymbolHistory() for symbol in symbols}

    def record(self, symbol: str, *, price: Decimal, quantity: Decimal, side: Side, ts: int) -> None:
        """Add the newest trade."""
        self._of[symbol].record(price, quantity, side, ts)

    def trades(self, symbol: str, *, limit: int) -> tuple[MarketTrade, ...]:
        """Return the latest trades, newest first. All of them happened here (`source` 1)."""
        tape = self._of[symbol].tape
        newest = (_read(tape[-1 - back]) for back in range(min(limit, len(tape))))
        return tuple(
            MarketTrade(
                symbol=symbol,
                side=side,
                source=1,
                executed_price=price,
                executed_quantity=quantity,
                executed_timestamp=Time.at(ts),
            )
            for price, quantity, side, ts in newest
        )

    def begin_with(self, symbol: str, past: "Past") -> None:
        """Put a made-up day before everything that is recorded."""
        self._of[symbol].begin_with(past)

    def add(self, symbol: str) -> None:
        """Keep a history of a symbol that is listed from now on."""
        self._of.setdefault(symbol, _SymbolHistory())

    def last_trade_ms(self, symbol: str) -> int:
        """Return when the last trade was, 0 before the first."""
        tape = self._of[symbol].tape
        return _read(tape[-1])[3] if tape else 0

    def bar(self, symbol: str, *, start: int, end: int) -> "Bar | None":
        """Return what was traded from `start` up to `end`, None where nothing was ever before `end`.

        A time without trades has the last close as its four prices.
        """
        bar: Bar | None = None
        for minute in reversed(self._of[symbol].minutes):
            if minute.start >= end:
                continue
            if minute.start < start:
                return bar or Bar(start, end, minute.close)
            earlier = Bar(start, end, minute.open)
            earlier.absorb(minute)
            if bar is not None:
                earlier.absorb(bar)
            bar = earlier
        return bar

    def candles(self, symbol: str, kind: KlineType, *, limit: int, now_ms: int) -> tuple[Candle, ...]:
        """Return the latest candles, newest first, up to the one that is still open.

        A time without trades has a candle too: all four prices are the last close (rest-v3 §8.10).
        """
        latest = deque(_candles(self._of[symbol].minutes, kind, now_ms), maxlen=limit)
        return tuple(_spelled(symbol, kind, candle) for candle in reversed(latest))


def make_up(
    history: History, *, instruments: Mapping[str, Instrument], fair: Mapping[str, FairPrice], seed: int, now_ms: int
) -> None:
    """Fill a new history with the day before `now_ms`, and leave each fair price where the live market goes on.

    The last hour has a trade about every second, the hours before it one every half minute. The past ends with the last
    whole minute, so that the same seed gives the same minutes and goes on at the same price whatever second it is
    started in; since then somebody has traded at that price each second.
    """
    minute_ms = now_ms - now_ms % _MINUTE_MS
    paths: dict[FairPrice, list[tuple[float, int]]] = {}
    for symbol, instrument in instruments.items():
        walk = fair[symbol]
        # A perpetual goes where its spot pair went.
        path = paths.get(walk.anchor) if walk.anchor is not None else None
        paths[walk] = path = path or list(_path(walk))
        since = [(walk.price, -second) for second in range(now_ms % _MINUTE_MS // 1000)]
        history.begin_with(
            symbol,
            Past(
                [*path, *since],
                f"{seed} history {symbol}",
                minute_ms,
                walk.lot,
                instrument.quote_tick,
                instrument.base_tick,
            ),
        )


class Past(NamedTuple):
    """How the trades of a made-up day are made, once somebody looks: nobody waits for them at the start."""

    path: Sequence[tuple[float, int]]
    seed: str
    ends_ms: int
    lot: float
    tick: Decimal
    step: Decimal

    def trades(self) -> Iterator[_Trade]:
        chance = random.Random(self.seed)
        for price, ago_s in self.path:
            quantity = on_grid(self.lot * chance.expovariate(1), self.step)
            side = Side.BUY if chance.random() < 0.5 else Side.SELL
            yield on_grid(price, self.tick), quantity, side, self.ends_ms - ago_s * 1000 + chance.randrange(1000)


def _path(walk: FairPrice) -> Iterator[tuple[float, int]]:
    """Yield prices and how many seconds ago they were."""
    ago_s = 24 * _HOUR_S
    while ago_s > 0:
        seconds = 1 if ago_s <= _HOUR_S else 30
        yield walk.advance(seconds * STEPS_PER_SECOND), ago_s
        ago_s -= seconds


def span(kind: KlineType | Interval, ts: int) -> tuple[int, int]:
    """Return when the candle that holds `ts` starts and ends; its end is the start of the next one."""
    if isinstance(kind, Interval):
        # The stream spells the long ones differently, and has one of three days (websocket-v3 §7.7).
        if kind is Interval.DAY_3:
            return ts - ts % _THREE_DAYS_MS, ts - ts % _THREE_DAYS_MS + _THREE_DAYS_MS
        kind = KlineType.MONTH_1 if kind is Interval.MONTH_1 else KlineType(kind.value)
    if kind is KlineType.MONTH_1 or kind is KlineType.YEAR_1:
        return _calendar_span(kind, ts)
    length = _LENGTHS_MS[kind]
    # The epoch was a Thursday, weeks begin on Monday.
    offset = 4 * 24 * _HOUR_S * 1000 if kind is KlineType.WEEK_1 else 0
    start = ts - (ts - offset) % length
    return start, start + length


class _SymbolHistory:
    """One symbol's tape and minutes: what has happened and, since somebody has looked, all of it behind its past.

    The past is worked out at the first look and never saved: a state file says how it is made.
    """

    def __init__(self) -> None:
        self._happened = _Record()
        self._past: Past | None = None
        self._whole: _Record | None = None

    @property
    def tape(self) -> deque[str]:
        return self._all().tape

    @property
    def minutes(self) -> "deque[Bar]":
        return self._all().minutes

    def begin_with(self, past: Past) -> None:
        self._past = past

    def record(self, price: Decimal, quantity: Decimal, side: Side, ts: int) -> None:
        self._happened.add(price, quantity, side, ts)
        if self._whole is not None:
            self._whole.add(price, quantity, side, ts)

    def _all(self) -> "_Record":
        if self._past is None:
            return self._happened
        if self._whole is None:
            self._whole = _Record()
            for trade in self._past.trades():
                self._whole.add(*trade)
            self._whole.follow(self._happened)
        return self._whole

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_whole": None}


class _Record:
    """Trades as lines, of which ten thousand are quickly saved, and minutes."""

    def __init__(self) -> None:
        self.tape: deque[str] = deque(maxlen=MOST_TRADES)
        self.minutes: deque[Bar] = deque(maxlen=MOST_MINUTES)

    def add(self, price: Decimal, quantity: Decimal, side: Side, ts: int) -> None:
        self.tape.append(f"{price} {quantity} {side} {ts}")
        start = ts - ts % _MINUTE_MS
        # A clock that was set back must not reopen a candle.
        if not self.minutes or start > self.minutes[-1].start:
            self.minutes.append(Bar(start, start + _MINUTE_MS, price))
        self.minutes[-1].trade(price, quantity)

    def follow(self, later: "_Record") -> None:
        """Put what happened later behind."""
        self.tape.extend(later.tape)
        for bar in later.minutes:
            if not self.minutes or bar.start > self.minutes[-1].start:
                self.minutes.append(Bar(bar.start, bar.end, bar.open))
            self.minutes[-1].absorb(bar)


def _read(line: str) -> _Trade:
    price, quantity, side, ts = line.split(" ")
    return Decimal(price), Decimal(quantity), Side(side), int(ts)


class Bar:
    """A candle in the making."""

    __slots__ = ("amount", "close", "end", "high", "low", "open", "start", "trades", "volume")

    def __init__(self, start: int, end: int, price: Decimal) -> None:
        self.start = start
        self.end = end
        self.open = self.close = self.high = self.low = price
        self.volume = Decimal(0)
        self.amount = Decimal(0)
        self.trades = 0

    def trade(self, price: Decimal, quantity: Decimal) -> None:
        self.close = price
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.volume += quantity
        self.amount += price * quantity
        self.trades += 1

    def absorb(self, later: "Bar") -> None:
        self.close = later.close
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.volume += later.volume
        self.amount += later.amount
        self.trades += later.trades


def _candles(minutes: Iterable[Bar], kind: KlineType, now_ms: int) -> Iterator[Bar]:
    """Yield the bars of `kind`, oldest first and without a hole, up to the one that holds `now_ms`."""
    bar: Bar | None = None
    for minute in minutes:
        if bar is None:
            bar = Bar(*span(kind, minute.start), minute.open)
        while minute.start >= bar.end:
            yield bar
            bar = Bar(*span(kind, bar.end), bar.close)
            if minute.start < bar.end:
                bar.open = bar.high = bar.low = minute.open
        bar.absorb(minute)
    while bar is not None:
        yield bar
        bar = Bar(*span(kind, bar.end), bar.close) if bar.end <= now_ms else None


def _spelled(symbol: str, kind: KlineType, bar: Bar) -> Candle:
    return Candle(
        symbol=symbol,
        open=bar.open,
        close=bar.close,
        high=bar.high,
        low=bar.low,
        volume=bar.volume,
        amount=bar.amount,
        type=kind.value,
        start_timestamp=Time.at(bar.start),
        end_timestamp=Time.at(bar.end),
    )


def _calendar_span(kind: KlineType, ts: int) -> tuple[int, int]:
    day = datetime.fromtimestamp(ts / 1000, UTC)
    if kind is KlineType.YEAR_1:
        return _midnight_ms(day.year, 1), _midnight_ms(day.year + 1, 1)
    next_month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return _midnight_ms(day.year, day.month), _midnight_ms(*next_month)


def _midnight_ms(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000


_LENGTHS_MS = {
    KlineType.MINUTE_1: _MINUTE_MS,
    KlineType.MINUTE_3: 3 * _MINUTE_MS,
    KlineType.MINUTE_5: 5 * _MINUTE_MS,
    KlineType.MINUTE_15: 15 * _MINUTE_MS,
    KlineType.MINUTE_30: 30 * _MINUTE_MS,
    KlineType.HOUR_1: _HOUR_S * 1000,
    KlineType.HOUR_2: 2 * _HOUR_S * 1000,
    KlineType.HOUR_4: 4 * _HOUR_S * 1000,
    KlineType.HOUR_6: 6 * _HOUR_S * 1000,
    KlineType.HOUR_12: 12 * _HOUR_S * 1000,
    KlineType.DAY_1: 24 * _HOUR_S * 1000,
    KlineType.WEEK_1: 7 * 24 * _HOUR_S * 1000,
}
