"""Everything that can be typed wrong, or lies wrong: no traceback, the right exit code, and a hint that works."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.terminal import Terminal, Typed

from woodlot.cli.app import COMMANDS

ORDER = ("BTC/USDT", "0.001", "--limit", "30000")
ANY_ID = "999999999"

# What is typed, how it ends, a word of what is said.
AT_THE_PROMPT: tuple[tuple[str, int, str], ...] = (
    ("bok WOO/USDT", 2, "book"),
    ("book", 2, "SYMBOL"),
    ("book WOO/USDT --dpth 5", 2, "--dpth"),
    ("book WOO/USDT -o xml", 2, "ndjson"),
    ("book WOO/USDT --levels many", 2, "many"),
    ("-p", 2, "the command is missing"),
    ("-o json", 2, "the command is missing"),
    ("--timeout 0 ticker BTC/USDT", 2, "above 0"),
    ("--timeout -1 ticker BTC/USDT", 2, "above 0"),
    ("--timeout nan ticker BTC/USDT", 2, "above 0"),
    ("--timeout 1e9 ticker BTC/USDT", 2, "up to 3600"),
    ("book WOO/USDT --levels 0", 2, "1 to 500"),
    ("book WOO/USDT --levels 1.5", 2, "whole number"),
    ("book WOO/USDT --levels 501", 2, "1 to 500"),
    ("book WOO/USDT -n 0", 2, "at least 1"),
    ("book WOO/USDT ETH/USDT", 2, "ETH/USDT"),
    ("book WOOUSDT", 3, "did you mean WOO/USDT"),
    ("book WOO-USDT", 3, "did you mean WOO/USDT"),
    ("book SPOT_WOO_USDC", 3, "did you mean WOO/USDT"),
    ("book W!O/USDT", 2, "is no symbol"),
    ("book BTC/USDT:USDC", 2, "BTC/USDT:USDT"),
    ("book ''", 2, "is no symbol"),
    ("trades NOPE/NOPE", 3, "woodlot symbols"),
    ("trades BTC/USDT --limit 0", 2, "1 to 1000"),
    ("trades BTC/USDT --limit 5000", 2, "1 to 1000"),
    ("trades BTC/USDT --follow --count 0", 2, "at least 1"),
    ("ticker", 2, "needs a symbol"),
    ("ticker BTC/USD", 3, "did you mean BTC/USDT"),
    ("symbols NOSUCHTHING", 3, "woodlot symbols"),
    ("candles BTC/USDT --interval 7m", 2, "15m"),
    ("candles BTC/USDT --since yesterday", 2, "3h (ago)"),
    ("candles BTC/USDT --since 2026-13-40", 2, "is no time"),
    ("candles BTC/USDT --since 1h --until 2h", 2, "not after"),
    ("candles BTC/USDT --since 2130-01-01", 2, "still to come"),
    ("candles BTC/USDT --file c.csv", 2, "--since"),
    ("candles BTC/USDT --since 1h --file c.xlsx", 2, ".csv"),
    ("candles BTC/USDT --since 1h --file missing/c.csv", 1, "spelling of that path"),
    ("candles BTC/USDT --limit 5000", 2, "1 to 1000"),
    ("buy", 2, "SYMBOL"),
    ("buy BTC/USDT", 2, "size once"),
    ("buy BTC/USDT 0.001 --amount 5", 2, "size once"),
    ("buy BTC/USDT abc", 2, "expected a number"),
    ("buy BTC/USDT nan", 2, "expected a number"),
    ("buy BTC/USDT 1e999", 2, "60 characters"),
    ("buy BTC/USDT 0.001 --limit 0.1.2", 2, "expected a number"),
    ("buy BTC/USDT 0.1,5 --limit 30000", 2, "expected a number"),
    ("buy BTC/USDT 0.001 --ioc", 2, "needs a price"),
    ("buy BTC/USDT 0.001 --limit 30000 --ioc --fok", 2, "exclude each other"),
    ("buy BTC/USDT 0.001 --limit 30000 --client-id -1", 2, "client_order_id"),
    ("buy BTC/USDT -0.001 --limit 30000", 8, "at least"),
    ("buy BTC/USDT 0.30000000000000004 --limit 30000", 8, "this would do: quantity 0.3"),
    ("buy BTC/USDT 0.001 --limit 30000.001", 8, "this would do: price 30000"),
    ("buy BTC/USDT 0.0000001 --limit 30000", 8, "at least"),
    ("buy BTC/USDT 0.00001 --limit 30000", 8, "worth at least"),
    ("buy BTC/USDT 100 --limit 80000", 8, "woodlot balance"),
    ("sell WOO/USDT 60000", 8, "woodlot balance"),
    ("buy DOGE/USDT 1", 3, "no symbol"),
    ("cancel", 2, "say which"),
    ("cancel abc", 2, "abc"),
    ("cancel 12 --all", 2, "say which"),
    ("cancel 12.7", 2, "whole number"),
    ("cancel 0x1f", 2, "whole number"),
    ("order show 1_2", 2, "whole number"),
    (f"cancel {ANY_ID}", 3, "woodlot orders"),
    (f"cancel --client-id {ANY_ID}", 3, "woodlot orders"),
    ("orders --status OPEN", 2, "incomplete"),
    ("orders --symbol NOPE/NOPE", 3, "woodlot symbols"),
    ("orders --limit 0", 2, "at least 1"),
    ("order", 0, "amend"),
    ("order show", 2, "name the order once"),
    (f"order show {ANY_ID}", 3, "woodlot orders"),
    (f"order amend {ANY_ID}", 2, "new price"),
    (f"order amend {ANY_ID} --limit 29000", 3, "woodlot orders"),
    ("algo stop BTC/USDT SELL 0.01", 2, "--trigger"),
    ("algo stop BTC/USDT HOLD 0.01 --trigger 60000", 2, "sell"),
    ("algo stop BTC/USDT SELL 0.0100000001 --trigger 60000", 8, "this would do: quantity 0.01"),
    ("algo stop BTC/USDT SELL 0.01 --trigger 60000.001", 8, "this would do: price 60000"),
    ("algo trailing BTC/USDT:USDT SELL 0.01 --rate 1%", 2, "expected a number"),
    ("algo show", 2, "name the order once"),
    (f"algo show {ANY_ID}", 3, "woodlot algo list"),
    (f"algo amend {ANY_ID}", 2, "what to change"),
    (f"algo amend {ANY_ID} --trigger 59000", 3, "woodlot algo list"),
    (f"algo cancel {ANY_ID}", 3, "woodlot algo list"),
    ("fills --limit 1000", 2, "1 to 500"),
    ("fills --file f.csv", 2, "--since"),
    ("balance NOSUCHTOKEN", 3, "woodlot balance"),
    ("deadman soon", 2, "30s"),
    ("deadman 1s", 2, "5s to 15m"),
    ("deadman 2h", 2, "5s to 15m"),
    ("chaos 'coffee spilled'", 2, "no kind of fault"),
    ("chaos ''", 2, "private.cut"),
    ("chaos 'book lag 5'", 2, "woodlot sandbox faults"),
    ("-p elsewhere orders", 3, "woodlot profile list"),
    ("-p lvie orders", 3, "did you mean -p live"),
    ("-p live orders", 4, "WOODLOT_LIVE_API_KEY"),
    ("-p staging balance", 4, "WOODLOT_STAGING_API_KEY"),
    ("-p live chaos 'private cut 5s'", 4, "WOODLOT_LIVE_API_KEY"),
    ("profile add", 2, "NAME"),
    ("profile add Main!", 2, "which environment"),
    ("profile add Main --environment live", 2, "is no name"),
    ("profile add other", 2, "which environment"),
    ("profile add p --environment mars", 1, "is no environment"),
    ("profile add p --rest-url http://example.com --ws-url ws://example.com", 1, "not encrypted"),
    ("profile add live --keyring --secret-command x", 2, "several places"),
    ("profile add live --secret-file nowhere", 4, "not there"),
    ("profile add live --age-file nowhere.age", 4, "not there"),
    ("profile add live --age-identity nowhere", 2, "--age-file"),
    ("profile add live --stdin", 2, "--keyring"),
    ("profile add live --secret-command ''", 2, "there is no command"),
    ("profile add live --limits nowhere.toml", 1, "cannot be read"),
    ("profile show nobody", 3, "woodlot profile list"),
    ("profile use nobody", 3, "woodlot profile list"),
    ("profile remove nobody", 3, "woodlot profile list"),
    ("completion tcsh", 2, "zsh"),
    ("init missing/bot.py", 1, "spelling of that path"),
)


def split(line: str) -> list[str]:
    import shlex

    return shlex.split(line)


def explained(typed: Typed) -> None:
    """Hold what every failure owes its reader: no traceback, a sentence, and only commands that exist."""
    assert "Traceback" not in typed.out + typed.err
    assert typed.err.strip() or typed.out.strip()
    for command in re.findall(r"woodlot (?:-p \w+ )?([a-z]+)", typed.err):
        assert command in COMMANDS, f"the hint names a command that is not there: {command}"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("line", "code", "word"), AT_THE_PROMPT, ids=[line for line, _, _ in AT_THE_PROMPT])
def test_a_mistake_at_the_prompt_ends_with_its_code_and_says_what_to_type(
    terminal: Terminal, line: str, code: int, word: str
) -> None:
    typed = terminal(*split(line))
    assert typed.code == code, typed
    assert word in typed.err + typed.out, typed
    explained(typed)


def test_there_are_more_than_sixty_of_them() -> None:
    assert len(AT_THE_PROMPT) >= 60


@pytest.mark.usefixtures("here")
def test_a_failure_is_json_for_a_program_that_reads_json(terminal: Terminal) -> None:
    typed = terminal("book", "WOOUSDT", "-o", "json")
    told = json.loads(typed.err)
    assert typed.out == ""
    assert told == {
        "code": "not_found",
        "exit": 3,
        "message": "there is no symbol WOOUSDT",
        "retry": False,
        "hint": "did you mean WOO/USDT?",
    }


# What lies wrong.


def profile(home: Path, text: str, name: str = "mine") -> None:
    path = home / "config" / "profiles" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def key_file(home: Path, mode: int) -> str:
    path = home / "key"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("KEY-0123456789\nSECRET-0123456789\n")
    path.chmod(mode)
    return f'environment = "live"\nsecret_file = "{path}"\n'


def linked(home: Path) -> str:
    text = key_file(home, 0o600)
    (home / "link").symlink_to(home / "key")
    return text.replace("/key", "/link")


SET_UPS: dict[str, tuple[Callable[[Path], str], int, str]] = {
    "not TOML": (lambda _: "environment = ", 1, "cannot be read"),
    "not UTF-8": (lambda _: "environment = 'l\udcff'", 1, "cannot be read"),
    "a secret in it": (lambda _: 'secret = "abc"', 1, "does not belong here"),
    "a misspelled setting": (lambda _: 'enviroment = "live"', 1, "environment?"),
    "a setting of the wrong kind": (lambda _: 'allow_yes = "yes"', 1, "allow_yes cannot be"),
    "an unknown environment": (lambda _: 'environment = "mars"', 1, "no environment"),
    "two places for the keys": (lambda _: 'secret_command = "a"\nkeyring = true', 2, "several places"),
    "an address without TLS": (lambda _: 'rest_url = "http://1.2.3.4"\nws_url = "ws://1.2.3.4"', 1, "not encrypted"),
    "a command that is not there": (lambda _: 'environment="live"\nsecret_command = "no-such-cmd"', 4, "cannot be run"),
    "a command that fails": (lambda _: 'environment="live"\nsecret_command = "false"', 4, "ended with 1"),
    "a command that prints one word": (lambda _: 'environment="live"\nsecret_command = "echo a"', 4, "second"),
    "a command with an open quote": (lambda _: "environment='live'\nsecret_command = \"pass 'x\"", 4, "cannot be run"),
    "a key file that is gone": (lambda _: 'environment="live"\nsecret_file = "/nowhere/key"', 4, "not there"),
    "a key file the group can read": (lambda home: key_file(home, 0o640), 4, "chmod 600"),
    "a key file the world can read": (lambda home: key_file(home, 0o604), 4, "chmod 600"),
    "a key file that is a link": (linked, 4, "is a link"),
    "a key file that is a folder": (lambda home: f'environment="live"\nsecret_file = "{home}"', 4, "is not a file"),
}


@pytest.mark.parametrize("name", SET_UPS)
def test_a_broken_set_up_ends_with_its_code_and_its_remedy(terminal: Terminal, home: Path, name: str) -> None:
    make, code, word = SET_UPS[name]
    home.mkdir(exist_ok=True)
    text = make(home)
    profile(home, "")
    (home / "config" / "profiles" / "mine.toml").write_bytes(text.encode("utf-8", errors="surrogateescape"))
    typed = terminal("-p", "mine", "balance")
    assert typed.code == code, typed
    assert word in typed.err, typed
    assert "SECRET-0123456789" not in str(typed)
    explained(typed)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_file_of_somebody_else_is_refused(terminal: Terminal, home: Path) -> None:
    text = key_file(home, 0o600)
    shutil.chown(home / "key", 12345)
    profile(home, text)
    typed = terminal("-p", "mine", "balance")
    assert (typed.code, "somebody else" in typed.err) == (4, True)


def test_a_wrong_key_is_an_authentication_failure(terminal: Terminal, here: Path) -> None:
    note = json.loads((here / "state" / "sandbox.json").read_text())
    profile(
        here,
        f'environment = "staging"\nrest_url = "{note["rest_url"]}"\nws_url = "{note["ws_url"]}"\n'
        'secret_command = "echo wrong key"\n',
    )
    typed = terminal("-p", "mine", "balance")
    assert typed.code == 4, typed
    explained(typed)


def test_an_exchange_that_is_not_there_is_a_network_failure_with_a_known_state(terminal: Terminal, home: Path) -> None:
    profile(home, 'environment="staging"\nrest_url = "http://127.0.0.1:9"\nws_url = "ws://127.0.0.1:9"\n')
    typed = terminal("-p", "mine", "symbols", "--timeout", "1")
    assert typed.code == 7, typed
    explained(typed)


def test_no_order_outside_the_sandbox_goes_without_a_word(terminal: Terminal, here: Path) -> None:
    note = json.loads((here / "state" / "sandbox.json").read_text())
    text = f'rest_url = "{note["rest_url"]}"\nws_url = "{note["ws_url"]}"\n'
    text += f'secret_command = "echo {note["api_key"]} {note["api_secret"]}"\n'
    profile(here, f'environment = "staging"\n{text}', "stage")
    profile(here, f'environment = "live"\n{text}', "real")
    profile(here, f'environment = "live"\nallow_yes = true\n{text}', "bold")
    for name, words, code in (
        ("stage", ("buy", *ORDER), 5),
        ("real", ("buy", *ORDER), 5),
        ("real", ("buy", *ORDER, "--yes"), 5),
        ("stage", ("cancel", "--all"), 5),
        ("stage", ("cancel", "--all", "--confirm", "real"), 5),
        ("stage", ("kill",), 5),
        ("stage", ("cancel", "--all", "--confirm", "stage"), 0),
        ("stage", ("buy", *ORDER, "--yes"), 0),
        ("bold", ("buy", *ORDER, "--yes"), 0),
    ):
        typed = terminal("-p", name, *words)
        assert typed.code == code, (name, words, str(typed))
        explained(typed)
        if code == 5:
            assert "nobody is there to agree" in typed.err or "not the profile's name" in typed.err
    terminal.ok("-p", "stage", "cancel", "--all", "--confirm", "stage")
