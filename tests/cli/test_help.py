"""Every command explains itself with an example, and every example is executed."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App
from tests.cli.terminal import Terminal

from woodlot.cli.app import COMMANDS, build

# What runs for long, needs a terminal, or is run by tests of its own.
ELSEWHERE = {"demo", "tui", "chaos", "completion"}
# An endless command is ended by its own option.
ENDED = {"book": ["-n", "2"]}


def leaves(app: App, path: str = "") -> Iterator[tuple[str, App]]:
    for name in app:
        if name.startswith("-"):
            continue
        child, words = app[name], f"{path} {name}".strip()
        if child.default_command is not None:
            yield words, child
        yield from leaves(child, words)


def pages() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in COMMANDS:
        for words, child in leaves(build(name)):
            if words.split()[0] == name and child.default_command is not None:
                found[words] = child.default_command.__doc__ or ""
    return found


PAGES = pages()
EXAMPLES = {words: re.findall(r"Example: woodlot (.*)", text) for words, text in PAGES.items()}


def test_there_are_the_commands_of_the_plan() -> None:
    plan = (
        "book trades ticker candles symbols buy sell cancel orders fills balance positions order algo account risk "
        "kill deadman sandbox chaos profile config doctor completion demo tui init"
    )
    assert set(COMMANDS) == set(plan.split())


@pytest.mark.parametrize("words", PAGES)
def test_every_command_has_an_example_of_itself(words: str) -> None:
    assert EXAMPLES[words], f"woodlot {words} has no example"
    assert all(example.startswith(words) for example in EXAMPLES[words])


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "words", sorted(words for words in PAGES.keys() - ELSEWHERE if not words.startswith("sandbox"))
)
def test_every_example_runs(words: str, terminal: Terminal, tmp_path: Path) -> None:
    if words.startswith("algo") and terminal("algo", "list").code != 0:
        pytest.skip("this sandbox has no algo orders")
    for example in EXAMPLES[words]:
        typed = shlex.split(example) + ENDED.get(words, [])
        if "12345" in typed:
            typed[typed.index("12345")] = an_order(terminal, is_algo=words.startswith("algo"))
        if words in {"profile show", "profile remove"}:
            terminal.ok("profile", "add", "live", "--secret-command", "echo KEY SECRET")
        assert terminal(*typed).code == 0, example
    terminal("kill", "--lift")


def an_order(terminal: Terminal, *, is_algo: bool) -> str:
    if is_algo:
        typed = terminal.ok("algo", "stop", "BTC/USDT", "SELL", "0.01", "--trigger", "60000", "-o", "json")
        return typed.data["algo_id"]
    return terminal.ok("buy", "BTC/USDT", "0.001", "--limit", "30000", "-o", "json").data["order_id"]


def test_help_of_the_whole_names_every_command(terminal: Terminal) -> None:
    shown = terminal.ok("--help").out
    assert all(f" {name} " in shown for name in COMMANDS)
