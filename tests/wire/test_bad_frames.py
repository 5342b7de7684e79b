"""This file is the table of named bad frames: whatever comes, a book stays right or is withdrawn, and it is counted.

The rows are websocket-v3 §5.2 and §15.1, and every field of an update broken in each way. `proofs/frames.py` makes up
more of them; a fixed share of those runs here too.
"""

import json
from typing import Any

import pytest
from proofs.ear import TOPIC, Ear, delta_data, frame

from proofs import frames
from woodlot.book.transition import BookState, Transition


def numbered(**changes: Any) -> str:
    return frame(delta_data(**changes))


def levels(*bids: Any) -> str:
    return frame(delta_data(bids=list(bids)))


def answer(**fields: Any) -> str:
    return json.dumps(fields)


GOOD = numbered()
NO_UPDATE: dict[str, bytes | str] = {
    # §5.2: what bad requests get, unasked.
    "an acknowledgement of a topic nobody asked for": answer(id="9", cmd="SUBSCRIBE", success=True, data=["x@y"]),
    "an acknowledgement that names nothing": answer(id="9", cmd="SUBSCRIBE", success=True, time=1, data=[]),
    "a whole-request refusal": answer(id="8", cmd="SUBSCRIBE", success=False, data="Command type invalid!"),
    "an error about an old-style frame": answer(id="v1", cmd="ERROR", success=False, data="Command type invalid!"),
    "an error with an empty id": answer(id="", cmd="ERROR", success=False, time=1, data="Invalid request."),
    # §15.1 no 1 and what else an answer can be.
    "an acknowledgement whose data is a text": answer(id="1", cmd="SUBSCRIBE", success=True, data="all"),
    "an acknowledgement whose data is a number": answer(id="1", cmd="SUBSCRIBE", success=True, data=7),
    "an acknowledgement whose data is null": answer(id="1", cmd="SUBSCRIBE", success=True, data=None),
    "an acknowledgement of lists": answer(id="1", cmd="SUBSCRIBE", success=True, data=[["x"]]),
    "an acknowledgement without data": answer(id="1", cmd="SUBSCRIBE", success=True),
    "an acknowledgement without an id": answer(cmd="SUBSCRIBE", success=True, data=[]),
    "a refusal without a text": answer(id="1", cmd="SUBSCRIBE", success=False),
    "a success that is a text": answer(id="1", cmd="SUBSCRIBE", success="true", data=[]),
    "an unknown command": answer(id="1", cmd="RESET", success=True, data=[]),
    "a command that is null": answer(id="1", cmd=None, success=None),
    "a server ping": answer(cmd="PING", ts=5),
    "an old-style data frame": answer(event="orderbook", ts=5, data={"asks": []}),
    # Not a frame at all.
    "nothing": "",
    "a blank": " ",
    "a word": "hello",
    "null": "null",
    "a number": "5",
    "a text": '"orderbookupdate"',
    "an empty list": "[]",
    "an empty object": "{}",
    "a list of frames": f"[{GOOD}]",
    "half a frame": GOOD[: len(GOOD) // 2],
    "a frame and a half": GOOD + GOOD[:40],
    "two frames in one": GOOD + GOOD,
    "a byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "a zero byte": b"\x00" + GOOD.encode(),
    "another encoding": GOOD.encode("utf-16"),
    "bytes that are no text": b"\xff\xfe\xfd",
    "half a surrogate": '{"topic":"\ud800"}',
    "a deep nest": '{"topic":' + "[" * 5000,
    "single quotes": GOOD.replace('"', "'"),
    "a trailing comma": GOOD[:-1] + ",}",
    "a comment": "/* hello */" + GOOD,
    "a time that JSON does not know": GOOD.replace(':200,"s"', ':NaN,"s"'),
    # The envelope.
    "an envelope time that is a text": frame(delta_data(), ts="now"),
    "no topic": frame(delta_data(), topic=...),
    "a topic that is null": frame(delta_data(), topic=None),
    "a topic that is a number": frame(delta_data(), topic=5),
    "an empty topic": frame(delta_data(), topic=""),
    "an unknown topic": frame(delta_data(), topic="weather@PERP_BTC_USDT"),
    "a topic of another symbol": frame(delta_data(), topic="orderbookupdate@PERP_ETH_USDT@50"),
    "a topic of another depth": frame(delta_data(), topic="orderbookupdate@PERP_BTC_USDT@200"),
    "the topic of the book with RPI orders": frame(delta_data(), topic="orderbookupdaterpi@PERP_BTC_USDT@50"),
    "the topic in capitals": frame(delta_data(), topic=TOPIC.upper()),
}
UNREADABLE_UPDATE: dict[str, bytes | str] = {
    "no data": frame(...),
    "data that is null": frame(None),
    "data that is a text": frame("bids"),
    "data that is a list": frame([delta_data()]),
    "data that is empty": frame({}),
    "no time": numbered(ts=...),
    "a time that is null": numbered(ts=None),
    "a time that is a word": numbered(ts="now"),
    "a time that is a list": numbered(ts=[250]),
    "a time with a fraction": numbered(ts=250.5),
    "a time too large for a number": GOOD.replace(':250,"bids"', ':1e999,"bids"'),
    "no previous time": numbered(prevTs=...),
    "a previous time that is null": numbered(prevTs=None),
    "a previous time that is an object": numbered(prevTs={}),
    "no symbol": numbered(s=...),
    "a symbol that is null": numbered(s=None),
    "a symbol that is a list": numbered(s=["PERP_BTC_USDT"]),
    "no bids": numbered(bids=...),
    "bids that are null": numbered(bids=None),
    "bids that are a text": numbered(bids="99"),
    "bids that are an object": numbered(bids={"99": "1"}),
    "no asks": numbered(asks=...),
    "asks that are a number": numbered(asks=5),
    "a level that is empty": levels([]),
    "a level with a price alone": levels(["99"]),
    "a level of three": levels(["99", "1", "2"]),
    "a level that is a text": levels("99"),
    "a level that is null": levels(None),
    "a level that is an object": levels({"price": "99", "quantity": "1"}),
    "a price that is null": levels([None, "1"]),
    "a price that is a list": levels([["99"], "1"]),
    "a size that is null": levels(["99", None]),
    "a size that is an object": levels(["99", {}]),
}
JUDGED_BY_THE_BOOK: dict[str, tuple[str, Transition]] = {
    "an empty symbol": (numbered(s=""), Transition.FOREIGN),
    "another symbol": (numbered(s="PERP_ETH_USDT"), Transition.FOREIGN),
    "the symbol in small letters": (numbered(s="perp_btc_usdt"), Transition.FOREIGN),
    "an update that ends before it starts": (numbered(ts=150), Transition.MALFORMED),
    "a negative time": (numbered(ts=-250), Transition.MALFORMED),
    "a time of zero": (numbered(ts=0), Transition.MALFORMED),
    "a previous time in the future": (numbered(prevTs=10**15), Transition.MALFORMED),
    "an old update": (numbered(prevTs=50, ts=100), Transition.OLD),
    "an update seen before": (numbered(prevTs=150, ts=200, bids=[]), Transition.REPEATED),
    "an update with a gap before it": (numbered(prevTs=230), Transition.GAP),
    "a negative previous time": (numbered(prevTs=-1), Transition.GAP),
    "an update over the end of the last one": (numbered(prevTs=150), Transition.GAP),
    "another update of the same time": (numbered(prevTs=150, ts=200), Transition.CONFLICT),
    "an update that takes no time": (numbered(prevTs=200, ts=200), Transition.CONFLICT),
    "an absurd jump in time": (numbered(prevTs=10**15, ts=10**15 + 50), Transition.GAP),
    "a bid above the asks": (levels(["102", "1"]), Transition.CROSSED),
    "a bid at the ask": (levels(["101.0", "1"]), Transition.CROSSED),
    "asks below the bids": (numbered(asks=[["1", "1"]]), Transition.CROSSED),
    "more levels than the window": (levels(*[[str(price), "1"] for price in range(1, 60)]), Transition.TOO_DEEP),
    **{
        f"the price {spelling!r}": (levels([spelling, "1"]), Transition.MALFORMED)
        for spelling in ("", " ", "0", "0.00", "-1", "-0", "NaN", "Infinity", "1e999", "1e-400", "x", "1,2", "0x10")
    },
    **{
        f"the size {spelling!r}": (levels(["99", spelling]), Transition.MALFORMED)
        for spelling in ("", "-1", "NaN", "-Infinity", "1e400", "1_0", "+1", ".5", "1.", "01", "null", "٣")
    },
}  # fmt: skip


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_a_good_frame_is_taken_over(ear: Ear) -> None:
    assert ear.hear(GOOD) is Transition.APPLIED, "else the tables below prove nothing"
    assert not ear.is_untouched


def test_the_tables_name_eighty_frames_and_more() -> None:
    assert len(NO_UPDATE) + len(UNREADABLE_UPDATE) + len(JUDGED_BY_THE_BOOK) >= 80


@pytest.mark.parametrize("name", NO_UPDATE)
def test_what_is_no_update_leaves_the_book_alone(ear: Ear, name: str) -> None:
    before = ear.counted

    assert ear.hear(NO_UPDATE[name]) is None

    assert ear.is_untouched
    assert ear.counted > before
    assert ear.hear(GOOD) is Transition.APPLIED, "and what follows is heard"


@pytest.mark.parametrize("name", UNREADABLE_UPDATE)
def test_an_update_that_cannot_be_read_changes_nothing_is_kept_and_looked_into(ear: Ear, name: str) -> None:
    assert ear.hear(UNREADABLE_UPDATE[name]) is Transition.MALFORMED

    assert ear.is_untouched
    assert ear.sync.seed_due_at is not None, "a snapshot will tell whether an update was lost with it"
    assert ear.session.findings.unreadable == 1
    assert len(ear.session.findings.kept) == 1


@pytest.mark.parametrize("name", JUDGED_BY_THE_BOOK)
def test_an_update_that_should_not_come_changes_nothing_or_takes_the_book_away(ear: Ear, name: str) -> None:
    payload, expected = JUDGED_BY_THE_BOOK[name]

    assert ear.hear(payload) is expected

    assert ear.is_untouched or ear.sync.state is BookState.SYNCING
    assert ear.sync.counts[expected] == 1
    if expected not in {Transition.OLD, Transition.REPEATED, Transition.GAP}:
        assert [transition for transition, _ in ear.sync.oddities] == [expected]


@pytest.mark.parametrize("name", ["no topic", "an unknown topic", "nothing", "an error with an empty id"])
def test_a_strange_frame_is_kept_for_inspection(ear: Ear, name: str) -> None:
    ear.hear(NO_UPDATE[name])

    assert len(ear.session.findings.kept) == 1


def test_frames_spoilt_at_random_are_no_worse() -> None:
    outcomes = frames.run(3_000)

    assert len(outcomes) >= 6, f"too much of the same: {outcomes}"
