"""What an exchange in trouble means to a command: its exit code, and the command that asks."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.cli.terminal import Terminal


class Gate:
    """A way to the sandbox that swallows the reply to every order."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._there = (parts.hostname or "", parts.port or 0)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._there) as far:
            while asked := near.recv(65_536):
                far.sendall(asked)
                reply = far.recv(1 << 20)
                if asked.startswith(b"POST /v3/trade/order"):
                    return
                while reply:
                    near.sendall(reply)
                    far.settimeout(0.05)
                    try:
                        reply = far.recv(1 << 20)
                    except TimeoutError:
                        reply = b""
                    far.settimeout(None)


@pytest.fixture
def swallowing(here: Path, terminal: Terminal) -> Iterator[str]:
    note = json.loads((here / "state" / "sandbox.json").read_text())
    gate = Gate(note["rest_url"])
    terminal.ok("profile", "add", "odd", "--environment", "staging", "--rest-url", gate.url, "--ws-url",
                note["ws_url"], "--secret-command", f"echo {note['api_key']} {note['api_secret']}")  # fmt: skip
    limits = here / "limits.toml"
    limits.write_text("")
    terminal.ok("profile", "add", "odd", "--environment", "staging", "--rest-url", gate.url, "--ws-url",
                note["ws_url"], "--secret-command", f"echo {note['api_key']} {note['api_secret']}",
                "--limits", str(limits))  # fmt: skip
    yield "odd"
    gate.close()


def test_an_order_whose_answer_is_lost_is_unknown_and_the_command_that_is_named_finds_it(
    terminal: Terminal, swallowing: str
) -> None:
    typed = terminal("-p", swallowing, "buy", "BTC/USDT", "0.001", "--limit", "30000", "--yes", "-o", "json", "-q")
    assert typed.code == 9, typed
    told = json.loads(typed.err.splitlines()[-1])
    assert told["code"] == "outcome_unknown"
    assert told["retry"] is False
    command = told["hint"].partition("woodlot ")[2].split()
    found = terminal.ok("-p", swallowing, *command, "-o", "json").data
    assert found["status"] == "NEW"
    open_now = terminal.ok("orders", "--symbol", "BTC/USDT", "-o", "json").data
    assert [row["client_order_id"] for row in open_now].count(found["client_order_id"]) == 1
    terminal.ok("cancel", found["order_id"])


def test_an_order_beyond_the_limits_of_its_profile_is_refused_by_the_gate(
    terminal: Terminal, swallowing: str, here: Path
) -> None:
    (here / "limits.toml").write_text('max_notional = "10"\n')
    typed = terminal("-p", swallowing, "buy", "BTC/USDT", "0.001", "--limit", "30000", "--yes")
    assert typed.code == 8, typed
    assert "notional is 30, at most 10" in typed.err
    shown = terminal.ok("-p", swallowing, "buy", "BTC/USDT", "0.001", "--limit", "30000", "--dry-run", "-o", "json")
    assert "at most 10 (notional)" in shown.data["gate"]
