"""A machine is worth what it catches: each is run as it is, and one with its safeguard taken away."""

from collections import Counter

import pytest
from hypothesis import Phase
from proofs.machines.limiter import LimiterMachine
from proofs.state_machines import MACHINES, run

from woodlot.rest.pacing import Pacer
from woodlot.wire.limits import Limit


@pytest.mark.parametrize("seed", range(len(MACHINES)))
def test_no_order_of_events_breaks_a_core(seed: int) -> None:
    steps: Counter[str] = Counter()
    run(list(MACHINES.values())[seed], seed, steps)
    assert steps["all"] > 500


class Unpaced(LimiterMachine):
    """The machine of the pace, without a pace."""

    def pace(self, limit: Limit) -> Pacer:
        return Pacer.unlimited()


def test_the_machine_of_the_pace_catches_that_there_is_none() -> None:
    with pytest.raises(AssertionError, match="calls within"):
        run(Unpaced, 1, Counter(), phases=(Phase.generate,))
