"""This file is one side of a book: what rests at each price, in order, spelled as the exchange spelled it.

Nearly every update names prices that rest already, spelled as before: those are found by their text, without making
a number of it. The order is two lists side by side, keys and texts; the keys are floats, until a price comes that needs
Decimal (see `numbers.py`); then the whole side is keyed anew.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import Enum

from woodlot.book.numbers import LEAST, MOST, Key, Level, Priced, is_plain_zero, plain_key


class Best(Enum):
    """Which end of a ladder trades first."""

    HIGHEST = -1
    LOWEST = 0


class Ladder:
    """The levels of one side, best first. Buyers' best is the highest price, sellers' the lowest."""

    __slots__ = ("_best", "_prices", "_sizes", "_touch", "keys")

    def __init__(self, best: Best) -> None:
        self._best = best.value
        # In order, the lowest price first; for those that ask often. Only a ladder changes it.
        self.keys: list[Key] = []
        # The text of each key, and the size that rests there by that text.
        self._prices: list[str] = []
        self._sizes: dict[str, str] = {}
        # The best level when it was last read, and its numbers.
        self._touch: tuple[str, str, Priced] | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[Priced]:
        """Go through the levels as exact numbers, best first."""
        for price, size in self.spelled():
            yield Decimal(price), Decimal(size)

    @property
    def best(self) -> Priced | None:
        """The first level to trade, or None where nothing rests."""
        if not self._prices:
            return None
        price = self._prices[self._best]
        size = self._sizes[price]
        touch = self._touch
        if touch is None or touch[0] is not price or touch[1] is not size:
            touch = self._touch = price, size, (Decimal(price), Decimal(size))
        return touch[2]

    def spelled(self, count: int | None = None) -> list[Level]:
        """Return the levels as the exchange spelled them, best first: `count` of them, or all."""
        prices = self._prices[:count] if self._best == Best.LOWEST.value else self._prices[::-1][:count]
        return [(price, self._sizes[price]) for price in prices]

    def clear(self) -> None:
        """Forget every level."""
        self.keys = []
        self._prices = []
        self._sizes = {}

    def use_decimal(self) -> None:
        """Key every level by its Decimal, since a price is about to come that a float cannot hold."""
        self.keys = [Decimal(price) for price in self._prices]

    def apply(self, levels: Sequence[Level], keys: Sequence[Key], sizes: Sequence[float]) -> list[Level | None]:
        """Set every level that has a size, take away every one whose size is zero; return what was there before.

        Taking away a price that is not there is normal right after a snapshot (websocket-v3 §8.1). Where a price
        comes twice the last one holds.
        """
        return [self._put(level, key, size != 0) for level, key, size in zip(levels, keys, sizes, strict=True)]

    def renew(self, levels: Sequence[Level], sizes: Sequence[float]) -> list[Level | None] | None:
        """Do as `apply` where the keys are floats and everything is plain; else return None with nothing changed.

        `sizes` are those of `plain_sizes`.
        """
        here, put = self._sizes, self._put
        find = here.get
        before: list[Level | None] = []
        note = before.append
        for level, size in zip(levels, sizes, strict=True):
            price, text = level
            was = find(price)
            if LEAST <= size <= MOST:
                if was is not None:
                    note((price, was))
                    here[price] = text
                    continue
                stays = True
            else:
                stays = not is_plain_zero(text)
            key = plain_key(price)
            if key is None or (stays and not LEAST <= size <= MOST):
                self.undo(levels[: len(before)], before)
                return None
            note(put(level, key, stays))
        return before

    def undo(self, levels: Sequence[Level], before: Sequence[Level | None]) -> None:
        """Bring back what was there before `renew` took over the levels."""
        for (price, _), was in zip(reversed(levels), reversed(before), strict=True):
            self._put(was or (price, "0"), float(price), was is not None)

    def trim(self, depth: int) -> int:
        """Take away the worst levels beyond `depth`; return how many there were."""
        surplus = len(self.keys) - depth
        if surplus <= 0:
            return 0
        beyond = slice(depth, None) if self._best == Best.LOWEST.value else slice(0, surplus)
        for price in self._prices[beyond]:
            del self._sizes[price]
        del self.keys[beyond], self._prices[beyond]
        return surplus

    def _put(self, level: Level, key: Key, stays: bool) -> Level | None:  # noqa: FBT001 - both are one act
        """Set a level, or take it away; return what was there before."""
        order, prices, (price, size) = self.keys, self._prices, level
        place = bisect_left(order, key)
        if place == len(order) or order[place] != key:
            if stays:
                order.insert(place, key)
                prices.insert(place, price)
                self._sizes[price] = size
            return None
        # The same price may have been spelled otherwise.
        was = prices[place]
        before = was, self._sizes.pop(was)
        if stays:
            prices[place] = price
            self._sizes[price] = size
        else:
            del order[place], prices[place]
        return before
