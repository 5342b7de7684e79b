"""This file is one side of a book: what rests at each price, spelled as the exchange spelled it.

Nearly every update names prices that rest already, spelled as before: those are found by their text, without making
a number of it. Only where a price comes or goes is there a number: a float, until a price comes that needs Decimal
(see `numbers.py`); then the whole side is keyed anew. Which price is best is known at all times, the order of the
others is made when it is asked for.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import Enum
from heapq import heappop, heappush
from itertools import islice

from woodlot.book.numbers import Key, Level, Priced, is_plain_zero, plain_key

# Prices that no longer rest are remembered, for most come back: so many, and one for every four that do rest. A dict
# of 500 does not grow for those.
_MOST_GONE = 32


class Best(Enum):
    """Which end of a ladder trades first."""

    HIGHEST = -1.0
    LOWEST = 1.0


class Ladder:
    """The levels of one side. Buyers' best is the highest price, sellers' the lowest.

    A price is ordered by its rank: its number, for buyers the negative of it. The best has the lowest.
    """

    __slots__ = ("_prices", "_sign", "_touch", "heap", "is_decimal", "sizes")

    def __init__(self, best: Best) -> None:
        self._sign = best.value
        self.is_decimal = False
        # What rests, by text of the price. Only a ladder changes it, and the heap.
        self.sizes: dict[str, str] = {}
        # The text of each number that rests, or did; and all of those in a heap, with one that rests on top.
        self._prices: dict[Key, str] = {}
        self.heap: list[Key] = []
        # The best level when it was last read, and its numbers.
        self._touch: tuple[str, str, Priced] | None = None

    def __len__(self) -> int:
        return len(self.sizes)

    def __iter__(self) -> Iterator[Priced]:
        """Go through the levels as exact numbers, best first."""
        for price, size in self.spelled():
            yield Decimal(price), Decimal(size)

    @property
    def key(self) -> Key | None:
        """The number of the best price, or None where nothing rests."""
        return self._rank(self.heap[0]) if self.heap else None

    @property
    def best(self) -> Priced | None:
        """The first level to trade, or None where nothing rests."""
        if not self.heap:
            return None
        price = self._prices[self.heap[0]]
        size = self.sizes[price]
        touch = self._touch
        if touch is not None and touch[0] is price:
            if touch[1] is size:
                return touch[2]
            numbers = touch[2][0], Decimal(size)
        else:
            numbers = Decimal(price), Decimal(size)
        self._touch = price, size, numbers
        return numbers

    def spelled(self, count: int | None = None) -> list[Level]:
        """Return the levels as the exchange spelled them, best first: `count` of them, or all."""
        # Sorted it is a heap too.
        self.heap.sort()
        sizes = self.sizes
        resting = ((price, sizes[price]) for price in map(self._prices.__getitem__, self.heap) if price in sizes)
        return list(islice(resting, count))

    def clear(self) -> None:
        """Forget every level."""
        self.sizes, self._prices, self.heap = {}, {}, []
        self.is_decimal = False

    def use_decimal(self) -> None:
        """Key every level by its Decimal, since a price is about to come that a float cannot hold."""
        self.is_decimal = True
        self._forget()

    def apply(self, levels: Sequence[Level], keys: Sequence[Key], sizes: Sequence[float]) -> list[Level | None]:
        """Set every level that has a size, take away every one whose size is zero; return what was there before.

        Taking away a price that is not there is normal right after a snapshot (websocket-v3 §8.1). Where a price
        comes twice the last one holds.
        """
        before = [
            self._put(level, self._rank(key), size != 0) for level, key, size in zip(levels, keys, sizes, strict=True)
        ]
        self._settle()
        return before

    def renew(self, levels: Sequence[Level], leaving: Sequence[Level]) -> list[str | None] | None:
        """Do as `apply` where the keys are floats and the sizes plain.

        `leaving` are the levels whose size is zero, on whichever side: no size of zero ever rests.
        Returns what `rested` makes levels of. None: a price is not plain, or rests in another spelling; then nothing
        has changed.
        """
        sizes = self.sizes
        find = sizes.get
        before: list[str | None] = []
        note = before.append
        for price, size in levels:
            was = find(price)
            if was is None and not self._welcome(price):
                self.undo(levels[: len(before)], before)
                return None
            note(was)
            sizes[price] = size
        for price, size in leaving:
            # Of a price that comes twice the last one holds.
            if find(price) == size:
                del sizes[price]
        heap = self.heap
        if heap and self._prices[heap[0]] not in sizes:
            self._settle()
        return before

    def undo(self, levels: Sequence[Level], before: Sequence[str | None]) -> None:
        """Bring back what was there before `renew` took over the levels."""
        for (price, _), was in zip(reversed(levels), reversed(before), strict=True):
            if was is None:
                self.sizes.pop(price, None)
            else:
                self.sizes[price] = was
        self._forget()

    def trim(self, depth: int) -> int:
        """Take away the worst levels beyond `depth`; return how many there were."""
        beyond = self.spelled()[depth:]
        for price, _ in beyond:
            del self.sizes[price]
        self._settle()
        return len(beyond)

    def _rank(self, key: Key) -> Key:
        """Return the rank of a number, or the number of a rank."""
        if self._sign == 1.0:
            return key
        # The minus sign would round a Decimal.
        return key.copy_negate() if isinstance(key, Decimal) else -key

    def _welcome(self, price: str) -> bool:
        """Make a price known that does not rest; False where it is not plain, or rests in another spelling."""
        key = plain_key(price)
        if key is None:
            return False
        rank = self._sign * key
        known = self._prices.get(rank)
        if known == price:
            return True
        if known is not None and known in self.sizes:
            return False
        self._learn(rank, price)
        return True

    def _learn(self, rank: Key, price: str) -> None:
        if rank not in self._prices:
            if len(self.heap) > len(self.sizes) * 5 // 4 + _MOST_GONE:
                self._forget()
            heappush(self.heap, rank)
        self._prices[rank] = price

    def _settle(self) -> None:
        """See to it that the top of the heap is a price that rests."""
        heap, prices, sizes = self.heap, self._prices, self.sizes
        while heap and prices[heap[0]] not in sizes:
            del prices[heappop(heap)]

    def _forget(self) -> None:
        """Forget the prices that no longer rest."""
        keys = map(Decimal, self.sizes) if self.is_decimal else map(float, self.sizes)
        self._prices = {self._rank(key): price for key, price in zip(keys, self.sizes, strict=True)}
        self.heap = sorted(self._prices)

    def _put(self, level: Level, rank: Key, stays: bool) -> Level | None:  # noqa: FBT001 - both are one act
        """Set a level, or take it away; return what was there before."""
        price, size = level
        known = self._prices.get(rank)
        # The same price may have been spelled otherwise.
        was = None if known is None else self.sizes.pop(known, None)
        if stays:
            self._learn(rank, price)
            self.sizes[price] = size
        return None if known is None or was is None else (known, was)


def rested(levels: Sequence[Level], before: Sequence[str | None]) -> list[Level | None]:
    """Return what rested at each price before `renew` took over the levels, as `apply` tells it."""
    return [
        # Where a price comes twice, its first size may have taken it away.
        None if was is None or is_plain_zero(was) else (price, was)
        for (price, _), was in zip(levels, before, strict=True)
    ]
