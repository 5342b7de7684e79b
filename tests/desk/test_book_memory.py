"""This file is the fixed share of `proofs/memory.py` that runs each time, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_three_hundred_busy_books_of_500_levels_weigh_less_than_150_mb() -> None:
    command = [sys.executable, "-m", "proofs.memory", "--books", "300", "--messages", "15000"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
