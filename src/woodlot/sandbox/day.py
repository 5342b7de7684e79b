"""This file is the last 24 hours of one market, by the minute: its range, volume and amount."""

from collections import deque
from typing import Final, NamedTuple

_MINUTE_MS: Final = 60_000
_MINUTES: Final = 24 * 60


class Figures(NamedTuple):
    """Prices in ticks, volume in lots, amount in ticks times lots."""

    opened: int
    closed: int
    high: int
    low: int
    volume: int
    amount: int


class DayOfTrades:
    """Trades go in, the figures of the last 24 hours come out; a minute counts as a whole."""

    def __init__(self) -> None:
        self._minutes: deque[tuple[int, Figures]] = deque(maxlen=_MINUTES)

    def record(self, ticks: int, lots: int, *, now_ms: int) -> None:
        minute = now_ms // _MINUTE_MS
        if not self._minutes or minute > self._minutes[-1][0]:
            self._minutes.append((minute, Figures(ticks, ticks, ticks, ticks, lots, lots * ticks)))
            return
        last, was = self._minutes[-1]
        self._minutes[-1] = (
            last,
            Figures(
                was.opened,
                ticks,
                max(was.high, ticks),
                min(was.low, ticks),
                was.volume + lots,
                was.amount + lots * ticks,
            ),
        )

    def figures(self, now_ms: int) -> Figures | None:
        """Return None while nothing was traded."""
        first = now_ms // _MINUTE_MS - _MINUTES
        minutes = [figures for minute, figures in self._minutes if minute > first]
        if not minutes:
            return None
        return Figures(
            minutes[0].opened,
            minutes[-1].closed,
            max(minute.high for minute in minutes),
            min(minute.low for minute in minutes),
            sum(minute.volume for minute in minutes),
            sum(minute.amount for minute in minutes),
        )
