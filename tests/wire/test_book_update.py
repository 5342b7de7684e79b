"""This file is the proof that an update is judged plain exactly where its sizes are, and that its zeros are found."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from woodlot.wire.book_update import BookUpdate, leaving
from woodlot.wire.events import BookDelta
from woodlot.wire.frames import Push, decode_frame

plain = st.sampled_from(["0", "0.000", "0.00020", "1", "1.50", "999999.99999", "0.1234567890123456789", "10"])
levels = st.lists(st.tuples(st.sampled_from(["1", "1.0", "2", "3.5"]), plain), max_size=6)


@given(bids=levels, asks=levels)
def test_the_levels_that_leave_are_those_whose_size_is_zero(
    bids: list[tuple[str, str]], asks: list[tuple[str, str]]
) -> None:
    assert leaving(bids, asks) == [level for level in [*bids, *asks] if Decimal(level[1]) == 0]


@pytest.mark.parametrize(
    "size",
    [
        *[
            "-1",
            "-0",
            "1e5",
            "1E5",
            "0E-8",
            "NaN",
            "inf",
            "x",
            "",
            "1.2.3",
            ".5",
            "5.",
            "01",
            "1,2",
            "null",
            "1_0",
            "٣",
        ],
        *["1" + "0" * 31, "0." + "0" * 30 + "1", "9" * 400],
    ],
)
def test_a_size_that_is_not_plain_is_left_to_others(size: str) -> None:
    assert leaving([("1", "1"), ("2", size)], [("3", "0")]) is None
    assert leaving([], [("2", size)]) is None


def test_a_frame_s_update_becomes_an_event_when_it_is_read() -> None:
    # A blank is what the compiled reader leaves to plain Python.
    push = decode_frame(
        '{"topic":"orderbookupdate@S@50","ts":3, "data":{"ts":2,"bids":[["1.50","0"]],"asks":[],"prevTs":1,"s":"S"}}'
    )

    assert isinstance(push, Push)
    assert push.delta == BookUpdate("S", 1, 2, [("1.50", "0")], [], [("1.50", "0")])
    assert push.event == BookDelta(symbol="S", prev_ts=1, ts=2, bids=[("1.50", "0")], asks=[])
    assert push.event is push.event, "an event is made once"


def test_a_wire_that_names_what_is_ours_is_not_believed() -> None:
    push = decode_frame(
        '{"topic":"orderbookupdate@S@50","ts":3, '
        '"data":{"ts":2,"bids":[["1","5"]],"asks":[],"prevTs":1,"s":"S","leaving":[["1","5"]]}}'
    )

    assert isinstance(push, Push)
    assert isinstance(push.delta, BookUpdate)
    assert push.delta.leaving == []
