"""The lists of the sandbox's command, and a saved exchange from one process to the next."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests import sandboxes

from woodlot.sandbox.fault_kinds import KINDS
from woodlot.sandbox.quirk_list import quirk_list


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "woodlot", "sandbox", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )


def listed(*arguments: str) -> Any:
    shown = run(*arguments, "--json")
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


def test_faults_quirks_and_scenarios_are_listed_for_people_and_programs() -> None:
    assert [row["fault"] for row in listed("faults")] == list(KINDS)
    assert [row["quirk"] for row in listed("quirks")] == [quirk.name for quirk in quirk_list()]
    assert "flash-crash" in {row["scenario"] for row in listed("scenarios")}
    shown = run("faults").stdout
    assert "private.unknown-status" in shown
    assert "clause =" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--fault", "private.kut"], "did you mean"),
        (["--quirk", "nope=1"], "sandbox quirks"),
        (["--profile", "wild"], "lively"),
        (["--speed", "0"], "speed"),
        (["--scenario", "nope"], "flash-crash"),
        (["--host", "0.0.0.0", "--public"], "token"),
    ],
)
def test_a_set_up_that_cannot_be_says_what_can(arguments: list[str], says: str) -> None:
    shown = run("run", "--port", "0", *arguments)

    assert shown.returncode == 1
    assert says in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_running_sandbox_is_told_saved_and_gone_on_from(tmp_path: Path) -> None:
    file = tmp_path / "case.state"
    options = ("--seed", "11", "--fault", "rest.slow 1ms", "--quirk", "asks_descend=true", "--speed", "2")
    with sandboxes.running(*options) as address:
        with urllib.request.urlopen(address.rest_url + "/sandbox/faults") as reply:
            assert json.loads(reply.read())["faults"][0]["text"] == "rest.slow 1ms"
        assert run("state", "save", address.rest_url, str(file)).returncode == 0

    assert listed("state", "inspect", str(file))["exchange"]["seed"] == 11
    assert "woodlot" in run("state", "inspect", str(file)).stdout
    with sandboxes.running("--state", str(file), "--quiet"):
        pass
    assert run("state", "save", "http://127.0.0.1:1", str(file)).returncode == 1


def test_another_machine_is_let_in_with_flag_and_token(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "woodlot", "sandbox", "run", "--host", "0.0.0.0", "--port", "0", "--public", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"WOODLOT_SANDBOX_TOKEN": "0123456789abcdef"},
    )
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["rest_url"].replace("0.0.0.0", "127.0.0.1")
    try:
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(url + "/sandbox/faults")
        asked = urllib.request.Request(url + "/sandbox/faults", headers={"Authorization": "Bearer 0123456789abcdef"})
        with urllib.request.urlopen(asked) as reply:
            assert reply.status == 200
        saving = ("state", "save", url, str(tmp_path / "case.state"))
        refused = run(*saving)
        assert (refused.returncode, "the token it was started with" in refused.stderr) == (1, True)
        assert run(*saving, WOODLOT_SANDBOX_TOKEN="0123456789abcdef").returncode == 0
    finally:
        process.terminate()
        process.communicate(timeout=5)
