"""This file is the proof that a lane takes what may be taken without a word, and that both lanes take the same."""

import json
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from woodlot import swift
from woodlot.book.chain import Delta
from woodlot.book.lane import PlainLane
from woodlot.book.numbers import Level
from woodlot.book.sides import Sides
from woodlot.book.trail import MOST_DELTAS_HELD, MOST_LEVELS, SPAN_MS, Steps
from woodlot.wire.events import BookDelta
from woodlot.wire.frames import Push, decode_frame, take_frame

compiled = pytest.mark.skipif(swift.compiled is None, reason="the hot path is not compiled here")
DEPTH = 5
TOPIC = "orderbookupdate@S@50"
BIDS = [("2.5", "1"), ("2", "3.50")]
ASKS = [("3", "1"), ("3.10", "0.002")]

prices = st.sampled_from(["1", "1.0", "2", "2.5", "2.50", "3", "3.1", "3.10", "9", "2.9999"])
sizes = st.sampled_from(["0", "0.000", "1", "1.50", "0.00020"])
odd = st.sampled_from(
    [
        ("1E+1", "1"),
        ("1.2345678901234567890123456789", "1"),
        ("2", "0E-8"),
        ("0", "1"),
        ("-1", "1"),
        ("x", ""),
        ("3", ""),
    ]
)
levels = st.lists(st.one_of(*[st.tuples(prices, sizes)] * 9, odd), max_size=7)
# How a frame is spelled: compact in most cases, as on the wire; with blanks, an escape, other orders, or cut short.
spellings = st.sampled_from(["plain"] * 9 + ["blanks", "escape", "topic last", "twice", "cut", "bytes"])


def spelled(spelling: str, bids: list[Level], asks: list[Level], prev_ts: int, ts: int, symbol: str) -> bytes | str:
    data = {"ts": ts, "bids": bids, "asks": asks, "prevTs": prev_ts, "s": symbol}
    whole: dict[str, Any] = {"topic": TOPIC, "ts": ts + 1, "data": data}
    if spelling == "topic last":
        whole = {"ts": ts + 1, "data": data, "topic": TOPIC}
    text = json.dumps(whole, separators=(", ", ": ") if spelling == "blanks" else (",", ":"))
    match spelling:
        case "escape":
            return text.replace('"S"', '"\\u0053"')
        case "twice":
            return text.replace('"asks":', '"asks":[],"asks":')
        case "cut":
            return text[: len(text) * 2 // 3]
        case "bytes":
            return text.encode()
        case _:
            return text


def shown(lane: Any) -> tuple[Any, ...]:
    sides = lane.sides
    pairs = [(one.prev_ts, one.ts, before.bids, before.asks) for one, before in lane.steps.pairs()]
    return sides.spelled(), sides.best_bid, sides.best_ask, sides.ts, lane.applied, lane.changed, pairs


def opened(lane: Any, sides: Any) -> Any:
    sides.load(BIDS, ASKS)
    sides.ts = 1
    lane.sides, lane.is_direct = sides, True
    return lane


def lane_in_c() -> Any:
    assert swift.compiled is not None
    steps = swift.compiled.Steps(MOST_LEVELS, MOST_DELTAS_HELD, SPAN_MS)
    return opened(swift.compiled.Lane("S", steps), swift.compiled.Sides(DEPTH))


def lane_in_python() -> PlainLane:
    return opened(PlainLane("S", Steps()), Sides(DEPTH))


@compiled
@given(
    steps=st.lists(
        st.tuples(
            spellings, levels, levels, st.sampled_from([0, 0, 0, 0, 0, 0, 1, -1]), st.sampled_from(["S"] * 9 + ["T"])
        ),
        max_size=12,
    )
)
@settings(max_examples=300, deadline=None)
def test_what_goes_down_the_lane_is_what_plain_python_takes(
    steps: list[tuple[str, list[Level], list[Level], int, str]],
) -> None:
    fast, plain = lane_in_c(), lane_in_python()
    for spelling, bids, asks, ahead, symbol in steps:
        payload = spelled(spelling, bids, asks, fast.sides.ts + ahead, fast.sides.ts + 2, symbol)
        was = shown(fast)
        frame = take_frame(payload, {TOPIC: fast}, {TOPIC})
        if frame is None:
            push = decode_frame(payload)
            assert isinstance(push, Push)
            assert isinstance(push.event, BookDelta)
            assert plain.take(push.event)
        else:
            assert shown(fast) == was, "declined, so nothing has changed"
            assert frame == decode_frame(payload)
        assert shown(fast) == shown(plain)


@compiled
@pytest.mark.parametrize("hindrance", ["closed", "not direct", "not live", "no lane"])
def test_an_update_goes_down_no_lane_that_is_not_open(hindrance: str) -> None:
    lane = lane_in_c()
    lanes, live = {TOPIC: lane}, {TOPIC}
    match hindrance:
        case "closed":
            lane.sides = None
        case "not direct":
            lane.is_direct = False
        case "not live":
            live.clear()
        case _:
            lanes.clear()

    assert isinstance(take_frame(spelled("plain", [("2", "1")], [], 1, 2, "S"), lanes, live), Push)
    assert lane.applied == 0


@compiled
def test_who_hears_the_push_is_told_before_who_waits() -> None:
    lane, told = lane_in_c(), list[Any]()
    lane.tell = lambda: told.append(lane.sides.ts)
    lane.others = told.append
    payload = spelled("plain", [("2", "1")], [], 1, 2, "S")

    assert take_frame(payload, {TOPIC: lane}, {TOPIC}) is None
    assert told == [decode_frame(payload), 2]
    assert told[0].delta is lane.newest


@compiled
def test_one_who_hears_may_take_the_lane_away_or_read_another_frame() -> None:
    lane, lanes, read = lane_in_c(), dict[str, Any](), list[Any]()
    lanes[TOPIC] = lane
    other = spelled("plain", [("9", "7")] * 20, [], 5, 6, "S")

    def tell() -> None:
        lanes.clear()
        lane.sides = lane.tell = None
        read.append(decode_frame(other))

    lane.others, lane.tell = lambda push: (decode_frame(other), read.append(push)), tell
    assert take_frame(spelled("plain", [("2", "1")], [], 1, 2, "S"), lanes, {TOPIC}) is None
    assert read[0].event.bids == [("2", "1")]
    assert read[1].event.bids == [("9", "7")] * 20


@compiled
def test_an_error_of_who_is_told_is_not_lost() -> None:
    lane = lane_in_c()

    def fail() -> None:
        raise RuntimeError("a mistake")

    lane.tell = fail
    with pytest.raises(RuntimeError, match="a mistake"):
        take_frame(spelled("plain", [("2", "1")], [], 1, 2, "S"), {TOPIC: lane}, {TOPIC})


@compiled
def test_a_lane_in_c_takes_into_plain_sides_too() -> None:
    fast, plain = lane_in_c(), lane_in_python()
    fast.sides = Sides(DEPTH)
    opened(fast, fast.sides)
    delta = Delta("S", 1, 2, [("2", "0"), ("1.0", "5")], [])

    assert (fast.take(delta), plain.take(delta)) == (True, True)
    assert shown(fast) == shown(plain)
    assert (fast.take(delta), plain.take(delta)) == (False, False)


@compiled
@given(
    what=st.lists(
        st.tuples(st.sampled_from(["add"] * 12 + ["hold", "release", "clear"]), st.integers(0, 60)), max_size=60
    )
)
@settings(max_examples=150, deadline=None)
def test_both_kinds_of_steps_keep_the_same(what: list[tuple[str, int]]) -> None:
    assert swift.compiled is not None
    fast, plain = swift.compiled.Steps(MOST_LEVELS, MOST_DELTAS_HELD, SPAN_MS), Steps()
    lane, ts = lane_in_python(), 1
    for word, size in what:
        match word:
            case "add":
                # Now and then longer than the trail reaches.
                ts, prev_ts = ts + 1 + (SPAN_MS // 3 if size % 7 == 0 else 0), ts
                delta = Delta("S", prev_ts, ts, [("2", "1")] * size, [])
                before = lane.sides.apply(delta.bids, delta.asks) if lane.sides is not None else None
                assert before is not None
                for steps in (fast, plain):
                    steps.add(delta, before)
            case "clear":
                fast.clear()
                plain.clear()
            case _:
                fast.is_held = plain.is_held = word == "hold"
        assert fast.pairs() == plain.pairs()
        assert len(fast) == len(plain)


@compiled
@given(
    price=st.sampled_from(["60000.10", "0.00000001", "12345678901234.5", "1"]),
    size=st.from_regex(r"[1-9][0-9]{0,9}(\.[0-9]{1,8})?", fullmatch=True),
)
@settings(max_examples=100, deadline=None)
def test_the_touch_has_every_digit_that_was_sent_whatever_context_is_in_use(price: str, size: str) -> None:
    lane = lane_in_c()
    lane.sides.load([(price, size)], [])
    with localcontext() as context:
        context.prec = 3
        assert [str(number) for number in lane.sides.best_bid] == [str(Decimal(price)), str(Decimal(size))]
