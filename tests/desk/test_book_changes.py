"""This file is the proof of who hears of a book's changes, and how many of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from woodlot.book.book import BookView
from woodlot.book.lane import PlainLane
from woodlot.book.trail import Steps
from woodlot.book.transition import BookState
from woodlot.desk.book_changes import MOST_WAITING, Audience, BookChange


class Theatre:
    """A book whose `ts` is how often it changed."""

    def __init__(self) -> None:
        self.lane = PlainLane("PERP_BTC_USDT", Steps())
        self.audience = Audience(self._newest, self.lane)
        self.views = 0

    def change(self, times: int = 1) -> None:
        for _ in range(times):
            self.lane.changed += 1
            if self.lane.tell is not None:
                self.lane.tell()

    def _newest(self, *, has_view: bool = False, conflated: int = 0) -> BookChange:
        self.views += has_view
        view = BookView(self.audience.changed, (), ()) if has_view else None
        return BookChange(BookState.SYNCED, "applied", self.audience.changed, view, conflated)


async def read(changes: AsyncIterator[BookChange]) -> list[BookChange]:
    return [change async for change in changes]


async def test_a_conflating_reader_gets_the_newest_change_and_how_many_it_stands_for() -> None:
    theatre = Theatre()
    changes = theatre.audience.join(conflate=True)

    theatre.change(3)
    first = await anext(changes)
    theatre.change()
    second = await anext(changes)

    assert (first.ts, first.conflated, second.ts, second.conflated) == (3, 2, 4, 0)
    assert theatre.views == 0, "nobody asked for a view"


async def test_a_reader_that_waits_is_woken_once_for_many_changes() -> None:
    theatre = Theatre()
    changes = theatre.audience.join(conflate=True)
    waiting = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)

    theatre.change(2)
    assert theatre.lane.tell is None, "the second change told nobody anything new"
    assert (await waiting).conflated == 1


async def test_a_change_that_waits_at_the_close_is_read_as_it_was_then() -> None:
    theatre = Theatre()
    changes = theatre.audience.join(conflate=True)
    theatre.change(2)
    changes.close()
    theatre.change(5)
    changes.close()

    assert [(change.ts, change.conflated) for change in await read(changes)] == [(2, 1)]


async def test_who_waits_at_the_close_ends() -> None:
    theatre = Theatre()
    readers = [theatre.audience.join(conflate=conflate) for conflate in (True, False)]
    tasks = [asyncio.ensure_future(read(reader)) for reader in readers]
    await asyncio.sleep(0)

    theatre.audience.close()

    assert await asyncio.gather(*tasks) == [[], []]


async def test_a_wait_that_was_given_up_loses_nothing_and_leaves_nothing_behind() -> None:
    theatre = Theatre()
    changes = theatre.audience.join(conflate=True)
    for _ in range(3):
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
    assert theatre.audience._sleepers == []

    theatre.change()
    assert (await anext(changes)).ts == 1


async def test_every_change_is_one_object_for_all_who_want_every_change() -> None:
    theatre = Theatre()
    readers = [theatre.audience.join(conflate=False) for _ in range(2)]
    theatre.change(2)
    theatre.audience.close()

    mine, yours = [await read(reader) for reader in readers]

    assert [change.ts for change in mine] == [1, 2]
    assert all(one is other for one, other in zip(mine, yours, strict=True))
    assert theatre.views == 2


async def test_a_reader_of_every_change_loses_the_oldest_and_is_told() -> None:
    theatre = Theatre()
    changes = theatre.audience.join(conflate=False)
    theatre.change(MOST_WAITING + 5)
    changes.close()

    seen = await read(changes)
    assert (len(seen), seen[0].ts, seen[0].dropped, seen[1].dropped) == (MOST_WAITING, 6, 5, 0)


async def test_a_reader_that_was_let_go_of_is_told_nothing() -> None:
    theatre = Theatre()
    theatre.audience.join(conflate=False)
    theatre.change(3)
    assert (theatre.views, theatre.lane.tell) == (0, None)
