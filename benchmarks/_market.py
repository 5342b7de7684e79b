"""This file is the market that every contender is told of: made once from a seed, in the recorded shape.

Each side is deeper than the window. An update is the difference between the best `depth` levels before and after some
orders came and went, so a level that is pushed out of the window leaves with size 0, and comes back with its size
(websocket-v3 §8.5). Prices and sizes keep their trailing zeros, as the exchange's do.
"""

import hashlib
import random
from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

MOST = 40
START_MS = 1_790_000_000_000
_STEP_MS = {50: 50, 200: 200, 500: 200}
_TICK = 5  # hundredths: "60000.10" ends in zeros as often as not
_MIDDLE = 6_000_000
_ROOM = 1.4  # how much deeper than its window a side is
_MOST_STRUCTURAL = 6


class Update(NamedTuple):
    """The levels that changed between two moments, spelled as on the wire."""

    prev_ts: int
    ts: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


class _Side:
    """One side of the whole book, in hundredths of a price and hundred-thousandths of a size."""

    def __init__(self, sign: int, depth: int, chance: random.Random) -> None:
        self._sign = sign
        self._depth = depth
        self._chance = chance
        # Keys grow from the touch outwards on either side.
        self._keys = [number * _TICK for number in range(1, int(depth * _ROOM) + 1)]
        self._sizes = {key: self._size() for key in self._keys}
        self._edge = self._keys[depth - 1]
        self._was: dict[int, int] = {}

    def levels(self) -> list[tuple[str, str]]:
        """Spell the window, best first."""
        return [self._spelled(key, self._sizes[key]) for key in self._keys[: self._depth]]

    def change(self, count: int) -> None:
        """Let so many orders come, go or change, most of them near the touch."""
        structural = 0
        for _ in range(count):
            place = min(int(self._chance.expovariate(5 / self._depth)), self._depth - 1)
            key, what = self._keys[place], self._chance.random()
            if what < 0.8 or structural >= _MOST_STRUCTURAL // 2:
                self._put(key, self._size())
                continue
            structural += 1
            if what < 0.9 and len(self._keys) > self._depth * 1.2:
                self._keys.remove(key)
                self._put(key, 0)
            else:
                self._insert(key + _TICK * self._chance.choice((-2, -1, 1, 2)))

    def difference(self) -> list[tuple[str, str]]:
        """Spell what changed in the window since the last call, best first."""
        edge, self._edge = self._edge, self._keys[self._depth - 1]
        was, self._was = self._was, {}
        changed = [key for key, size in was.items() if (size if key <= edge else 0) != self._shown(key)]
        low, high = sorted((edge, self._edge))
        slid = self._keys[bisect_right(self._keys, low) : bisect_right(self._keys, high)]
        changed += [key for key in slid if key not in was]
        return [self._spelled(key, self._shown(key)) for key in sorted(changed)]

    def _shown(self, key: int) -> int:
        return self._sizes.get(key, 0) if key <= self._edge else 0

    def _put(self, key: int, size: int) -> None:
        self._was.setdefault(key, self._sizes.get(key, 0))
        self._sizes[key] = size

    def _insert(self, key: int) -> None:
        # Never beyond the middle: a bid that meets an ask is no book.
        while self._sizes.get(key) or key <= 0:
            key += _TICK
        insort(self._keys, key)
        self._put(key, self._size())

    def _size(self) -> int:
        return self._chance.randint(1, 99_999) * self._chance.choice((1, 10, 100))

    def _spelled(self, key: int, size: int) -> tuple[str, str]:
        price = _MIDDLE + self._sign * key
        removed = "0" if self._chance.random() < 0.9 else "0.00000"
        return f"{price // 100}.{price % 100:02}", f"{size // 100_000}.{size % 100_000:05}" if size else removed


class Market:
    """One symbol: a snapshot, and `count` updates that follow from it one by one."""

    def __init__(self, symbol: str, depth: int, count: int, *, seed: int = 1) -> None:
        self.symbol = symbol
        self.depth = depth
        chance = random.Random(f"{seed} {symbol} {depth}")
        self._bids, self._asks = _Side(-1, depth, chance), _Side(1, depth, chance)
        self.bids, self.asks = self._bids.levels(), self._asks.levels()
        self._chance = chance
        self._ts = START_MS
        self.updates: list[Update] = []
        self.digests = {0: digest(self.bids, self.asks)}
        self.extend(count)

    def extend(self, count: int) -> None:
        """Let the market move on by so many updates; `digests` has the book after them."""
        self.updates.extend(self._next() for _ in range(count))
        self.digests[len(self.updates)] = digest(self._bids.levels(), self._asks.levels())

    def _next(self) -> Update:
        count = self._chance.randint(8, MOST - _MOST_STRUCTURAL - 1)
        on_bids = self._chance.randint(3, count - 3)
        self._bids.change(on_bids)
        self._asks.change(count - on_bids)
        prev_ts, self._ts = self._ts, self._ts + _STEP_MS[self.depth] * self._chance.choice((1, 1, 1, 2, 5))
        return Update(prev_ts, self._ts, self._bids.difference(), self._asks.difference())

    @property
    def topic(self) -> str:
        return f"orderbookupdate@{self.symbol}@{self.depth}"

    @cached_property
    def opening(self) -> Update:
        """The update that ends where the snapshot is: it changes nothing, and a chain can start with it."""
        return Update(START_MS - _STEP_MS[self.depth], START_MS, self.bids[:1], self.asks[:1])

    def frame(self, update: Update) -> bytes:
        """Spell an update as the V3 stream does (websocket-v3 §7.1)."""
        return (
            f'{{"topic":"{self.topic}","ts":{update.ts},"data":{{"ts":{update.ts},"bids":{_quoted(update.bids)},'
            f'"asks":{_quoted(update.asks)},"prevTs":{update.prev_ts},"s":"{self.symbol}"}}}}'
        ).encode()

    def first_generation_frame(self, update: Update) -> bytes:
        """Spell it as the V1 stream does, with plain numbers: what ccxt's `woo` listens to (websocket-v3 §13)."""
        return (
            f'{{"topic":"{self.symbol}@orderbookupdate","ts":{update.ts},"data":{{"symbol":"{self.symbol}",'
            f'"prevTs":{update.prev_ts},"asks":{_plain(update.asks)},"bids":{_plain(update.bids)}}}}}'
        ).encode()

    def snapshot(self) -> bytes:
        """Spell the book before the first update as REST does (rest-v3 §8.6)."""
        bids, asks = (
            ",".join(f'{{"price":"{price}","quantity":"{size}"}}' for price, size in side)
            for side in (self.bids, self.asks)
        )
        return f'{{"success":true,"timestamp":{START_MS},"data":{{"asks":[{asks}],"bids":[{bids}]}}}}'.encode()


def digest(bids: Iterable[Sequence[object]], asks: Iterable[Sequence[object]]) -> str:
    """Return what two books have in common only if every price and size in them is the same, in the same order."""
    text = "\n".join(
        f"{name} {_number(price)} {_number(size)}"
        for name, side in (("bid", bids), ("ask", asks))
        for price, size in side
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _number(value: object) -> str:
    # A float of at most 15 digits prints the number it was made from.
    return f"{Decimal(str(value)).normalize():f}"


def _quoted(levels: Sequence[tuple[str, str]]) -> str:
    return "[" + ",".join(f'["{price}","{size}"]' for price, size in levels) + "]"


def _plain(levels: Sequence[tuple[str, str]]) -> str:
    return "[" + ",".join(f"[{price},{size}]" for price, size in levels) + "]"


def interleaved(markets: Sequence[Market], start: int, stop: int) -> list[tuple[Market, Update]]:
    """Return the updates from `start` to `stop` of every market, taking turns."""
    return [(market, market.updates[number]) for number in range(start, stop) for market in markets]
