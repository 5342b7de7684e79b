"""This file is a program at the other end of a pipe: told by lines of JSON, and answering with them."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Self


class Process:
    """Start a program; leaving ends it."""

    def __init__(self, command: Sequence[str], *, around: Mapping[str, str] | None = None) -> None:
        self._command = " ".join(command[1:4])
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | (around or {})
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def said(self) -> dict[str, Any]:
        """Wait for its next line."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._command} ended before it had answered")
        return json.loads(line)

    def tell(self, what: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
