"""This file is a reader of a book's changes: every frame, or the newest with a count of what it stands for."""

import asyncio
from collections import deque
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from woodlot.book.book import BookView
from woodlot.book.transition import BookState

# A view of 500 levels a side is 8 kB of references.
MOST_WAITING = 2_000
"""How many changes wait for a reader that asked for every one; then the oldest are dropped and counted."""


class BookChange(Struct, frozen=True):
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


class Changing(Protocol):
    """A book, as a reader of its changes sees it."""

    @property
    def changed(self) -> int:
        """How many changes there have been."""
        ...

    def change(self, *, conflated: int) -> BookChange:
        """Return the newest one."""
        ...

    def awaited(self) -> None:
        """Have the readers woken at the next one."""
        ...

    def left(self, reader: "BookChanges") -> None:
        """Feed a reader no more."""
        ...


class BookChanges:
    """An async iterator over the changes of one book. Leave it with `close()`, or by letting go of it."""

    def __init__(self, book: Changing, *, conflate: bool) -> None:
        self.conflates = conflate
        self._book = book
        self._seen = book.changed
        self._waiting: deque[BookChange] = deque()
        # By hand, and not an asyncio.Event: this happens for every update of a calm market.
        self._sleepers: list[asyncio.Future[None]] = []
        self._is_closed = False

    def wake(self) -> None:
        """There is something new. Never waits."""
        sleepers, self._sleepers = self._sleepers, []
        for sleeper in sleepers:
            if not sleeper.done():
                sleeper.set_result(None)

    def put(self, change: BookChange) -> None:
        """Queue a change behind those that wait."""
        waiting = self._waiting
        if len(waiting) >= MOST_WAITING:
            lost = waiting.popleft()
            waiting[0] = replace(waiting[0], dropped=waiting[0].dropped + lost.dropped + 1)
        waiting.append(change)
        if self._sleepers:
            self.wake()

    def close(self) -> None:
        """Hear no more; what is queued can still be read."""
        if not self._is_closed and (change := self._newest()) is not None:
            self._waiting.append(change)
        self._is_closed = True
        self._book.left(self)
        self.wake()

    def __aiter__(self) -> "BookChanges":
        return self

    async def __anext__(self) -> BookChange:
        while not self._waiting:
            if self._is_closed:
                raise StopAsyncIteration
            if (change := self._newest()) is not None:
                return change
            self._book.awaited()
            await self._woken()
        return self._waiting.popleft()

    async def _woken(self) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append(sleeper)
        try:
            await sleeper
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)

    def _newest(self) -> BookChange | None:
        """Return what a conflating reader has not seen: made when it is asked for, since most changes never are."""
        if not self.conflates or (new := self._book.changed - self._seen) == 0:
            return None
        self._seen += new
        return self._book.change(conflated=new - 1)
