"""The command as a shell runs it: how fast, into pipes, under odd locales, interrupted."""

import contextlib
import fcntl
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
import textwrap
import time
from pathlib import Path

import pytest

from woodlot.cli import background

WOODLOT = [sys.executable, "-m", "woodlot"]


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WOODLOT, *words], capture_output=True, text=True, timeout=30, check=False, env=os.environ | variables
    )


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("word", "heavy"),
    [
        ("--version", ["cyclopts", "rich", "aiohttp", "msgspec", "asyncio"]),
        ("--help", ["aiohttp", "msgspec", "asyncio", "sqlite3", "woodlot.desk.desk"]),
    ],
)
def test_what_is_told_at_once_imports_nothing_heavy(word: str, heavy: list[str]) -> None:
    code = f"""
        import sys
        from woodlot.cli.app import main
        try:
            main([{word!r}])
        except SystemExit:
            print(sorted({set(heavy)!r} & sys.modules.keys()))
    """
    shown = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.usefixtures("here")
def test_a_pipe_that_closes_early_is_no_failure() -> None:
    line = f"{sys.executable} -m woodlot book WOO/USDT | head -n 2; echo ${{PIPESTATUS[0]}}"
    shown = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30, check=True)
    *lines, code = shown.stdout.splitlines()
    assert [json.loads(text)["symbol"] for text in lines] == ["SPOT_WOO_USDT"] * 2
    assert (code, shown.stderr) == ("0", "")


@pytest.mark.usefixtures("here")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
def test_a_full_disk_is_said_once() -> None:
    with Path("/dev/full").open("w") as full:
        shown = subprocess.run([*WOODLOT, "symbols"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert shown.returncode == 1
    assert "make room" in shown.stderr
    assert "Traceback" not in shown.stderr
    assert "Exception ignored" not in shown.stderr


@pytest.mark.usefixtures("here")
def test_a_terminal_that_knows_latin_letters_only_is_served() -> None:
    shown = run("symbols", "WOO", PYTHONIOENCODING="latin-1", PYTHONUTF8="0", LC_ALL="C")
    assert shown.returncode == 0, shown.stderr
    assert "SPOT_WOO_USDT" in shown.stdout
    assert "─" not in shown.stdout


@pytest.mark.usefixtures("here")
def test_nothing_is_coloured_into_a_pipe_or_against_no_color() -> None:
    assert "\x1b[" not in run("symbols").stdout
    assert "\x1b[" not in run("--help", NO_COLOR="1").stdout


@pytest.mark.usefixtures("here")
def test_ctrl_c_ends_a_stream_with_130_and_leaves_nothing_behind() -> None:
    process = subprocess.Popen(
        [*WOODLOT, "book", "WOO/USDT"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in errors
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.usefixtures("here")
def test_ctrl_c_says_what_stays_open_at_the_exchange() -> None:
    process = subprocess.Popen([*WOODLOT, "deadman", "60s", "-o", "json"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "woodlot deadman off prevents it" in errors
    run("deadman", "off")


@pytest.mark.usefixtures("home")
def test_an_order_starts_a_sandbox_in_which_the_next_command_finds_it() -> None:
    assert background.running() is None
    placed = run("buy", "BTC/USDT", "0.001", "--limit", "30000", "-o", "json")
    try:
        assert "runs in the background now" in placed.stderr
        orders = json.loads(run("orders", "-o", "json").stdout)
        assert [order["order_id"] for order in orders] == [json.loads(placed.stdout)["order_id"]]
    finally:
        assert run("sandbox", "stop").returncode == 0
    assert run("sandbox", "status").returncode == 3


def is_at_work(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.usefixtures("home")
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are looked up in /proc")
def test_ctrl_c_while_a_sandbox_starts_leaves_none_behind() -> None:
    process = subprocess.Popen([*WOODLOT, "sandbox", "start"], stderr=subprocess.PIPE, text=True)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline_s = time.monotonic() + 20
    while not (started := children.read_text().split()) and time.monotonic() < deadline_s:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (130, "")
    while is_at_work(int(started[0])) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert not is_at_work(int(started[0]))
    assert background.running() is None


@pytest.mark.usefixtures("home")
def test_a_first_book_comes_from_an_exchange_that_starts_itself_and_leaves_nothing_behind() -> None:
    began_s = time.monotonic()
    shown = run("book", "WOO/USDT", "-n", "1")
    took_s = time.monotonic() - began_s
    assert json.loads(shown.stdout)["state"] in {"SYNCED", "UNCONFIRMED"}
    # Below a second on an idle machine; the tests share theirs.
    assert took_s < 5
    assert background.running() is None


@pytest.mark.usefixtures("home")
def test_a_bot_from_init_runs_as_it_stands(tmp_path: Path) -> None:
    run("init", "bot.py")
    text = (tmp_path / "bot.py").read_text()
    (tmp_path / "bot.py").write_text(text.replace("ROUNDS = 10", "ROUNDS = 2"))
    bot = subprocess.run(
        [sys.executable, "-W", "error", "bot.py"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (bot.returncode, bot.stderr) == (0, "")
    assert "round 2" in bot.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_knows_the_commands_and_its_shell_can_read_it(shell: str, tmp_path: Path) -> None:
    script = run("completion", shell).stdout
    assert "deadman" in script
    assert "--profile" in script
    if shutil.which(shell):
        (tmp_path / "script").write_text(script)
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True, capture_output=True)


@pytest.mark.usefixtures("here")
def test_the_screen_opens_on_a_terminal_and_leaves_by_its_key() -> None:
    controller, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [*WOODLOT, "tui", "--public"], stdin=end, stdout=end, stderr=end, env=os.environ | {"TERM": "xterm-256color"}
    )
    os.close(end)
    shown = b""
    deadline_s = time.monotonic() + 20
    while b"spread" not in shown and time.monotonic() < deadline_s:
        shown += os.read(controller, 65_536)
    os.write(controller, b"q")
    with contextlib.suppress(OSError):
        while os.read(controller, 65_536):
            pass
    assert process.wait(timeout=10) == 0
    assert b"SANDBOX" in shown
    os.close(controller)


@pytest.mark.usefixtures("here")
def test_without_a_terminal_the_screen_says_what_to_type_instead() -> None:
    shown = run("tui")
    assert shown.returncode == 2
    assert "-o ndjson" in shown.stderr
