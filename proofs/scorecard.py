"""This file is the scorecard: what was tried, how often, what was done to it and what went wrong, as a page."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path

from proofs.experiment import COST, Experiment, Outcome
from proofs.notebook import Notebook
from proofs.sources import ROOT

PATH = ROOT / "docs" / "scorecard.md"
_HEAD = """# Scorecard

What woodlot promises, tried out: how often, under what, and what went wrong. The page is written by `make prove`; how
to run it, read it and repeat a seed is told in [proofs.md](proofs.md). Figures of other sources are never mixed in: a
row says how much of its full figure has run since any module that the experiment rests on last changed.
"""


def write(experiments: Sequence[Experiment], notebook: Notebook, path: Path = PATH) -> None:
    path.write_text(page(experiments, notebook, today=datetime.datetime.now(tz=datetime.UTC).date()), encoding="utf-8")


def page(experiments: Sequence[Experiment], notebook: Notebook, *, today: datetime.date) -> str:
    outcomes = [(experiment, notebook.outcome(experiment)) for experiment in experiments]
    cost_s = sum(outcome.ran[COST] for _, outcome in outcomes) / 1000
    parts = [
        _HEAD,
        f"Last written on {today.isoformat()}, after {cost_s / 60:.0f} minutes of one core.\n",
        _table(outcomes),
    ]
    parts += [_details(experiment, outcome) for experiment, outcome in outcomes if outcome.ran]
    return "\n".join(parts)


def _table(outcomes: Sequence[tuple[Experiment, Outcome]]) -> str:
    lines = ["| id | promise | ran, of the full figure | went wrong |", "|---|---|---|---|"]
    for experiment, outcome in outcomes:
        ran = "<br>".join(
            f"{outcome.ran[word]:,} of {figure:,} {word}" for word, figure in experiment.wanted(1.0).items()
        )
        wrong = str(len(outcome.failures)) if outcome.ran else "not run"
        lines.append(f"| {experiment.id} | {experiment.promise} | {ran} | {wrong} |")
    return "\n".join(lines) + "\n"


def _details(experiment: Experiment, outcome: Outcome) -> str:
    lines = [f"## {experiment.id} {experiment.name}\n", f"{experiment.promise}.\n"]
    others = {word: count for word, count in outcome.ran.items() if word not in experiment.goals and word != COST}
    lines += _counted("Also counted", others)
    lines += _counted("Injected", outcome.injected)
    lines += _counted("At the worst", outcome.worst)
    if outcome.table:
        lines += ["", *_rows(outcome.table)]
    lines += [f"- seed {failure.seed}: {failure.what}" for failure in outcome.failures]
    again = experiment.again(0).replace("--seed 0", "--seed N")
    lines.append(f"\nA seed again: `{again}`\n")
    return "\n".join(lines)


def _counted(title: str, counts: Mapping[str, float]) -> list[str]:
    told = ", ".join(f"{value:,.6g} {word}" for word, value in sorted(counts.items(), key=lambda item: -item[1]))
    return [f"- {title}: {told}."] if told else []


def _rows(table: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a table whose first row is its head, kept under the name ""."""
    head = table.get("", ("",))
    body = [(name, *row) for name, row in table.items() if name]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return lines + [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in body]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
