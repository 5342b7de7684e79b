"""One schema, four forms."""

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from woodlot.cli.output import Form, Printer

COLUMNS = ("time", "symbol", "price", "order_id", "maker", "tags", "note")
ROW = {
    "time": datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC),
    "symbol": "SPOT_WOO_USDT",
    "price": Decimal("1E-7"),
    "order_id": 2**63 - 1,
    "maker": True,
    "tags": ["a", "b"],
    "note": None,
}
TEXTS = ["2026-01-31T12:00:00.250Z", "SPOT_WOO_USDT", "0.0000001", "9223372036854775807"]


def printed(form: Form | None, *, one: bool = False) -> str:
    out = io.StringIO()
    printer = Printer(form, out=out, err=io.StringIO())
    if one:
        printer.one(COLUMNS, ROW)
    else:
        printer.rows(COLUMNS, [ROW, ROW])
    return out.getvalue()


def test_json_is_a_list_with_every_column_and_exact_amounts() -> None:
    rows = json.loads(printed(Form.JSON))
    assert [list(row) for row in rows] == [list(COLUMNS)] * 2
    assert list(rows[0].values()) == [*TEXTS, True, ["a", "b"], None]


def test_one_thing_is_an_object_in_json() -> None:
    assert json.loads(printed(Form.JSON, one=True))["symbol"] == "SPOT_WOO_USDT"


def test_ndjson_is_an_object_a_line() -> None:
    assert [json.loads(line)["price"] for line in printed(Form.NDJSON).splitlines()] == ["0.0000001"] * 2


def test_csv_has_a_heading_and_the_same_texts() -> None:
    heading, row, _ = csv.reader(io.StringIO(printed(Form.CSV)))
    assert tuple(heading) == COLUMNS
    assert row == [*TEXTS, "true", "a b", ""]


def test_a_table_cuts_nothing_off_in_a_pipe() -> None:
    shown = printed(None)
    for text in ("2026-01-31 12:00:00.250", *TEXTS[1:], "yes"):
        assert text in shown


@pytest.mark.parametrize(("form", "lines"), [(None, Form.NDJSON), (Form.JSON, Form.NDJSON), (Form.CSV, Form.CSV)])
def test_a_stream_into_a_pipe_is_lines(form: Form | None, lines: Form) -> None:
    assert Printer(form, out=io.StringIO()).stream_form is lines


def test_quiet_words_are_not_said_and_data_is_shown_all_the_same() -> None:
    out, err = io.StringIO(), io.StringIO()
    printer = Printer(Form.CSV, is_quiet=True, out=out, err=err)
    printer.say("a word")
    printer.rows(COLUMNS, [ROW])
    assert err.getvalue() == ""
    assert out.getvalue()
