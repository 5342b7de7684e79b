from typing import Any

import pytest
from proofs.ablations.books import Unchecked
from proofs.ablations.trading import Forgetful, NeverLooking
from proofs.cores.course import Course
from proofs.cores.luck import Hardships, Luck
from proofs.cores.market import DEPTH, STEP_MS, Pit
from proofs.cores.program import Program

ROUGH = Hardships(
    latency_ms=(5, 60), frames_lost=0.02, frames_twice=0.05, replies_lost=0.05, cut_every_s=8.0, crash_every_s=20.0
)
SHORT_S = 40.0


class UncheckedProgram(Program):
    book = Unchecked


class ForgetfulProgram(Forgetful, Program):
    pass


class NeverLookingProgram(NeverLooking, Program):
    pass


def test_the_cores_agree_with_the_exchange_in_the_calm_behind_the_trouble() -> None:
    result = Course(1, hardships=ROUGH, trouble_s=SHORT_S)()
    assert result.problems == []
    assert result.struck["frames lost"] > 100
    assert result.struck["sockets cut"] > 2
    assert result.ran["fills"] > 20
    assert result.ran["books compared"] > 100
    assert result.events > 10_000


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        (UncheckedProgram, "a wrong read"),
        (ForgetfulProgram, "never happened"),
        (NeverLookingProgram, "lost"),
    ],
)
def test_without_a_safeguard_the_cores_are_caught(program: type[Program], problem: str) -> None:
    result = Course(1, hardships=ROUGH, trouble_s=SHORT_S, program=program)()
    assert any(problem in one for one in result.problems), result.problems


def test_two_runs_of_a_seed_have_the_same_trace_and_two_seeds_have_not() -> None:
    def digest(seed: int) -> str:
        return Course(seed, trouble_s=2.0)().digest

    assert digest(3) == digest(3) != digest(4)


@pytest.mark.parametrize("seed", range(3))
def test_a_pit_tells_what_its_window_becomes_and_remembers_what_it_was(seed: int) -> None:
    pit = Pit("PERP_BTC_USDT", Luck(seed).chance, now_ms=0)
    told: dict[int, Any] = {0: pit.best()}
    for at_ms in range(STEP_MS, 500 * STEP_MS, STEP_MS):
        if pit.step(at_ms) is not None:
            told[at_ms] = pit.best()
    assert len(told) > 200
    assert all(len(side) <= DEPTH for window in told.values() for side in window)
    assert {at_ms: pit.shown(at_ms) for at_ms in told} == told
    assert pit.shown(1) is None
