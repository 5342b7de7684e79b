"""What an exchange in trouble means to a command: its exit code, and the command that asks."""

import json
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests import sandboxes
from tests.cli.terminal import Terminal, Typed


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
    found = terminal.ok(*command, "-o", "json").data
    assert found["status"] == "NEW"
    open_now = terminal.ok("orders", "--symbol", "BTC/USDT", "-o", "json").data
    assert [row["client_order_id"] for row in open_now].count(found["client_order_id"]) == 1
    terminal.ok("cancel", found["order_id"])


def test_an_algo_order_whose_answer_is_lost_is_asked_for_among_the_algo_orders(terminal: Terminal, home: Path) -> None:
    with faulty(home, "rest.after lost on POST:/v3/trade/algoOrder times 1") as name:
        typed = terminal("-p", name, "algo", "stop", "BTC/USDT", "SELL", "0.01", "--trigger", "60000", "--yes",
                         "-o", "json", "-q")  # fmt: skip
        assert typed.code == 9, typed
        command = str(told_by(typed)["hint"]).partition("woodlot ")[2].split()
        assert command[:4] == ["-p", name, "algo", "show"]
        assert terminal.ok(*command, "-o", "json").data["trigger_price"] == "60000"


@pytest.mark.parametrize(
    ("limits", "words", "told"),
    [
        ('max_notional = "10"', ("order", "amend", "{order}", "--quantity", "0.002"), "notional is 60, at most 10"),
        ('max_notional = "10"', ("algo", "stop", "BTC/USDT", "BUY", "0.01", "--trigger", "90000"), "at most 10"),
        ('max_notional = "10"', ("algo", "amend", "{algo}", "--trigger", "59000"), "notional is 590, at most 10"),
        ("max_open_orders = 2", ("algo", "stop", "BTC/USDT", "BUY", "0.01", "--trigger", "90000"), "2 orders are open"),
        ("max_open_orders = 2", ("buy", "BTC/USDT", "0.001", "--limit", "30000"), "2 orders are open"),
    ],
)
def test_no_way_to_make_or_change_an_order_goes_round_the_limits(
    terminal: Terminal, home: Path, limits: str, words: tuple[str, ...], told: str
) -> None:
    with faulty(home) as name:
        order = terminal.ok("-p", name, "buy", "BTC/USDT", "0.001", "--limit", "30000", "--yes", "-o", "json").data
        algo = terminal.ok("-p", name, "algo", "stop", "BTC/USDT", "SELL", "0.01", "--trigger", "60000", "--yes",
                           "-o", "json").data  # fmt: skip
        (home / "limits.toml").write_text(limits)
        with (home / "config" / "profiles" / f"{name}.toml").open("a") as settings:
            settings.write(f'limits = "{home / "limits.toml"}"\n')
        typed_words = [word.format(order=order["order_id"], algo=algo["algo_id"]) for word in words]
        typed = terminal("-p", name, *typed_words, "--yes")
        assert typed.code == 8, typed
        assert told in typed.err
        assert told in terminal.ok("-p", name, *typed_words, "--dry-run", "-o", "json").data["gate"]
        for noun, kind, key in (("order", order, "order_id"), ("algo", algo, "algo_id")):
            assert terminal.ok("-p", name, noun, "show", kind[key], "-o", "json").data == kind


def test_an_order_beyond_the_limits_of_its_profile_is_refused_by_the_gate(
    terminal: Terminal, swallowing: str, here: Path
) -> None:
    (here / "limits.toml").write_text('max_notional = "10"\n')
    typed = terminal("-p", swallowing, "buy", "BTC/USDT", "0.001", "--limit", "30000", "--yes")
    assert typed.code == 8, typed
    assert "notional is 30, at most 10" in typed.err
    shown = terminal.ok("-p", swallowing, "buy", "BTC/USDT", "0.001", "--limit", "30000", "--dry-run", "-o", "json")
    assert "at most 10 (notional)" in shown.data["gate"]


@contextmanager
def faulty(home: Path, *faults: str) -> Generator[str]:
    """A sandbox in which things go wrong from the start, as a profile that counts as staging."""
    with sandboxes.running(*(word for fault in faults for word in ("--fault", fault))) as address:
        folder = home / "config" / "profiles"
        folder.mkdir(parents=True)
        (folder / "faulty.toml").write_text(
            f'environment = "staging"\nrest_url = "{address.rest_url}"\nws_url = "{address.ws_url}"\n'
            f'secret_command = "echo {address.api_key} {address.api_secret}"\n'
        )
        yield "faulty"


def told_by(typed: Typed) -> dict[str, object]:
    return json.loads(typed.err.splitlines()[-1])


def test_an_exchange_that_answers_429_for_too_long_ends_with_6_and_nothing_was_placed(
    terminal: Terminal, home: Path
) -> None:
    with faulty(home, "rest.before 429 on POST:/v3/trade/order") as name:
        typed = terminal("-p", name, "buy", "BTC/USDT", "0.001", "--limit", "80000", "--yes", "--timeout", "2",
                         "-o", "json")  # fmt: skip
        told = told_by(typed)
        assert (typed.code, told["code"], told["exit"], told["retry"]) == (6, "rate_limited", 6, True), typed
        assert "nothing happened" in str(told["message"])
        assert terminal.ok("-p", name, "orders", "-o", "json").data == []


def test_a_book_that_cannot_be_built_ends_with_10_and_shows_no_price(terminal: Terminal, home: Path) -> None:
    with faulty(home, "rest.before 503 on GET:/v3/public/orderbook") as name:
        typed = terminal("-p", name, "book", "WOO/USDT", "--timeout", "1", "-o", "json")
        told = told_by(typed)
        assert (typed.code, told["code"], told["exit"], told["retry"]) == (10, "book_not_in_sync", 10, True), typed
        assert typed.out == ""
        assert "try again" in str(told["hint"])


def test_a_stream_that_is_refused_ends_a_book_with_10(terminal: Terminal, home: Path) -> None:
    with faulty(home, "public.refuse 503") as name:
        typed = terminal("-p", name, "book", "WOO/USDT", "--timeout", "1")
        assert typed.code == 10, typed
        assert "not connected" in typed.err


def test_a_clock_that_is_off_costs_no_order_and_is_found_by_the_doctor(terminal: Terminal, home: Path) -> None:
    with faulty(home, "clock.skew 10m") as name:
        placed = terminal.ok("-p", name, "buy", "BTC/USDT", "0.001", "--limit", "80000", "--yes", "-o", "json").data
        assert placed["status"] == "NEW"
        rows = {row["check"]: row for row in terminal.ok("-p", name, "doctor", "-o", "json").data}
        assert rows["clock"]["status"] == "warn"
        assert "signs by the exchange's clock" in rows["clock"]["finding"]
        assert "ntp" in rows["clock"]["remedy"]


@pytest.mark.parametrize("before_or_after", ["before", "after"])
def test_a_sandbox_that_is_gone_in_the_middle_of_an_order_leaves_its_outcome_unknown(
    terminal: Terminal, home: Path, before_or_after: str
) -> None:
    with faulty(home, f"rest.{before_or_after} lost on POST:/v3/trade/order times 1") as name:
        typed = terminal("-p", name, "buy", "BTC/USDT", "0.001", "--limit", "80000", "--yes", "--timeout", "3",
                         "-o", "json")  # fmt: skip
        assert (typed.code, told_by(typed)["retry"]) == (9, False), typed
        command = str(told_by(typed)["hint"]).partition("woodlot ")[2].split()
        asked = terminal(*command, "-o", "json")
        assert asked.code == (3 if before_or_after == "before" else 0), asked
