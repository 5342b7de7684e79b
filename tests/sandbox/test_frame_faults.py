import json
from typing import Any

import pytest

from woodlot.clock import ManualClock
from woodlot.sandbox.fault_grammar import Fault
from woodlot.sandbox.faults import Faults
from woodlot.sandbox.frame_faults import FrameFaults

BOOK = "orderbookupdate@SPOT_BTC_USDT@50"


def delta(prev_ts: int, ts: int, *, bids: Any = (), asks: Any = ()) -> dict[str, Any]:
    data = {"s": "SPOT_BTC_USDT", "prevTs": prev_ts, "ts": ts, "bids": list(bids), "asks": list(asks)}
    return {"topic": BOOK, "ts": ts, "data": data}


class Line:
    """One topic's frames on their way out."""

    def __init__(self, *texts: str, topic: str = BOOK, account_id: str | None = None) -> None:
        self.clock = ManualClock()
        self.topic, self.account_id = topic, account_id
        faults = Faults(clock=self.clock, faults=map(Fault.parse, texts))
        self.faults = FrameFaults(faults, clock=self.clock)

    def send(self, *frames: Any) -> list[Any]:
        return [
            json.loads(sent)
            for frame in frames
            for sent in self.faults.pass_on(json.dumps(frame).encode(), topic=self.topic, account_id=self.account_id)
        ]


FIRST, SECOND, THIRD = delta(0, 50), delta(50, 100), delta(100, 150)


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ("public.drop times 1", [SECOND, THIRD]),
        ("stream.drop skip 1 times 1", [FIRST, THIRD]),
        ("public.silent", []),
        ("public.repeat times 1", [FIRST, FIRST, SECOND, THIRD]),
        ("public.burst times 1", [*[FIRST] * 20, SECOND, THIRD]),
        ("public.swap times 1", [SECOND, FIRST, THIRD]),
        ("private.drop", [FIRST, SECOND, THIRD]),
        ("public.drop on trade@*", [FIRST, SECOND, THIRD]),
    ],
)
def test_frames_are_lost_doubled_and_swapped(fault: str, sent: list[Any]):
    assert Line(fault).send(FIRST, SECOND, THIRD) == sent


def test_a_late_frame_keeps_those_behind_it_waiting():
    line = Line("public.delay 2s times 1")

    assert line.send(FIRST, SECOND) == []
    line.clock.advance(1.9)
    assert line.faults.due() == []
    line.clock.advance(0.2)

    assert [json.loads(late.payload) for late in line.faults.due()] == [FIRST, SECOND]
    assert line.send(THIRD) == [THIRD]


def test_an_empty_step_keeps_the_chain_whole():
    first, second = Line("public.empty").send(delta(100, 150, bids=[["1", "2"]]))

    assert (first["data"]["prevTs"], first["data"]["bids"], first["data"]["asks"]) == (100, [], [])
    assert (second["data"]["prevTs"], second["data"]["ts"]) == (first["data"]["ts"], 150)
    assert second["data"]["bids"] == [["1", "2"]]


def test_a_crossing_step_is_mended_by_the_next():
    first, second = Line("public.crossed").send(delta(100, 150, asks=[["101.5", "2"]]))

    assert first["data"]["bids"] == [["203.0", "1"]]
    assert second["data"]["bids"] == [["203.0", "0"]]
    assert second["data"]["prevTs"] == first["data"]["ts"]


def test_numbers_are_spelled_in_other_ways():
    frame = delta(0, 50, bids=[["100.10", "0"], ["0.00020", "3"]])

    assert Line("public.zeros").send(frame)[0]["data"]["bids"] == [["100.10", "0.000"], ["0.00020", "3"]]
    assert Line("public.numbers").send(frame)[0]["data"]["bids"] == [[100.10, 0], [0.0002, 3]]
    assert Line("public.exponents").send(frame)[0]["data"]["bids"] == [["1.0010E+2", "0E+0"], ["2.0E-4", "3E+0"]]


def test_what_nobody_knows_is_added():
    strange = Line("public.unknown-key").send(FIRST)[0]

    assert "zz" in strange
    assert "zz" in strange["data"]
    assert [frame["topic"] for frame in Line("public.unknown-topic").send(FIRST)] == [f"weather@{BOOK}", BOOK]


def test_reports_of_an_unknown_kind():
    report = {"topic": "executionreport", "ts": 5, "data": {"mt": 0, "ss": "NEW", "oid": 7}}
    faults = ("private.unknown-status times 1", "private.unknown-type skip 1")

    status, kind = Line(*faults, topic="executionreport", account_id="ann").send(report, report)

    assert (status["data"]["ss"], status["data"]["mt"]) == ("HIBERNATED", 0)
    assert (kind["data"]["ss"], kind["data"]["mt"]) == ("NEW", 99)


def test_versions_jump():
    balance = {"topic": "balance", "ts": 5, "data": {"balances": [{"t": "BTC", "ver": 3}]}}

    (sent,) = Line("private.version-jump", topic="balance", account_id="ann").send(balance)

    assert sent["data"]["balances"][0]["ver"] == 1003
