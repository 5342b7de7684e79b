"""This file is the command: `python -m proofs` runs every experiment in full, resumes where it was stopped, tells all.

python -m proofs --share 1%                 a hundredth of everything
python -m proofs --only R1,executions       some of it, by id or name
python -m proofs --minutes 20               as much as fits
python -m proofs --only books --seed 1149   one seed again, here and now
python -m proofs --fresh --share 1%         new seeds, kept nowhere: what CI runs
python -m proofs --for-ever                 new seeds until stopped
"""

import argparse
import logging
import random
import signal
import sys
import time

from rich.console import Console
from rich.live import Live
from rich.table import Table

from proofs import scorecard
from proofs.campaign import FOR_EVER, Campaign, Plan
from proofs.crew import Piece, proved
from proofs.experiment import COST, Experiment, Failure, Outcome
from proofs.notebook import FOLDER, Notebook, failed_seeds
from proofs.registry import EXPERIMENTS

_MOST_SEEDS = 1_000_000_000
_TELL_EVERY_S = 30.0
# What a new seed finds is a finding; what a known seed finds again is the fault of whoever made the change.
A_NEW_SEED_FAILED = 3


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(highlight=False)
    experiments = _chosen(options.only)
    if not experiments:
        console.print(f"no experiment is called {options.only}; there are {', '.join(one.name for one in EXPERIMENTS)}")
        return 2
    if options.seed is not None:
        return _again(experiments, options.seed, options.share, console)
    is_new = options.fresh or options.for_ever
    plan = Plan(
        experiments,
        share=FOR_EVER if options.for_ever else options.share,
        base=random.SystemRandom().randrange(_MOST_SEEDS) if is_new else 0,
        workers=options.workers,
        minutes=options.minutes,
        stops=options.fresh,
    )
    if is_new:
        known = [f"{one.name} {seed}" for one in experiments for seed in failed_seeds(one)]
        console.print(f"new seeds, from {plan.base} on, behind those that once failed: {', '.join(known) or 'none'}")
    notebook = Notebook(None) if is_new else Notebook(FOLDER)
    campaign = Campaign(plan, notebook)
    is_done = _watched(campaign, console)
    if not is_new:
        scorecard.write(EXPERIMENTS, notebook)
        console.print(f"the scorecard is {scorecard.PATH.relative_to(scorecard.ROOT)}")
    return _verdict(campaign, console, is_done=is_done)


def _watched(campaign: Campaign, console: Console) -> bool:
    """Run a campaign while its progress is shown; Ctrl-C ends it and keeps what is done."""

    def told(experiment: Experiment, outcome: Outcome) -> None:
        for failure in outcome.failures:
            _tell(experiment, failure, console)

    campaign.told = told
    try:
        if console.is_terminal:
            with Live(_progress(campaign), console=console, refresh_per_second=2) as live:
                campaign.watched = lambda: live.update(_progress(campaign))
                return campaign.run()
        spoke_s = time.monotonic()

        def watched() -> None:
            nonlocal spoke_s
            if time.monotonic() - spoke_s > _TELL_EVERY_S:
                spoke_s = time.monotonic()
                console.print(
                    ", ".join(f"{one.name} {min(campaign.progress(one), 1.0):.0%}" for one in campaign.plan.experiments)
                )

        campaign.watched = watched
        return campaign.run()
    except KeyboardInterrupt:
        console.print("stopped; what is done is kept")
        return False


def _progress(campaign: Campaign) -> Table:
    table = Table("", "experiment", "ran", "", "went wrong", box=None, pad_edge=False)
    for experiment in campaign.plan.experiments:
        outcome = campaign.notebook.outcome(experiment)
        share = 1.0 if campaign.plan.share == FOR_EVER else campaign.plan.share
        ran = ", ".join(f"{outcome.ran[word]:,}/{figure:,} {word}" for word, figure in experiment.wanted(share).items())
        done = min(campaign.progress(experiment), 1.0)
        wrong = str(len(outcome.failures)) if outcome.ran else ""
        table.add_row(experiment.id, experiment.name, ran, f"{done:.0%}", wrong)
    return table


def _verdict(campaign: Campaign, console: Console, *, is_done: bool) -> int:
    console.print(_progress(campaign))
    wrong = [
        (experiment, failure)
        for experiment in campaign.plan.experiments
        for failure in campaign.notebook.outcome(experiment).failures
    ]
    if wrong:
        experiment, failure = wrong[0]
        console.print(f"\nseed {failure.seed} of {experiment.id} {experiment.name} failed; run it again:")
        console.print(f"    {experiment.again(failure.seed)}")
        console.print(f'and keep it in proofs/failed_seeds.txt: "{experiment.name} {failure.seed}"')
        is_known = any(failure.seed in failed_seeds(experiment) for experiment, failure in wrong)
        return A_NEW_SEED_FAILED if campaign.plan.stops and not is_known else 1
    console.print("nothing went wrong" if is_done else "nothing went wrong so far; not all of it has run")
    return 0


def _again(experiments: list[Experiment], seed: int, share: float, console: Console) -> int:
    """Run one seed of one experiment in this process, and show everything it says."""
    experiment = experiments[0]
    outcome = proved(Piece(experiment, range(seed, seed + 1), share, place=seed))
    for drawn in outcome.drawn.values():
        console.print(f"drawn: {drawn}", markup=False)
    for title, counts in (("ran", outcome.ran), ("injected", outcome.injected), ("at the worst", outcome.worst)):
        for word, count in counts.items():
            # What it cost is another figure each time; all the rest is the same to the byte.
            if word != COST:
                console.print(f"{title}: {count:,.6g} {word}")
    for name, row in outcome.table.items():
        console.print(" | ".join((name, *row)))
    for failure in outcome.failures:
        _tell(experiment, failure, console)
    return 1 if outcome.failures else 0


def _tell(experiment: Experiment, failure: Failure, console: Console) -> None:
    console.print(f"{experiment.id} {experiment.name}, seed {failure.seed}: {failure.what}", markup=False)
    console.print(f"    again: {experiment.again(failure.seed)}")


def _chosen(only: str | None) -> list[Experiment]:
    if only is None:
        return list(EXPERIMENTS)
    words = {word.strip().lower() for word in only.split(",")}
    return [one for one in EXPERIMENTS if words & {one.id.lower(), one.name}]


def _share(text: str) -> float:
    share = float(text.removesuffix("%")) / 100 if text.endswith("%") else float(text)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError("a share is between 0 and 1, or 0% and 100%")
    return share


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m proofs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="ids or names, with commas between them")
    parser.add_argument("--share", type=_share, default=1.0, help="how much of the full figures, such as 1%%")
    parser.add_argument("--minutes", type=float, default=FOR_EVER, help="stop after so long")
    parser.add_argument("--workers", type=int, default=2, help="processes that share the work")
    parser.add_argument("--seed", type=int, help="run this seed alone")
    parser.add_argument("--fresh", action="store_true", help="draw new seeds, keep nothing, stop at the first failure")
    parser.add_argument("--for-ever", action="store_true", help="draw new seeds and go on until stopped")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    # What the code under proof has to say of all the trouble it is given would bury the rest.
    logging.disable(logging.CRITICAL)
    # However it is told to stop, in the background too, it stops as by Ctrl-C: nobody is left working.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
