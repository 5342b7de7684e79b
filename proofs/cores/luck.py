"""This file is the luck of one seed: which kinds of trouble there are, drawn and told, and what strikes when."""

import random
from dataclasses import asdict, dataclass

from proofs import weather
from proofs.simulation.troubles import Troubles


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardships(Troubles):
    """The troubles of a network, and what the exchange's REST and the program add to them."""

    rest_lag_ms: int = 0
    book_lags_ms: tuple[int, ...] = (0,)
    crash_every_s: float = 0.0

    @classmethod
    def drawn(cls, chance: random.Random) -> "Hardships":
        """Draw each kind by itself: none, some or much of it."""
        return cls(
            **asdict(Troubles.drawn(chance)),
            rest_lag_ms=chance.choice((0, 200, 5_000)),
            book_lags_ms=chance.choice(((0,), (0, 50, 200), (0, 1_000, 4_000), (0, 20_000, 46_000))),
            crash_every_s=chance.choice((0.0, 20.0, 60.0)),
        )


NONE = Hardships()


class Luck(weather.Dice):
    """Draw from one seed. A frame's fate is one draw, for most frames are spared."""

    def __init__(self, seed: int, hardships: Hardships | None = None) -> None:
        super().__init__(seed, weather.Weather())
        self.be(hardships or Hardships.drawn(self.chance))

    def be(self, hardships: Hardships) -> None:
        """Let these be the troubles from now on."""
        self.now = hardships
        self._fates = (
            ("frames lost", hardships.frames_lost),
            ("frames spoilt", hardships.frames_spoilt),
            ("frames swapped", hardships.frames_swapped),
            ("frames sent twice", hardships.frames_twice),
        )
        self._ill_fated = sum(share for _, share in self._fates)
        self._late = hardships.late
        self._least_ms, most_ms = hardships.latency_ms
        self._span_ms = most_ms - self._least_ms + 1

    def fate(self) -> str:
        """Return what befalls a frame; nothing, for most."""
        roll = self.chance.random()
        if roll >= self._ill_fated:
            return ""
        for name, share in self._fates:
            roll -= share
            if roll < 0:
                self.happened[name] += 1
                return name
        return ""

    def strikes(self, share: float, what: str) -> bool:
        return bool(share) and self.happens(share, what)

    def latency_ms(self) -> int:
        if self._late and self.happens(self._late, "late"):
            return self.chance.randint(300, 3_000)
        return self._least_ms + int(self.chance.random() * self._span_ms)

    def rest_lag_ms(self) -> int:
        return self.chance.choice((0, 0, self.chance.randint(0, self.now.rest_lag_ms)))

    def pause_ms(self, every_s: float) -> int:
        """Return how long until the next of something that comes so often."""
        return round(self.chance.uniform(500, 1_500) * every_s)

    def some_time_ms(self) -> int:
        """Return how long something lasts."""
        return round(self.chance.uniform(200, 1_000 * self.now.longest_s))
