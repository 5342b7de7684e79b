"""This file is the proof that a desk comes through any trouble and agrees with the exchange in the calm behind it."""

from proofs.experiment import Outcome
from proofs.simulation.course import Course


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Take each seed's course."""
    outcome = Outcome()
    for seed in seeds:
        course = Course(seed)
        outcome.drawn[seed] = str(course.result.troubles)
        try:
            result = course()
        except Exception as error:  # noqa: BLE001 - a desk that raises has not come through
            outcome.fail(seed, f"{type(error).__name__}: {error} ({course.result.troubles})")
            continue
        outcome.drawn[seed] += f"; trace {result.digest}"
        outcome.ran.update({"courses": 1, "events": result.events, **result.ran})
        outcome.injected.update(result.struck)
        for problem in result.problems:
            outcome.fail(seed, f"{problem} ({result.troubles})")
    return outcome
