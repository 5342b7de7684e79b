"""This file is the proof that the desk gets on with any exchange there may be: `python -m proofs.quirks --sets 1000`.

First each quirk alone, in every setting that is not the default; then random sets of them. Each is a desk's short life
in virtual time (see `quirk_suite`). The first that goes wrong ends it with the one command that repeats it.
"""

import argparse
import sys
import time
from collections import Counter
from random import Random

from proofs.experiment import Outcome
from proofs.quirk_suite import QuirkSuite
from woodlot.sandbox.quirk_list import quirk_list, with_quirks


def alone() -> list[str]:
    """Return every setting of every quirk that is not its default."""
    return [
        f"{quirk.name}={choice}"
        for quirk in quirk_list()
        for choice in quirk.choices or _OTHERS[quirk.name]
        if choice != quirk.default
    ]


def some(seed: int) -> list[str]:
    """Return a random set of settings."""
    chance = Random(seed)
    share = chance.choice((0.05, 0.2, 0.5, 0.9))
    return [
        f"{quirk.name}={chance.choice(quirk.choices or _OTHERS[quirk.name])}"
        for quirk in quirk_list()
        if chance.random() < share
    ]


_TELL_EVERY = 25
_OTHERS = {"fee_step": ("1E-12", "1E-8")}
"""Values for the quirk that takes any."""


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Live with each seed's set of quirks."""
    outcome = Outcome()
    for seed in seeds:
        settings = some(seed)
        suite = QuirkSuite(with_quirks(settings), seed=seed)
        try:
            suite()
        except Exception as error:  # noqa: BLE001 - a desk that raises has not got on with it
            outcome.fail(seed, f"{type(error).__name__}: {error} ({' '.join(settings)})")
        outcome.ran.update({"sets": 1, **suite.did})
    return outcome


def main() -> int:
    options = _options()
    cases = _cases(options)
    did, started_s, failed = Counter[str](), time.perf_counter(), 0
    for number, (again, settings, seed) in enumerate(cases, 1):
        suite = QuirkSuite(with_quirks(settings), seed=seed)
        try:
            suite()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told with the command that repeats it
            failed += 1
            print(f"{type(error).__name__}: {error}\nagain: python -m proofs.quirks {again}")
            if not options.go_on:
                return 1
        did.update(suite.did)
        if number % _TELL_EVERY == 0 or number == len(cases):
            print(f"{number} of {len(cases)} in {time.perf_counter() - started_s:.0f} s, {failed} failed", flush=True)
    print(", ".join(f"{count} {what}" for what, count in did.most_common()))
    return 1 if failed else 0


def _cases(options: argparse.Namespace) -> list[tuple[str, list[str], int]]:
    """Return what is to be lived through: how to repeat it, the settings, the seed."""
    if options.quirk:
        return [("", options.quirk, 0)]
    singles = [] if options.sets_only else alone()
    seeds = range(options.first, options.first + options.sets)
    return [
        *((f"--quirk '{setting}'", [setting], 0) for setting in singles),
        *((f"--sets-only --first {seed} --sets 1", some(seed), seed) for seed in seeds),
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proofs.quirks", description=__doc__)
    parser.add_argument("--sets", type=int, default=0, help="how many random sets, behind each quirk alone")
    parser.add_argument("--first", type=int, default=0, help="the first seed of the sets")
    parser.add_argument("--sets-only", action="store_true", help="leave out the quirks alone")
    parser.add_argument("--quirk", action="append", help="this setting, and no others but those named so")
    parser.add_argument("--go-on", action="store_true", help="do not end with the first that goes wrong")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
