"""This file is one side of a book: what rests at each price, in order, spelled as the exchange spelled it.

A price is looked up and ordered by its float, because that is several times faster than Decimal, and it is exact:
two decimal numbers of at most 15 significant digits that differ are never the same float and never change places.
The first price with more digits turns the whole ladder to Decimal keys, until it is loaded anew. Either way the key
only finds the level; what is shown is made from the exchange's own string. Strings themselves cannot be keys:
"56749.80" and "5.67498E+4" are one price, and "9999" sorts after "10000".
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import Enum
from itertools import chain
from typing import NamedTuple, TypeAlias

import msgspec

Level: TypeAlias = tuple[str, str]
"""A price and the size that rests there, as the exchange spelled them. Size zero takes the price away."""

Priced: TypeAlias = tuple[Decimal, Decimal]
"""A price and the size that rests there, as numbers."""

Key: TypeAlias = float | Decimal

# Measured: msgspec reads these numbers four times faster than float(), rounds as it does, and takes what JSON calls a
# number and nothing else: no "nan", no "inf", no "1_0".
_JSON_NUMBERS = msgspec.json.Decoder(list[float])
# A double keeps any decimal number of 15 significant digits apart from its neighbours (DBL_DIG of IEEE 754) ...
_FLOAT_DIGITS = 15
# ... while it is far from underflow and overflow. No market is near these bounds; beyond them a number is garbage.
_LEAST, _MOST = 1e-30, 1e30


class Best(Enum):
    """Which end of a ladder trades first."""

    HIGHEST = -1
    LOWEST = 0


class Changes(NamedTuple):
    """Levels found good, ready to be applied."""

    levels: Sequence[Level]
    keys: Sequence[Key]
    sizes: Sequence[float]
    exact: bool


_NOTHING = Changes((), (), (), exact=False)


class Ladder:
    """The levels of one side, best first. Buyers' best is the highest price, sellers' the lowest."""

    __slots__ = ("_best", "_exact", "_keys", "_levels")

    def __init__(self, best: Best) -> None:
        self._best = best
        self.clear()

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Priced]:
        """Go through the levels as exact numbers, best first."""
        for key in self._keys if self._best is Best.LOWEST else reversed(self._keys):
            price, size = self._levels[key]
            yield Decimal(price), Decimal(size)

    @property
    def best(self) -> Priced | None:
        """The first level to trade, or None where nothing rests."""
        if not self._keys:
            return None
        price, size = self._levels[self._keys[self._best.value]]
        return Decimal(price), Decimal(size)

    @property
    def best_key(self) -> Key | None:
        """The best price as this ladder's key: a float, or a Decimal once a price needed more than 15 digits."""
        return self._keys[self._best.value] if self._keys else None

    def spelled(self) -> list[Level]:
        """Return the levels as the exchange spelled them, best first."""
        return [self._levels[key] for key in self._keys[:: 1 if self._best is Best.LOWEST else -1]]

    def clear(self) -> None:
        """Forget every level."""
        self._keys: list[Key] = []
        self._levels: dict[Key, Level] = {}
        self._exact = False

    def check(self, levels: Sequence[Level]) -> Changes:
        """Read the numbers of `levels`, and change nothing.

        Raises ValueError for what is not a plain number, a price that is not above zero, a size below zero.
        """
        if not levels:
            return _NOTHING
        spelled = list(chain.from_iterable(levels))
        text = ",".join(spelled)
        numbers = _numbers(text)
        prices, sizes = numbers[::2], numbers[1::2]
        if len(numbers) != 2 * len(levels) or min(prices) <= 0 or min(sizes) < 0:
            raise ValueError(f"not prices above zero with sizes of zero or more: {text[:80]}")
        exact = self._exact
        # A number of at most 15 characters without an exponent has no more digits than a float holds.
        if max(map(len, spelled)) > _FLOAT_DIGITS or "e" in text or "E" in text:
            _refuse_immense(spelled, numbers)
            exact = exact or any(map(_is_long, spelled[::2]))
        return Changes(levels, list(map(Decimal, spelled[::2])) if exact else prices, sizes, exact)

    def apply(self, changes: Changes) -> None:
        """Set every level of `changes` that has a size and take away every one whose size is zero.

        Taking away a price that is not there is normal right after a snapshot (websocket-v3 §8.1). Where a price
        comes twice the last one holds.
        """
        if changes.exact and not self._exact:
            self._rekey()
        keys, levels = self._keys, self._levels
        for key, level, size in zip(changes.keys, changes.levels, changes.sizes, strict=True):
            if size:
                if key not in levels:
                    insort(keys, key)
                levels[key] = level
            elif key in levels:
                del levels[key], keys[bisect_left(keys, key)]

    def trim(self, depth: int) -> int:
        """Take away the worst levels beyond `depth`; return how many there were."""
        surplus = len(self._keys) - depth
        if surplus <= 0:
            return 0
        beyond = slice(depth, None) if self._best is Best.LOWEST else slice(0, surplus)
        for key in self._keys[beyond]:
            del self._levels[key]
        del self._keys[beyond]
        return surplus

    def _rekey(self) -> None:
        self._levels = {Decimal(level[0]): level for level in self._levels.values()}
        self._keys = sorted(self._levels)
        self._exact = True


def _is_long(price: str) -> bool:
    return len(_digits(price).strip("0")) > _FLOAT_DIGITS


def _numbers(text: str) -> list[float]:
    try:
        return _JSON_NUMBERS.decode(f"[{text}]")
    except msgspec.MsgspecError as problem:
        raise ValueError(f"not plain numbers: {text[:80]} ({problem})") from problem


def _refuse_immense(spelled: Sequence[str], numbers: Sequence[float]) -> None:
    for text, number in zip(spelled, numbers, strict=True):
        zero = not _digits(text).strip("-0")
        if not zero and not _LEAST <= number <= _MOST:
            raise ValueError(f"a number is not between {_LEAST} and {_MOST}: {text[:40]!r}")


def _digits(number: str) -> str:
    return number.lower().partition("e")[0].replace(".", "")
