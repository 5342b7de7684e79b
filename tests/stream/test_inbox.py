from typing import Any

import pytest

from woodlot.stream.continuity import Cause, Interrupted, Resumed, Skipped
from woodlot.stream.inbox import Inbox, Policy, policy_of
from woodlot.wire.frames import Push
from woodlot.wire.topics import PUBLIC


def push(topic: str, n: int) -> Push[Any]:
    return Push(topic, n, n)  # type: ignore[type-var]


async def drained(inbox: Inbox) -> list[Any]:
    return [await inbox.get() for _ in range(len(inbox))]


async def test_the_oldest_are_dropped_at_the_bound_and_told_before_what_is_left() -> None:
    inbox = Inbox(Policy.DROP_OLDEST, bound=3)
    for n in range(8):
        inbox.put(push("trade@A", n))

    assert await inbox.get() == Skipped("trade@A", 5)
    assert [item.ts for item in await drained(inbox)] == [5, 6, 7]
    assert inbox.dropped == 5


async def test_only_the_newest_of_each_topic_waits_and_every_topic_keeps_its_turn() -> None:
    inbox = Inbox(Policy.CONFLATE)
    for n in range(100):
        inbox.put(push("bbo@FAST", n))
        inbox.put(push("bbo@SLOW", 0) if n == 50 else push("bbo@FAST", n))

    assert [(item.topic, item.ts) for item in await drained(inbox)] == [("bbo@FAST", 99), ("bbo@SLOW", 0)]
    assert inbox.conflated == 198


async def test_what_comes_after_a_marker_is_not_conflated_with_what_came_before() -> None:
    inbox = Inbox(Policy.CONFLATE)
    gap, back = Interrupted(1, Cause.CLOSED), Resumed(1, 2)
    inbox.put(push("bbo@A", 1))
    inbox.mark(gap)
    inbox.mark(back)
    inbox.put(push("bbo@A", 2))
    inbox.put(push("bbo@A", 3))

    first, *markers, last = await drained(inbox)
    assert (first.ts, markers, last.ts) == (1, [gap, back], 3)


async def test_a_flapping_connection_cannot_overfill_a_reader_that_never_reads() -> None:
    inbox = Inbox(Policy.CONFLATE, bound=10)
    for n in range(1000):
        inbox.mark(Interrupted(n, Cause.CLOSED, topic="bbo@A"))

    assert len(inbox) == 10


async def test_the_rest_is_read_before_the_end() -> None:
    inbox = Inbox()
    inbox.put(push("trade@A", 1))
    inbox.end()

    assert isinstance(await inbox.get(), Push)
    with pytest.raises(StopAsyncIteration):
        await inbox.get()


def test_every_public_topic_has_a_policy_that_fits_it() -> None:
    queued = {kind.word for kind in PUBLIC if policy_of(f"{kind.word}@S") is Policy.DROP_OLDEST}

    assert queued == {"trade", "kline", "orderbookupdate", "orderbookupdaterpi"}
