"""This file is a reader of a book's changes: every frame, or the newest with a count of what it stands for."""

import asyncio
from collections import deque
from typing import Protocol
from weakref import ref

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


class Newest(Protocol):
    """Make a change of what a book shows now."""

    def __call__(self, *, has_view: bool = False, conflated: int = 0) -> BookChange: ...


class Audience:
    """The readers of one book. Whoever changes the book counts in `changed`, and calls `tell` if it `is_awaited`."""

    def __init__(self, newest: Newest) -> None:
        self.newest = newest
        self.changed = 0
        self.is_awaited = False
        # Weak, so that a reader who walks away from its loop is not fed for ever.
        self._readers: list[ref[BookChanges]] = []

    def join(self, *, conflate: bool) -> "BookChanges":
        reader = BookChanges(self, conflate=conflate)
        self._readers.append(ref(reader, self._readers.remove))
        self.is_awaited = True
        return reader

    def leave(self, reader: "BookChanges") -> None:
        if (held := ref(reader)) in self._readers:
            self._readers.remove(held)

    def tell(self) -> None:
        """Wake the readers that wait, and let those have the change that are to see every one."""
        self.is_awaited = False
        change = None
        for reader in self._listening():
            if reader.conflates:
                reader.wake()
                continue
            self.is_awaited = True
            if change is None:
                change = self.newest(has_view=True)
            reader.put(change)

    def close(self) -> None:
        """Let every reader read what is queued and end."""
        for reader in self._listening():
            reader.close()

    def _listening(self) -> "list[BookChanges]":
        return [reader for held in self._readers if (reader := held()) is not None]


class BookChanges:
    """An async iterator over the changes of one book. Leave it with `close()`, or by letting go of it."""

    def __init__(self, audience: Audience, *, conflate: bool) -> None:
        self.conflates = conflate
        self._audience = audience
        self._seen = audience.changed
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
        self._audience.leave(self)
        self.wake()

    def __aiter__(self) -> "BookChanges":
        return self

    async def __anext__(self) -> BookChange:
        while not self._waiting:
            if self._is_closed:
                raise StopAsyncIteration
            if (change := self._newest()) is not None:
                return change
            self._audience.is_awaited = True
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
        if not self.conflates or (new := self._audience.changed - self._seen) == 0:
            return None
        self._seen += new
        return self._audience.newest(conflated=new - 1)
