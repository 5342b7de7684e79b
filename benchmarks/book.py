"""This file is what an update of 20 levels costs a book: `python -m benchmarks book`.

The first row is the shortest loop that keeps a book at all, bisect and floats, without checking anything: what the
machine can do today, for the rest to be held against.
"""

import random
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence

from benchmarks._rounds import take_turns
from benchmarks._table import Table

from woodlot.book.book import Book
from woodlot.book.chain import Delta
from woodlot.book.numbers import Level
from woodlot.book.sync import Synchroniser
from woodlot.wire.frames import Push, decode_frame

TITLE = "(a) Book, step by step"
DEPTHS = (200, 50, 500)
_UPDATES = 2_000
_ROUNDS = 15
_CHANGED = 10


class Market:
    """A snapshot and the updates after it: sizes near the touch change, now and then a level goes or comes."""

    def __init__(self, depth: int) -> None:
        self._chance = random.Random(1)
        self.depth = depth
        prices = [60_000 - step for step in range(depth)], [60_001 + step for step in range(depth)]
        self.bids, self.asks = ([(str(price), "1.00000") for price in side] for side in prices)
        self.updates = [
            Delta("S", 50 * number, 50 * number + 50, *(self._changes(side) for side in prices))
            for number in range(2, _UPDATES + 2)
        ]
        self.frames = [self._frame(update) for update in self.updates]

    def _changes(self, prices: Sequence[int]) -> list[Level]:
        near = self._chance.sample(prices[: min(60, self.depth)], _CHANGED)
        return [(str(price), "0" if self._chance.random() < 0.1 else self._size()) for price in near]

    def _size(self) -> str:
        return f"{self._chance.randint(1, 999_999) / 100_000:.5f}"

    def _frame(self, update: Delta) -> bytes:
        bids, asks = (str([list(level) for level in side]).replace("'", '"') for side in (update.bids, update.asks))
        return (
            f'{{"topic":"orderbookupdate@S@{self.depth}","ts":{update.ts},"data":{{"ts":{update.ts},"bids":{bids},'
            f'"asks":{asks},"prevTs":{update.prev_ts},"s":"S"}}}}'
        ).encode()


def plain(market: Market) -> Callable[[], None]:
    sides: list[tuple[list[float], dict[float, Level]]] = []
    for levels in (market.bids, market.asks):
        here = {float(price): (price, size) for price, size in levels}
        sides.append((sorted(here), here))

    def run() -> None:
        for update in market.updates:
            for (keys, here), levels in zip(sides, (update.bids, update.asks), strict=True):
                for level in levels:
                    key = float(level[0])
                    if float(level[1]):
                        if key not in here:
                            keys.insert(bisect_left(keys, key), key)
                        here[key] = level
                    elif key in here:
                        del here[key], keys[bisect_left(keys, key)]

    return run


def book_and_touch(market: Market) -> Callable[[], None]:
    book = Book(market.depth)
    book.load(market.bids, market.asks, ts=100)

    def run() -> None:
        for update in market.updates:
            book.apply(update.bids, update.asks, ts=update.ts)
            _ = book.best_bid, book.best_ask

    return run


def synchronised(market: Market) -> Synchroniser:
    sync = Synchroniser("S", depth=market.depth, now_s=0.0)
    sync.connected(now_s=0.0)
    sync.delta(Delta("S", 50, 100, [], []), now_s=0.0)
    sync.snapshot(100, bids=market.bids, asks=market.asks, now_s=0.0)
    return sync


def chain_and_touch(market: Market) -> Callable[[], None]:
    def run() -> None:
        sync = synchronised(market)
        for update in market.updates:
            sync.delta(update, now_s=0.0)
            book = sync.read()
            _ = book.best_bid, book.best_ask

    return run


def frame_to_touch(market: Market) -> Callable[[], None]:
    def run() -> None:
        sync = synchronised(market)
        for frame in market.frames:
            push = decode_frame(frame)
            if isinstance(push, Push):
                event = push.event
                sync.delta(Delta(event.symbol, event.prev_ts, event.ts, event.bids, event.asks), now_s=0.0)
                book = sync.read()
                _ = book.best_bid, book.best_ask

    return run


def views(market: Market) -> Callable[[], None]:
    sync = synchronised(market)

    def run() -> None:
        for _ in market.updates:
            sync.read().view()

    return run


ROWS: dict[str, Callable[[Market], Callable[[], None]]] = {
    "plain loop, nothing checked": plain,
    "book + touch": book_and_touch,
    "chain check + book + touch": chain_and_touch,
    "decode + chain check + book + touch": frame_to_touch,
    "a view of the whole book": views,
}


def tables(*, is_short: bool = False) -> list[Table]:
    runs = {f"{name}, depth {depth}": row(Market(depth)) for depth in DEPTHS for name, row in ROWS.items()}
    rows = take_turns(runs, operations=1, rounds=3 if is_short else _ROUNDS, clock=time.process_time)
    method = f"In process. {_ROUNDS} rounds of {_UPDATES:,} updates of {2 * _CHANGED} levels; parts of path (a)."
    return [Table(TITLE, "µs CPU an update", [row.each(_UPDATES) for row in rows], method)]
