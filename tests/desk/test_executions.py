import asyncio
from pathlib import Path

import pytest
from tests.desk.fills import fill

from woodlot.desk.events import GapClosed, GapOpened
from woodlot.desk.executions import ExecutionLog, Executions, ExecutionsAndGaps
from woodlot.desk.journal import Journal
from woodlot.errors import ExecutionsForgotten, InUse


class Desk:
    """A journal and what is told of it, as after each start of a program."""

    def __init__(self, path: Path | str = ":memory:", *, most_kept: int = 100_000) -> None:
        self.journal = Journal(path)
        self.log = ExecutionLog(self.journal, most_kept=most_kept)

    def record(self, *trade_ids: int) -> None:
        for numbered in self.journal.note([], [fill(trade_id) for trade_id in trade_ids]):
            self.log.record(numbered)

    def dies(self) -> None:
        self.journal.close()


async def read(reader: Executions, count: int) -> list[tuple[int, bool]]:
    return [(got.trade_id, got.redelivered) for got in [await anext(reader) for _ in range(count)]]


async def test_every_reader_gets_every_execution_from_the_first_on() -> None:
    desk = Desk()
    desk.record(1)
    early = Executions(desk.log)
    desk.record(2)
    late = Executions(desk.log)
    for reader in (early, late):
        assert [(await anext(reader)).trade_id for _ in range(2)] == [1, 2]


async def test_a_reader_waits_for_what_has_not_happened_yet() -> None:
    desk = Desk()
    waiting = asyncio.ensure_future(anext(Executions(desk.log)))
    await asyncio.sleep(0)
    assert not waiting.done()
    desk.record(7)
    assert (await waiting).trade_id == 7


async def test_reading_ends_when_the_desk_does_after_the_last_one_was_read() -> None:
    desk = Desk()
    desk.record(1)
    desk.log.close()
    assert [execution.trade_id async for execution in Executions(desk.log)] == [1]


async def test_what_broke_the_desk_reaches_the_reader() -> None:
    desk = Desk()
    desk.log.close(RuntimeError("broken"))
    with pytest.raises(RuntimeError, match="broken"):
        await anext(Executions(desk.log))


async def test_a_reader_of_a_journal_in_memory_that_is_too_far_behind_is_told_how_many_it_missed() -> None:
    desk = Desk(most_kept=2)
    reader = Executions(desk.log)
    desk.record(*range(1, 1003))
    with pytest.raises(ExecutionsForgotten) as caught:
        await anext(reader)
    assert caught.value.count == 1000


async def test_a_reader_far_behind_a_journal_in_a_file_reads_it_all(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "journal", most_kept=2)
    reader = Executions(desk.log)
    desk.record(*range(1, 1503))
    assert [number for number, _ in await read(reader, 1502)] == list(range(1, 1503))
    desk.dies()


async def test_a_consumer_goes_on_where_it_stopped_and_gets_the_one_in_hand_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "journal")
    desk.record(1, 2, 3)
    assert await read(Executions(desk.log, consumer="bot"), 2) == [(1, False), (2, False)]
    desk.dies()
    desk = Desk(tmp_path / "journal")
    desk.record(4)
    assert await read(Executions(desk.log, consumer="bot"), 3) == [(2, True), (3, False), (4, False)]
    desk.dies()


async def test_asking_for_the_next_says_that_the_last_is_dealt_with_even_if_there_is_none_yet(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "journal")
    desk.record(1)
    reader = Executions(desk.log, consumer="bot")
    await anext(reader)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await anext(reader)
    desk.dies()
    desk = Desk(tmp_path / "journal")
    desk.record(2)
    assert await read(Executions(desk.log, consumer="bot"), 1) == [(2, False)]
    desk.dies()


async def test_consumers_have_positions_of_their_own_and_one_reader_each(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "journal")
    desk.record(1, 2)
    ours, theirs = Executions(desk.log, consumer="bot"), Executions(desk.log, consumer="books")
    assert await read(ours, 2) == await read(theirs, 2) == [(1, False), (2, False)]
    with pytest.raises(InUse, match="bot"):
        Executions(desk.log, consumer="bot")
    del ours
    assert await read(Executions(desk.log, consumer="bot"), 1) == [(2, True)]
    desk.dies()


async def test_gaps_stand_between_the_executions_where_they_were() -> None:
    desk = Desk()
    desk.record(1)
    opened = GapOpened(5, "cut")
    desk.log.mark(opened)
    desk.record(2)
    closed = GapClosed(5, 9, recovered=1)
    desk.log.mark(closed)
    desk.record(3)
    reader = ExecutionsAndGaps(desk.log)
    seen = [await anext(reader) for _ in range(5)]
    assert [getattr(item, "trade_id", item) for item in seen] == [1, opened, 2, closed, 3]
