"""This file is the proof that a seed decides everything: runs of one seed have one trace, to the byte.

The last run of each seed is in a process of its own, where sets and dictionaries of text fall into another order.
"""

import logging
import subprocess
import sys

from proofs.experiment import Outcome
from proofs.notebook import ROOT
from proofs.simulation.course import Course

_RUNS = 20
_SECONDS = 3.0


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Run each seed twenty times."""
    outcome = Outcome()
    for seed in seeds:
        digests = {digest(seed) for _ in range(_RUNS - 1)} | {_elsewhere(seed)}
        outcome.ran.update({"seeds": 1, "runs": _RUNS})
        if len(digests) > 1:
            outcome.fail(seed, f"{len(digests)} different traces in {_RUNS} runs")
    return outcome


def digest(seed: int) -> str:
    """Return the fingerprint of all that passed in some seconds of trouble."""
    return Course(seed, trouble_s=_SECONDS, has_calm=False)().digest


def _elsewhere(seed: int) -> str:
    command = [sys.executable, "-m", "proofs.simulation.repeating", str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    return done.stdout.strip()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(digest(int(sys.argv[1])))
