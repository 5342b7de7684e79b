"""This file is the proof of when a snapshot is asked for."""

from woodlot.book.seeding import PATIENCE_S, Pace, Seeding


def test_what_is_wanted_is_asked_for_once() -> None:
    seeding = Seeding()
    assert seeding.take(0.0, era=1) is None

    seeding.want(5.0)

    assert seeding.due_at == 5.0
    assert seeding.take(4.9, era=1) is None
    assert seeding.take(5.0, era=1) == 1
    assert seeding.take(99.0, era=1) is None
    assert seeding.due_at == 5.0 + PATIENCE_S


def test_two_requests_are_a_second_apart() -> None:
    seeding = Seeding()
    seeding.want(5.0)
    seeding.close(seeding.take(5.0, era=1), 5.0)

    seeding.want(5.1)

    assert seeding.take(5.9, era=1) is None
    assert seeding.take(6.0, era=1) == 2


def test_only_the_open_ticket_closes_the_request() -> None:
    seeding = Seeding()
    seeding.want(5.0)
    ticket = seeding.take(5.0, era=3)

    assert seeding.close(None, 0.0) is None
    assert seeding.close(99, 0.0) is None
    request = seeding.close(ticket, 0.0)
    assert request is not None
    assert (request.at_s, request.era) == (5.0, 3)
    assert seeding.close(ticket, 0.0) is None


def test_each_miss_in_a_row_doubles_the_wait_up_to_the_ceiling() -> None:
    seeding, pace = Seeding(), Pace(first_s=1.0, ceiling_s=5.0)
    waits: list[float | None] = []
    for _ in range(5):
        seeding.want_again(pace, 0.0)
        waits.append(seeding.due_at)
    assert waits == [1, 2, 4, 5, 5]

    seeding.want(0.0)
    seeding.want_again(pace, 0.0)
    assert seeding.due_at == 1, "something new happened: the waits start over"


def test_an_unanswered_request_is_given_up() -> None:
    seeding = Seeding()
    seeding.want(5.0)
    ticket = seeding.take(5.0, era=1)

    assert not seeding.give_up(5.0 + PATIENCE_S - 1)
    assert seeding.give_up(5.0 + PATIENCE_S)
    assert seeding.close(ticket, 0.0) is None
    assert not seeding.give_up(999.0)
