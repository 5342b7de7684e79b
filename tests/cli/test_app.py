"""The command as a shell runs it."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests import sandboxes

import woodlot


def run(*arguments: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "woodlot", *arguments], capture_output=True, text=True, timeout=timeout_s, check=False
    )


def test_the_version_is_the_packages() -> None:
    assert run("--version").stdout.strip() == woodlot.__version__


@pytest.mark.parametrize("command", [[], ["demo"], ["sandbox"], ["sandbox", "run"]])
def test_every_command_explains_itself(command: list[str]) -> None:
    shown = run(*command, "--help")
    assert shown.returncode == 0
    assert "Usage:" in shown.stdout


@pytest.mark.parametrize("command", [["demo"], ["sandbox", "run"]])
def test_a_commands_help_has_an_example(command: list[str]) -> None:
    assert re.search(rf"Example: woodlot {' '.join(command)}", run(*command, "--help").stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        ["dmeo"],
        ["sandbox", "run", "--port", "many"],
        ["sandbox", "run", "--limits", "none"],
        ["sandbox", "run", "--nonsense"],
        ["demo", "--seed", "x"],
    ],
)
def test_a_mistake_at_the_prompt_is_a_usage_error_without_a_traceback(arguments: list[str]) -> None:
    shown = run(*arguments)
    assert shown.returncode == 2, shown
    assert "Traceback" not in shown.stdout + shown.stderr
    assert shown.stderr or shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [["--host", "0.0.0.0"], ["--port", "70000"], ["--listen-key-ttl", "0"], ["--limits", "-1"]],
)
def test_an_impossible_set_up_is_said_and_ends_with_one(arguments: list[str]) -> None:
    shown = run("sandbox", "run", *arguments)
    assert shown.returncode == 1, shown
    assert "Traceback" not in shown.stderr
    assert shown.stderr.strip()


def test_a_taken_port_is_said_and_ends_with_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = run("sandbox", "run", "--port", str(port))
    assert shown.returncode == 1
    assert str(port) in shown.stderr
    assert "Traceback" not in shown.stderr


def test_the_demo_runs_all_six_uses_and_everything_it_shows_agrees_with_the_ledger() -> None:
    shown = run("demo", "--json")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    document = json.loads(shown.stdout)
    assert shown.stderr == ""
    assert document["ok"] is True
    assert [use["use"] for use in document["uses"]] == [1, 2, 3, 4, 5, 6]
    assert all(figure["ok"] for use in document["uses"] for figure in use["figures"])
    figures = {figure["name"]: figure["shown"] for use in document["uses"] for figure in use["figures"]}
    assert figures["requests answered 429"] > 0
    assert figures["key renewals"] >= 1
    assert figures["fills shown"] >= 8
    assert document["seconds"] < 30


def test_the_demo_narrates_in_a_terminal() -> None:
    shown = run("demo")
    assert shown.returncode == 0, shown.stdout
    for heading in ("Place a limit order", "Keep a local order book", "everything agrees"):
        assert heading in shown.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_sandbox_within_two_seconds_and_without_a_traceback(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "woodlot", "sandbox", "run", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = sandboxes.Address(**json.loads(process.stdout.readline()))
    host, port = address.rest_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))):
        asked = time.monotonic()
        process.send_signal(number)
        rest, errors = process.communicate(timeout=5)
        took_s = time.monotonic() - asked
    assert (process.returncode, rest) == (0, "")
    assert "Traceback" not in errors
    assert took_s < 2


def test_ctrl_c_during_the_demo_leaves_quietly() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "woodlot", "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=5)
    assert process.returncode == 130
    assert "Traceback" not in errors, errors


def test_the_sandbox_tells_a_person_where_it_is() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "woodlot", "sandbox", "run", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(9)]
    process.terminate()
    process.communicate(timeout=5)
    shown = "".join(lines)
    assert "REST" in shown
    assert "secret" in shown
    assert "curl" in shown
    assert Path(sys.executable).name not in shown
