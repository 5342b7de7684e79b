"""This file is what an experiment's figures are figures of: the modules that its code imports, and theirs."""

import functools
import hashlib
from pathlib import Path

import grimp

from proofs.experiment import Experiment

ROOT = Path(__file__).resolve().parents[1]
_FOLDERS = {"woodlot": ROOT / "src", "proofs": ROOT, "tests": ROOT}
# What surrounds every piece of work the same, and has no part in what it comes to.
_RUNNERS = {"proofs.experiment"}


def fingerprint(experiment: Experiment) -> str:
    """Return a name for the state of all the sources that an experiment rests on.

    A change of the screen leaves the figures of the books as they are; a change of the wire takes all of them away.
    """
    told = hashlib.sha256()
    for path in files(experiment):
        told.update(f"{path}\0".encode())
        told.update((ROOT / path).read_bytes())
    return told.hexdigest()[:16]


def files(experiment: Experiment) -> list[Path]:
    """Return the file of every module that an experiment imports or starts, directly or not, from the root."""
    first = {experiment.code.partition(":")[0], *experiment.starts}
    modules = first.union(*(_imports().find_upstream_modules(name) for name in first)) - _RUNNERS
    return sorted(path.relative_to(ROOT) for name in modules for path in _files(name))


@functools.cache
def _imports() -> grimp.ImportGraph:
    return grimp.build_graph(*_FOLDERS, cache_dir=None)


def _files(module: str) -> list[Path]:
    """Return a module's file; for a package also what is compiled in it, which no import tells of."""
    path = _FOLDERS[module.partition(".")[0]].joinpath(*module.split("."))
    return [path / "__init__.py", *path.glob("*.c")] if path.is_dir() else [path.with_suffix(".py")]
