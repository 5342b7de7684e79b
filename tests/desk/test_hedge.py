import threading
from collections.abc import Callable, Iterator

import pytest

from woodlot.desk.hedge import Hedge
from woodlot.rest.steps import HttpReply, HttpRequest, Lost

CANCEL = HttpRequest("DELETE", "/v3/trade/allOrders", {})
AT_ONCE = (0.01, 0.01, 0.01)


class Line:
    """A connection that does what it is told, and knows how often it was asked."""

    def __init__(self, does: Callable[[], HttpReply | Lost]) -> None:
        self._does = does
        self.asked = 0
        self.closed = threading.Event()

    def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        assert request is CANCEL
        assert timeout_s > 0
        self.asked += 1
        return self._does()

    def close(self) -> None:
        self.closed.set()


def answers() -> HttpReply:
    return HttpReply(200, b"{}")


def breaks() -> Lost:
    return Lost("refused", may_have_arrived=False)


def fails() -> HttpReply:
    raise ValueError


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def hanging(until: threading.Event) -> Callable[[], Lost]:
    def hangs() -> Lost:
        until.wait(20)
        return breaks()

    return hangs


def test_a_connection_that_hangs_is_overtaken_by_a_fresh_one_which_is_used_from_then_on(
    release: threading.Event,
) -> None:
    lines = [Line(hanging(release)), Line(hanging(release)), Line(answers)]
    fresh = iter(lines)
    hedge = Hedge(lambda: next(fresh), again_after_s=AT_ONCE)
    for _ in range(3):
        assert hedge.exchange(CANCEL, timeout_s=20) == answers()
    assert [line.asked for line in lines] == [1, 1, 3]
    release.set()
    assert all(line.closed.wait(20) for line in lines[:2])
    hedge.close()
    assert lines[2].closed.is_set()


def test_a_proven_connection_that_begins_to_hang_is_overtaken_as_well(release: threading.Event) -> None:
    doings = iter([answers, hanging(release)])
    lines = [Line(lambda: next(doings)()), Line(answers)]
    fresh = iter(lines)
    hedge = Hedge(lambda: next(fresh), again_after_s=AT_ONCE)
    assert [hedge.exchange(CANCEL, timeout_s=20) for _ in range(2)] == [answers(), answers()]
    assert [line.asked for line in lines] == [2, 1]


@pytest.mark.parametrize("does", [breaks, fails])
def test_one_that_fails_outright_is_told_at_once_and_not_repeated(does: Callable[[], HttpReply | Lost]) -> None:
    line = Line(does)
    assert isinstance(Hedge(lambda: line, again_after_s=(20.0,)).exchange(CANCEL, timeout_s=20), Lost)
    assert line.asked == 1
    assert line.closed.is_set()


def test_nothing_is_awaited_beyond_its_time_and_attempts_are_counted(release: threading.Event) -> None:
    lines: list[Line] = []

    def connect() -> Line:
        lines.append(Line(hanging(release)))
        return lines[-1]

    hedge = Hedge(connect, again_after_s=AT_ONCE)
    assert hedge.exchange(CANCEL, timeout_s=0.2) == Lost("no reply in time", may_have_arrived=True)
    assert len(lines) == len(AT_ONCE) + 1


def test_connections_that_never_come_back_do_not_add_up_without_end(release: threading.Event) -> None:
    lines: list[Line] = []

    def connect() -> Line:
        lines.append(Line(hanging(release)))
        return lines[-1]

    hedge = Hedge(connect, again_after_s=(0.001,) * 20)
    for _ in range(4):
        assert isinstance(hedge.exchange(CANCEL, timeout_s=0.1), Lost)
    assert len(lines) == 32
