"""This file is the weather of one schedule: what the network and the exchange do to a message, drawn from a seed."""

import random
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weather:
    """How often things go wrong. Times are in milliseconds."""

    lost: float = 0.01
    repeated: float = 0.05
    late: float = 0.05
    rest_fails: float = 0.1
    reply_lost: float = 0.05
    request_lost: float = 0.02
    most_rest_lag_ms: int = 5_000
    outage_every_ms: int = 15_000
    crash_every_ms: int = 60_000


class Dice:
    """Draw from one seed, so that a schedule can be run again."""

    def __init__(self, seed: int, weather: Weather) -> None:
        self.chance = random.Random(seed)
        self.weather = weather
        self.happened: Counter[str] = Counter()

    def happens(self, share: float, what: str = "") -> bool:
        """Draw whether something happens; if it has a name, count it."""
        if self.chance.random() >= share:
            return False
        if what:
            self.happened[what] += 1
        return True

    def latency_ms(self) -> int:
        """How long a message is under way."""
        if self.happens(self.weather.late, "late"):
            return self.chance.randint(200, 3_000)
        return self.chance.randint(1, 60)

    def rest_lag_ms(self) -> int:
        """How long REST does not show something: mostly nothing, at times all that is assumed."""
        return self.chance.choice((0, 0, 1, self.chance.randint(0, self.weather.most_rest_lag_ms)))

    def until_next_ms(self, every_ms: int) -> int:
        return self.chance.randint(every_ms // 2, every_ms * 3 // 2)
