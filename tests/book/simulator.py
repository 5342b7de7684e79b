"""This file is a small exchange that shares no code with the book: a full book, its top-N window on a clock, REST.

It remembers the window at every `ts` it ever sent, which is the truth a synchronised book is held against.
"""

import random
from dataclasses import dataclass, field
from decimal import Decimal

TICK_MS = 50
Side = dict[Decimal, Decimal]
Window = tuple[Side, Side]
Wire = list[tuple[str, str]]


@dataclass
class Exchange:
    """Bids below 100, asks above; `depth` levels a side are announced, more rest behind them."""

    chance: random.Random
    depth: int
    now_ms: int = 1_000_000
    sent_ms: int = 1_000_000
    bids: Side = field(default_factory=dict[Decimal, Decimal])
    asks: Side = field(default_factory=dict[Decimal, Decimal])
    truth: dict[int, Window] = field(default_factory=dict[int, Window])
    past: list[tuple[int, Window]] = field(default_factory=list[tuple[int, Window]])
    sent: Window = field(default_factory=lambda: ({}, {}))

    def __post_init__(self) -> None:
        for _ in range(4 * self.depth):
            self.trade()
        self.sent = self.window()
        self.truth[self.sent_ms] = self.sent
        self.past.append((self.now_ms, self.sent))

    def window(self) -> Window:
        bids = sorted(self.bids.items(), reverse=True)[: self.depth]
        asks = sorted(self.asks.items())[: self.depth]
        return dict(bids), dict(asks)

    def trade(self) -> None:
        """Change one level somewhere; now and then empty a side."""
        side, sign = self.chance.choice([(self.bids, -1), (self.asks, 1)])
        price = 100 + sign * Decimal(self.chance.randint(1, 3 * self.depth)) / 10
        if self.chance.random() < 0.002:
            side.clear()
        elif price in side and self.chance.random() < 0.5:
            del side[price]
        else:
            # Few sizes: a level often changes back to what it was, which is what makes a straddle wrong.
            side[price] = Decimal(self.chance.choice(["1", "2.5", "0.003"]))

    def step(self, *, off_grid: bool) -> tuple[int, int, Wire, Wire] | None:
        """Let one tick of time pass and return the delta it makes, if it makes one."""
        end = self.now_ms + TICK_MS
        for at in sorted(self.chance.sample(range(1, TICK_MS), self.chance.choice([0, 1, 1, 4]))):
            self.trade()
            if off_grid:
                self._changed(self.now_ms + at)
        if off_grid and self.chance.random() < 0.3:
            self._flicker(end - 1)
        self.now_ms = end
        window = self.window()
        if window == self.sent:
            return None
        before, self.sent, prev_ms, self.sent_ms = self.sent, window, self.sent_ms, end
        self._changed(end)
        self.truth[end] = window
        return prev_ms, end, self._difference(before[0], window[0]), self._difference(before[1], window[1])

    def snapshot(self, *, lag: int) -> tuple[int, Wire, Wire]:
        """Return what REST shows `lag` changes behind: a timestamp, bids and asks."""
        timestamp, (bids, asks) = self.past[max(0, len(self.past) - 1 - lag)]
        return timestamp, self.spell(bids), self.spell(asks)

    def spell(self, side: Side) -> Wire:
        return [(self._spelled(price), self._spelled(size)) for price, size in side.items()]

    def _flicker(self, at_ms: int) -> None:
        """Show a size that is gone before the window is next compared: no delta will ever tell of it."""
        if self.bids:
            best = max(self.bids)
            kept, self.bids[best] = self.bids[best], Decimal(77)
            self._changed(at_ms)
            self.bids[best] = kept

    def _changed(self, at_ms: int) -> None:
        self.past.append((at_ms, self.window()))

    def _difference(self, before: Side, after: Side) -> Wire:
        changed = {price: after.get(price, Decimal(0)) for price in before | after}
        return self.spell({price: size for price, size in changed.items() if before.get(price, Decimal(0)) != size})

    def _spelled(self, number: Decimal) -> str:
        plain = format(number, "f")
        tailed = f"{plain}00" if "." in plain else f"{plain}.000"
        return self.chance.choice([plain, plain, tailed, f"{number:E}"])
