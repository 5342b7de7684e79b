"""This file is the command: `python -m proofs.acceptance` runs the list of cases and says of each whether it held.

python -m proofs.acceptance                      against a sandbox of its own for each case
python -m proofs.acceptance --only OE,RC-07      some areas, some cases
python -m proofs.acceptance --staging            against staging, with the key of WOODLOT_STAGING_API_KEY
python -m proofs.acceptance --write              writes docs/acceptance.md and runs nothing
"""

import argparse
import asyncio
import logging
import sys
from collections import Counter

from rich.console import Console

from proofs.acceptance import page
from proofs.acceptance.case import Case
from proofs.acceptance.listing import CASES
from proofs.acceptance.running import problem_of
from woodlot.config import Credentials, Environment
from woodlot.errors import ConfigurationError

HELD, FAILED, NEEDS = "pass", "fail", "needs the sandbox"


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(highlight=False)
    logging.getLogger("woodlot").setLevel(logging.CRITICAL)
    if options.write:
        page.write()
        console.print(f"the table is {page.PATH.relative_to(page.ROOT)}")
        return 0
    chosen = [case for case in CASES if _is_meant(case, options.only)]
    if not chosen:
        console.print(f"no case is called {options.only}; areas are OE, MD and RC, a case is OE-01")
        return 2
    account: tuple[Environment, Credentials] | None = None
    if options.staging:
        staging = Environment.staging()
        try:
            account = staging, Credentials.from_variables(staging)
        except ConfigurationError as error:
            console.print(f"staging needs a key that may read and trade: {error}")
            return 2
    verdicts = asyncio.run(_run(chosen, account, console))
    console.print(", ".join(f"{count} {word}" for word, count in verdicts.items()))
    return 1 if verdicts[FAILED] else 0


async def _run(cases: list[Case], account: tuple[Environment, Credentials] | None, console: Console) -> Counter[str]:
    """Run cases one after another, each told as it ends."""
    verdicts = Counter[str]()
    for case in cases:
        verdict, problem = NEEDS, ""
        if account is None or not case.needs_sandbox:
            problem = await problem_of(case, account)
            verdict = FAILED if problem else HELD
        verdicts[verdict] += 1
        console.print(f"{case.id}  {verdict:17}  {case.seen}", markup=False, soft_wrap=True)
        if problem:
            console.print(f"       {problem}", markup=False, soft_wrap=True)
    return verdicts


def _is_meant(case: Case, only: str | None) -> bool:
    return only is None or any(case.id.startswith(word.strip().upper()) for word in only.split(","))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proofs.acceptance", description="Run the acceptance list.")
    parser.add_argument("--staging", action="store_true", help="run against staging instead of sandboxes")
    parser.add_argument("--only", help="areas or ids, separated by commas: OE,RC-07")
    parser.add_argument("--write", action="store_true", help="write the table of cases to docs/acceptance.md")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
