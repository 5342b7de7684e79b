"""This file is the prices of one perpetual that are not its trades': index, mark, and the funding rate (rest-v3 §8.15).

All of it is integers: prices in units, rates in 10⁻⁸. Nothing moves between two ticks of the exchange.
"""

from collections import deque
from decimal import Decimal
from statistics import median_low
from typing import Final

from woodlot.sandbox.ledger import RATE_ONE
from woodlot.sandbox.market import Market
from woodlot.sandbox.matching import Ladder
from woodlot.sandbox.money import ONE, decimal, units
from woodlot.sandbox.orders import Order

HOUR_MS: Final = 3_600_000
PREMIUM_EVERY_MS: Final = 5_000
"""The premium index is "sampled every 5 s"."""
BASIS_EVERY_MS: Final = 1_000
BASIS_KEPT: Final = 300
"""Five minutes of one sample a second, for the second of the three mark prices."""
BASELINE: Final = RATE_ONE // 10_000
""" "Live rates show an extra baseline of 0.0001 x N/8"."""
# Marks are recorded with eight decimals, as 96.83793449.
_MARK_STEP = ONE // 10**8


class Perpetual:
    """One perpetual's prices. The index is the one supplied, else the spot market's price, else its own."""

    def __init__(self, market: Market, *, spot: Market | None, now_ms: int) -> None:
        instrument = market.instrument
        self.market = market
        self.interval_ms = _number(instrument.funding_interval_hours, 8) * HOUR_MS
        self.cap = _rate(instrument.funding_cap, default=RATE_ONE // 50)
        self.floor = _rate(instrument.funding_floor, default=-RATE_ONE // 50)
        self.base_initial = _rate(instrument.base_imr, default=RATE_ONE // 50)
        self.base_maintenance = _rate(instrument.base_mmr, default=RATE_ONE * 12 // 1000)
        self.last_rate = 0
        self.last_funding_ms = now_ms - now_ms % self.interval_ms
        self._spot = spot
        self._supplied: int | None = None
        self._mark: int | None = None
        self._basis: deque[int] = deque(maxlen=BASIS_KEPT)
        self._basis_slot = self._premium_slot = -1
        self._premium_sum = self._premiums = 0
        self._is_liquid = False

    @property
    def next_funding_ms(self) -> int:
        return self.last_funding_ms + self.interval_ms

    @property
    def most_leverage(self) -> int:
        return RATE_ONE // self.base_initial

    def supply_index(self, price: int | None) -> None:
        """Take the index from outside from now on, or with None no longer."""
        self._supplied = price

    def index(self) -> int | None:
        """Return the index price in units, None while nothing has a price."""
        if self._supplied is not None:
            return self._supplied
        return (self._spot.mark() if self._spot else 0) or self.market.mark() or None

    def mark(self) -> int | None:
        """Return the mark price in units as of the last tick, None while nothing has a price."""
        if self._mark is None:
            self._mark = self.index()
        return self._mark

    def value(self, lots: int) -> int:
        """Return what so many lots are worth at the mark price, without a sign."""
        return self.market.value(abs(lots), price=self.mark() or 0)

    def tick(self, now_ms: int) -> None:
        """Sample what is due and judge the mark price anew."""
        index = self.index()
        if index is None:
            return
        self._sample(index, now_ms)
        self._mark = self._judge(index, now_ms)

    def estimate(self) -> int:
        """Return the rate of the funding to come: "clamp(average premium index / (8/N), cap, floor)", and baseline."""
        hours = self.interval_ms // HOUR_MS
        premium = self._premium_sum // self._premiums if self._premiums else 0
        return max(self.floor, min(self.cap, (premium + BASELINE) * hours // 8))

    def fund(self) -> int:
        """Close the interval: return its rate and begin the next one."""
        self.last_rate = self.estimate()
        self.last_funding_ms = self.next_funding_ms
        self._premium_sum = self._premiums = 0
        return self.last_rate

    def _sample(self, index: int, now_ms: int) -> None:
        mid = self.market.mid()
        if now_ms // BASIS_EVERY_MS != self._basis_slot:
            self._basis_slot = now_ms // BASIS_EVERY_MS
            impact = self._impact()
            self._is_liquid = impact is not None
            if mid is not None:
                self._basis.append(mid - index)
            if impact is not None and now_ms // PREMIUM_EVERY_MS != self._premium_slot:
                self._premium_slot = now_ms // PREMIUM_EVERY_MS
                self._premium_sum += (impact - index) * RATE_ONE // index
                self._premiums += 1

    def _judge(self, index: int, now_ms: int) -> int:
        """Return median(P1, P2, P3), or the index "with no two-sided book, or liquidity below the impact notional"."""
        book, tick = self.market.book, self.market.tick
        bid, ask = book.bids.best, book.asks.best
        if not self._is_liquid or bid is None or ask is None:
            return index
        left_ms = max(0, self.next_funding_ms - now_ms)
        first = index + index * self.last_rate * left_ms // (RATE_ONE * self.interval_ms)
        second = index + sum(self._basis) // len(self._basis)
        last = self.market.last if self.market.last is not None else (bid.price + ask.price) // 2
        third = median_low((bid.price, ask.price, last)) * tick
        mark = median_low((first, second, third))
        return mark - mark % _MARK_STEP

    def _impact(self) -> int | None:
        """Return the middle of the prices at which the impact notional could be bought and sold now."""
        notional = self.market.instrument.impact_notional
        wanted = units(notional) if notional is not None else 1
        prices = [_impact_price(side, wanted, self.market) for side in (self.market.book.bids, self.market.book.asks)]
        return None if prices[0] is None or prices[1] is None else (prices[0] + prices[1]) // 2


def rate_decimal(rate: int) -> Decimal:
    """Return a rate in 10⁻⁸ as the fraction it is."""
    return decimal(rate * (ONE // RATE_ONE))


def _impact_price(side: Ladder[Order], wanted: int, market: Market) -> int | None:
    lots = cost = 0
    for level in side.best_first():
        value = level.lots * level.price * market.worth
        if cost + value < wanted:
            lots, cost = lots + level.lots, cost + value
            continue
        part = -(-(wanted - cost) // (level.price * market.worth))
        return (cost + part * level.price * market.worth) * ONE // ((lots + part) * market.lot)
    return None


def _rate(value: object, *, default: int) -> int:
    """Return a ratio of the listing in 10⁻⁸; it need not be there."""
    return int(value * RATE_ONE) if isinstance(value, Decimal) else default


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) else default
