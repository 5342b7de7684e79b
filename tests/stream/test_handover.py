from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from woodlot.stream.handover import Handover
from woodlot.stream.roster import Accepted
from woodlot.wire.enums import Side
from woodlot.wire.events import TradePrint
from woodlot.wire.frames import Push


def trade(n: int, *, sent_ms: int = 0) -> Push[Any]:
    return Push("trade@A", sent_ms, TradePrint(symbol="A", price=1, size=n, side=Side.BUY, source=1, ts=n))  # type: ignore[arg-type]


def sizes(heard: list[Any]) -> list[int]:
    return [push.event.size for push in heard if isinstance(push, Push)]


@given(st.lists(st.integers(0, 15), max_size=30).map(sorted), st.data())
def test_wherever_the_two_sockets_begin_and_end_the_reader_hears_each_event_once(
    market: list[int], data: st.DataObject
) -> None:
    old_ends = data.draw(st.integers(0, len(market)))
    new_begins = data.draw(st.integers(0, old_ends))
    # Equal events are of one moment; both sockets' ends do not fall between them, as the overlap takes seconds.
    assume(not (new_begins and old_ends < len(market) and market[new_begins - 1] == market[old_ends]))
    heard: list[Any] = []
    handover = Handover(heard.append)
    queue = [(n, handover.older, 1) for n in range(old_ends)] + [
        (n, handover.newer, 2) for n in range(new_begins, len(market))
    ]
    for n, say, sent_ms in sorted(queue, key=lambda one: one[0]):
        say(trade(market[n], sent_ms=sent_ms))
    handover.finish()

    assert sizes(heard) == market


def test_what_the_newer_one_was_told_is_handed_on_in_its_place() -> None:
    heard: list[Any] = []
    handover = Handover(heard.append)
    handover.newer(Accepted("trade@A"))
    handover.newer(trade(1))
    assert heard == []
    handover.finish()

    assert heard[0] == Accepted("trade@A")
    assert sizes(heard) == [1]
