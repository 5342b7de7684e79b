"""This file is a terminal for tests: commands typed in this process, what they printed, and how they ended."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from woodlot.cli.app import main


@dataclass(frozen=True)
class Typed:
    """What became of one command."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Terminal:
    """Type commands: `terminal("book", "WOO/USDT", "--once")`."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> Typed:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        shown = self._capsys.readouterr()
        return Typed(int(ended.value.code or 0), shown.out, shown.err)

    def ok(self, *words: str) -> Typed:
        """Type a command that has to work."""
        typed = self(*words)
        assert typed.code == 0, typed
        return typed
