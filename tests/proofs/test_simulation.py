import asyncio

import pytest
from proofs.simulation.course import Course
from proofs.simulation.loop import Stuck, run
from proofs.simulation.repeating import digest
from proofs.simulation.troubles import Troubles

from woodlot.clock import ManualClock


def test_an_hour_in_virtual_time_is_over_at_once_and_is_an_hour() -> None:
    clock = ManualClock()
    started_s = clock.monotonic_s()

    async def wait() -> str:
        await asyncio.gather(*(asyncio.sleep(minutes * 60) for minutes in range(61)))
        return "done"

    result, moves = run(wait(), clock=clock)
    assert result == "done"
    assert clock.monotonic_s() - started_s == pytest.approx(3600, abs=0.01)
    assert moves == 60


def test_a_program_that_waits_for_ever_is_told_so() -> None:
    with pytest.raises(Stuck):
        run(asyncio.Event().wait(), clock=ManualClock())


def test_two_runs_of_a_seed_have_the_same_trace_and_two_seeds_have_not() -> None:
    assert digest(3) == digest(3) != digest(4)


def test_a_desk_agrees_with_the_exchange_in_the_calm_behind_the_trouble() -> None:
    troubles = Troubles(frames_lost=0.02, replies_lost=0.05, theft_every_s=8.0, cut_every_s=6.0)
    result = Course(1, trouble_s=10.0, troubles=troubles)()
    assert result.problems == []
    assert result.struck["frames lost"] > 5
    assert result.ran["executions told"] > 5
