"""This file is the proof of who is seeded first, and that one book's trouble is no other's."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from tests.stream.virtual import VirtualTime

from woodlot.desk.seeder import MOST_AT_ONCE, Seeder


class Wanting:
    """A book that wants one snapshot, which takes a second."""

    def __init__(self, symbol: str, time: VirtualTime, order: list[str], *, is_readable: bool = False) -> None:
        self.symbol = symbol
        self.is_readable = is_readable
        self.seed_due_at: float | None = time.clock.monotonic_s()
        self.fails = False
        self._time = time
        self._order = order

    def take_seed(self) -> int | None:
        self.seed_due_at = None
        return 1

    async def seed(self, ticket: int) -> None:
        self._order.append(self.symbol)
        await self._time.sleep(1)
        if self.fails:
            raise ZeroDivisionError("a mistake of ours")


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
async def seeder(time: VirtualTime) -> AsyncIterator[Seeder]:
    seeder = Seeder(clock=time.clock, sleep=time.sleep)
    running = asyncio.create_task(seeder.run())
    yield seeder
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_books_that_cannot_be_read_go_first_in_the_order_they_came(time: VirtualTime, seeder: Seeder) -> None:
    order: list[str] = []
    for number in range(4 * MOST_AT_ONCE):
        seeder.add(Wanting(f"{number:02}", time, order, is_readable=number < MOST_AT_ONCE))
    await time.run(10)

    shown, unread = [f"{n:02}" for n in range(MOST_AT_ONCE)], [f"{n:02}" for n in range(MOST_AT_ONCE, 40)]
    assert order == unread + shown


async def test_no_more_are_under_way_than_one_second_allows(time: VirtualTime, seeder: Seeder) -> None:
    order: list[str] = []
    for number in range(3 * MOST_AT_ONCE):
        seeder.add(Wanting(str(number), time, order))

    await time.run(0.5)
    assert len(order) == MOST_AT_ONCE
    await time.run(1)
    assert len(order) == 2 * MOST_AT_ONCE


async def test_a_book_is_asked_when_its_time_comes(time: VirtualTime, seeder: Seeder) -> None:
    order: list[str] = []
    book = Wanting("later", time, order)
    book.seed_due_at = time.clock.monotonic_s() + 30
    seeder.add(book)

    await time.run(29)
    assert not order
    await time.run(2)
    assert order == ["later"]


async def test_a_book_that_was_removed_is_left_alone(time: VirtualTime, seeder: Seeder) -> None:
    order: list[str] = []
    book = Wanting("gone", time, order)
    book.seed_due_at = time.clock.monotonic_s() + 30
    seeder.add(book)
    seeder.remove(book)
    await time.run(60)

    assert not order


async def test_a_mistake_in_one_book_does_not_starve_the_others(
    time: VirtualTime, seeder: Seeder, caplog: pytest.LogCaptureFixture
) -> None:
    order: list[str] = []
    bad, good = Wanting("bad", time, order), Wanting("good", time, order)
    bad.fails = True
    with caplog.at_level(logging.ERROR):
        seeder.add(bad)
        await time.run(5)
    seeder.add(good)
    good.seed_due_at = time.clock.monotonic_s()
    seeder.wake()
    await time.run(5)

    assert order == ["bad", "good"]
    assert "woodlot snapshot of bad failed: ZeroDivisionError" in caplog.text
