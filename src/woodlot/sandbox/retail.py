"""This file is how orders entered by hand meet the book: with the orders that only they can hit (rest-v3 §7.1, RPI).

A market keeps those in a second book. Whoever trades through the API matches the first one alone; a retail taker
gets the better of both, and at one price the first book before the second.
"""

from collections.abc import Iterable
from heapq import merge

from woodlot.sandbox.matching import Book, Fill, Ladder, Level, RestingT


def match_both(
    public: Book[RestingT], retail: Book[RestingT], *, is_buy: bool, lots: int, limit: int | None, budget: int | None
) -> list[Fill[RestingT]]:
    """Take up to `lots` from both books, best price first; see `Book.match`."""
    fills: list[Fill[RestingT]] = []
    while lots:
        levels = [(book, _facing(book, is_buy=is_buy).reachable(limit)) for book in (public, retail)]
        found = [(level.price if is_buy else -level.price, book) for book, level in levels if level]
        if not found:
            break
        price, book = min(found, key=lambda entry: entry[0])
        taken = book.match(is_buy=is_buy, lots=lots, limit=price if is_buy else -price, budget=budget)
        if not taken:
            break
        size = sum(size for _, size in taken)
        lots -= size
        budget = None if budget is None else budget - size * abs(price)
        fills += taken
    return fills


def shown_levels(
    public: Ladder[RestingT], retail: Ladder[RestingT], *, is_buy: bool, depth: int
) -> list[tuple[int, int]]:
    """Return price and shown lots of the best levels of two books as one."""
    sign = -1 if is_buy else 1
    both = merge(
        _priced(public.shown_first(depth)), _priced(retail.shown_first(depth)), key=lambda level: sign * level[0]
    )
    merged: dict[int, int] = {}
    for price, lots in both:
        merged[price] = merged.get(price, 0) + lots
    return list(merged.items())[:depth]


def _priced(levels: Iterable[Level[RestingT]]) -> list[tuple[int, int]]:
    return [(level.price, level.lots - level.hidden) for level in levels]


def _facing(book: Book[RestingT], *, is_buy: bool) -> Ladder[RestingT]:
    return book.asks if is_buy else book.bids
