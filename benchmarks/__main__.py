"""This file is `make bench`: every path in turn, as ratios of medians in one run, and the page that shows them."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from benchmarks import _page
from benchmarks._table import Table
from rich.console import Console
from rich.table import Table as Drawn

PATHS = (
    "feed",
    "touch",
    "book",
    "tick_to_order",
    "order_round_trip",
    "journal",
    "delivery",
    "sandbox",
    "simulation",
    "start",
    "memory",
)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("paths", nargs="*", choices=[*PATHS, []], help="which paths to measure; without any, all")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a look, not a result")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args(arguments)
    console = Console()
    load = os.getloadavg()[0]
    found: dict[str, Sequence[Table]] = {}
    for path in options.paths or PATHS:
        found[path] = importlib.import_module(f"benchmarks.{path}").tables(is_short=options.quick)
        for table in found[path]:
            draw(console, table)
    if options.write:
        _page.write(found, load=load)
        console.print(f"written: {_page.PAGE.relative_to(_page.PAGE.parents[1])}")


def draw(console: Console, table: Table) -> None:
    """Print a table and the ratios in it."""
    drawn = Drawn(title=f"{table.title} ({table.unit})", title_justify="left")
    for heading in ("contender", "median", "least", "most"):
        drawn.add_column(heading, justify="left" if heading == "contender" else "right")
    for row in table.rows:
        drawn.add_row(row.name, *(f"{figure:,.2f}" for figure in (row.median, row.least, row.most)))
    console.print(drawn)
    for claim in table.claims:
        goal = f"  must · chase {claim.goal}: {claim.verdict.strip('*')}" if claim.must is not None else ""
        console.print(f"  {claim.what}: {claim.shown}{goal}", highlight=False)
    console.print()


if __name__ == "__main__":
    main(sys.argv[1:])
