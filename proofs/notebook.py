"""This file is what was proved so far, piece by piece, so that a run that was stopped goes on where it was.

Every piece is one line, written when it is done. Each experiment has a file, named after the sources that it rests on:
figures of other code are never mixed in, and a change elsewhere takes none away.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proofs.experiment import Experiment, Outcome
from proofs.sources import ROOT, fingerprint

FOLDER = ROOT / ".proofs"
FAILED_SEEDS = ROOT / "proofs" / "failed_seeds.txt"


class Notebook:
    """The outcomes of one state of the sources; in memory alone where `folder` is None."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._paths: dict[str, Path | None] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._taken: dict[str, set[int]] = {}

    def outcome(self, experiment: Experiment) -> Outcome:
        """Return what all the pieces of an experiment came to."""
        self._open(experiment)
        return self._outcomes.get(experiment.name, Outcome())

    def pieces(self, experiment: Experiment) -> int:
        """Return how many pieces of an experiment have run."""
        self._open(experiment)
        return len(self._taken.get(experiment.name, ()))

    def is_taken(self, experiment: Experiment, place: int) -> bool:
        """Whether the piece of this place has run."""
        self._open(experiment)
        return place in self._taken.get(experiment.name, ())

    def write(self, experiment: Experiment, place: int, outcome: Outcome) -> None:
        path = self._open(experiment)
        entry = {"place": place, "outcome": outcome.spelled()}
        self._take(experiment.name, entry)
        if path is not None:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, separators=(",", ":")) + "\n")

    def _open(self, experiment: Experiment) -> Path | None:
        """Read an experiment's file, once; return where it is."""
        if experiment.name not in self._paths:
            self._paths[experiment.name] = path = self._path(experiment)
            if path is not None and path.exists():
                for line in path.read_text(encoding="utf-8").splitlines():
                    self._take(experiment.name, json.loads(line))
        return self._paths[experiment.name]

    def _path(self, experiment: Experiment) -> Path | None:
        if self._folder is None:
            return None
        self._folder.mkdir(exist_ok=True)
        return self._folder / f"{experiment.name}-{fingerprint(experiment)}.jsonl"

    def _take(self, name: str, entry: dict[str, Any]) -> None:
        self._taken.setdefault(name, set()).add(entry["place"])
        self._outcomes.setdefault(name, Outcome()).add(Outcome.read(entry["outcome"]))


def failed_seeds(experiment: Experiment) -> list[int]:
    """Return every seed that ever failed: a line of the file is a name and a seed, with a remark after `#`."""
    return [seed for name, seed in _failed_lines() if name == experiment.name]


def _failed_lines() -> Iterator[tuple[str, int]]:
    for line in FAILED_SEEDS.read_text(encoding="utf-8").splitlines():
        if words := line.partition("#")[0].split():
            yield words[0], int(words[1])
