"""This file is the way of an update into its book while nothing is unusual: one question, and what is noted after it.

Where the hot path could be compiled (`swift/`) the lane is there, and an update that came off the wire goes down it
without an object being made of what nobody reads.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

from woodlot import swift
from woodlot.book.trail import AnySteps, Steps
from woodlot.book.update import Update

if TYPE_CHECKING:
    from collections.abc import Callable

    from woodlot.book.sides import Sides
    from woodlot.swift import _swift


class PlainLane:
    """What a synchroniser asks of every update first.

    `sides` are those of a book that is SYNCED, else None: then nothing is taken. `newest` is the last update that was
    taken, until the chain has been told of it; `applied` counts them, and so does `changed`, which others may add to.
    `is_direct` says that updates may be taken as they come off the wire, without the book's sink being told. Whoever
    takes one that way then calls `others` with the push, and `tell`, where they are set.
    """

    __slots__ = ("applied", "changed", "is_direct", "newest", "others", "sides", "steps", "symbol", "tell")

    def __init__(self, symbol: str, steps: AnySteps) -> None:
        self.symbol = symbol
        self.steps = steps
        self.sides: Sides | _swift.Sides | None = None
        self.newest: Update | None = None
        self.tell: Callable[[], None] | None = None
        self.others: Callable[[Any], None] | None = None
        self.applied = 0
        self.changed = 0
        self.is_direct = False

    def take(self, update: Update, /) -> bool:
        """Take over an update that follows a book in sync, is plain, and leaves it possible.

        False: it is none such, and nothing has changed.
        """
        if self.sides is None or (before := self.sides.follow(update, self.symbol)) is None:
            return False
        self.steps.add(update, before)
        self.newest = update
        self.applied += 1
        self.changed += 1
        return True


Lane: TypeAlias = "PlainLane | _swift.Lane"


def new_lane(symbol: str, steps: AnySteps) -> Lane:
    """Return a lane into a book of `symbol`, whose trail has these steps."""
    if swift.compiled is None or isinstance(steps, Steps):
        return PlainLane(symbol, steps)
    return swift.compiled.Lane(symbol, steps)
