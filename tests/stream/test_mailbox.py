from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from woodlot.clock import ManualClock
from woodlot.stream.continuity import Cause, Interrupted, Resumed
from woodlot.stream.mailbox import Mailbox
from woodlot.wire.frames import Push


def push(n: int) -> Push[Any]:
    return Push("executionreport", n, n)  # type: ignore[type-var]


def mailbox(bound: int) -> Mailbox:
    return Mailbox(clock=ManualClock(), bound=bound)


async def test_at_the_bound_the_rest_is_left_out_and_the_hole_is_marked_where_it_is() -> None:
    mail = mailbox(3)
    mail.mark(Resumed(None, 1))
    for n in range(10):
        mail.put(push(n))
    read = [await mail.get() for _ in range(5)]
    mail.put(push(99))

    assert [type(item) for item in read] == [Resumed, Push, Push, Interrupted, Resumed]
    assert (await mail.get()).ts == 99  # type: ignore[union-attr]
    assert mail.left_out == 8


async def test_a_hole_that_is_still_open_when_the_link_is_down_waits_for_the_link() -> None:
    mail = mailbox(1)
    mail.mark(Resumed(None, 1))
    mail.put(push(1))
    mail.mark(Interrupted(5, Cause.CLOSED))
    read = [await mail.get() for _ in range(2)]
    mail.mark(Resumed(5, 9))

    assert isinstance(read[1], Interrupted)
    assert read[1].since_ms == 5
    assert await mail.get() == Resumed(5, 9)


async def test_the_rest_is_read_before_the_end() -> None:
    mail = mailbox(5)
    mail.put(push(1))
    mail.end(StopAsyncIteration())

    assert isinstance(await mail.get(), Push)
    with pytest.raises(StopAsyncIteration):
        await mail.get()


@given(st.lists(st.sampled_from(["put", "get", "interrupt", "resume"]), max_size=60), st.integers(1, 5))
async def test_what_is_not_delivered_lies_between_two_markers(steps: list[str], bound: int) -> None:
    mail, read, sent, live = mailbox(bound), list[Any](), 0, False
    for step in steps:
        match step:
            case "put":
                sent += 1
                mail.put(push(sent))
            case "interrupt" if live:
                mail.mark(Interrupted(1, Cause.CLOSED))
                live = False
            case "resume" if not live:
                mail.mark(Resumed(1, 2))
                live = True
            case _:
                if step == "get" and len(mail):
                    read.append(await mail.get())
    if not live:
        mail.mark(Resumed(1, 2))
    mail.put(push(sent + 1))
    while len(mail):
        read.append(await mail.get())

    last = 0
    for before, item in zip([None, *read], read, strict=False):
        if isinstance(item, Push):
            assert item.ts == last + 1 or not isinstance(before, Push), "a hole without a marker"
            last = item.ts
    assert isinstance(read[-1], Resumed | Push)


async def test_what_came_together_is_taken_together_up_to_a_marker_and_a_bound() -> None:
    mail = mailbox(10)
    for n in range(4):
        mail.put(push(n))
    mail.mark(Resumed(None, 1))
    mail.put(push(9))

    assert [one.ts for one in mail.take_pushes(3)] == [0, 1, 2]
    assert [one.ts for one in mail.take_pushes(3)] == [3]
    assert mail.take_pushes(3) == []
    assert isinstance(await mail.get(), Resumed)
    assert [one.ts for one in mail.take_pushes(3)] == [9]
