"""This file is how long to wait before trying again: exponential, with full jitter, under a ceiling."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """A growing pause: attempt n waits between 0 and `first_s * 2**n`, never more than `ceiling_s`.

    Full jitter spreads callers that failed together; without it they return together. `least` is the share of it that
    is waited in any case, for those who must not meet again too soon.
    """

    first_s: float = 0.5
    ceiling_s: float = 30.0
    least: float = 0.0

    def pause_s(self, attempt: int, chance: random.Random) -> float:
        """Return the pause after failed attempt number `attempt`, counted from 0."""
        # 2.0**60 s is far beyond any ceiling; the cap keeps a long outage from overflowing a float.
        most_s = min(self.ceiling_s, self.first_s * 2.0 ** min(attempt, 60))
        return chance.uniform(self.least * most_s, most_s)
