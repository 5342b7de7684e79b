"""This file is what a book needs to know of an update, whatever object carries it."""

from collections.abc import Sequence
from typing import Protocol

from woodlot.book.numbers import Level


class Update(Protocol):
    """One `orderbookupdate`: the levels that changed after `prev_ts`, as they were at `ts`."""

    @property
    def symbol(self) -> str: ...
    @property
    def prev_ts(self) -> int: ...
    @property
    def ts(self) -> int: ...
    @property
    def bids(self) -> Sequence[Level]: ...
    @property
    def asks(self) -> Sequence[Level]: ...


def is_same(one: Update, other: Update) -> bool:
    """Tell whether two updates say the same, level by level and letter by letter."""
    return (one.symbol, one.prev_ts, one.ts, one.bids, one.asks) == (
        other.symbol,
        other.prev_ts,
        other.ts,
        other.bids,
        other.asks,
    )
