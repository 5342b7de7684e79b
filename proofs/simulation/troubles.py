"""This file is the troubles of one seed: which kinds there are, how often and for how long, drawn and told."""

import random
from collections import Counter
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """How bad it gets. Shares are of frames or calls; `_every_s` is the mean time between two, 0 never."""

    latency_ms: tuple[int, int] = (1, 20)
    late: float = 0.0
    frames_lost: float = 0.0
    frames_twice: float = 0.0
    frames_swapped: float = 0.0
    frames_spoilt: float = 0.0
    requests_lost: float = 0.0
    replies_lost: float = 0.0
    replies_500: float = 0.0
    replies_429: float = 0.0
    replies_cut: float = 0.0
    cut_every_s: float = 0.0
    deaf_every_s: float = 0.0
    stall_every_s: float = 0.0
    theft_every_s: float = 0.0
    outage_every_s: float = 0.0
    longest_s: float = 10.0

    @classmethod
    def drawn(cls, chance: random.Random) -> "Troubles":
        """Draw each kind by itself: none, some or much of it."""

        def some(*shares: float) -> float:
            return chance.choice((0.0, 0.0, *shares))

        return cls(
            latency_ms=chance.choice(((1, 5), (5, 60), (20, 300))),
            late=some(0.01, 0.05),
            frames_lost=some(0.002, 0.02),
            frames_twice=some(0.01, 0.1),
            frames_swapped=some(0.005, 0.05),
            frames_spoilt=some(0.002),
            requests_lost=some(0.02, 0.1),
            replies_lost=some(0.02, 0.1),
            replies_500=some(0.02, 0.1),
            replies_429=some(0.02, 0.1),
            replies_cut=some(0.01),
            cut_every_s=some(10.0, 40.0),
            deaf_every_s=some(30.0),
            stall_every_s=some(15.0),
            theft_every_s=some(30.0),
            outage_every_s=some(40.0),
            longest_s=chance.choice((3.0, 10.0)),
        )

    def __str__(self) -> str:
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return ", ".join(f"{name} {value}" for name, value in told.items() if value)


CALM = Troubles()


class Dice:
    """Draw from one seed, by the troubles of the moment; count what strikes."""

    def __init__(self, chance: random.Random, troubles: Troubles) -> None:
        self.chance = chance
        self.troubles = troubles
        self.struck: Counter[str] = Counter()

    def strikes(self, share: float, what: str) -> bool:
        if not share or self.chance.random() >= share:
            return False
        self.struck[what] += 1
        return True

    def latency_s(self) -> float:
        if self.strikes(self.troubles.late, "late"):
            return self.chance.uniform(0.3, 3.0)
        return self.chance.randint(*self.troubles.latency_ms) / 1000
