"""A sandbox as a process of its own, the way a stranger starts one."""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    rest_url: str
    ws_url: str
    api_key: str
    api_secret: str
    seed: int


@contextmanager
def running(*options: str) -> Generator[Address]:
    """Start `woodlot sandbox run --port 0 --json` and end it as a shell would."""
    process = subprocess.Popen(
        [sys.executable, "-m", "woodlot", "sandbox", "run", "--port", "0", "--json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield Address(**json.loads(line))
    finally:
        process.terminate()
        rest, errors = process.communicate(timeout=30)
    assert rest == "", "the one line of JSON is all that goes to stdout"
    assert "Traceback" not in errors, errors
    assert process.returncode == 0, errors
