"""The acceptance list: complete, named once, written down as it is, and some of it run."""

import re

import pytest
from proofs.acceptance import page, running
from proofs.acceptance.__main__ import main
from proofs.acceptance.bench import Bench
from proofs.acceptance.case import Area, Case, case
from proofs.acceptance.listing import CASES, MODULES
from proofs.registry import EXPERIMENTS

from woodlot.sandbox.options import SandboxOptions

# One of each module; the whole list is an experiment.
SOME = ("OE-15", "OE-31", "MD-12", "MD-39", "RC-03", "RC-31", "RC-51")


def test_every_case_says_something_of_its_own_under_an_id_of_its_own() -> None:
    assert len({one.id for one in CASES}) == len({one.seen for one in CASES}) == len({one.run for one in CASES})
    assert len(CASES) == len({one.id for one in CASES})
    assert all(re.fullmatch(r"(OE|MD|RC)-\d\d", one.id) for one in CASES)
    assert {one.area for one in CASES} == set(Area)
    assert {one.run.__module__ for one in CASES} == {module.__name__ for module in MODULES}


def test_an_id_cannot_be_given_twice() -> None:
    with pytest.raises(ValueError, match="OE-01"):
        case("OE-01", "again")(CASES[0].run)


def test_the_experiment_runs_the_whole_list() -> None:
    (experiment,) = (one for one in EXPERIMENTS if one.name == "acceptance")
    assert experiment.goals == {"cases": len(CASES)}


def test_the_page_of_the_list_is_current() -> None:
    assert page.PATH.read_text(encoding="utf-8") == page.text(), "run: python -m proofs.acceptance --write"


@pytest.mark.parametrize("one", [one for one in CASES if one.id in SOME], ids=lambda one: one.id)
async def test_a_case_holds_against_the_sandbox(one: Case) -> None:
    assert await running.problem_of(one) == ""


async def test_a_case_that_does_not_hold_is_told_with_its_error() -> None:
    async def wrong(bench: Bench) -> None:
        assert bench.desk.orders() == ["something"], "no such order"

    options = SandboxOptions(quiet=True)
    failing = Case(id="OE-99", seen="it", run=wrong, needs_sandbox=True, sandbox=options, terms={})
    assert "AssertionError: no such order" in await running.problem_of(failing)


def test_staging_without_a_key_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WOODLOT_STAGING_API_KEY", raising=False)
    assert main(["--staging"]) == 2
    assert "WOODLOT_STAGING_API_KEY" in capsys.readouterr().out


def test_the_command_tells_each_case_and_the_sum(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "OE-15,MD-17"]) == 0
    told = capsys.readouterr().out
    assert "OE-15  pass" in told
    assert "2 pass" in told
    assert main(["--only", "XX"]) == 2
