import pytest

from woodlot.clock import ManualClock
from woodlot.errors import SubscriptionRefused
from woodlot.stream.continuity import Cause, Interrupted, Resumed
from woodlot.stream.inbox import Inbox
from woodlot.stream.subscription import Subscription
from woodlot.wire.events import TradePrint


def reader(*topics: str, left: list[object] | None = None) -> Subscription[TradePrint]:
    left = [] if left is None else left
    return Subscription(topics, Inbox(), clock=ManualClock(), leave=left.append)


async def test_it_is_ready_when_every_topic_has_been_answered_for() -> None:
    both = reader("a", "b")
    both.subscribed("a")
    both.subscribed("b")

    await both.ready()


async def test_a_refused_topic_is_named_while_the_other_goes_on() -> None:
    both = reader("a", "b")
    both.refused("a", "left out")
    both.subscribed("b")

    with pytest.raises(SubscriptionRefused, match="topic a"):
        await both.ready()
    assert both.refused_topics == {"a": "left out"}


async def test_the_first_acceptance_is_no_resumption_and_later_ones_are() -> None:
    one = reader("a")
    one.subscribed("a")
    one.interrupted(Interrupted(7, Cause.CLOSED, topic="a"))
    one.subscribed("a")
    one.close()
    told = [item async for item in one]

    assert [type(item) for item in told] == [Interrupted, Resumed]
    assert isinstance(told[1], Resumed)
    assert (told[1].since_ms, told[1].topic) == (7, "a")
    assert told[1].missed_ms > 0


async def test_leaving_twice_leaves_once() -> None:
    left: list[object] = []
    async with reader("a", left=left) as one:
        one.close()

    assert left == [one]


async def test_an_error_of_the_stream_reaches_the_reader_who_waits_for_topics() -> None:
    one = reader("a")
    one.ended(RuntimeError("lost"))

    with pytest.raises(RuntimeError, match="lost"):
        await anext(one)
