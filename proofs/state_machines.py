"""This file is the proof of the state machines: hypothesis looks for an order of events that breaks a core's promise.

What it finds it makes as short as it can, and prints the events one by one.
"""

from collections import Counter
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from proofs.experiment import Outcome
from proofs.machines.book import BookMachine
from proofs.machines.journal import JournalMachine
from proofs.machines.limiter import LimiterMachine
from proofs.machines.order import OrderMachine
from proofs.machines.session import SessionMachine

MACHINES: dict[str, type[RuleBasedStateMachine]] = {
    "book": BookMachine,
    "order": OrderMachine,
    "session": SessionMachine,
    "limiter": LimiterMachine,
    "journal": JournalMachine,
}
_EXAMPLES = 40
_STEPS = 50


def prove(seeds: range, scale: float = 1.0) -> Outcome:
    """Run a machine for each seed, in turn; each goes through some dozens of lives of up to fifty steps."""
    del scale
    outcome = Outcome()
    for seed in seeds:
        name = list(MACHINES)[seed % len(MACHINES)]
        steps: Counter[str] = Counter()
        try:
            run(MACHINES[name], seed, steps)
        except AssertionError as broken:
            outcome.fail(seed, f"{name}: {broken} {' '.join(getattr(broken, '__notes__', ()))}")
        outcome.ran.update({"steps": steps["all"], f"steps of the {name}": steps["all"]})
    return outcome


def run(
    machine: type[RuleBasedStateMachine], seed: int, steps: Counter[str], *, phases: tuple[Phase, ...] = tuple(Phase)
) -> None:
    """Let hypothesis drive a machine from a seed, and count the steps. Raises what the machine raises."""

    class Counted(machine):
        def check_invariants(self, *arguments: Any, **options: Any) -> None:
            steps["all"] += 1
            super().check_invariants(*arguments, **options)

    Counted.__name__ = Counted.__qualname__ = machine.__name__
    test = settings(
        max_examples=_EXAMPLES,
        stateful_step_count=_STEPS,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large),
    )
    run_state_machine_as_test(hypothesis.seed(seed)(Counted), settings=test)
