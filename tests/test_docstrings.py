"""The examples in docstrings, run as they stand."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import woodlot

ROOT = Path(woodlot.__file__).parent
MODULES = [
    ".".join(("woodlot", *path.relative_to(ROOT).with_suffix("").parts))
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text("utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_an_example_in_a_docstring_comes_to_what_it_says(name: str) -> None:
    outcome = doctest.testmod(import_module(name))
    assert outcome.attempted > 0
    assert outcome.failed == 0
