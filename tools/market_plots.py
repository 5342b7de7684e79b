"""This file is the pictures of both markets: `python -m tools.market_plots` draws them into `docs/images/`.

Each is some minutes of virtual time on PERP_BTC_USDT from one seed: the touch with and without RPI orders, what the
book stream says each second, and the spread.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from woodlot.clock import ManualClock
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.prices import STEPS_PER_SECOND
from woodlot.sandbox.profiles import PROFILES
from woodlot.sandbox.simulation import Simulation

SYMBOL = "PERP_BTC_USDT"
SEED = 7
SECONDS = 240
IMAGES = Path(__file__).parents[1] / "docs" / "images"

_DELTAS = f"orderbookupdate@{SYMBOL}@50"
_RPI_DELTAS = f"orderbookupdaterpi@{SYMBOL}@50"
_WIDTH, _HEIGHT, _LEFT, _RIGHT = 900, 170, 90, 20
_TOP, _BOTTOM = 34, 24
_PRICES_FROM = 50_000


class Line(NamedTuple):
    """What one panel shows: a value for each second, in one colour."""

    name: str
    colour: str
    values: Sequence[float]


class Watched(NamedTuple):
    """One second each: the touch, the touch with RPI orders, and how many frames the book stream had."""

    touch: list[tuple[float, float]]
    rpi_touch: list[tuple[float, float]]
    frames: list[int]
    rpi_frames: list[int]


def watch(profile: str, *, seconds: int = SECONDS) -> Watched:
    """Let a market run and look at it once a second."""
    clock = ManualClock()
    market = Simulation(clock=clock, seed=SEED, listing=(LISTING[0], PERPETUALS[0]), profile=profile)
    seen = Watched([], [], [], [])
    for _ in range(seconds):
        frames = Counter[str]()
        for _ in range(STEPS_PER_SECOND):
            clock.advance(1 / STEPS_PER_SECOND)
            market.step()
            frames.update(telling.topic for telling in (*market.tell(), *market.publish()))
        for touch, rpi in ((seen.touch, False), (seen.rpi_touch, True)):
            bid, ask = market.exchange.best(SYMBOL, rpi=rpi)
            if bid is not None and ask is not None:
                touch.append((float(bid[0]), float(ask[0])))
        seen.frames.append(frames[_DELTAS])
        seen.rpi_frames.append(frames[_RPI_DELTAS])
    return seen


def drawn(profile: str, seen: Watched) -> str:
    """Return the picture as SVG."""
    panels = [
        (
            "best bid and ask, USDT",
            [
                Line("without RPI orders", "#b23a48", [bid for bid, _ in seen.touch]),
                Line("", "#b23a48", [ask for _, ask in seen.touch]),
                Line("with RPI orders", "#1f6f8b", [bid for bid, _ in seen.rpi_touch]),
                Line("", "#1f6f8b", [ask for _, ask in seen.rpi_touch]),
            ],
        ),
        (
            "frames of the book stream at depth 50, each second",
            [
                Line("without RPI orders", "#b23a48", seen.frames),
                Line("with RPI orders", "#1f6f8b", seen.rpi_frames),
            ],
        ),
        (
            "spread, ppm",
            [
                Line("without RPI orders", "#b23a48", _spreads(seen.touch)),
                Line("with RPI orders", "#1f6f8b", _spreads(seen.rpi_touch)),
            ],
        ),
    ]
    heading = f"{SYMBOL}, profile {profile}, seed {SEED}: {len(seen.frames)} seconds of virtual time"
    height = 30 + len(panels) * (_HEIGHT + 10)
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
                f'height="{height}" font-family="sans-serif" font-size="12">'
            ),
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text x="{_LEFT}" y="20" font-size="14">{heading}</text>',
            *(
                part
                for number, (title, lines) in enumerate(panels)
                for part in _panel(title, lines, top=30 + number * (_HEIGHT + 10))
            ),
            "</svg>\n",
        ]
    )


def _panel(title: str, lines: Sequence[Line], *, top: int) -> Iterable[str]:
    low, high = _range([value for line in lines for value in line.values])
    upper, lower = top + _TOP, top + _HEIGHT - _BOTTOM
    yield f'<text x="{_LEFT}" y="{top + 22}">{title}</text>'
    for share in (0.0, 0.5, 1.0):
        y = lower - share * (lower - upper)
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{low + share * (high - low):,.0f}</text>'
    right = _WIDTH - _RIGHT
    for line in lines:
        step = (right - _LEFT) / max(1, len(line.values) - 1)
        points = " ".join(
            f"{_LEFT + number * step:.1f},{lower - (value - low) / (high - low) * (lower - upper):.1f}"
            for number, value in enumerate(line.values)
        )
        yield f'<polyline points="{points}" fill="none" stroke="{line.colour}" stroke-width="1.2"/>'
    for number, line in enumerate(line for line in reversed(lines) if line.name):
        x = right - number * 160
        yield f'<text x="{x}" y="{top + 22}" text-anchor="end" fill="{line.colour}">{line.name}</text>'


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return where an axis begins and ends: at zero, but for prices."""
    low, high = min(values), max(values)
    low = low if low > _PRICES_FROM else 0.0
    return low, max(high, low + 1)


def _spreads(touch: Sequence[tuple[float, float]]) -> list[float]:
    return [(ask - bid) / ask * 1e6 for bid, ask in touch]


def main() -> None:
    for profile in PROFILES:
        path = IMAGES / f"market-{profile}.svg"
        path.write_text(drawn(profile, watch(profile)), encoding="utf-8")
        print(path.name)


if __name__ == "__main__":
    main()
