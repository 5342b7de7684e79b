"""This file is a reader of a book's changes: every frame, or the newest with a count of what it stands for."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol
from weakref import ref

from msgspec import Struct
from msgspec.structs import replace

from woodlot.book.book import BookView
from woodlot.book.lane import Lane
from woodlot.book.transition import BookState

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    """The readers of one book. Its lane counts what changed, and has `tell` to call while anybody waits for it."""

    def __init__(self, newest: Newest, lane: Lane) -> None:
        self.newest = newest
        self._lane = lane
        # Weak, so that a reader who walks away from its loop is not fed for ever.
        self._readers: list[ref[BookChanges]] = []
        # Those of them that are to see every change.
        self._thorough: list[ref[BookChanges]] = []
        # By hand, and not an asyncio.Event: this happens for every update of a calm market.
        self._sleepers: list[asyncio.Future[None]] = []

    def join(self, *, conflate: bool) -> "BookChanges":
        reader = BookChanges(self, conflate=conflate)
        self._readers.append(ref(reader, self._readers.remove))
        if not conflate:
            self._thorough.append(ref(reader, self._thorough.remove))
            self._lane.tell = self.tell
        return reader

    @property
    def changed(self) -> int:
        """How often the book has changed, or what may be thought of it."""
        return self._lane.changed

    def sleeper(self) -> "asyncio.Future[None]":
        """Return what is done at the next change. Whoever stops waiting for it says so by `forget`."""
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append(sleeper)
        self._lane.tell = self.tell
        return sleeper

    def forget(self, sleeper: "asyncio.Future[None]") -> None:
        if sleeper in self._sleepers:
            self._sleepers.remove(sleeper)

    def leave(self, reader: "BookChanges") -> None:
        held = ref(reader)
        for readers in (self._readers, self._thorough):
            if held in readers:
                readers.remove(held)

    def tell(self) -> None:
        """Wake the readers that wait, and let those have the change that are to see every one."""
        self._lane.tell = None
        if self._thorough:
            self._put()
        self.wake()

    def wake(self) -> None:
        """Let those that sleep look again."""
        sleepers, self._sleepers = self._sleepers, []
        for sleeper in sleepers:
            if not sleeper.done():
                sleeper.set_result(None)

    def close(self) -> None:
        """Let every reader read what is queued and end."""
        for reader in _alive(self._readers):
            reader.close()

    def _put(self) -> None:
        change = None
        for reader in _alive(self._thorough):
            if change is None:
                change = self.newest(has_view=True)
                self._lane.tell = self.tell
            reader.put(change)


class BookChanges:
    """An async iterator over the changes of one book. Leave it with `close()`, or by letting go of it."""

    def __init__(self, audience: Audience, *, conflate: bool) -> None:
        self.conflates = conflate
        self._audience = audience
        self._seen = audience.changed
        self._waiting: deque[BookChange] = deque()
        self._is_closed = False

    def put(self, change: BookChange) -> None:
        """Queue a change behind those that wait."""
        waiting = self._waiting
        if len(waiting) >= MOST_WAITING:
            lost = waiting.popleft()
            waiting[0] = replace(waiting[0], dropped=waiting[0].dropped + lost.dropped + 1)
        waiting.append(change)

    def close(self) -> None:
        """Hear no more; what is queued can still be read."""
        if not self._is_closed and (change := self._newest()) is not None:
            self._waiting.append(change)
        self._is_closed = True
        self._audience.leave(self)
        self._audience.wake()

    def __aiter__(self) -> "BookChanges":
        return self

    async def __anext__(self) -> BookChange:
        while not self._waiting:
            if self._is_closed:
                raise StopAsyncIteration
            if (change := self._newest()) is not None:
                return change
            sleeper = self._audience.sleeper()
            try:
                await sleeper
            except BaseException:
                self._audience.forget(sleeper)
                raise
        return self._waiting.popleft()

    def _newest(self) -> BookChange | None:
        """Return what a conflating reader has not seen: made when it is asked for, since most changes never are."""
        if not self.conflates or (new := self._audience.changed - self._seen) == 0:
            return None
        self._seen += new
        return self._audience.newest(conflated=new - 1)


def _alive(readers: "Iterable[ref[BookChanges]]") -> list[BookChanges]:
    return [reader for held in readers if (reader := held()) is not None]
