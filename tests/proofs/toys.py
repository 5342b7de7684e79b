"""This file is experiments that take no time, for tests of what runs them."""

from proofs.experiment import Experiment, Outcome


def right(seeds: range, scale: float) -> Outcome:
    outcome = Outcome()
    outcome.ran["seeds"] = len(seeds)
    outcome.injected["rain"] = 2 * len(seeds)
    outcome.worst["drops"] = max(seeds)
    return outcome


def wrong(seeds: range, scale: float) -> Outcome:
    outcome = right(seeds, scale)
    for seed in seeds:
        if seed % 7 == 3:
            outcome.fail(seed, "the book was wet")
    return outcome


def raising(seeds: range, scale: float) -> Outcome:
    raise RuntimeError("no umbrella")


def experiment(code: str, **changes: object) -> Experiment:
    fields = {"id": "R0", "name": "toy", "promise": "It stays dry", "goals": {"seeds": 20}, "batch": 5}
    return Experiment(code=f"tests.proofs.toys:{code}", **(fields | changes))  # type: ignore[arg-type]
