"""This file is how a book looked a moment ago: what the last updates replaced, so that they can be undone on a copy.

The exchange's REST book lags up to 46 s behind its stream (websocket-v3 §8.2), so an audit needs the book of then.
Measured per update of 20 levels: keeping what it replaced costs 0.9 µs. A digest of the window at every `ts` costs 9 µs
and cannot say what differs. An older book with every update since costs 0.3 µs, but can forget nothing before it is
made anew, and this is kept for every book all the time.
"""

from collections import deque
from typing import TYPE_CHECKING, TypeAlias

from woodlot import swift
from woodlot.book.book import Before, Book
from woodlot.book.sides import undo
from woodlot.book.update import Update

if TYPE_CHECKING:
    from woodlot.swift import _swift

# A REST book that lags further than it was ever seen to cannot be compared with anything ...
SPAN_MS = 90_000
# ... and most books say less than this in that time. Those that say more are kept whole while an audit waits.
MOST_LEVELS = 128
MOST_DELTAS_HELD = 4_000
_LONGEST = MOST_LEVELS * 5 // 4


class Steps:
    """The updates applied last and what they replaced, newest last.

    Kept are `MOST_LEVELS` changed levels, an update itself counted as one, and a quarter more before the oldest go;
    while `is_held`, everything since, up to `MOST_DELTAS_HELD` updates and `SPAN_MS`.
    """

    __slots__ = ("_levels", "_steps", "is_held")

    def __init__(self) -> None:
        self._steps: deque[tuple[Update, Before]] = deque()
        self._levels = 0
        self.is_held = False

    def __len__(self) -> int:
        return len(self._steps)

    def pairs(self) -> list[tuple[Update, Before]]:
        """Return each update with what it replaced, newest last."""
        return list(self._steps)

    def clear(self) -> None:
        """Forget every step."""
        self._steps.clear()
        self._levels = 0

    def add(self, update: Update, before: Before, /) -> None:
        """Note an update that was just taken over."""
        self._steps.append((update, before))
        levels = self._levels = self._levels + before.total + 1
        # Made short now and then: for every update that would cost as much as all the rest.
        if self.is_held or levels > _LONGEST:
            self._trim(update.ts - SPAN_MS)

    def _trim(self, horizon_ts: int) -> None:
        steps = self._steps
        most_levels = MOST_LEVELS * MOST_DELTAS_HELD if self.is_held else MOST_LEVELS
        while steps and (self._levels > most_levels or len(steps) > MOST_DELTAS_HELD or steps[0][0].ts < horizon_ts):
            _, before = steps.popleft()
            self._levels -= before.total + 1


AnySteps: TypeAlias = "Steps | _swift.Steps"


def new_steps() -> AnySteps:
    """Return where to note steps: in C where that could be compiled."""
    if swift.compiled is None:
        return Steps()
    return swift.compiled.Steps(most_levels=MOST_LEVELS, most_steps=MOST_DELTAS_HELD, span_ms=SPAN_MS)


class Trail:
    """The book's recent steps, and what can be told from them."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps = new_steps()

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def is_held(self) -> bool:
        return self.steps.is_held

    def add(self, delta: Update, before: Before) -> None:
        """Note an update that was just applied."""
        self.steps.add(delta, before)

    def hold(self) -> None:
        """Let the trail grow until it is released."""
        self.steps.is_held = True

    def release(self) -> None:
        self.steps.is_held = False

    def clear(self) -> None:
        """Forget everything: the next update does not follow from here."""
        self.steps.clear()
        self.steps.is_held = False

    def rewound(self, book: Book, ts: int) -> Book | None:
        """Return a book that shows what `book` showed at `ts`, or None where that is not known.

        Between two updates the book of then is not known either: something may have come and gone.
        """
        if ts == book.ts:
            return book
        steps = self.steps.pairs()
        if not any(delta.prev_ts == ts for delta, _ in steps):
            return None
        then = book.copy()
        for delta, before in reversed(steps):
            if then.ts == ts:
                break
            then.apply(undo(delta.bids, before.bids), undo(delta.asks, before.asks), ts=delta.prev_ts)
        return then
