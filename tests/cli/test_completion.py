"""Completion in the shells themselves, where they are installed."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.cli.terminal import Terminal

BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
function=$(complete -p woodlot | sed 's/.*-F \\([^ ]*\\).*/\\1/')
$function woodlot "${COMP_WORDS[$COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = """
source $argv[1]
complete -C "$argv[2..]" | string replace -r '\\t.*' ''
"""
# A shell inside the shell, whose Tab key is pressed; each read ends with what it waits for.
ZSH = """
zmodload zsh/zpty
zpty -b inner zsh -f -i
zpty -w inner "fpath=(${1:h} \\$fpath); autoload -Uz compinit; compinit -u -D; $2; PS1='>'; echo BE''GIN"
zpty -r inner line '*BEGIN*'
zpty -w -n inner $'woodlot cand\\t'
zpty -r inner line '*cand*les*'
print -r -- "$line"
zpty -d inner
"""


def completed(shell: str, script: str, path: Path, *words: str) -> str:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    done = subprocess.run(
        [shell, "-c", script, *([shell] if shell != "fish" else []), str(path), *words],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.stdout


@pytest.fixture(params=["bash", "fish"])
def shell(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("woodlot", "can"), {"cancel", "candles"}),
        (("woodlot", "profile", "a"), {"add"}),
        (("woodlot", "book", "--lev"), {"--levels"}),
        (("woodlot", "book", "-o", "nd"), {"ndjson"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_shell_completes_commands_options_and_values(
    terminal: Terminal, tmp_path: Path, shell: str, words: tuple[str, ...], expected: set[str]
) -> None:
    path = tmp_path / "script"
    path.write_text(terminal.ok("completion", shell).out)
    offered = set(completed(shell, BASH if shell == "bash" else FISH, path, *words).split())
    assert offered & {"cancel", "candles", "add", "--levels", "ndjson"} == expected


@pytest.mark.parametrize("told", ["true", "source $1"], ids=["autoloaded", "sourced"])
def test_zsh_completes_at_the_press_of_tab(terminal: Terminal, tmp_path: Path, told: str) -> None:
    path = tmp_path / "_woodlot"
    path.write_text(terminal.ok("completion", "zsh").out)
    told = told.replace("$1", str(path))
    assert "les" in completed("zsh", ZSH, path, told)
