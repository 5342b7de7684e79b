"""The benchmarks compare like with like, and say so only where it is so."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from benchmarks import _market, _page, _table, regression, touch
from benchmarks._reports import Reports
from benchmarks._rounds import Row, ratio

from woodlot.orders.output import Changed, Executed
from woodlot.orders.tracker import Tracker
from woodlot.wire.frames import Push, decode_frame

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("depth", [50, 200, 500])
def test_the_market_changes_as_the_exchange_does(depth: int) -> None:
    market = _market.Market("PERP_X_USDT", depth, 400)
    changed = [len(update.bids) + len(update.asks) for update in market.updates]
    assert min(changed) >= 1
    assert max(changed) <= _market.MOST
    sizes = [size for update in market.updates for _, size in (*update.bids, *update.asks)]
    assert {"0", "0.00000"} < set(sizes)
    assert all(later.prev_ts == earlier.ts for earlier, later in zip(market.updates, market.updates[1:], strict=False))


def test_a_market_comes_out_of_its_seed_alone() -> None:
    one, two = (_market.Market("PERP_X_USDT", 50, 100) for _ in range(2))
    assert one.updates == two.updates
    assert one.digests == two.digests
    assert _market.Market("PERP_X_USDT", 50, 100, seed=2).updates != one.updates


def test_both_generations_of_the_stream_tell_the_same() -> None:
    market = _market.Market("PERP_X_USDT", 50, 1)
    update = market.updates[0]
    third, first = json.loads(market.frame(update)), json.loads(market.first_generation_frame(update))
    for side in ("bids", "asks"):
        assert [[float(number) for number in level] for level in third["data"][side]] == first["data"][side]


def test_contenders_end_with_the_book_of_the_market() -> None:
    contenders = {"guide": touch.Guide, "ccxt": touch.Ccxt, "woodlot": touch.Woodlot}
    rows = touch.race(contenders, 50, rounds=1, updates=100)
    assert [row.name for row in rows] == list(contenders)


def test_a_contender_with_another_book_stops_the_run() -> None:
    class Lazy(touch.Guide):
        def run(self, prepared: list[_market.Update]) -> None:
            super().run(prepared[:-1])

    with pytest.raises(RuntimeError, match="lazy ended with another book"):
        touch.race({"lazy": Lazy}, 50, rounds=1, updates=50)


def test_books_that_differ_in_one_digit_have_different_digests() -> None:
    book = [("100.10", "1.50000"), ("100.05", "2")], [("100.20", "1")]
    assert _market.digest(*book) == _market.digest([(100.1, 1.5), (100.05, 2.0)], [(100.2, 1.0)])
    assert _market.digest(*book) != _market.digest([("100.10", "1.50001"), ("100.05", "2")], [("100.20", "1")])


def test_the_reports_of_a_busy_account_leave_nothing_open() -> None:
    reports, tracker = Reports(), Tracker()
    outputs = [
        output
        for payload in reports.next(200)
        if isinstance(push := decode_frame(payload), Push)
        for output in tracker.report(push.event, at_ms=0)
    ]
    assert [output.fill.trade_id for output in outputs if isinstance(output, Executed)] == reports.trade_ids
    assert all(isinstance(output, Executed | Changed) for output in outputs)


def test_a_ratio_is_of_medians_and_tells_its_spread() -> None:
    found = ratio(Row("slow", (10, 30, 20)), Row("fast", (5, 5, 4)))
    assert (found.value, found.least, found.most) == (4.0, 2.0, 6.0)


def test_rows_of_different_runs_are_not_compared() -> None:
    with pytest.raises(ValueError, match="not of one run"):
        ratio(Row("a", (1.0,)), Row("b", (1.0, 2.0)))


def test_a_goal_that_is_not_reached_is_shown_as_missed() -> None:
    ours, theirs = Row("ours", (2.0, 2.0)), Row("theirs", (10.0, 10.0))
    assert _table.times_faster(ours, theirs, must=6).verdict == "**missed**"
    assert _table.times_faster(ours, theirs, must=4, chase=6).verdict == "held"
    assert _table.times_faster(ours, theirs, must=4, chase=5).verdict == "held, chase reached"
    assert _table.times_the_cost(ours, theirs, must=0.1).verdict == "**missed**"
    table = _table.Table("T", "µs", [ours, theirs], "In process.", [_table.times_faster(ours, theirs, must=6)])
    assert "**missed**" in _table.markdown(table)


def test_a_path_that_became_slower_by_more_than_a_quarter_is_found() -> None:
    said: list[str] = []
    tries = iter([1.3, 1.26, 1.31])
    measures = {
        "as it was": lambda: 2.4,
        "slower": lambda: 1.26,
        "spoilt once": lambda: next(tries, 1.25),
        "new": lambda: 9.0,
    }
    baseline = {"as it was": 2.0, "slower": 1.0, "spoilt once": 1.01}
    assert regression.slower(measures, baseline, say=said.append) == ["slower"]
    assert said[1] == "slower: 1.26, in the table 1.00 (+26%)"
    assert said[3] == "new: not in the table"


@pytest.mark.slow
def test_a_book_that_does_its_work_several_times_is_found() -> None:
    class Slowed(touch.Woodlot):
        """The same book, that keeps three more beside itself."""

        def __init__(self, market: _market.Market) -> None:
            super().__init__(market)
            self._others = [touch.Woodlot(market) for _ in range(3)]

        def run(self, prepared: list[Any]) -> None:
            super().run(prepared)
            for other in self._others:
                other.run(prepared)

    was = regression.over_ccxt()
    assert regression.slower({"book": lambda: regression.over_ccxt(Slowed)}, {"book": was}) == ["book"]


def test_every_ratio_of_the_short_form_is_in_every_table() -> None:
    tables = json.loads(regression.BASELINE.read_text())
    assert tables, "python -m benchmarks.regression --write"
    assert all(set(table) == set(regression.RATIOS) for table in tables.values())


def test_the_page_is_of_the_template_and_names_no_place_on_a_machine() -> None:
    page, template = _page.PAGE.read_text(), (ROOT / "benchmarks" / "performance.md.in").read_text()
    for words in template.split("{{run}}"):
        assert words.split("{{", maxsplit=1)[0].strip() in page
    assert "{{" not in page
    assert not re.search(r"(/home|/root|/tmp|/work|/Users)/|[A-Z]:\\", page)


def test_every_path_has_a_table_and_every_goal_a_verdict() -> None:
    page = _page.PAGE.read_text()
    assert {path for path in "abcdefgh" if f"### ({path})" in page} == set("abcdefgh")
    goals = page.split("## What must hold")[1].split("## Every table")[0]
    rows = [line for line in goals.splitlines() if line.startswith("| (")]
    assert rows
    assert all(re.search(r"\| (held|held, chase reached|\*\*missed\*\*) \|$", line) for line in rows)
