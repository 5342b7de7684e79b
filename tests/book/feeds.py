"""This file is recorded-like feeds of several characters, and a reading of them that shares nothing with ours.

Level-2 captures of other exchanges, spelled as frames of this one, look like this: any tick, any number of digits,
bursts and silences, sides that empty. Each feed shows windows of a full book that is far deeper than they are.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

DEPTH = 50
SYMBOL = "PERP_BTC_USDT"
TOPIC = f"orderbookupdate@{SYMBOL}@{DEPTH}"
START_TS = 1_790_000_000_000

Side = dict[Decimal, Decimal]
Top = tuple[list[tuple[Decimal, Decimal]], list[tuple[Decimal, Decimal]]]


@dataclass(frozen=True, slots=True)
class Character:
    """What a market is like: `middle` in ticks, how many levels a side, how many change at once, at which pace."""

    tick: str
    lot: str
    middle: int
    levels: int = 200
    changes: tuple[int, ...] = (1, 2, 5)
    pauses_ms: tuple[int, ...] = (50, 100)
    wipes: float = 0.0
    spellings: tuple[str, ...] = ("plain",)


CHARACTERS = {
    "calm": Character("0.01", "0.001", 6_000_000),
    "bursty": Character("0.5", "0.00001", 130_000, changes=(1, 1, 120), pauses_ms=(50, 50, 24_000)),
    "thin, with sides that empty": Character("0.001", "1", 500, levels=8, changes=(1, 3), wipes=0.1),
    "huge ticks": Character("1234567.5", "0.00000001", 40_000, levels=90),
    "ticks of a hundred-millionth": Character("0.00000001", "1", 1_250, levels=120, spellings=("plain", "exponent")),
    "more digits than a float holds": Character("0.000000001", "0.00000001", 12_345_678_901_234_567_890),
    "digits that grow past a float": Character("0.0001", "0.1", 10**15 - 60, changes=(4, 9)),
    "every spelling there is": Character(
        "0.05", "0.00002", 2_000, spellings=("plain", "zeros", "exponent", "Exponent")
    ),
}


class Feed:
    """A market of one character: `snapshot` is what REST shows, `frames` what the stream then says."""

    def __init__(self, character: Character, seed: int) -> None:
        self._character = character
        self._chance = random.Random(seed)
        self._middle = character.middle
        self._bids: Side = {}
        self._asks: Side = {}
        for _ in range(3 * character.levels):
            self._change()
        self._shown = self.top()
        self.ts = START_TS

    def top(self) -> Top:
        return sorted(self._bids.items(), reverse=True)[:DEPTH], sorted(self._asks.items())[:DEPTH]

    def snapshot(self) -> dict[str, Any]:
        sides = ([{"price": price, "quantity": size} for price, size in self._spelled(side)] for side in self._shown)
        return {"timestamp": self.ts, **dict(zip(("bids", "asks"), sides, strict=True))}

    def frames(self, count: int) -> Iterator[str]:
        while count:
            for _ in range(self._chance.choice(self._character.changes)):
                self._change()
            top = self.top()
            if top != self._shown:
                count -= 1
                yield self._frame(top)

    def _frame(self, top: Top) -> str:
        prev_ts, self.ts = self.ts, self.ts + self._chance.choice(self._character.pauses_ms)
        sides: list[Any] = []
        for old, new in zip(map(dict, self._shown), map(dict, top), strict=True):
            gone = [(price, Decimal(0)) for price in old if price not in new]
            sides.append(self._spelled([*gone, *(level for level in new.items() if old.get(level[0]) != level[1])]))
        self._shown = top
        data = {"ts": self.ts, "bids": sides[0], "asks": sides[1], "prevTs": prev_ts, "s": SYMBOL}
        return json.dumps({"topic": TOPIC, "ts": self.ts + 1, "data": data}, separators=(",", ":"))

    def _change(self) -> None:
        chance, character = self._chance, self._character
        side, sign = chance.choice(((self._bids, -1), (self._asks, 1)))
        if chance.random() < character.wipes:
            side.clear()
        elif chance.random() < 0.05:
            self._move(chance.choice((-3, -1, 1, 3)))
        else:
            step = chance.randint(1, chance.choice((5, character.levels)))
            price = (self._middle + sign * step) * Decimal(character.tick)
            if price in side and chance.random() < 0.5:
                del side[price]
            else:
                side[price] = chance.choice((1, 7, 10**6 + 1, 10**11)) * Decimal(character.lot)

    def _move(self, steps: int) -> None:
        self._middle += steps
        middle = self._middle * Decimal(self._character.tick)
        self._bids = {price: size for price, size in self._bids.items() if price < middle}
        self._asks = {price: size for price, size in self._asks.items() if price > middle}

    def _spelled(self, levels: Any) -> list[tuple[str, str]]:
        return [(self._spell(price), self._spell(size)) for price, size in levels]

    def _spell(self, number: Decimal) -> str:
        match self._chance.choice(self._character.spellings):
            case "zeros":
                return f"{number:.12f}"
            case "exponent":
                return f"{number:e}"
            case "Exponent":
                return f"{number:.20E}"
            case _:
                return f"{number:f}"


class Reading:
    """What somebody else makes of a feed: a dict a side, sorted when it is looked at."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.sides: tuple[Side, Side] = (
            {Decimal(level["price"]): Decimal(level["quantity"]) for level in snapshot["bids"]},
            {Decimal(level["price"]): Decimal(level["quantity"]) for level in snapshot["asks"]},
        )

    def hear(self, frame: str) -> None:
        data = json.loads(frame)["data"]
        for side, levels in zip(self.sides, (data["bids"], data["asks"]), strict=True):
            for price, size in levels:
                side[Decimal(price)] = Decimal(size)
                if not Decimal(size):
                    del side[Decimal(price)]

    def top(self) -> Top:
        bids, asks = self.sides
        return sorted(bids.items(), reverse=True)[:DEPTH], sorted(asks.items())[:DEPTH]
