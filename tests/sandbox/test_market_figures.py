from collections import Counter
from pathlib import Path

import pytest
from tools.market_plots import IMAGES, drawn, watch

from woodlot.clock import ManualClock
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.market_figures import FIGURES, SYMBOL, Figure
from woodlot.sandbox.simulation import Simulation
from woodlot.wire.events import BookDelta

MINUTES = 4
DELTAS = f"orderbookupdate@{SYMBOL}@50"
WANTED = frozenset({f"ticker@{SYMBOL}", f"markprice@{SYMBOL}", "indexprice@SPOT_BTC_USDT"})


class Observer:
    """Watches the recorded profile for some virtual minutes and keeps the lowest and highest of each figure."""

    def __init__(self, *, seed: int) -> None:
        self.clock = ManualClock()
        self.market = Simulation(clock=self.clock, seed=seed, listing=(LISTING[0], PERPETUALS[0]), profile="recorded")
        self.seen: dict[str, list[float]] = {figure.name: [] for figure in FIGURES}
        self._frames: Counter[str] = Counter()
        self._last_ms = self.clock.now_ms()

    def watch(self) -> None:
        self._step()
        self._frames.clear()
        for number in range(MINUTES * 60 * 20):
            self._step()
            if number % 100 == 0:
                self._look_at_the_book()
        for topic in set(self._frames) & set(self.seen):
            self.seen[topic].append(self._frames[topic] / MINUTES)

    def _step(self) -> None:
        self.clock.advance(0.05)
        self.market.step()
        for telling in [*self.market.tell(), *self.market.publish(wanted=WANTED)]:
            self._frames[telling.topic] += 1
            if telling.topic == DELTAS and isinstance(telling.event, BookDelta):
                self.seen["levels per delta"].append(len(telling.event.bids) + len(telling.event.asks))
                self._note_silence(telling.event.ts)

    def _note_silence(self, ts: int) -> None:
        longest = max([*self.seen["longest silence"], (ts - self._last_ms) / 1000])
        self.seen["longest silence"] = [longest]
        self._last_ms = ts

    def _look_at_the_book(self) -> None:
        for name, rpi in (("spread", False), ("spread with RPI", True)):
            bid, ask = self.market.exchange.best(SYMBOL, rpi=rpi)
            assert bid is not None
            assert ask is not None
            self.seen[name].append(float((ask[0] - bid[0]) / ask[0]) * 1e6)
        self.seen["levels a side"] += [len(side) for side in self.market.exchange.window(SYMBOL, 1000)]


@pytest.mark.slow
def test_the_recorded_profile_lands_inside_every_recorded_figure():
    observer = Observer(seed=1)

    observer.watch()

    for figure in FIGURES:
        seen = observer.seen[figure.name]
        shown = f"{figure.name}: {min(seen, default=0)} to {max(seen, default=0)} {figure.unit}, {figure.source}"
        assert seen, shown
        assert figure.low <= min(seen), shown
        assert max(seen) <= figure.high, shown
    assert observer.market.exchange.audit() == []


def test_every_figure_has_a_source():
    for figure in FIGURES:
        assert figure.low <= figure.high
        assert "§" in figure.source


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_the_page_shows_every_figure_as_the_table_has_it(figure: Figure):
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    claimed = page[page.index("## What `recorded` claims") :]

    assert f"{figure.low:,g} to {figure.high:,g}" in claimed
    assert figure.source.partition(":")[0] in claimed


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["lively", "recorded"])
def test_the_pictures_are_what_the_profiles_give(profile: str):
    assert (IMAGES / f"market-{profile}.svg").read_text(encoding="utf-8") == drawn(profile, watch(profile))
