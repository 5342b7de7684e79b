import pytest

from woodlot.clock import ManualClock, SystemClock


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(1_000)
    before = clock.monotonic_s()
    assert clock.now_ms() == 1_000
    clock.advance(0.25)
    assert (clock.now_ms(), clock.monotonic_s() - before) == (1_250, 0.25)


def test_many_small_steps_add_up_to_the_large_one() -> None:
    clock = ManualClock(0)
    for _ in range(1000):
        clock.advance(0.001)
    assert clock.now_ms() == 1_000


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="only moves forward"):
        ManualClock().advance(-1)


def test_the_machines_clock_speaks_in_milliseconds() -> None:
    assert 1_600_000_000_000 < SystemClock().now_ms() < 4_000_000_000_000
    assert SystemClock().monotonic_s() <= SystemClock().monotonic_s()
