"""This file is the feed as a user of woodlot has it: `desk.book(...)`, chain checked, states and counters on.

Whichever way it is read, the touch is read after every message and a reader of `book.changes()` runs beside.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from benchmarks._market import digest
from benchmarks._meter import Meter

from woodlot.config import Environment
from woodlot.desk.desk import Desk
from woodlot.desk.live_book import LiveBook
from woodlot.desk.terms import Seams
from woodlot.stream.link import Dialer
from woodlot.stream.picows_dialer import PicowsDialer
from woodlot.wire.topics import BookDeltas

_open = AsyncExitStack()
_readers: list["asyncio.Task[None]"] = []


class _Touching:
    """A second sink of the book's topic: it is told after the book, of every push."""

    def __init__(self, book: LiveBook, meter: Meter) -> None:
        self._book = book
        self._meter = meter

    def pushed(self, _: Any) -> None:
        book = self._book
        _ = book.best_bid, book.best_ask
        self._meter.count()

    def subscribed(self, topic: str) -> None: ...

    def refused(self, topic: str, reason: str) -> None: ...

    def interrupted(self, gap: Any) -> None:
        raise RuntimeError(f"the feed was interrupted: {gap}")


async def touching(
    address: str, depth: int, symbols: Sequence[str], meter: Meter, dialer: Dialer | None = None
) -> Callable[[], list[str]]:
    """Read the touch after every message, and let a conflating reader be woken."""
    desk, books = await _books(address, depth, symbols, dialer)

    async def read(book: LiveBook) -> None:
        async for _ in book.changes():
            _ = book.best_bid, book.best_ask

    _readers.extend(asyncio.create_task(read(book)) for book in books)
    for book in books:
        desk.market.stream.attach(BookDeltas(book.symbol, depth=depth), _Touching(book, meter))
    return lambda: _digests(books)


async def touching_over_picows(
    address: str, depth: int, symbols: Sequence[str], meter: Meter
) -> Callable[[], list[str]]:
    """Do the same over the faster dialer."""
    return await touching(address, depth, symbols, meter, PicowsDialer())


async def every_change(address: str, depth: int, symbols: Sequence[str], meter: Meter) -> Callable[[], list[str]]:
    """Read the touch of the view that comes with every single change."""
    _, books = await _books(address, depth, symbols)

    async def read(book: LiveBook) -> None:
        async for change in book.changes(conflate=False):
            if change.view is not None:
                _ = change.view.best_bid, change.view.best_ask
            meter.count()

    _readers.extend(asyncio.create_task(read(book)) for book in books)
    return lambda: _digests(books)


async def _books(
    address: str, depth: int, symbols: Sequence[str], dialer: Dialer | None = None
) -> tuple[Desk, list[LiveBook]]:
    environment = Environment.at(f"http://{address}", f"ws://{address}")
    desk = await _open.enter_async_context(Desk.open(environment, seams=Seams(dialer=dialer)))
    books = await asyncio.gather(*(desk.book(symbol, depth) for symbol in symbols))
    for book in books:
        while book.state != "SYNCED":  # noqa: ASYNC110 - a benchmark may wait
            await asyncio.sleep(0.01)
    return desk, list(books)


def _digests(books: Sequence[LiveBook]) -> list[str]:
    if any(book.state != "SYNCED" for book in books):
        raise RuntimeError(f"a book is not in sync: {[(book, book.reason) for book in books]}")
    return [digest(book.view().bids, book.view().asks) for book in books]
