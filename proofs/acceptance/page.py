"""This file is the table of all acceptance cases as a page of the documents."""

from pathlib import Path

from proofs.acceptance.case import Area
from proofs.acceptance.listing import CASES

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "docs" / "acceptance.md"


_ABOVE = """# The acceptance list

What must be seen at an exchange, in {cases} cases, in the manner of FIX certification. Each case opens a desk with a
journal of its own, and asserts what it saw against what the exchange says in plain calls.

    python -m proofs.acceptance                  # against a sandbox of its own for each case
    python -m proofs.acceptance --only OE,RC-07  # some areas, some cases
    python -m proofs.acceptance --staging        # against staging

Staging takes a key that may read and trade from `WOODLOT_STAGING_API_KEY` and `WOODLOT_STAGING_API_SECRET`. Cases
place small orders, trade some of them, and cancel every open order of the account behind each case: use an account
with nothing else in it, and some USDT, BTC, ETH and WOO. {ours} cases bring about faults, or need a market of their
own; there they are reported as needing the sandbox, and not run.

This page is made by `python -m proofs.acceptance --write`."""


def text() -> str:
    """Return the page as it must be."""
    ours = sum(case.needs_sandbox for case in CASES)
    lines = [_ABOVE.format(cases=len(CASES), ours=ours)]
    for area in Area:
        lines += ["", f"## {area.words.capitalize()}", "", "| id | what must be seen | where |", "|---|---|---|"]
        lines += [
            f"| {case.id} | {case.seen} | {'sandbox' if case.needs_sandbox else 'sandbox, staging'} |"
            for case in CASES
            if case.area is area
        ]
    return "\n".join(lines) + "\n"


def write() -> None:
    PATH.write_text(text(), encoding="utf-8")
