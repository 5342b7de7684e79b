"""This file is a reader of a book's changes: every frame, or the newest with a count of what it stands for."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from woodlot.book.book import BookView
from woodlot.book.transition import BookState, Standing

# A view of 500 levels a side is 8 kB of references.
MOST_WAITING = 2_000
"""How many changes wait for a reader that asked for every one; then the oldest are dropped and counted."""


@dataclass(frozen=True, slots=True)
class BookChange:
    """The book changed, or what may be thought of it did.

    `ts` is the exchange's time of the book, `view` the book as it was then (only without conflation, and None where it
    could not be read), `conflated` how many earlier changes this one replaced, `dropped` how many were lost before it.
    """

    state: BookState
    reason: str
    ts: int
    view: BookView | None = None
    conflated: int = 0
    dropped: int = 0


class BookChanges:
    """An async iterator over the changes of one book. Leave it with `close()`, or by letting go of it."""

    def __init__(self, *, conflate: bool, leave: Callable[["BookChanges"], None]) -> None:
        self.conflates = conflate
        self._leave = leave
        self._waiting: deque[BookChange] = deque()
        # What a conflating reader is told next: made a change when it is read, since most are never read.
        self._newest: tuple[Standing, int] | None = None
        self._told = 0
        self._turned = asyncio.Event()
        self._is_closed = False

    def tell(self, standing: Standing, ts: int, view: BookView | None) -> None:
        """Take note of a change. Never waits."""
        if not self.conflates:
            self.put(BookChange(standing.state, standing.reason, ts, view))
            return
        self._newest = standing, ts
        self._told += 1
        if self._told == 1:
            self._turned.set()

    def put(self, change: BookChange) -> None:
        """Queue a change behind those that wait."""
        waiting = self._waiting
        if len(waiting) >= MOST_WAITING:
            lost = waiting.popleft()
            waiting[0] = replace(waiting[0], dropped=waiting[0].dropped + lost.dropped + 1)
        waiting.append(change)
        self._turned.set()

    def close(self) -> None:
        """Hear no more; what is queued can still be read."""
        self._is_closed = True
        self._leave(self)
        self._turned.set()

    def __aiter__(self) -> "BookChanges":
        return self

    async def __anext__(self) -> BookChange:
        while not self._waiting:
            if self._newest is not None:
                return self._take_newest(*self._newest)
            if self._is_closed:
                raise StopAsyncIteration
            self._turned.clear()
            await self._turned.wait()
        return self._waiting.popleft()

    def _take_newest(self, standing: Standing, ts: int) -> BookChange:
        told, self._told, self._newest = self._told, 0, None
        return BookChange(standing.state, standing.reason, ts, conflated=told - 1)
