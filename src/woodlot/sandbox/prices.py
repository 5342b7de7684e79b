"""This file is the fair price of each symbol: a seeded random walk around its start, which no book ever sees."""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from woodlot.sandbox.instruments import START_PRICES

STEPS_PER_SECOND = 20
"""The market moves in steps of 50 ms, the fastest clock of the book stream (websocket-v3 §7.1)."""

LOT_NOTIONAL = 2_000.0
"""What a usual order is worth, in quote units."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How one symbol moves."""

    # Relative standard deviation of one step; 2e-5 is about 2.6 % a day.
    step_sigma: float = 2e-5
    # Days apart the price is found this far from its start: a market left running stays inside its filters.
    wander: float = 0.03


_WALKS = {
    "SPOT_ETH_USDT": Walk(step_sigma=2.5e-5),
    "SPOT_WOO_USDT": Walk(step_sigma=4e-5, wander=0.05),
}
# How a perpetual's price moves around that of its spot pair.
_BASIS = Walk(step_sigma=2e-6, wander=3e-4)


class FairPrice:
    """One symbol's walk, drawn back to its start; around `anchor`, where there is one. Same seed, same prices.

    With `momentum` each step keeps that share of the one before: trends, that the pull brings to an end.
    """

    def __init__(
        self, symbol: str, *, seed: int, anchor: "FairPrice | None" = None, momentum: float = 0.0, pace: float = 1.0
    ) -> None:
        walk = _BASIS if anchor is not None else _WALKS.get(symbol, Walk())
        # Seeded by text: the same on every Python version and for every hash seed.
        self._chance = random.Random(f"{seed} fair {symbol}")
        self._sigma = walk.step_sigma * pace
        # Of a walk that is drawn back by this share per step, `wander` is the standard deviation.
        self._pull = (walk.step_sigma / walk.wander) ** 2 / 2
        self._start = float(START_PRICES.get(symbol, Decimal(1)))
        self._momentum = momentum
        self._moved = 0.0
        self._distance = self._chance.gauss(0, walk.wander / 3)
        self.anchor = anchor
        self.lot = LOT_NOTIONAL / (self._start if anchor is None else anchor.price)

    @property
    def price(self) -> float:
        return (self._start if self.anchor is None else self.anchor.price) * math.exp(self._distance)

    def advance(self, steps: int = 1) -> float:
        """Move on by `steps` at once and return the new price."""
        noise = self._chance.gauss(0, self._sigma * math.sqrt(steps))
        self._moved = noise + self._momentum * self._moved
        self._distance += self._moved - self._distance * min(1.0, self._pull * steps)
        return self.price

    def shift(self, share: float) -> None:
        """Move the price by a share of itself at once; from there it is drawn back like from anywhere."""
        self._distance += math.log1p(share)


def fair_prices(symbols: Iterable[str], *, seed: int, momentum: float = 0.0, pace: float = 1.0) -> dict[str, FairPrice]:
    """Return a walk for each symbol; that of a perpetual is around its spot pair's."""
    names = list(symbols)
    walks = {
        name: FairPrice(name, seed=seed, momentum=momentum, pace=pace) for name in names if not name.startswith("PERP_")
    }
    return {
        name: walks.get(name) or FairPrice(name, seed=seed, anchor=walks.get(name.replace("PERP_", "SPOT_")), pace=pace)
        for name in names
    }


def on_grid(value: float, step: Decimal) -> Decimal:
    """Return the multiple of `step` nearest to `value`, at least one step.

    >>> on_grid(0.12345, Decimal("0.01"))
    Decimal('0.12')
    """
    return max(1, round(value / float(step))) * step
