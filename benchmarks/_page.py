"""This file is docs/performance.md: its words stand in `performance.md.in`, its figures come from a run."""

import datetime
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from benchmarks._table import Claim, Table, markdown

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_TEMPLATE = Path(__file__).with_name("performance.md.in")
_PACKAGES = ("aiohttp", "ccxt", "msgspec", "nautilus_trader", "orjson", "picows", "pysimdjson", "requests",
             "sortedcontainers", "uvloop", "websocket-client")  # fmt: skip


def write(found: Mapping[str, Sequence[Table]], *, load: float) -> None:
    """Write the page anew. Nothing in it names this machine but how many cores it has."""
    tables = [table for some in found.values() for table in some]
    text = _TEMPLATE.read_text(encoding="utf-8")
    for mark, part in {
        "{{run}}": _run(load),
        "{{goals}}": _goals(tables),
        "{{tables}}": "\n".join(map(markdown, tables)),
    }.items():
        text = text.replace(mark, part)
    PAGE.write_text(text.rstrip() + "\n", encoding="utf-8")


def _run(load: float) -> str:
    today = datetime.datetime.now(datetime.UTC).strftime("%d %B %Y")
    versions = ", ".join(f"{name} {version}" for name in _PACKAGES if (version := _version(name)))
    return (
        f"Run of {today}: {os.cpu_count()} cores, {platform.system()} on {platform.machine()}, "
        f"Python {platform.python_version()}, {_flavour()}; {versions}. "
        f"Other programs kept the machine busy with a load of {load:.1f} meanwhile."
    )


def _flavour() -> str:
    return "GIL on" if not hasattr(sys, "_is_gil_enabled") or sys._is_gil_enabled() else "GIL off"  # noqa: SLF001


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _goals(tables: Sequence[Table]) -> str:
    lines = ["| path | what | measured (single rounds) | must · chase | |", "|---|---|--:|--:|---|"]
    for table in tables:
        lines += [_goal(table.title, claim) for claim in table.claims if claim.must is not None]
    return "\n".join(lines)


def _goal(title: str, claim: Claim) -> str:
    return f"| {title} | {claim.what} | {claim.shown} | {claim.goal} | {claim.verdict} |"
