import pytest
from proofs.pace import SHAPES, Latency, erratic, simulate, steady

from woodlot.wire.limits import Limit

# A few windows of every length; an hour and more seeds by `python -m proofs.pace`.
WINDOWS = 20


@pytest.mark.parametrize("latency", [steady, erratic])
@pytest.mark.parametrize(("calls", "window_s"), SHAPES)
def test_eight_clients_that_share_a_pacer_never_meet_a_429_and_use_what_is_allowed(
    calls: int, window_s: float, latency: Latency
) -> None:
    seconds = window_s * WINDOWS
    result = simulate(Limit(calls, window_s), pacers=1, share=1.0, latency=latency, seconds=seconds, seed=calls)
    assert result.refused == 0
    if latency is steady:
        assert result.of_allowance >= 0.85


@pytest.mark.parametrize("latency", [steady, erratic])
@pytest.mark.parametrize(("calls", "window_s"), [shape for shape in SHAPES if shape[0] >= 8])
def test_eight_programs_with_an_eighth_each_never_meet_a_429(calls: int, window_s: float, latency: Latency) -> None:
    seconds = window_s * WINDOWS
    result = simulate(Limit(calls, window_s), pacers=8, share=1 / 8, latency=latency, seconds=seconds, seed=calls)
    assert result.refused == 0
    # An eighth of ten is one: what is left of the whole is lost to not talking to each other.
    whole_calls = 8 * (calls // 8) / calls
    if latency is steady:
        assert result.of_allowance >= 0.85 * whole_calls
