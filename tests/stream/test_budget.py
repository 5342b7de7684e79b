import pytest
from tests.stream.virtual import VirtualTime

from woodlot.stream.budget import Allowance, Budget, connects_of_process


async def test_what_is_allowed_is_spent_at_once_and_the_next_waits_for_the_window() -> None:
    time, waits = VirtualTime(), list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        time.clock.advance(seconds)

    budget = Budget(Allowance(3, 10.0), clock=time.clock, sleep=sleep)
    for _ in range(3):
        await budget.spend()
    assert waits == []
    await budget.spend()

    assert sum(waits) == pytest.approx(10.0)
    assert (budget.spent, budget.waited) == (4, 1)


async def test_no_window_ever_holds_more_than_the_allowance() -> None:
    time, spent_s = VirtualTime(), list[float]()

    async def sleep(seconds: float) -> None:
        time.clock.advance(seconds)

    budget = Budget(Allowance(5, 10.0), clock=time.clock, sleep=sleep)
    for n in range(60):
        await budget.spend()
        spent_s.append(time.clock.monotonic_s())
        time.clock.advance((n * 7 % 5) / 2)

    assert all(later - earlier >= 9.999 for earlier, later in zip(spent_s, spent_s[5:], strict=False))


def test_room_can_be_looked_at_without_taking_it() -> None:
    budget = Budget(Allowance(1, 10.0), clock=VirtualTime().clock)

    assert budget.wait_s() == 0.0
    assert budget.spent == 0


def test_all_streams_of_a_process_share_one_budget_per_exchange() -> None:
    clock = VirtualTime().clock
    one = connects_of_process("ws://one.test", clock=clock)

    assert connects_of_process("ws://one.test", clock=clock) is one
    assert connects_of_process("ws://two.test", clock=clock) is not one


async def test_a_reserve_is_left_to_those_who_need_it_more() -> None:
    time = VirtualTime()
    budget = Budget(Allowance(20, 300.0), clock=time.clock)
    for _ in range(15):
        await budget.spend(reserve=5)

    assert budget.wait_s(reserve=5) == pytest.approx(300.0)
    assert budget.wait_s() == 0.0
