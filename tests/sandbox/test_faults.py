import contextlib
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from woodlot.clock import ManualClock
from woodlot.errors import ConfigurationError
from woodlot.sandbox.fault_grammar import MILLION, Fault
from woodlot.sandbox.fault_kinds import KINDS, About, Kind
from woodlot.sandbox.faults import MOST_FAULTS, Faults, SkewedClock
from woodlot.sandbox.frame_faults import _CHANGES
from woodlot.sandbox.spans import Span

_LENGTHS = st.integers(1, 3_600_000)


@st.composite
def _faults(draw: st.DrawFn) -> Fault:
    """Any fault that can be written."""
    kind = draw(st.sampled_from(list(KINDS.values())))
    every_ms = draw(st.none() | _LENGTHS.filter(lambda ms: ms > 1))
    for_ms = draw(st.none() | st.integers(1, (every_ms or 3_600_000) - 1))
    if kind.lasting and every_ms is not None:
        for_ms = for_ms or 1
    return Fault(
        kind=kind,
        value=draw(_values(kind)),
        on=draw(st.none() | st.sampled_from(["*", "POST:/v3/trade/*", "bbo@*"]))
        if kind.about is not About.NOTHING
        else None,
        after_ms=draw(st.integers(0, 3_600_000)),
        every_ms=every_ms,
        for_ms=for_ms,
        chance=MILLION if kind.lasting else draw(st.integers(1, MILLION)),
        skip=0 if kind.lasting else draw(st.integers(0, 10**9 - 1)),
        times=None if kind.lasting else draw(st.none() | st.integers(1, 10**9 - 1)),
    )


def _values(kind: Kind) -> st.SearchStrategy[Span | str | None]:
    if kind.takes_span:
        return st.tuples(_LENGTHS, st.integers(0, 1000)).map(lambda ms: Span(ms[0], ms[0] + ms[1]))
    return st.sampled_from(kind.words) if kind.words else st.none()


@given(_faults())
def test_what_a_fault_says_of_itself_is_read_back_as_the_same_fault(fault: Fault):
    assert Fault.parse(str(fault)) == fault


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["every", "for", "5s", "on", "x", "private.cut", "chance", "%"])).map(" ".join)
)
def test_any_text_is_read_or_refused_in_words(text: str):
    with contextlib.suppress(ConfigurationError):
        assert Fault.parse(str(Fault.parse(text))) == Fault.parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write for example"),
        ("private.kut", "did you mean"),
        ("rest.delay", "takes a length of time"),
        ("rest.delay soon", "250ms, 1.5s, 2m or 1h"),
        ("rest.delay 5s..1s", "ends before it begins"),
        ("rest.delay -5s", "negative"),
        ("rest.after", "takes one of lost, half"),
        ("rest.after nothing", "not 'nothing'"),
        ("private.cut every", "nothing follows"),
        ("private.cut every 5s every 6s", "twice"),
        ("private.cut sometimes", "takes one of 1006"),
        ("private.cut every 5s sometimes", "there are on, after"),
        ("private.cut every 5s for 5s", "shorter"),
        ("private.cut on bbo@*", "cannot be narrowed"),
        ("private.drop chance 0%", "no chance"),
        ("private.drop chance 200%", "no chance"),
        ("private.drop times 0", "never strikes"),
        ("public.silent chance 5%", "lasts"),
        ("public.silent every 5s", "needs a `for`"),
        ("clock.skew 700h", "a week"),
        ("x" * 400, "characters long"),
    ],
)
def test_a_mistake_is_answered_with_what_is_allowed(text: str, says: str):
    with pytest.raises(ConfigurationError, match=says):
        Fault.parse(text)


class Weather:
    """Some faults on a clock that is moved by hand."""

    def __init__(self, *texts: str, seed: int = 7) -> None:
        self.clock = ManualClock()
        self.faults = Faults(clock=self.clock, seed=seed, faults=map(Fault.parse, texts))

    def strikes(self, name: str, opportunities: int, *, every_s: float = 0.0, subject: str = "") -> list[int]:
        """Offer opportunities and return the numbers of those that were taken."""
        taken: list[int] = []
        for number in range(opportunities):
            if self.faults.strike(name, subject=subject):
                taken.append(number)
            self.clock.advance(every_s)
        return taken


def test_without_a_schedule_it_always_strikes():
    assert Weather("private.drop").strikes("private.drop", 3) == [0, 1, 2]


def test_every_without_for_strikes_once_each_time_and_not_at_once():
    assert Weather("private.cut every 20s").strikes("private.cut", 70, every_s=1) == [20, 40, 60]


def test_every_with_for_strikes_all_the_while():
    assert Weather("private.cut every 20s for 3s").strikes("private.cut", 45, every_s=1) == [20, 21, 22, 40, 41, 42]


def test_after_and_for_make_one_window():
    assert Weather("rest.before 503 after 5s for 2s").strikes("rest.before", 10, every_s=1) == [5, 6]


def test_skip_spares_the_first_and_times_ends_it():
    assert Weather("private.drop skip 2 times 3").strikes("private.drop", 10) == [2, 3, 4]


def test_a_chance_is_met_on_the_long_run_and_alike_for_the_same_seed():
    one, same, other = (Weather("public.drop chance 10%", seed=seed).strikes("public.drop", 2000) for seed in (1, 1, 2))

    assert one == same != other
    assert 150 < len(one) < 250


def test_it_strikes_only_what_it_is_narrowed_to():
    weather = Weather("rest.after lost on /v3/trade/*", "public.drop on bbo@SPOT_?TC_*")

    assert weather.strikes("rest.after", 1, subject="POST:/v3/trade/order") == [0]
    assert weather.strikes("rest.after", 1, subject="GET:/v3/public/orderbook") == []
    assert weather.strikes("public.drop", 1, subject="bbo@SPOT_BTC_USDT") == [0]
    assert weather.strikes("public.drop", 1, subject="trade@SPOT_BTC_USDT") == []


def test_several_faults_of_a_kind_come_together():
    weather = Weather("rest.before 429 times 1", "rest.before 503 times 1")

    words = [strike.word if (strike := weather.faults.strike("rest.before")) else "" for _ in range(3)]

    assert words == ["429", "503", ""]


def test_a_range_is_drawn_anew_each_time():
    weather = Weather("book.lag 0s..60s")

    drawn = {strike.length_ms for _ in range(50) if (strike := weather.faults.holds("book.lag"))}

    assert len(drawn) > 30
    assert min(drawn) >= 0
    assert max(drawn) <= 60_000


def test_faults_are_switched_off_by_number_and_inspected():
    weather = Weather("private.drop times 1")
    number = weather.faults.switch_on(Fault.parse("public.cut after 5s"))
    weather.strikes("private.drop", 3)

    first, second = weather.faults.state()

    assert (first.text, first.is_on, first.chances, first.strikes) == ("private.drop times 1", False, 1, 1)
    assert (second.id, second.is_on) == (number, False)
    assert weather.faults.switch_off(number)
    assert not weather.faults.switch_off(number)
    assert [dataclasses.asdict(state)["id"] for state in weather.faults.state()] == [1]
    weather.faults.clear()
    assert not weather.faults.any_on


def test_the_number_of_faults_is_bounded():
    weather = Weather(*["private.drop"] * MOST_FAULTS)

    with pytest.raises(ConfigurationError, match="switch some off"):
        weather.faults.switch_on(Fault.parse("private.drop"))


def test_a_skewed_clock_is_off_and_measures_alike():
    weather = Weather("clock.skew -90s after 10s")
    clock = SkewedClock(weather.clock, weather.faults)

    assert clock.now_ms() == weather.clock.now_ms()
    weather.clock.advance(10)

    assert clock.now_ms() == weather.clock.now_ms() - 90_000
    assert clock.monotonic_s() == weather.clock.monotonic_s()


def test_every_kind_has_a_source_and_says_what_it_does():
    for kind in KINDS.values():
        assert kind.source.startswith(("websocket-v3 §", "rest-v3 §")), kind
        assert kind.does[0].islower() or kind.does.startswith(("REST", "`")), kind
    words = {name.partition(".")[2] for name in KINDS}
    assert words.issuperset(_CHANGES), "every change of a frame can be switched on"
