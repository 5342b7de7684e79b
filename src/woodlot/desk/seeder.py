"""This file is who is seeded first: the books that cannot be read, in the order in which they were asked for.

The exchange allows 10 snapshots per second (websocket-v3 §8.2), so after a cut 100 books need 10 seconds. The client
keeps that limit; here it is decided whose call is next, and never more calls are under way than one second allows, so
that a book which loses its place meanwhile does not wait behind a long queue.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias

from woodlot.clock import Clock

log = logging.getLogger(__name__)

MOST_AT_ONCE = 10

Sleep: TypeAlias = Callable[[float], Awaitable[None]]


class Seedable(Protocol):
    """A book, as the seeder sees it."""

    @property
    def symbol(self) -> str: ...
    @property
    def is_readable(self) -> bool: ...
    @property
    def seed_due_at(self) -> float | None:
        """When `take_seed` is to be called next, in the clock's monotonic seconds."""
        ...

    def take_seed(self) -> int | None:
        """Return the ticket of a snapshot to ask for now."""
        ...

    async def seed(self, ticket: int) -> None:
        """Ask for the snapshot and take it in; its failure too."""
        ...


class Seeder:
    """Let books ask for their snapshots, the most important ones first. `run` it in a task."""

    def __init__(self, *, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._books: list[Seedable] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._turned = asyncio.Event()

    def add(self, book: Seedable) -> None:
        """Look after a book; those added first go first."""
        self._books.append(book)
        self.wake()

    def remove(self, book: Seedable) -> None:
        self._books = [one for one in self._books if one is not book]

    def wake(self) -> None:
        """Look again: a book may want a snapshot earlier than it said."""
        self._turned.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        try:
            while True:
                self._turned.clear()
                self._start_what_is_due()
                await self._woken(self._pause_s())
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    def _start_what_is_due(self) -> None:
        now_s = self._clock.monotonic_s()
        due = [book for book in self._books if (at_s := book.seed_due_at) is not None and at_s <= now_s]
        # Sorting keeps the order of those that are alike.
        for book in sorted(due, key=lambda book: book.is_readable):
            if len(self._under_way) >= MOST_AT_ONCE:
                return
            ticket = book.take_seed()
            if ticket is not None:
                task = asyncio.create_task(book.seed(ticket), name=f"woodlot snapshot of {book.symbol}")
                self._under_way.add(task)
                task.add_done_callback(self._ended)

    def _pause_s(self) -> float | None:
        if len(self._under_way) >= MOST_AT_ONCE:
            return None
        due_s = min((at_s for book in self._books if (at_s := book.seed_due_at) is not None), default=None)
        return None if due_s is None else max(0.0, due_s - self._clock.monotonic_s())

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self.wake()
        if not task.cancelled() and (error := task.exception()) is not None:
            # A mistake in one book must not starve the others; its own request is given up after a while.
            log.error("%s failed: %s", task.get_name(), type(error).__name__, exc_info=error)

    async def _woken(self, timeout_s: float | None) -> None:
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._turned.wait())]
        if timeout_s is not None:
            waits.append(asyncio.ensure_future(self._sleep(timeout_s)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
