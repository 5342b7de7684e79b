from woodlot.stream.pulse import Pulse
from woodlot.stream.rules import Rules


def beating(times: int) -> Pulse:
    pulse = Pulse(Rules())
    pulse.opened(0.0)
    for n in range(1, times + 1):
        pulse.asked(15.0 * n)
    return pulse


def test_two_unanswered_pings_are_not_yet_death() -> None:
    pulse = beating(2)

    assert not pulse.is_dead(1e6)
    assert pulse.wants_ping(45.0)


def test_the_third_has_five_seconds_and_no_fourth_is_sent() -> None:
    pulse = beating(3)

    assert not pulse.wants_ping(60.0)
    assert not pulse.is_dead(49.9)
    assert pulse.is_dead(50.0)


def test_an_answer_in_the_last_moment_is_life() -> None:
    pulse = beating(3)
    pulse.answered(49.9)

    assert not pulse.is_dead(50.0)
    assert pulse.wants_ping(60.0)


def test_a_doubt_brings_the_next_ping_forward() -> None:
    pulse = beating(1)
    assert not pulse.wants_ping(16.0)
    pulse.hurry(16.0)

    assert pulse.wants_ping(16.0)
