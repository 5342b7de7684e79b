"""This file is the figures of the market, pushed by the second: tickers, candles, mark and index, open interest,
funding (websocket-v3 §7.1). Only what somebody has subscribed to is worked out."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from woodlot.sandbox.feed import Push
from woodlot.sandbox.history import Bar, History, span
from woodlot.sandbox.quirks import Quirks
from woodlot.wire.figures import Candle, EstimatedFunding, IndexPrice, MarkPrice, OpenInterest, Ticker
from woodlot.wire.public import FundingRates, Instrument
from woodlot.wire.topics import (
    Candles,
    EstimatedFundings,
    IndexPrices,
    Interval,
    MarkPrices,
    OpenInterests,
    Tickers,
    Topic,
)

_SECOND_MS = 1_000
_MINUTE_MS = 60_000
_DAY_MS = 24 * 60 * _MINUTE_MS
_OPEN_INTEREST_AT_LEAST_MS = 10_000


class Perpetuals(Protocol):
    """What is asked about perpetuals."""

    def mark(self, symbol: str) -> Decimal | None: ...
    def open_interest(self, symbol: str) -> Decimal: ...
    def funding_rate(self, symbol: str | None = None) -> FundingRates: ...


class FigureFeed:
    """The figures of all symbols. `index_of` gives a spot symbol's index price."""

    def __init__(
        self,
        *,
        instruments: Mapping[str, Instrument],
        history: History,
        perpetuals: Perpetuals,
        index_of: Callable[[str], Decimal | None],
        quirks: Quirks | None = None,
    ) -> None:
        self._instruments = instruments
        self._history = history
        self._perpetuals = perpetuals
        self._index_of = index_of
        self._quirks = quirks or Quirks()
        self._second = 0
        # Topic -> what was pushed last, and when.
        self._pushed: dict[str, tuple[Any, int]] = {}
        # Symbol and interval -> the candle that was open at the last look.
        self._open: dict[str, tuple[int, int]] = {}

    def tick(self, *, now_ms: int, wanted: frozenset[str]) -> list[Push]:
        """Return what is due of `wanted`; nothing before the next second has begun."""
        second = now_ms // _SECOND_MS
        if second <= self._second:
            return []
        began_ms, self._second = self._second * _SECOND_MS, second
        pushes: list[Push] = []
        for name in sorted(wanted):
            word, _, rest = name.partition("@")
            symbol, _, interval = rest.partition("@")
            if symbol in self._instruments:
                pushes += self._look(word, symbol, interval, now_ms, began_ms)
        return pushes

    def _look(self, word: str, symbol: str, interval: str, now_ms: int, began_ms: int) -> Iterable[Push]:
        match word:
            case Tickers.word:
                return self._ticker(symbol, now_ms)
            case Candles.word:
                return self._candle(symbol, Interval(interval), now_ms, began_ms)
            case MarkPrices.word:
                return self._mark(symbol, now_ms)
            case IndexPrices.word:
                return self._index(symbol, now_ms)
            case OpenInterests.word:
                return self._open_interest(symbol, now_ms)
            case EstimatedFundings.word:
                return self._funding(symbol, now_ms, began_ms)
            case _:
                return []

    def _ticker(self, symbol: str, now_ms: int) -> list[Push]:
        day = self._history.bar(symbol, start=now_ms - _DAY_MS, end=now_ms + 1)
        if day is None:
            return []
        event = Ticker(
            symbol=symbol,
            open=day.open,
            close=day.close,
            high=day.high,
            low=day.low,
            volume=day.volume,
            amount=day.amount,
            # "`q`, `u` the same two aggregated (own plus external sources)": here is no other source.
            aggregated_volume=day.volume,
            aggregated_amount=day.amount,
            trades=day.trades,
            ts=now_ms,
            last_trade_ts=self._history.last_trade_ms(symbol),
        )
        figures = (day.open, day.close, day.high, day.low, day.trades)
        return self._on_change(Tickers(symbol), event, figures, now_ms)

    def _candle(self, symbol: str, interval: Interval, now_ms: int, began_ms: int) -> list[Push]:
        """ "Pushed once per second in which a trade occurred, plus one last frame at the close" (§7.7)."""
        topic = Candles(symbol, interval)
        current = span(interval, now_ms)
        before = self._open.get(topic.name)
        self._open[topic.name] = current
        pushes: list[Push] = []
        if before is not None and before != current:
            stamp = before[1] if self._quirks.last_candle_is_stamped == "after" else before[1] - 1
            pushes += self._drawn(topic, before, stamp)
        if self._history.last_trade_ms(symbol) >= max(began_ms, current[0]):
            pushes += self._drawn(topic, current, now_ms)
        return pushes

    def _drawn(self, topic: Candles, of: tuple[int, int], ts: int) -> list[Push]:
        bar: Bar | None = self._history.bar(topic.symbol, start=of[0], end=of[1])
        if bar is None:
            return []
        event = Candle(
            symbol=topic.symbol,
            interval=str(Interval(topic.interval).value),
            open=bar.open,
            close=bar.close,
            high=bar.high,
            low=bar.low,
            volume=bar.volume,
            amount=bar.amount,
            start_ts=of[0],
            end_ts=of[1],
            ts=ts,
            last_trade_ts=self._history.last_trade_ms(topic.symbol),
        )
        return [Push(topic.name, event)]

    def _mark(self, symbol: str, now_ms: int) -> list[Push]:
        price = self._perpetuals.mark(symbol)
        return (
            [] if price is None else [Push(MarkPrices(symbol).name, MarkPrice(symbol=symbol, price=price, ts=now_ms))]
        )

    def _index(self, symbol: str, now_ms: int) -> list[Push]:
        price = self._index_of(symbol)
        if price is None:
            return []
        return [Push(IndexPrices(symbol).name, IndexPrice(symbol=symbol, price=price, ts=now_ms))]

    def _open_interest(self, symbol: str, now_ms: int) -> list[Push]:
        held = self._perpetuals.open_interest(symbol)
        event = OpenInterest(symbol=symbol, open_interest=held, ts=now_ms)
        return self._on_change(OpenInterests(symbol), event, held, now_ms, at_least_ms=_OPEN_INTEREST_AT_LEAST_MS)

    def _funding(self, symbol: str, now_ms: int, began_ms: int) -> list[Push]:
        """ "One frame per minute; all four known captures fall in second 59 of a minute" (§7.11)."""
        # On a busy machine a second can pass without a look; the frame of its minute still comes.
        last_ms = now_ms // _MINUTE_MS * _MINUTE_MS - _SECOND_MS
        if now_ms % _MINUTE_MS < 59 * _SECOND_MS and not 0 < began_ms < last_ms:
            return []
        rate = self._perpetuals.funding_rate(symbol).rows[0]
        event = EstimatedFunding(
            symbol=symbol, rate=rate.est_funding_rate, funding_ts=rate.next_funding_time.ms, ts=now_ms
        )
        return [Push(EstimatedFundings(symbol).name, event)]

    def _on_change(
        self, topic: Topic[Any], event: Any, figures: object, now_ms: int, *, at_least_ms: int | None = None
    ) -> list[Push]:
        shown, at_ms = self._pushed.get(topic.name, (None, 0))
        is_old = at_least_ms is not None and now_ms - at_ms >= at_least_ms
        if figures == shown and not is_old and not self._quirks.documented_cadence:
            return []
        self._pushed[topic.name] = (figures, now_ms)
        return [Push(topic.name, event)]
