"""This file is price-time priority: one symbol's book, in whole ticks and whole lots.

It knows neither accounts nor money nor time. What rests is any subclass of Resting; who comes first at a price is
the order of arrival, which a dict keeps and gives up in O(1). An order may show a part of itself only, or nothing:
what is not shown waits behind everything that is.
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

    def add(self, order: RestingT, visible: int | None = None) -> None:
        """Rest `order` behind what is at its price already, showing `visible` of its lots at a time, or all."""
        self.version += 1
        ladder, price = self.bids if order.is_buy else self.asks, order.price
        level = ladder.levels.get(price) or ladder.begin(price)
        level.orders[order.id] = order
        level.lots += order.lots
        if visible is not None and visible < order.lots:
            level.hide(order, tranche=visible)

    def remove(self, order: RestingT) -> None:
        """Take `order` out; it must be resting."""
        self.version += 1
        ladder, price = self.bids if order.is_buy else self.asks, order.price
        level = ladder.levels[price]
        del level.orders[order.id]
        level.lots -= order.lots
        if level.shown_of:
            level.reveal(order)
        if not level.orders:
            ladder.end(price)

    def shrink(self, order: RestingT, lots: int) -> None:
        """Make `order` smaller where it stands: it keeps its place."""
        self.version += 1
        (self.bids if order.is_buy else self.asks).levels[order.price].shrink(order, lots)

    def match(
        self,
        is_buy: bool,  # noqa: FBT001 - the hot path
        lots: int,
        limit: int | None = None,
        budget: int | None = None,
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

    def front_lots(self, *, is_buy: bool, limit: int | None) -> int:
        """Return how many lots a taker may have of the one order that comes first; 0 if none is within `limit`."""
        level = (self.asks if is_buy else self.bids).reachable(limit)
        return 0 if level is None else level.front_lots()

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
        return (self.asks if is_buy else self.bids).is_reachable(price)

    @property
    def touch(self) -> tuple[int, int] | None:
        """The best prices of both sides; None while one of them is empty."""
        bids, asks = self.bids.keys, self.asks.keys
        return (bids[-1], -asks[-1]) if bids and asks else None


class Ladder(Generic[RestingT]):
    """One side: levels by price, and their prices in order with the best one last, where a list is quick."""

    __slots__ = ("_sign", "keys", "levels")

    def __init__(self, *, sign: int) -> None:
        self.levels: dict[int, Level[RestingT]] = {}
        self._sign = sign
        # Prices times the sign, rising: the best bid is the largest price, the best ask the largest negative one.
        self.keys: list[int] = []

    @property
    def best(self) -> "Level[RestingT] | None":
        return self.levels[self.keys[-1] * self._sign] if self.keys else None

    def shown_first(self, depth: int) -> "list[Level[RestingT]]":
        """Return the first `depth` levels that show anything."""
        levels = self.best_first(depth)
        if any(level.hidden == level.lots for level in levels):
            levels = [level for level in self.best_first() if level.hidden < level.lots][:depth]
        return levels

    def best_first(self, depth: int | None = None) -> "list[Level[RestingT]]":
        """Return the first `depth` levels, or all."""
        keys = self.keys if depth is None else self.keys[-depth:] if depth > 0 else []
        return [self.levels[key * self._sign] for key in reversed(keys)]

    def reachable(self, limit: int | None) -> "Level[RestingT] | None":
        """Return the best level if a taker with this limit may have it."""
        if not self.keys or (limit is not None and self.keys[-1] < limit * self._sign):
            return None
        return self.levels[self.keys[-1] * self._sign]

    def is_reachable(self, limit: int) -> bool:
        """Tell whether there is one."""
        return bool(self.keys) and self.keys[-1] >= limit * self._sign

    def begin(self, price: int) -> "Level[RestingT]":
        """Make the level of a price that has none."""
        level: Level[RestingT] = Level(price)
        self.levels[price] = level
        insort(self.keys, price * self._sign)
        return level

    def end(self, price: int) -> None:
        """Forget the level of a price at which nothing rests any more."""
        del self.levels[price]
        del self.keys[bisect_left(self.keys, price * self._sign)]

    def drop_best(self) -> None:
        del self.levels[self.keys.pop() * self._sign]


class Level(Generic[RestingT]):
    """One price: the orders in their order of arrival, how many lots they have together and how many they hide."""

    __slots__ = ("hidden", "lots", "orders", "price", "shown_of")

    def __init__(self, price: int) -> None:
        self.price = price
        self.lots = 0
        self.hidden = 0
        self.orders: dict[int, RestingT] = {}
        # Of each order that hides something: the lots it shows now, and how many at a time. Hardly ever any.
        self.shown_of: dict[int, tuple[int, int]] | None = None

    def take(self, lots: int, fills: list[Fill[RestingT]]) -> int:
        """Fill up to `lots` from the front, append who gave what to `fills`, return how many were there."""
        taken = left = min(lots, self.lots)
        if self.shown_of:
            self._take_in_rounds(left, fills)
            return taken
        self.lots -= taken
        if not self.lots:
            for maker in self.orders.values():
                fills.append((maker, maker.lots))
                maker.lots = 0
            self.orders.clear()
            return taken
        gone: list[int] = []
        for maker in self.orders.values():
            size = maker.lots
            if size > left:
                break
            fills.append((maker, size))
            maker.lots = 0
            left -= size
            gone.append(maker.id)
        for order_id in gone:
            del self.orders[order_id]
        if left:
            # The level holds more than is taken: whoever is first now gives the rest and stays.
            first = next(iter(self.orders.values()))
            first.lots -= left
            fills.append((first, left))
        return taken

    def front_lots(self) -> int:
        """Return how many lots the order that comes first would give before another one's turn."""
        order_id = self._first()
        shown = self._shown(order_id)
        return shown or self.orders[order_id].lots

    def hide(self, order: RestingT, *, tranche: int) -> None:
        """Let an order show `tranche` lots at a time; 0 hides it."""
        self.shown_of = self.shown_of or {}
        self.shown_of[order.id] = tranche, tranche
        self.hidden += order.lots - tranche

    def reveal(self, order: RestingT) -> None:
        """Forget what an order hid that has been taken out."""
        shown, _ = (self.shown_of or {}).pop(order.id, (order.lots, 0))
        self.hidden -= order.lots - shown

    def shrink(self, order: RestingT, lots: int) -> None:
        shown = self._shown(order.id)
        self.hidden -= order.lots - shown
        self.lots -= order.lots - lots
        order.lots = lots
        if self.shown_of and order.id in self.shown_of:
            self.shown_of[order.id] = min(shown, lots), self.shown_of[order.id][1]
        self.hidden += lots - self._shown(order.id)

    def _take_in_rounds(self, left: int, fills: list[Fill[RestingT]]) -> None:
        """Take what is shown, whose rest lines up again behind it, then what is hidden; one fill for each order."""
        given: dict[int, tuple[RestingT, int]] = {}
        while left:
            order_id = self._first()
            maker = self.orders[order_id]
            size = min(left, self._shown(order_id) or maker.lots)
            self._give(maker, size)
            left -= size
            given[order_id] = maker, given.get(order_id, (maker, 0))[1] + size
        fills.extend(given.values())

    def _give(self, maker: RestingT, size: int) -> None:
        shown, tranche = (self.shown_of or {}).pop(maker.id, (maker.lots, None))
        self.hidden -= maker.lots - shown
        maker.lots -= size
        self.lots -= size
        if not maker.lots:
            del self.orders[maker.id]
        elif tranche is not None and self.shown_of is not None:
            if shown <= size and tranche:
                # "refills for LIMIT/POST_ONLY until done" (rest-v3 §7.3), and lines up behind the others.
                self.orders[maker.id] = self.orders.pop(maker.id)
            shown = shown - size if shown > size else min(tranche, maker.lots)
            self.shown_of[maker.id] = shown, tranche
            self.hidden += maker.lots - shown

    def _first(self) -> int:
        return next((order_id for order_id in self.orders if self._shown(order_id)), next(iter(self.orders)))

    def _shown(self, order_id: int) -> int:
        entry = self.shown_of.get(order_id) if self.shown_of else None
        return self.orders[order_id].lots if entry is None else entry[0]
