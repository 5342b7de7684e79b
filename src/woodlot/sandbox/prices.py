"""This file is the fair price of each symbol: a seeded random walk around its start, which no book ever sees."""

import math
import random
from dataclasses import dataclass
from decimal import Decimal

from woodlot.sandbox.instruments import START_PRICES

STEPS_PER_SECOND = 20
"""The market moves in steps of 50 ms, the fastest clock of the book stream (websocket-v3 §7.1)."""

LOT_NOTIONAL = 2_000.0
"""What a usual order is worth, in quote units."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How one symbol moves."""

    # Relative standard deviation of one step; 2e-5 is about 2.6 % a day.
    step_sigma: float = 2e-5
    # Days apart the price is found this far from its start: a market left running stays inside its filters.
    wander: float = 0.03


_PROFILES = {
    "SPOT_ETH_USDT": Profile(step_sigma=2.5e-5),
    "SPOT_WOO_USDT": Profile(step_sigma=4e-5, wander=0.05),
}


class FairPrice:
    """One symbol's walk. Same seed and same steps, same prices."""

    def __init__(self, symbol: str, *, seed: int) -> None:
        profile = _PROFILES.get(symbol, Profile())
        # Seeded by text: the same on every Python version and for every hash seed.
        self._chance = random.Random(f"{seed} fair {symbol}")
        self._sigma = profile.step_sigma
        # Of a walk that is drawn back by this share per step, `wander` is the standard deviation.
        self._pull = (profile.step_sigma / profile.wander) ** 2 / 2
        self._start = float(START_PRICES.get(symbol, Decimal(1)))
        self._distance = self._chance.gauss(0, profile.wander / 3)
        self.lot = LOT_NOTIONAL / self._start

    @property
    def price(self) -> float:
        return self._start * math.exp(self._distance)

    def advance(self, steps: int = 1) -> float:
        """Move on by `steps` at once and return the new price."""
        noise = self._chance.gauss(0, self._sigma * math.sqrt(steps))
        self._distance += noise - self._distance * min(1.0, self._pull * steps)
        return self.price


def on_grid(value: float, step: Decimal) -> Decimal:
    """Return the multiple of `step` nearest to `value`, at least one step.

    >>> on_grid(0.12345, Decimal("0.01"))
    Decimal('0.12')
    """
    return max(1, round(value / float(step))) * step
