"""One order from the keyboard, there and back."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from tests.cli.terminal import Terminal

pytestmark = pytest.mark.usefixtures("here")


def resting(terminal: Terminal, price: str = "30000") -> str:
    return terminal.ok("buy", "BTC/USDT", "0.001", "--limit", price, "-o", "json").data["order_id"]


def test_a_limit_order_is_told_from_intent_to_resting_and_says_what_to_type_next(terminal: Terminal) -> None:
    typed = terminal.ok("buy", "BTC/USDT", "0.001", "--limit", "30000")
    for word in ("intent", "acknowledged", "resting", "next: woodlot orders, woodlot cancel"):
        assert word in typed.err
    assert "30000" in typed.out


def test_an_order_is_shown_within_50_ms_of_its_intent(terminal: Terminal) -> None:
    fastest = min(float(terminal.ok("sell", "ETH/USDT", "0.05").err.splitlines()[-2].split()[0]) for _ in range(3))
    assert fastest < 50


def test_the_command_that_is_said_to_come_next_works(terminal: Terminal) -> None:
    said = terminal.ok("buy", "BTC/USDT", "0.001", "--limit", "30000").err
    cancel = said.rpartition("woodlot cancel ")[2].strip()
    row = terminal.ok("cancel", cancel, "-o", "json").data[0]
    assert (row["status"], row["filled"]) == ("CANCELLED", "0")


def test_a_market_order_is_filled_and_its_fill_is_listed(terminal: Terminal) -> None:
    order = terminal.ok("sell", "ETH/USDT", "0.05", "-o", "json").data
    fills = terminal.ok("fills", "ETH/USDT", "-o", "json").data
    assert order["status"] == "FILLED"
    mine = [Decimal(fill["quantity"]) for fill in fills if fill["order_id"] == order["order_id"]]
    assert sum(mine) == Decimal("0.05")


def test_cancel_all_of_a_symbol_leaves_none_of_it_open(terminal: Terminal) -> None:
    resting(terminal)
    assert "still open" in terminal.ok("cancel", "--all", "--symbol", "BTC/USDT").err
    assert terminal.ok("orders", "--symbol", "BTC/USDT", "-o", "json").data == []


def test_an_order_is_amended_and_keeps_its_id(terminal: Terminal) -> None:
    order_id = resting(terminal)
    changed = terminal.ok("order", "amend", order_id, "--limit", "29000", "-o", "json").data
    assert (changed["order_id"], changed["price"]) == (order_id, "29000")


def test_an_order_is_found_by_the_id_of_our_own(terminal: Terminal) -> None:
    terminal.ok("buy", "BTC/USDT", "0.001", "--limit", "30000", "--client-id", "4711")
    assert terminal.ok("order", "show", "--client-id", "4711", "-o", "json").data["client_order_id"] == "4711"
    terminal.ok("cancel", "--client-id", "4711")


def test_a_dry_run_shows_the_request_and_sends_nothing(terminal: Terminal) -> None:
    before = terminal.ok("orders", "-o", "json").data
    shown = terminal.ok("buy", "BTC/USDT", "0.0010000001", "--limit", "30000", "--dry-run", "-o", "json").data
    assert (shown["method"], shown["path"]) == ("POST", "/v3/trade/order")
    assert json.loads(shown["body"])["price"] == "30000"
    assert "in steps of" in shown["filters"]
    assert shown["gate"] == "passes"
    assert terminal.ok("orders", "-o", "json").data == before


def test_a_dry_run_shows_no_secret(terminal: Terminal, here: Path) -> None:
    note = json.loads((here / "state" / "sandbox.json").read_text())
    shown = str(terminal.ok("buy", "BTC/USDT", "0.001", "--limit", "30000", "--dry-run"))
    assert note["api_secret"] not in shown
    assert note["api_key"] not in shown
    assert "signature" not in shown.lower()


def test_an_order_off_its_steps_is_refused_with_the_one_that_would_do(terminal: Terminal) -> None:
    typed = terminal("buy", "BTC/USDT", "0.30000000000000004", "--limit", "30000")
    assert typed.code == 8
    assert "this would do: quantity 0.3" in typed.err


def waiting(terminal: Terminal, *words: str) -> str:
    stop = ("algo", "stop", "BTC/USDT", "SELL", "0.01", "--trigger", "60000", *words, "-o", "json")
    return terminal.ok(*stop).data["algo_id"]


def test_a_changed_order_is_held_to_the_kill_switch(terminal: Terminal, here: Path) -> None:
    order_id, algo_id = resting(terminal), waiting(terminal)
    mark = here / "state" / "killed" / "sandbox.json"
    mark.parent.mkdir()
    mark.write_text('{"reason": "a test"}')
    for words in (("order", "amend", order_id, "--limit", "29000"), ("algo", "amend", algo_id, "--trigger", "59000")):
        typed = terminal(*words)
        assert (typed.code, "a test" in typed.err) == (8, True), typed
    terminal.ok("kill", "--lift")
    terminal.ok("cancel", "--all")


def test_one_order_that_is_over_does_not_keep_the_others_open(terminal: Terminal) -> None:
    first, second = resting(terminal), resting(terminal, "29000")
    terminal.ok("cancel", first)
    typed = terminal("cancel", first, second, second, "-o", "json")
    assert typed.code == 3, typed
    assert [row["order_id"] for row in typed.data] == [second]
    # Other tests leave orders of theirs in the exchange they share.
    still_open = {row["order_id"] for row in terminal.ok("orders", "--symbol", "BTC/USDT", "-o", "json").data}
    assert still_open.isdisjoint({first, second})


def test_an_algo_order_is_placed_listed_amended_shown_and_cancelled(terminal: Terminal) -> None:
    algo_id = waiting(terminal, "--client-id", "815")
    assert algo_id in {row["algo_id"] for row in terminal.ok("algo", "list", "-o", "json").data}
    changed = terminal.ok("algo", "amend", algo_id, "--trigger", "59000", "--quantity", "0.02", "-o", "json").data
    assert (changed["algo_id"], changed["trigger_price"], changed["quantity"]) == (algo_id, "59000", "0.02")
    shown = terminal.ok("algo", "cancel", "--client-id", "815", "--dry-run", "-o", "json").data
    assert (shown["method"], "815" in shown["path"]) == ("DELETE", True)
    assert terminal.ok("algo", "show", "--client-id", "815", "-o", "json").data == changed
    assert terminal.ok("algo", "cancel", algo_id, "-o", "json").data["status"] == "CANCELLED"
    assert algo_id not in {row["algo_id"] for row in terminal.ok("algo", "list", "-o", "json").data}


@pytest.mark.parametrize(
    "words",
    [
        ("algo", "stop", "BTC/USDT", "SELL", "0.01", "--trigger", "60000", "--limit", "59900"),
        ("algo", "trailing", "BTC/USDT:USDT", "SELL", "0.01", "--rate", "0.01"),
    ],
)
def test_a_dry_run_of_an_algo_order_sends_nothing(terminal: Terminal, words: tuple[str, ...]) -> None:
    shown = terminal.ok(*words, "--dry-run", "-o", "json").data
    assert (shown["method"], shown["path"], shown["filters"]) == ("POST", "/v3/trade/algoOrder", "passes")
    assert Decimal(shown["notional"]) > 100
    assert terminal.ok("algo", "list", "-o", "json").data == []


def test_a_dry_run_of_an_amend_shows_what_the_order_would_be_worth(terminal: Terminal) -> None:
    order_id = resting(terminal)
    shown = terminal.ok("order", "amend", order_id, "--limit", "29000.001", "--dry-run", "-o", "json").data
    assert (shown["method"], shown["path"], shown["notional"]) == ("PUT", "/v3/trade/order", "29.000001")
    assert "in steps of" in shown["filters"]
    assert terminal.ok("order", "show", order_id, "-o", "json").data["price"] == "30000"
    terminal.ok("cancel", order_id)


def test_kill_cancels_everything_and_holds_back_the_next_order_until_it_is_lifted(terminal: Terminal) -> None:
    resting(terminal)
    waiting(terminal)
    terminal.ok("kill", "--reason", "a test")
    assert terminal.ok("orders", "-o", "json").data == terminal.ok("algo", "list", "-o", "json").data == []
    held_back = terminal("buy", "BTC/USDT", "0.001", "--limit", "30000")
    assert (held_back.code, "a test" in held_back.err) == (8, True)
    stopped = terminal.ok("buy", "BTC/USDT", "0.001", "--limit", "30000", "--dry-run", "-o", "json").data["gate"]
    assert "a test" in stopped
    terminal.ok("kill", "--lift")
    terminal.ok("cancel", resting(terminal))


def test_the_dead_mans_switch_is_set_and_taken_off(terminal: Terminal) -> None:
    assert terminal.ok("deadman", "30s", "--once", "-o", "json").data["after_s"] == 30
    assert terminal.ok("deadman", "off", "-o", "json").data["fires_at"] is None


def test_ids_are_text_in_json_since_many_readers_round_long_numbers(terminal: Terminal) -> None:
    order = terminal.ok("buy", "BTC/USDT", "0.001", "--limit", "30000", "--client-id", str(2**63 - 1), "-o", "json")
    assert order.data["client_order_id"] == "9223372036854775807"
    terminal.ok("cancel", order.data["order_id"])
