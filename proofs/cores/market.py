"""This file is the market whose books are followed: the sandbox's price-time priority, windows on a clock, REST.

Others place, take and cancel; every 50 ms what changed in the best fifty levels of a book is told as the exchange tells
it (websocket-v3 §8.5). The windows of the last minute are kept: REST shows one of them, and a book that calls itself
SYNCED is held against them.
"""

import random
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from woodlot.sandbox.matching import Book, Ladder, Resting
from woodlot.wire.topics import BookDeltas

STEP_MS = 50
DEPTH = 50
Window: TypeAlias = dict[int, int]
"""Lots by price."""
Levels: TypeAlias = list[tuple[str, str]]

# REST lags 46 s at most (websocket-v3 §8.2).
_REMEMBERED_MS = 60_000
_MOST_RESTING = 300
_LEAST_RESTING = _MOST_RESTING // 2
_SPREAD = 80
_MOST_LOTS = 20
_MOST_TOUCHED = 3
_SHARE_OF_QUIET = 0.4
_NOTHING: tuple[list[tuple[int, int]], Window] = [], {}
_SHARE_OF_TAKERS = 0.08
_SHARE_OF_QUOTES = 0.47
_SHARE_OF_MOVES = 0.01
_UP_TO_QUOTES = _SHARE_OF_TAKERS + _SHARE_OF_QUOTES
_FROM_MOVES = 1 - _SHARE_OF_MOVES
_MOST_SPELLINGS = 20_000


class Shown:
    """The best levels of one side as they were told last, kept up by what was touched since."""

    def __init__(self, ladder: Ladder[Resting], *, sign: int) -> None:
        self.levels: Window = {}
        self.touched: set[int] = set()
        self._ladder = ladder
        # One tick to the worse: down for bids, up for asks.
        self._worse = -sign
        self._edge = 0

    def changes(self) -> tuple[list[tuple[int, int]], Window]:
        """Return the levels that are not as they were told, best first, and what they were; 0 lots is no level."""
        levels, worse, there = self.levels, self._worse, self._ladder.levels
        # What is beyond a full window comes in where something leaves it, and not before.
        is_full = len(levels) == DEPTH
        last = self._edge * worse
        before: Window = {}
        changed: list[tuple[int, int]] = []
        for price in self.touched:
            if is_full and price * worse > last:
                continue
            lots = there[price].lots if price in there else 0
            told = levels.get(price, 0)
            if lots != told:
                before[price] = told
                changed.append((price, lots))
                if lots:
                    levels[price] = lots
                else:
                    del levels[price]
        self.touched.clear()
        if not before:
            return changed, before
        if not is_full or self._edge not in levels:
            best = self._ladder.best
            # With nothing left of the window it begins anew, at the best level there is.
            outside = best.price - worse if best is not None else 0
            self._edge = max(levels, key=worse.__mul__, default=outside)
        if len(levels) != DEPTH and self._resize(before):
            changed = [(price, lots) for price, told in before.items() if (lots := levels.get(price, 0)) != told]
        if len(changed) > 1:
            changed.sort(reverse=worse < 0)
        return changed, before

    def _resize(self, before: Window) -> bool:
        """Push the last level out where one has come in, take in the next one where one has gone.

        Return whether there was such a level, which `before` now tells of too.
        """
        more = len(before)
        is_long = len(self.levels) > DEPTH
        levels, worse, there = self.levels, self._worse, self._ladder.levels
        while len(levels) > DEPTH:
            before.setdefault(self._edge, levels.pop(self._edge))
            while self._edge not in levels:
                self._edge -= worse
        most = min(DEPTH, len(there))
        while len(levels) < most:
            self._edge += worse
            if (level := there.get(self._edge)) is not None:
                before.setdefault(self._edge, 0)
                levels[self._edge] = level.lots
        return is_long or len(before) > more


class Pit:
    """One symbol. Prices are whole tenths, sizes whole thousandths."""

    def __init__(self, symbol: str, chance: random.Random, *, now_ms: int) -> None:
        self.symbol = symbol
        self.topic = BookDeltas(symbol, DEPTH).name
        self.commands = 0
        self._chance = chance.random
        self._book: Book[Resting] = Book()
        self._resting: deque[Resting] = deque()
        self._middle = chance.randint(5_000, 90_000)
        self._ids = 0
        self._bids, self._asks = Shown(self._book.bids, sign=1), Shown(self._book.asks, sign=-1)
        for _ in range(_MOST_RESTING):
            self._quote()
        self._bids.changes()
        self._asks.changes()
        self.sent_ms = now_ms
        # When each update was told and what it changed, so that an earlier window can be had back.
        self._past: deque[tuple[int, Window, Window]] = deque([(now_ms, {}, {})])

    def step(self, now_ms: int) -> bytes | None:
        """Let others do something, or nothing; return the frame that tells of it, None if there is nothing to tell."""
        chance = self._chance
        if chance() < _SHARE_OF_QUIET:
            return None
        for _ in range(1 + int(chance() * _MOST_TOUCHED)):
            luck = chance()
            if luck < _SHARE_OF_TAKERS:
                self._take()
            elif luck < _UP_TO_QUOTES or len(self._resting) < _LEAST_RESTING:
                self._quote()
            else:
                self._cancel()
            if luck > _FROM_MOVES:
                self._middle += 1 if chance() < 0.5 else -1
        bids, bids_before = self._bids.changes() if self._bids.touched else _NOTHING
        asks, asks_before = self._asks.changes() if self._asks.touched else _NOTHING
        if not bids and not asks:
            return None
        past, sent_ms, self.sent_ms = self._past, self.sent_ms, now_ms
        past.append((now_ms, bids_before, asks_before))
        if past[0][0] < now_ms - _REMEMBERED_MS:
            past.popleft()
        return (
            f'{{"topic":"{self.topic}","ts":{now_ms},"data":{{"s":"{self.symbol}","prevTs":{sent_ms},"ts":{now_ms},'
            f'"bids":[{_spelled(bids) if bids else ""}],"asks":[{_spelled(asks) if asks else ""}]}}}}'
        ).encode()

    def snapshot(self, before_ms: int) -> bytes:
        """Return what REST says that shows the book of that time."""
        at_ms = next((one[0] for one in reversed(self._past) if one[0] <= before_ms), self._past[0][0])
        bids, asks = (
            ",".join([f'{{"price":"{price}","quantity":"{size}"}}' for price, size in side])
            for side in self._window(at_ms)
        )
        return f'{{"success":true,"timestamp":{at_ms},"data":{{"asks":[{asks}],"bids":[{bids}]}}}}'.encode()

    def shown(self, at_ms: int) -> tuple[Levels, Levels] | None:
        """Return the window as it was told at that time, None if it was not or is forgotten."""
        for ts, _, _ in reversed(self._past):
            if ts <= at_ms:
                return self._window(at_ms) if ts == at_ms else None
        return None

    def _window(self, at_ms: int) -> tuple[Levels, Levels]:
        bids, asks = self._bids.levels.copy(), self._asks.levels.copy()
        for ts, bids_before, asks_before in reversed(self._past):
            if ts <= at_ms:
                break
            bids |= bids_before
            asks |= asks_before
        return _in_order(bids, asks)

    def best(self) -> tuple[Levels, Levels]:
        """Return the window as the books have it now."""
        sides = (self._book.bids, self._book.asks)
        bids, asks = ({level.price: level.lots for level in side.best_first(DEPTH)} for side in sides)
        return _in_order(bids, asks)

    def _quote(self) -> None:
        chance = self._chance
        is_buy = chance() < 0.5
        away = 1 + int(chance() * _SPREAD)
        price = self._middle - away if is_buy else self._middle + away
        lots = 1 + int(chance() * _MOST_LOTS)
        book = self._book
        self.commands += 1
        if (book.asks if is_buy else book.bids).is_reachable(price):
            lots = self._match(is_buy, lots, price)
            if not lots:
                return
        self._ids += 1
        order = Resting(self._ids, is_buy, price, lots)
        book.add(order)
        self._resting.append(order)
        (self._bids if is_buy else self._asks).touched.add(price)

    def _take(self) -> None:
        is_buy = self._chance() < 0.5
        lots = 1 + int(self._chance() * 2 * _MOST_LOTS)
        self.commands += 1
        self._match(is_buy, lots, self._middle + (3 if is_buy else -3))

    def _match(self, is_buy: bool, lots: int, limit: int) -> int:  # noqa: FBT001 - nothing is called more often
        """Trade what can be traded; return what is left."""
        touched = (self._asks if is_buy else self._bids).touched
        for maker, size in self._book.match(is_buy, lots, limit):
            lots -= size
            touched.add(maker.price)
        return lots

    def _cancel(self) -> None:
        """Cancel the order that has waited longest of those that have not traded."""
        resting = self._resting
        while resting:
            order = resting.popleft()
            if order.lots:
                self.commands += 1
                self._book.remove(order)
                (self._bids if order.is_buy else self._asks).touched.add(order.price)
                return


def _in_order(bids: Window, asks: Window) -> tuple[Levels, Levels]:
    return (
        [(_PRICES[price], _SIZES[bids[price]]) for price in sorted(bids, reverse=True) if bids[price]],
        [(_PRICES[price], _SIZES[asks[price]]) for price in sorted(asks) if asks[price]],
    )


def _spelled(changes: list[tuple[int, int]]) -> str:
    return ",".join([f'["{_PRICES[price]}","{_SIZES[lots]}"]' for price, lots in changes])


class _Spellings(dict[int, str]):
    """Numbers as the exchange spells them, each made once."""

    def __init__(self, spell: Callable[[int], str]) -> None:
        super().__init__()
        self._spell = spell

    def __missing__(self, number: int) -> str:
        if len(self) >= _MOST_SPELLINGS:
            self.clear()
        spelling = self[number] = self._spell(number)
        return spelling


_PRICES = _Spellings(lambda price: f"{price // 10}.{price % 10}")
_SIZES = _Spellings(lambda lots: f"{lots // 1000}.{lots % 1000:03}" if lots else "0")
