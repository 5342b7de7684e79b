"""Histories into files: any span, page by page, going on where they ended."""

import csv
import json
from pathlib import Path

import pytest
from tests.cli.terminal import Terminal

pytestmark = pytest.mark.usefixtures("here")
SPAN = ("--since", "30m")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_span_of_candles_goes_into_a_file_without_a_gap(terminal: Terminal, tmp_path: Path) -> None:
    typed = terminal.ok("candles", "BTC/USDT", *SPAN, "--file", "c.csv")
    minutes = [row["time"] for row in rows(tmp_path / "c.csv")]
    assert len(minutes) in {29, 30, 31}
    assert minutes == sorted(set(minutes))
    assert "100%" in typed.err
    assert typed.out == ""


def test_the_same_command_goes_on_behind_the_last_whole_line(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    since = ("--since", "2h", "--until", "1h", "--interval", "5m")
    terminal.ok("candles", "BTC/USDT", *since, "--file", "c.csv")
    whole = file.read_text()
    lines = whole.splitlines(keepends=True)
    file.write_text("".join(lines[:-4]) + lines[-4][:17])
    terminal.ok("candles", "BTC/USDT", *since, "--file", "c.csv")
    assert file.read_text().startswith("".join(lines[:-4]))
    assert [row["time"] for row in rows(file)][: len(lines) - 1] == [line.partition(",")[0] for line in lines[1:]]


def test_a_file_that_holds_something_else_is_left_alone(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("a,b\n1,2\n")
    typed = terminal("candles", "BTC/USDT", *SPAN, "--file", "c.csv")
    assert typed.code == 2
    assert (tmp_path / "c.csv").read_text() == "a,b\n1,2\n"


def test_the_candle_that_still_grows_is_left_out_until_it_has_ended(terminal: Terminal, tmp_path: Path) -> None:
    hour = ("candles", "BTC/USDT", "--interval", "1h", "--since", "3h")
    terminal.ok(*hour, "--file", "c.csv")
    shown = terminal.ok(*hour, "-o", "json").data
    assert [row["time"] for row in rows(tmp_path / "c.csv")] == [row["time"] for row in shown][:-1]


@pytest.mark.parametrize(
    ("name", "words", "told"),
    [
        ("c.csv", ("ETH/USDT",), "SPOT_BTC_USDT, not SPOT_ETH_USDT"),
        ("c.ndjson", ("BTC/USDT", "--interval", "5m"), "1m, not 5m"),
    ],
)
def test_a_file_of_another_symbol_or_interval_is_left_alone(
    terminal: Terminal, tmp_path: Path, name: str, words: tuple[str, ...], told: str
) -> None:
    terminal.ok("candles", "BTC/USDT", *SPAN, "--file", name)
    before = (tmp_path / name).read_text()
    typed = terminal("candles", *words, *SPAN, "--file", name)
    assert (typed.code, told in typed.err) == (2, True), typed
    assert (tmp_path / name).read_text() == before


def test_lines_that_are_no_rows_are_left_alone(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "c.ndjson").write_text('{"time": "2026-01-31T00:00:00Z"}\n')
    typed = terminal("candles", "BTC/USDT", *SPAN, "--file", "c.ndjson")
    assert (typed.code, "holds something else" in typed.err) == (2, True), typed


def test_fills_of_a_span_are_the_fills_of_the_account_oldest_first(terminal: Terminal, tmp_path: Path) -> None:
    for _ in range(2):
        terminal.ok("sell", "ETH/USDT", "0.05")
    terminal.ok("fills", *SPAN, "--file", "f.ndjson")
    saved = [json.loads(line) for line in (tmp_path / "f.ndjson").read_text().splitlines()]
    listed = terminal.ok("fills", "-o", "ndjson", "--limit", "500").lines
    assert [fill["trade_id"] for fill in saved] == [fill["trade_id"] for fill in reversed(listed)]
    terminal.ok("fills", *SPAN, "--file", "f.ndjson")
    again = [json.loads(line)["trade_id"] for line in (tmp_path / "f.ndjson").read_text().splitlines()]
    assert again == [fill["trade_id"] for fill in saved]


@pytest.mark.parametrize("form", ["json", "ndjson", "csv", "table"])
def test_a_span_goes_to_stdout_in_every_form(terminal: Terminal, form: str) -> None:
    shown = terminal.ok("candles", "BTC/USDT", "--since", "10m", "-o", form).out
    assert shown.count("SPOT_BTC_USDT") in {9, 10, 11}
