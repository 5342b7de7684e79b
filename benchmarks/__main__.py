"""This file is `make bench`: every path in turn, as ratios of medians in one run."""

import importlib
import pkgutil
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table


def main(names: list[str]) -> None:
    console = Console()
    here = Path(__file__).parent
    paths = sorted(module.name for module in pkgutil.iter_modules([str(here)]) if not module.name.startswith("_"))
    for name in names or paths:
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "contenders"):
            continue
        rows = module.contenders()
        table = Table(title=module.TITLE, title_justify="left")
        for heading in ("contender", "median", "fastest", "slowest", "ratio"):
            table.add_column(heading, justify="left" if heading == "contender" else "right")
        first = rows[0].median_us
        for row in rows:
            table.add_row(
                row.name,
                f"{row.median_us:,.1f} µs",
                f"{row.fastest_us:,.1f}",
                f"{row.slowest_us:,.1f}",
                f"{row.median_us / first:.2f}",
            )
        console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
