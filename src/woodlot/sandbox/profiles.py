"""This file is how a market behaves: how its fair price moves, how thick its book is, how often somebody trades.

`lively` is the default: something happens all the time. `recorded` lands inside the figures that were recorded of
PERP_BTC_USDT, which are written down in `market_figures`, and claims nothing beyond them.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """How a maker quotes: so many levels a side, so far apart, the first one so far from the fair price."""

    levels: int
    # Two neighbouring levels are this far apart, or a tick where that is more.
    spacing: float
    # How far the nearest quote is from the fair price, in levels.
    first: int = 1
    # A level is left alone until it is this much further out than the last one wanted: quotes do not flicker.
    slack: int = 10
    # How many quotes are taken back and put up again in another size, on average and per step.
    resized_per_step: float = 2.0
    # How sharply those are near the touch.
    nearness: float = 0.12
    placed_per_step: int = 8
    # The ladder is looked at with this chance per step; between two looks nothing of it moves.
    chance_per_step: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one kind of market behaves."""

    ladder: Ladder
    # Of perpetuals: orders that only retail flow can hit, inside the others (websocket-v3 §8.7).
    rpi: Ladder | None = None
    # Whether takers come through the app: they may hit RPI orders and so leave the others alone.
    retail_takers: bool = False
    # A taker comes again after so many steps.
    steps_between_trades: tuple[int, int] = (4, 12)
    slippage_levels: int = 8
    # How many usual sizes a taker wants.
    taker_lots: float = 0.5
    # One taker in so many comes with an order of many usual sizes.
    large_one_in: int = 60
    # Bursts and quiet spells: how long each lasts in steps, and how many times as often takers come.
    burst_steps: int = 100
    quiet_steps: int = 500
    burst: float = 1.0
    # How much of its way the fair price keeps from step to step: 0 is a plain walk.
    momentum: float = 0.0
    # How fast the fair price moves, against the walk of its symbol.
    pace: float = 1.0


_LIVELY_LADDER = Ladder(levels=80, spacing=2.5e-5)

PROFILES: Final[dict[str, Profile]] = {
    "lively": Profile(
        ladder=_LIVELY_LADDER,
        rpi=Ladder(levels=5, spacing=1.2e-5, slack=2, resized_per_step=0.5, nearness=1.0, placed_per_step=4),
        burst=2.0,
        momentum=0.02,
    ),
    "recorded": Profile(
        # "3,652 to 22,267 ppm wide", "3 to 70 levels deep", silent for up to 24 s.
        ladder=Ladder(
            levels=30,
            spacing=4e-4,
            first=10,
            slack=4,
            resized_per_step=2.4,
            nearness=0.15,
            placed_per_step=30,
            chance_per_step=0.0185,
        ),
        # "with RPI 11 to 84 ppm"; most of what changes is far from the touch.
        rpi=Ladder(
            levels=48,
            spacing=2e-5,
            slack=4,
            resized_per_step=1.3,
            nearness=0.015,
            placed_per_step=10,
            chance_per_step=0.205,
        ),
        retail_takers=True,
        steps_between_trades=(1, 43),
        taker_lots=0.1,
        slippage_levels=3,
        large_one_in=1_000_000,
        pace=0.02,
    ),
}
