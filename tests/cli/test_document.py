"""docs/cli.md tells the truth: its commands run, its codes are the codes, its commands are the commands."""

import re
import shlex
from pathlib import Path

import pytest
from tests.cli.terminal import Terminal

from woodlot.cli.app import COMMANDS
from woodlot.cli.exits import Exit

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SHOWN = [line for block in re.findall(r"```console\n(.*?)```", DOCUMENT, re.DOTALL) for line in block.splitlines()]
# What would go on for ever is ended by its own option.
ENDED = {"woodlot book WOO/USDT": ["--count", "1"]}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("line", [line for line in SHOWN if not line.startswith("woodlot chaos")])
def test_a_command_of_the_document_runs_as_it_stands(line: str, terminal: Terminal) -> None:
    words = shlex.split(line)[1:] + ENDED.get(line, [])
    terminal.ok(*words)


def test_chaos_heals_without_a_fill_lost_or_told_twice(terminal: Terminal, home: Path) -> None:
    row = terminal.ok("chaos", "private cut 1s", "-o", "json").data
    assert (row["lost"], row["twice"]) == (0, 0)
    assert row["strikes"] > 0
    assert row["outage_s"] >= 0.8
    assert row["recovered"] > 0


def test_the_codes_of_the_document_are_the_codes() -> None:
    told = {int(number) for number in re.findall(r"^\| (\d+) \|", DOCUMENT, re.MULTILINE)}
    assert told == {int(code) for code in Exit}


def test_every_command_is_in_the_document() -> None:
    named = set(re.findall(r"`(?:woodlot )?([a-z]+)", DOCUMENT))
    assert named >= set(COMMANDS)


README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
# Both go on until they are ended; each has tests of its own.
OPEN_ENDED = ("woodlot tui", "woodlot sandbox run")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("line", re.findall(r"^(woodlot .*?)\s*(?:#.*)?$", README, re.MULTILINE))
def test_a_command_of_the_readme_runs_as_it_stands(line: str, terminal: Terminal) -> None:
    if line.startswith(OPEN_ENDED):
        pytest.skip("it goes on until it is ended: see the tests of the screen and of the sandbox")
    terminal.ok(*shlex.split(line)[1:], *ENDED.get(line, []))
