"""This file is what was recorded of a live market, as a table: what the `recorded` profile has to land inside.

Counts are per minute of virtual time on PERP_BTC_USDT, from two runs of about 75 s (websocket-v3 §7.1). The profile
claims nothing beyond this table: not the frames of `bbo`, which nobody has explained, and nothing of other symbols.
"""

from dataclasses import dataclass
from typing import Final

SYMBOL: Final = "PERP_BTC_USDT"


@dataclass(frozen=True, slots=True)
class Figure:
    """One recorded figure and the range it was found in."""

    name: str
    low: float
    high: float
    unit: str
    source: str


FIGURES: Final[tuple[Figure, ...]] = (
    Figure(f"orderbookupdate@{SYMBOL}@50", 15.2, 28, "frames a minute", "websocket-v3 §7.1: 19 and 35 in 75 s"),
    Figure(f"orderbookupdaterpi@{SYMBOL}@50", 267, 308, "frames a minute", "websocket-v3 §7.1: 334 and 385 in 75 s"),
    Figure(f"orderbook10@{SYMBOL}", 90.4, 98.4, "frames a minute", "websocket-v3 §7.1: 113 and 123 in 75 s"),
    Figure(f"ticker@{SYMBOL}", 41.6, 44, "frames a minute", "websocket-v3 §7.1: 52 and 55 in 75 s"),
    Figure(f"markprice@{SYMBOL}", 59.2, 60, "frames a minute", "websocket-v3 §7.1: 74 and 75 in 75 s"),
    Figure("indexprice@SPOT_BTC_USDT", 59.2, 60, "frames a minute", "websocket-v3 §7.1: 74 and 75 in 75 s"),
    Figure("longest silence", 0.9, 24.1, "s", "websocket-v3 §8.1"),
    Figure("levels per delta", 1, 22, "levels", "websocket-v3 §8.1"),
    Figure("spread", 3_652, 22_267, "ppm", "websocket-v3 §8.7"),
    Figure("spread with RPI", 11, 84, "ppm", "websocket-v3 §8.7"),
    Figure("levels a side", 3, 70, "levels", "rest-v3 §8.8"),
)
