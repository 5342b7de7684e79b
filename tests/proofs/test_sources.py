from pathlib import Path

import pytest
from proofs.experiment import Experiment
from proofs.notebook import Notebook
from proofs.registry import EXPERIMENTS
from proofs.sources import files
from tests.proofs.toys import experiment


def rests_on(name: str) -> set[str]:
    """Return the files of an experiment, as paths from the root."""
    return {path.as_posix() for path in files(next(one for one in EXPERIMENTS if one.name == name))}


def test_an_experiment_rests_on_what_it_imports_and_on_what_that_imports() -> None:
    books = rests_on("books")
    assert {
        "proofs/books.py",
        "proofs/book_weather.py",
        "src/woodlot/book/sync.py",
        "src/woodlot/wire/frames.py",
    } <= books
    assert not any(path.startswith(("src/woodlot/cli/", "src/woodlot/tui/", "docs/")) for path in books)


def test_what_is_compiled_counts() -> None:
    assert "src/woodlot/swift/_swift.c" in rests_on("books")


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("crashes", "src/woodlot/cli/sandbox.py"),
        ("kills", "src/woodlot/desk/watchdog.py"),
        ("clocks", "proofs/clock_trader.py"),
    ],
)
def test_a_program_that_it_starts_counts(name: str, module: str) -> None:
    assert module in rests_on(name)


def test_how_an_experiment_is_listed_does_not_change_what_was_found(tmp_path: Path) -> None:
    def toy(**changes: object) -> Experiment:
        return experiment("right", **changes)

    Notebook(tmp_path).write(toy(), 0, toy().prove(range(5), scale=1.0))
    assert Notebook(tmp_path).outcome(toy(promise="It stays drier", goals={"seeds": 40})).ran["seeds"] == 5
