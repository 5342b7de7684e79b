from typing import Any

from woodlot.stream.continuity import Cause, Interrupted
from woodlot.stream.feed import Feed
from woodlot.wire.frames import Push

GAP = Interrupted(5, Cause.CLOSED, topic="trade@A")


class Notes:
    def __init__(self, *, fails_on: str = "") -> None:
        self.told: list[str] = []
        self._fails_on = fails_on

    def _note(self, word: str) -> None:
        self.told.append(word)
        if word == self._fails_on:
            raise RuntimeError(word)

    def subscribed(self, topic: str) -> None:
        self._note("subscribed")

    def refused(self, topic: str, reason: str) -> None:
        self._note("refused")

    def pushed(self, push: Push[Any]) -> None:
        self._note("pushed")

    def interrupted(self, gap: Interrupted) -> None:
        self._note(gap.cause.name)


def feed(*sinks: Notes) -> Feed:
    made = Feed("trade@A")
    for sink in sinks:
        made.join(sink)
    return made


PUSH: Push[Any] = Push("trade@A", 1, 1)  # type: ignore[type-var]


def test_a_gap_is_told_once_however_often_the_connection_fails() -> None:
    notes = Notes()
    heard = feed(notes)
    heard.accepted()
    for _ in range(3):
        heard.interrupted(GAP)
    heard.accepted()

    assert notes.told == ["subscribed", "CLOSED", "subscribed"]


def test_a_topic_that_pushed_before_its_acknowledgement_can_be_interrupted_too() -> None:
    notes = Notes()
    heard = feed(notes)
    heard.pushed(PUSH)
    heard.interrupted(GAP)

    assert notes.told == ["pushed", "CLOSED"]


def test_an_acceptance_while_live_is_silent() -> None:
    notes = Notes()
    heard = feed(notes)
    heard.accepted()
    heard.accepted()

    assert notes.told == ["subscribed"]


def test_whatever_a_sink_fails_at_it_is_told_of_a_gap_and_the_others_hear_on() -> None:
    for word in ("subscribed", "pushed", "refused"):
        bad, good = Notes(fails_on=word), Notes()
        heard = feed(bad, good)
        heard.accepted()
        heard.pushed(PUSH)
        heard.refused("no")

        assert bad.told[-1] == "SINK_FAILED"
        assert good.told == ["subscribed", "pushed", "refused"]


def test_a_sink_that_left_hears_nothing_more() -> None:
    notes = Notes()
    heard = feed(notes)
    heard.leave(notes)
    heard.accepted()

    assert notes.told == []
    assert not heard.is_heard


class Lane:
    others: Any = None


def test_only_the_first_sink_has_its_lane_used_and_the_others_are_told_past_it() -> None:
    lanes, first, second = dict[str, Any](), Lane(), Lane()
    book, notes, later = Notes(), Notes(), Notes(fails_on="pushed")
    heard = Feed("trade@A", lanes)
    heard.join(book, first)
    assert (lanes, first.others) == ({"trade@A": first}, None)

    heard.join(notes, second)
    heard.join(later)
    assert (lanes, second.others) == ({"trade@A": first}, None)
    first.others(PUSH)
    first.others(PUSH)
    assert (book.told, notes.told) == ([], ["pushed", "pushed"])
    assert later.told == ["pushed", "SINK_FAILED"], "it hears no more"

    heard.leave(notes)
    assert first.others is None
    heard.leave(book)
    assert lanes == {}


def test_a_topic_that_is_closed_has_no_lane() -> None:
    lanes, lane = dict[str, Any](), Lane()
    heard = Feed("trade@A", lanes)
    heard.join(Notes(), lane)
    heard.join(Notes())
    heard.close_lane()
    heard.close_lane()

    assert (lanes, lane.others) == ({}, None)
    heard.join(Notes(), Lane())
    assert lanes == {}, "its sink is not the first"
