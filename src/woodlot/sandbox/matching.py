"""This file is price-time priority: one symbol's book, in whole ticks and whole lots.

It knows neither accounts nor money nor time. What rests is any subclass of Resting; who comes first at a price is
the order of arrival, which a dict keeps and gives up in O(1).
"""

from bisect import bisect_left, insort
from typing import Generic, TypeAlias, TypeVar


class Resting:
    """What a book holds: `lots` are open at `price` ticks. The book alone changes `lots` of what rests in it."""

    __slots__ = ("id", "is_buy", "lots", "price")

    def __init__(self, order_id: int, is_buy: bool, price: int, lots: int) -> None:  # noqa: FBT001 - the hot path
        self.id = order_id
        self.is_buy = is_buy
        self.price = price
        self.lots = lots


RestingT = TypeVar("RestingT", bound=Resting)
Fill: TypeAlias = tuple[RestingT, int]
"""A maker and how many lots of it were taken, at its price."""


class Book(Generic[RestingT]):
    """Both sides of one symbol. `version` grows with every change of any level."""

    __slots__ = ("asks", "bids", "version")

    def __init__(self) -> None:
        self.bids: Ladder[RestingT] = Ladder(sign=1)
        self.asks: Ladder[RestingT] = Ladder(sign=-1)
        self.version = 0

    def add(self, order: RestingT) -> None:
        """Rest `order` behind what is at its price already."""
        self.version += 1
        (self.bids if order.is_buy else self.asks).add(order)

    def remove(self, order: RestingT) -> None:
        """Take `order` out; it must be resting."""
        self.version += 1
        (self.bids if order.is_buy else self.asks).remove(order)

    def shrink(self, order: RestingT, lots: int) -> None:
        """Make `order` smaller where it stands: it keeps its place."""
        self.version += 1
        (self.bids if order.is_buy else self.asks).levels[order.price].lots -= order.lots - lots
        order.lots = lots

    def match(
        self, *, is_buy: bool, lots: int, limit: int | None = None, budget: int | None = None
    ) -> list[Fill[RestingT]]:
        """Take up to `lots` from the other side, best price first, no worse than `limit`.

        `budget` bounds the sum of price times lots as well.
        """
        ladder = self.asks if is_buy else self.bids
        fills: list[Fill[RestingT]] = []
        while lots and (level := ladder.reachable(limit)) is not None:
            wanted = lots if budget is None else min(lots, budget // level.price)
            if not wanted:
                break
            taken = level.take(wanted, fills)
            lots -= taken
            if budget is not None:
                budget -= taken * level.price
            if not level.lots:
                ladder.drop_best()
        if fills:
            self.version += 1
        return fills

    def offer(self, *, is_buy: bool, lots: int, limit: int | None = None) -> tuple[int, int]:
        """Return how many of `lots` could be taken at once, and the sum of price times lots for them."""
        found = cost = 0
        for level in (self.asks if is_buy else self.bids).best_first():
            if found == lots or (limit is not None and (level.price > limit if is_buy else level.price < limit)):
                break
            taken = min(lots - found, level.lots)
            found += taken
            cost += taken * level.price
        return found, cost

    def crosses(self, *, is_buy: bool, price: int) -> bool:
        """Tell whether an order at `price` would trade at once."""
        return (self.asks if is_buy else self.bids).reachable(price) is not None


class Ladder(Generic[RestingT]):
    """One side: levels by price, and their prices in order with the best one last, where a list is quick."""

    __slots__ = ("_keys", "_sign", "levels")

    def __init__(self, *, sign: int) -> None:
        self.levels: dict[int, Level[RestingT]] = {}
        self._sign = sign
        # Prices times the sign, rising: the best bid is the largest price, the best ask the largest negative one.
        self._keys: list[int] = []

    @property
    def best(self) -> "Level[RestingT] | None":
        return self.levels[self._keys[-1] * self._sign] if self._keys else None

    def best_first(self, depth: int | None = None) -> "list[Level[RestingT]]":
        """Return the first `depth` levels, or all."""
        keys = self._keys if depth is None else self._keys[-depth:] if depth > 0 else []
        return [self.levels[key * self._sign] for key in reversed(keys)]

    def reachable(self, limit: int | None) -> "Level[RestingT] | None":
        """Return the best level if a taker with this limit may have it."""
        if not self._keys or (limit is not None and self._keys[-1] < limit * self._sign):
            return None
        return self.levels[self._keys[-1] * self._sign]

    def add(self, order: RestingT) -> None:
        level = self.levels.get(order.price)
        if level is None:
            level = self.levels[order.price] = Level(order.price)
            insort(self._keys, order.price * self._sign)
        level.orders[order.id] = order
        level.lots += order.lots

    def remove(self, order: RestingT) -> None:
        level = self.levels[order.price]
        del level.orders[order.id]
        level.lots -= order.lots
        if not level.orders:
            del self.levels[order.price]
            del self._keys[bisect_left(self._keys, order.price * self._sign)]

    def drop_best(self) -> None:
        del self.levels[self._keys.pop() * self._sign]


class Level(Generic[RestingT]):
    """One price: the orders in their order of arrival, and how many lots they have together."""

    __slots__ = ("lots", "orders", "price")

    def __init__(self, price: int) -> None:
        self.price = price
        self.lots = 0
        self.orders: dict[int, RestingT] = {}

    def take(self, lots: int, fills: list[Fill[RestingT]]) -> int:
        """Fill up to `lots` from the front, append who gave what to `fills`, return how many were there."""
        taken = left = min(lots, self.lots)
        gone: list[int] = []
        for maker in self.orders.values():
            size = min(maker.lots, left)
            maker.lots -= size
            left -= size
            fills.append((maker, size))
            if not maker.lots:
                gone.append(maker.id)
            if not left:
                break
        for order_id in gone:
            del self.orders[order_id]
        self.lots -= taken
        return taken
