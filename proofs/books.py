"""This file is the proof of the order book in any weather: `python -m proofs.books --seeds 10000 --deltas 1000`.

Each seed is a run of its own, so the work can be cut into ranges with `--first` and spread over machines. The first
broken promise ends it with the seed and the one command that repeats it.
"""

import argparse
import sys
import time
from collections import Counter

from proofs.book_weather import Broken, Weather
from proofs.experiment import Outcome
from woodlot.book.transition import Transition

_TELL_EVERY = 500
_DELTAS = 1_000


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Run each seed's weather; what befell the book is counted by kind."""
    outcome = Outcome()
    for seed in seeds:
        weather = Weather.of(seed)
        outcome.drawn[seed] = f"depth {weather.exchange.depth}, {weather.forecast}"
        try:
            counts = weather.run(_DELTAS)
            weather.calm()
        except Broken as broken:
            outcome.fail(seed, f"{broken} ({weather.forecast})")
            continue
        outcome.ran.update({"seeds": 1, "updates": weather.sent, "reads while SYNCED": weather.reads})
        outcome.ran["snapshots asked for"] += len(weather.requests_s)
        outcome.injected.update(weather.injected)
        outcome.injected["gaps met"] += counts[Transition.GAP]
    return outcome


def main() -> int:
    options = _options()
    counts, reads, requests, started_s = Counter[Transition](), 0, 0, time.perf_counter()
    for seed in range(options.first, options.first + options.seeds):
        weather = Weather.of(seed)
        try:
            counts += weather.run(options.deltas)
        except Exception as error:
            kind = "" if isinstance(error, Broken) else f"{type(error).__name__}: "
            print(f"seed {seed}: {kind}{error}")
            print(f"again: python -m proofs.books --first {seed} --seeds 1 --deltas {options.deltas}")
            if not isinstance(error, Broken):
                raise
            return 1
        reads += weather.reads
        requests += len(weather.requests_s)
        done = seed - options.first + 1
        if done % _TELL_EVERY == 0 or done == options.seeds:
            took_s = time.perf_counter() - started_s
            print(f"{done} seeds x {options.deltas} updates in {took_s:.0f} s: {reads} reads while SYNCED, 0 wrong")
    print(f"{requests} snapshots asked for, {counts[Transition.GAP]} gaps while live; every transition:")
    for transition, count in counts.most_common():
        print(f"{count:>12}  {transition.name}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proofs.books", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--deltas", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed, to go on where an earlier run ended")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
