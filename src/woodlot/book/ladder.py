"""This file is one side of a book: what rests at each price, in order, spelled as the exchange spelled it.

Two lists side by side, the prices as keys and what was sent, are half the memory of a dict and, at the depths there
are, as fast. The keys are floats, until a price comes that needs Decimal (see `numbers.py`); then the whole side is
keyed anew.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import Enum

from woodlot.book.numbers import Key, Level, Priced


class Best(Enum):
    """Which end of a ladder trades first."""

    HIGHEST = -1
    LOWEST = 0


class Ladder:
    """The levels of one side, best first. Buyers' best is the highest price, sellers' the lowest."""

    __slots__ = ("_best", "_levels", "keys")

    def __init__(self, best: Best) -> None:
        self._best = best
        # In order, the lowest price first; for those that ask often. Only a ladder changes it.
        self.keys: list[Key] = []
        self._levels: list[Level] = []

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[Priced]:
        """Go through the levels as exact numbers, best first."""
        for price, size in self.spelled():
            yield Decimal(price), Decimal(size)

    @property
    def best(self) -> Priced | None:
        """The first level to trade, or None where nothing rests."""
        if not self._levels:
            return None
        price, size = self._levels[self._best.value]
        return Decimal(price), Decimal(size)

    def spelled(self, count: int | None = None) -> list[Level]:
        """Return the levels as the exchange spelled them, best first: `count` of them, or all."""
        if self._best is Best.LOWEST:
            return self._levels[:count]
        return self._levels[::-1][:count]

    def clear(self) -> None:
        """Forget every level."""
        self.keys = []
        self._levels = []

    def use_decimal(self) -> None:
        """Key every level by its Decimal, since a price is about to come that a float cannot hold."""
        self.keys = [Decimal(price) for price, _ in self._levels]

    def apply(self, levels: Sequence[Level], keys: Sequence[Key], sizes: Sequence[float]) -> list[Level | None]:
        """Set every level that has a size, take away every one whose size is zero; return what was there before.

        Taking away a price that is not there is normal right after a snapshot (websocket-v3 §8.1). Where a price
        comes twice the last one holds.
        """
        order, here = self.keys, self._levels
        before: list[Level | None] = []
        for key, level, size in zip(keys, levels, sizes, strict=True):
            place = bisect_left(order, key)
            if place < len(order) and order[place] == key:
                before.append(here[place])
                if size:
                    here[place] = level
                else:
                    del order[place], here[place]
            else:
                before.append(None)
                if size:
                    order.insert(place, key)
                    here.insert(place, level)
        return before

    def trim(self, depth: int) -> int:
        """Take away the worst levels beyond `depth`; return how many there were."""
        surplus = len(self.keys) - depth
        if surplus <= 0:
            return 0
        beyond = slice(depth, None) if self._best is Best.LOWEST else slice(0, surplus)
        del self.keys[beyond], self._levels[beyond]
        return surplus
