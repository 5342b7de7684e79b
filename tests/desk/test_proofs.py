"""A fixed share of the proofs; the large figures are run by the commands they print."""

import subprocess
import sys
from pathlib import Path

import pytest
from proofs.executions import Run
from proofs.month import Month
from proofs.weather import Weather

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", [3, 20, 1149])
def test_no_execution_is_lost_or_told_twice_in_any_weather(seed: int) -> None:
    result = Run(seed, Weather(), minutes=2.0)()
    assert result.problems == []
    assert result.fills > 100
    assert result.outages > 3


def test_days_of_keys_that_end_are_stolen_and_refused_lose_nothing() -> None:
    month = Month(1, days=3)()
    assert month.problems == []
    assert (month.happened["fills"] > 300, month.happened["hours with a rival"] > 3) == (True, True)


@pytest.mark.parametrize("how", [[], ["--kill"]])
def test_a_program_may_die_anywhere(how: list[str]) -> None:
    command = [sys.executable, "-m", "proofs.crashes", "--cases", "2", "--first", "40", *how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
