"""Profiles, and secrets that stay secret."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.terminal import Terminal

from woodlot.cli import keys, profiles
from woodlot.cli.private_file import read_private, write_private
from woodlot.cli.refusals import KeysMissing
from woodlot.config import Credentials, Environment
from woodlot.desk.opening import default_journal

KEY, SECRET = "KEY-d41d8cd98f00b204", "SECRET-e9800998ecf8427e"


@pytest.fixture
def addresses(here: Path) -> list[str]:
    note = json.loads((here / "state" / "sandbox.json").read_text())
    return ["--rest-url", note["rest_url"], "--ws-url", note["ws_url"]]


def key_of_the_sandbox(here: Path) -> str:
    note = json.loads((here / "state" / "sandbox.json").read_text())
    return f"{note['api_key']}\n{note['api_secret']}\n"


@pytest.mark.usefixtures("home")
def test_a_profile_is_added_listed_chosen_and_removed(terminal: Terminal) -> None:
    terminal.ok("profile", "add", "mine", "--environment", "staging", "--secret-command", "pass show woox")
    listed = {row["name"]: row for row in terminal.ok("profile", "list", "-o", "json").data}
    assert listed["mine"]["keys_from"] == "command: pass ..."
    assert listed.keys() == {"sandbox", "staging", "live", "mine"}
    terminal.ok("profile", "use", "mine")
    assert terminal.ok("config", "-o", "json").data["profile"] == "mine"
    terminal.ok("profile", "remove", "mine")
    assert terminal.ok("config", "-o", "json").data["profile"] == "sandbox"


def test_keys_from_stdin_go_into_a_file_that_only_we_can_read(
    terminal: Terminal, here: Path, addresses: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "key"
    added = subprocess.run(
        [sys.executable, "-m", "woodlot", "profile", "add", "mine", "--environment", "staging", *addresses,
         "--secret-file", str(file), "--stdin"],
        input=key_of_the_sandbox(here), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secret = key_of_the_sandbox(here).split()[1]
    assert secret not in added.stdout + added.stderr + (here / "config" / "profiles" / "mine.toml").read_text()
    assert terminal.ok("-p", "mine", "balance", "-o", "json").data
    file.chmod(0o644)
    assert terminal("-p", "mine", "balance").code == 4


@pytest.mark.usefixtures("home")
def test_variables_count_for_their_own_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOODLOT_STAGING_API_KEY", KEY)
    monkeypatch.setenv("WOODLOT_STAGING_API_SECRET", SECRET)
    assert keys.credentials_of(profiles.find("staging")).secret == SECRET
    with pytest.raises(KeysMissing):
        keys.credentials_of(profiles.find("live"))


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "printed", [f"{KEY}\\n{SECRET}", f"{KEY} {SECRET}", json.dumps({"key": KEY, "secret": SECRET})]
)
def test_a_command_may_print_lines_or_json(printed: str) -> None:
    profile = profiles.Profile(name="mine", environment="live", secret_command=f"printf '{printed}'")
    credentials = keys.credentials_of(profile)
    assert (credentials.key, credentials.secret) == (KEY, SECRET)


@pytest.mark.usefixtures("home")
def test_what_a_broken_source_prints_is_never_repeated(terminal: Terminal) -> None:
    terminal.ok("profile", "add", "mine", "--environment", "live", "--secret-command", f"echo {SECRET} b c")
    typed = terminal("-p", "mine", "--verbose", "balance", "-o", "json")
    assert typed.code == 4
    assert SECRET not in typed.out + typed.err


def test_nothing_secret_is_in_the_log_or_in_the_words_of_a_process(here: Path) -> None:
    secret = key_of_the_sandbox(here).split()[1]
    shown = subprocess.run(
        [sys.executable, "-m", "woodlot", "buy", "BTC/USDT", "0.001", "--limit", "30000", "--verbose"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    words = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert secret not in shown.stdout + shown.stderr + words


def test_a_private_file_is_written_for_us_alone_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    before = os.umask(0)
    try:
        write_private(path, "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_private(path) == "text"
    assert list(path.parent.iterdir()) == [path]


def test_doctor_refuses_in_live_a_key_that_can_withdraw_and_warns_of_it_in_staging(
    terminal: Terminal, here: Path, addresses: list[str], tmp_path: Path
) -> None:
    write_private(tmp_path / "key", key_of_the_sandbox(here))
    found: dict[str, tuple[int, str]] = {}
    for name, environment, extra in (
        ("stage", "staging", []),
        ("real", "live", []),
        ("bold", "live", ["--allow-any-key"]),
    ):
        terminal.ok("profile", "add", name, "--environment", environment, *addresses,
                    "--secret-file", str(tmp_path / "key"), *extra)  # fmt: skip
        typed = terminal("-p", name, "doctor", "-o", "json")
        key = next(row for row in typed.data if row["check"] == "key")
        assert key["remedy"] or key["status"] == "ok"
        found[name] = (typed.code, key["status"])
    assert found == {"stage": (0, "warn"), "real": (4, "fail"), "bold": (0, "warn")}


@pytest.mark.usefixtures("here")
def test_doctor_is_content_with_the_sandbox(terminal: Terminal) -> None:
    rows = terminal.ok("doctor", "-o", "json").data
    assert {row["check"]: row["status"] for row in rows} == dict.fromkeys(
        ("versions", "rest", "clock", "stream", "key", "limits", "journal"), "ok"
    )


@pytest.mark.usefixtures("home")
def test_doctor_goes_through_everything_even_where_nothing_answers(terminal: Terminal) -> None:
    nowhere = ("--rest-url", "http://127.0.0.1:9", "--ws-url", "ws://127.0.0.1:9")
    terminal.ok("profile", "add", "mine", "--environment", "staging", *nowhere)
    typed = terminal("-p", "mine", "doctor", "-o", "json", "--timeout", "1")
    assert typed.code == 7
    assert all(row["remedy"] for row in typed.data if row["status"] == "fail")


@pytest.mark.usefixtures("home")
def test_doctor_finds_a_broken_journal_and_says_what_to_do_with_it(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("WOODLOT_STAGING_API_KEY", KEY)
    monkeypatch.setenv("WOODLOT_STAGING_API_SECRET", SECRET)
    nowhere = Environment.at("https://192.0.2.1", "wss://192.0.2.1", name="staging")
    path = default_journal(nowhere, Credentials(KEY, SECRET))
    assert isinstance(path, Path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"this is no database, however long it may be" * 100)
    terminal.ok("profile", "add", "mine", "--environment", "staging", "--rest-url", nowhere.rest_url, "--ws-url",
                nowhere.ws_url)  # fmt: skip
    rows = {row["check"]: row for row in terminal("-p", "mine", "doctor", "-o", "json", "--timeout", "0.2").data}
    assert rows["journal"]["status"] == "fail"
    assert "mv " in rows["journal"]["remedy"]


needs_age = pytest.mark.skipif(shutil.which("age-keygen") is None, reason="age is not installed here")


def an_identity(folder: Path) -> Path:
    path = folder / "identity"
    subprocess.run(["age-keygen", "-o", str(path)], check=True, capture_output=True)
    path.chmod(0o600)
    return path


@needs_age
def test_keys_lie_encrypted_with_age_and_only_its_identity_opens_them(
    terminal: Terminal, here: Path, addresses: list[str], tmp_path: Path
) -> None:
    identity, file = an_identity(tmp_path), tmp_path / "woox.age"
    added = subprocess.run(
        [sys.executable, "-m", "woodlot", "profile", "add", "mine", "--environment", "staging", *addresses,
         "--age-file", str(file), "--age-identity", str(identity), "--stdin"],
        input=key_of_the_sandbox(here), capture_output=True, text=True, check=True,
    )  # fmt: skip
    secret = key_of_the_sandbox(here).split()[1]
    assert secret not in added.stdout + added.stderr
    assert secret.encode() not in file.read_bytes()
    assert terminal.ok("-p", "mine", "balance", "-o", "json").data
    assert terminal.ok("profile", "show", "mine", "-o", "json").data["keys_from"] == f"age: {file}"
    identity.chmod(0o640)
    typed = terminal("-p", "mine", "balance")
    assert (typed.code, "chmod 600" in typed.err) == (4, True), typed
    identity.unlink()
    an_identity(tmp_path)
    assert terminal("-p", "mine", "balance").code == 4


@needs_age
def test_an_age_file_that_is_there_is_not_written_over(here: Path, addresses: list[str], tmp_path: Path) -> None:
    file = tmp_path / "woox.age"
    file.write_text("another key")
    typed = subprocess.run(
        [sys.executable, "-m", "woodlot", "profile", "add", "mine", "--environment", "staging", *addresses,
         "--age-file", str(file), "--age-identity", str(an_identity(tmp_path)), "--stdin"],
        input=key_of_the_sandbox(here), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (typed.returncode, file.read_text()) == (4, "another key")


def test_where_age_is_missing_that_is_said(
    terminal: Terminal, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "woox.age").write_text("whatever")
    monkeypatch.setenv("PATH", str(tmp_path))
    typed = terminal("profile", "add", "live", "--age-file", "woox.age")
    assert (typed.code, "age is not installed" in typed.err) == (4, True), typed
