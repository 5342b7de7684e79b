"""This file is a small exchange that shares no code with the book: a full book, its top-N window on a clock, REST.

It remembers the window at every `ts` it ever sent, which is the truth a synchronised book is held against. Prices and
sizes are whole numbers of steps in here and become text only on the wire, in any spelling the exchange might use.
"""

import functools
import random
from bisect import bisect_right
from dataclasses import dataclass, field

TICK_MS = 50
Steps = dict[int, int]
Side = tuple[tuple[int, int], ...]
Window = tuple[Side, Side]
Wire = list[tuple[str, str]]

# Few sizes: a level often changes back to what it was, which is what makes a straddle wrong.
SIZES = (1000, 2500, 3)


@dataclass(frozen=True, slots=True)
class Update:
    """One delta as the exchange sends it."""

    prev_ts: int
    ts: int
    bids: Wire
    asks: Wire


@dataclass(slots=True)
class Exchange:
    """Bids below a price that wanders, asks above; `depth` levels a side are announced, more rest behind them.

    With `off_grid` the book changes between two updates too, and REST shows those moments; `flicker` is the share of
    ticks in which an order comes and goes between two updates. With `is_plain` no number is spelled with an exponent,
    as none ever was in a recorded book.
    """

    chance: random.Random
    depth: int
    off_grid: bool = False
    flicker: float = 0.3
    is_plain: bool = False
    now_ms: int = 1_000_000
    sent_ms: int = 1_000_000
    middle: int = 10_000
    bids: Steps = field(default_factory=dict[int, int])
    asks: Steps = field(default_factory=dict[int, int])
    truth: dict[int, Window] = field(default_factory=dict[int, Window])
    past_ms: list[int] = field(default_factory=list[int])
    past: list[Window] = field(default_factory=list[Window])
    sent: Window = ((), ())

    def __post_init__(self) -> None:
        self._open()

    def restart(self, *, after_ms: int) -> None:
        """Be away for a while and come back with another book, on another grid, in a chain of its own."""
        self.now_ms += after_ms + self.chance.randrange(TICK_MS)
        self.bids.clear()
        self.asks.clear()
        self._open()

    def step(self) -> Update | None:
        """Let one tick pass; return the update it makes, if it makes one."""
        chance = self.chance
        end_ms = self.now_ms + TICK_MS
        for _ in range(chance.choice((0, 1, 1, 4))):
            self._change()
            if self.off_grid:
                self._remember(end_ms - chance.randrange(1, TICK_MS))
        if self.off_grid and chance.random() < self.flicker:
            self._flicker(end_ms - 1)
        self.now_ms = end_ms
        window = self.window()
        if window == self.sent:
            return None
        before, self.sent, prev_ms, self.sent_ms = self.sent, window, self.sent_ms, end_ms
        self._remember(end_ms)
        self.truth[end_ms] = window
        return Update(prev_ms, end_ms, self._difference(before[0], window[0]), self._difference(before[1], window[1]))

    def snapshot(self, *, lag_ms: int) -> tuple[int, Wire, Wire]:
        """Return what REST shows so far behind: the time of the last change until then, bids and asks."""
        at = max(0, bisect_right(self.past_ms, self.now_ms - lag_ms) - 1)
        bids, asks = self.past[at]
        return self.past_ms[at], self.spell(bids), self.spell(asks)

    def window(self) -> Window:
        bids = tuple(sorted(self.bids.items(), reverse=True)[: self.depth])
        return bids, tuple(sorted(self.asks.items())[: self.depth])

    def spell(self, levels: Side | list[tuple[int, int]]) -> Wire:
        return [(spelled(price, 10, self._style()), spelled(size, 1000, self._style())) for price, size in levels]

    def _style(self) -> int:
        style = self.chance.randrange(5)
        return style + 3 if self.is_plain and style in {1, 2} else style

    def _open(self) -> None:
        for _ in range(4 * self.depth):
            self._change()
        self.sent, self.sent_ms = self.window(), self.now_ms
        self.truth[self.sent_ms] = self.sent
        self._remember(self.now_ms)

    def _change(self) -> None:
        """Change one level somewhere; now and then move the middle, or empty a side."""
        chance = self.chance
        luck = chance.random()
        side, sign = (self.bids, -1) if chance.random() < 0.5 else (self.asks, 1)
        if luck < 0.002:
            side.clear()
        elif luck < 0.05:
            self._move()
        else:
            price = self.middle + sign * chance.randint(1, 3 * self.depth)
            if price in side and chance.random() < 0.5:
                del side[price]
            else:
                side[price] = chance.choice(SIZES)

    def _move(self) -> None:
        self.middle += self.chance.choice((-2, -1, 1, 2))
        for side, is_gone in ((self.bids, self.middle.__le__), (self.asks, self.middle.__ge__)):
            for price in [price for price in side if is_gone(price)]:
                del side[price]

    def _flicker(self, at_ms: int) -> None:
        """Show a size that is gone before the window is next compared: no delta will ever tell of it."""
        if self.bids:
            best = max(self.bids)
            kept, self.bids[best] = self.bids[best], 77_000
            self._remember(at_ms)
            self.bids[best] = kept

    def _remember(self, at_ms: int) -> None:
        if self.past_ms and at_ms < self.past_ms[-1]:
            at_ms = self.past_ms[-1]
        if self.past_ms and at_ms == self.past_ms[-1]:
            # One time shows one book: the later one.
            self.past[-1] = self.window()
            return
        self.past_ms.append(at_ms)
        self.past.append(self.window())

    def _difference(self, before: Side, after: Side) -> Wire:
        if before == after:
            return []
        old, new = dict(before), dict(after)
        changed = [(price, 0) for price in old if price not in new]
        changed += [level for level in after if old.get(level[0]) != level[1]]
        return self.spell(changed)


@functools.cache
def spelled(steps: int, steps_per_unit: int, style: int) -> str:
    """Write a number of steps in one of the spellings that are thinkable on the wire (websocket-v3 §6)."""
    whole, part = divmod(steps, steps_per_unit)
    places = len(str(steps_per_unit)) - 1
    plain = f"{whole}.{part:0{places}d}".rstrip("0").rstrip(".")
    match style:
        case 0:
            return f"{whole}.{part:0{places}d}"
        case 1:
            return f"{steps}E-{places}"
        case 2:
            return f"{steps}.00e-{places}" if steps else "0.000"
        case _:
            return plain
