"""This file is the proof that every safeguard is needed: take one away, and some seed is wrong before the thousandth.

The same seed with the safeguard in its place must be right, or the proof that noticed proves nothing.
"""

from proofs.ablations import books, calls, streams, trading
from proofs.ablations.safeguard import Safeguard
from proofs.experiment import Outcome

SAFEGUARDS: tuple[Safeguard, ...] = (
    *books.SAFEGUARDS,
    *trading.SAFEGUARDS,
    *streams.SAFEGUARDS,
    *calls.SAFEGUARDS,
)
MOST_SEEDS = 1_000
_LONGEST = 160


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - it always runs in full
    """Take away one safeguard for each seed: the next one of the list, with schedules of its own."""
    outcome = Outcome()
    outcome.table[""] = ("safeguard", "what stands in its place", "caught by seed", "after", "what was seen")
    for seed in seeds:
        safeguard = SAFEGUARDS[seed % len(SAFEGUARDS)]
        first = seed // len(SAFEGUARDS) * MOST_SEEDS
        seen = next(
            (
                (one, what)
                for one in range(first, first + MOST_SEEDS)
                if (what := safeguard.look(one, True)) is not None
            ),
            None,
        )
        outcome.ran["safeguards"] += 1
        outcome.injected[safeguard.instead] += 1
        if seen is None:
            outcome.fail(seed, f"nothing misses the {safeguard.name} in {MOST_SEEDS} seeds")
            continue
        caught, what = seen
        tried = caught - first + 1
        outcome.ran["seeds until caught"] += tried
        outcome.table[safeguard.name] = (safeguard.instead, str(caught), f"{tried} seeds", what[:_LONGEST])
        if (problem := safeguard.look(caught, False)) is not None:
            outcome.fail(seed, f"with the {safeguard.name} in its place, seed {caught} is wrong too: {problem}")
    return outcome
