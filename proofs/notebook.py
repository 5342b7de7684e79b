"""This file is what was proved so far, piece by piece, so that a run that was stopped goes on where it was.

Every piece is one line, written when it is done. The file is named after the sources it was proved of: figures of
other code are never mixed in.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from proofs.experiment import Experiment, Outcome

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".proofs"
FAILED_SEEDS = ROOT / "proofs" / "failed_seeds.txt"


class Notebook:
    """The outcomes of one state of the sources; in memory alone where `path` is None."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._outcomes: dict[str, Outcome] = {}
        self._taken: dict[str, set[int]] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._take(json.loads(line))

    @classmethod
    def of_these_sources(cls) -> "Notebook":
        FOLDER.mkdir(exist_ok=True)
        return cls(FOLDER / f"{fingerprint(_sources())}.jsonl")

    def outcome(self, experiment: Experiment) -> Outcome:
        """Return what all the pieces of an experiment came to."""
        return self._outcomes.get(experiment.name, Outcome())

    def pieces(self, experiment: Experiment) -> int:
        """Return how many pieces of an experiment have run."""
        return len(self._taken.get(experiment.name, ()))

    def is_taken(self, experiment: Experiment, place: int) -> bool:
        """Whether the piece of this place has run."""
        return place in self._taken.get(experiment.name, ())

    def write(self, experiment: Experiment, place: int, outcome: Outcome) -> None:
        entry = {"name": experiment.name, "place": place, "outcome": outcome.spelled()}
        self._take(entry)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, separators=(",", ":")) + "\n")

    def _take(self, entry: dict[str, Any]) -> None:
        name = entry["name"]
        self._taken.setdefault(name, set()).add(entry["place"])
        self._outcomes.setdefault(name, Outcome()).add(Outcome.read(entry["outcome"]))


def fingerprint(paths: Iterable[Path]) -> str:
    """Return a name for what stands in these files."""
    told = hashlib.sha256()
    for path in sorted(paths):
        told.update(f"{path.relative_to(ROOT)}\0".encode())
        told.update(path.read_bytes())
    return told.hexdigest()[:16]


def failed_seeds(experiment: Experiment) -> list[int]:
    """Return every seed that ever failed: a line of the file is a name and a seed, with a remark after `#`."""
    return [seed for name, seed in _failed_lines() if name == experiment.name]


def _failed_lines() -> Iterator[tuple[str, int]]:
    for line in FAILED_SEEDS.read_text(encoding="utf-8").splitlines():
        if words := line.partition("#")[0].split():
            yield words[0], int(words[1])


def _sources() -> list[Path]:
    return [path for folder in ("src", "proofs", "tests/rest") for path in (ROOT / folder).rglob("*.py")]
