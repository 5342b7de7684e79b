"""This file is the short form for every commit: `python -m benchmarks.regression` fails where a path became slower.

Each path is held against something of the same kind in the same minute, in CPU time, and the ratio against the one in
`baseline.json`: no figure here is a time. Above it by more than a quarter, the path is measured again, twice at most,
since a busy machine may spoil one run; what then is still above has become slower. `--write` takes today's ratios for
the table. Nothing is needed but the development environment.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import order_round_trip, sandbox, touch
from benchmarks._market import Market
from benchmarks._reports import Reports
from benchmarks._rounds import Row, ratio, row, take_turns
from benchmarks.start import as_installed

from woodlot import swift

BASELINE = Path(__file__).with_name("baseline.json")
MOST = 1.25
_TRIES = 3
_ROUNDS = 5
Measure = Callable[[], float]


def over_ccxt(ours: Callable[[Market], touch.Contender] = touch.Woodlot, depth: int = 200) -> float:
    """Return what an update of a book costs, in updates of ccxt.pro's handler."""
    contenders = {"theirs": touch.Ccxt, "ours": ours}
    rows = touch.race(contenders, depth, rounds=_ROUNDS, updates=250)
    return ratio(row(rows, "ours"), row(rows, "theirs")).value


def frame_over_json() -> float:
    """Return what a frame costs from its bytes to the touch, in JSON parses of it."""
    from woodlot.wire.frames import Push, decode_frame

    market = Market("PERP_X_USDT", 50, 0)
    book = touch.Woodlot(market)

    def ours(frame: bytes) -> None:
        push = decode_frame(frame)
        assert isinstance(push, Push)
        book.run([push])

    taken: dict[str, list[float]] = {"ours": [], "json": []}
    for _ in range(_ROUNDS + 1):
        market.extend(200)
        frames = [market.frame(update) for update in market.updates[-200:]]
        taken["ours"].append(_cpu_s(ours, frames))
        taken["json"].append(_cpu_s(json.loads, frames))
    return _of(taken, "ours", "json")


def client_over_bare() -> float:
    """Return what an order costs `Client`, in calls of a bare http.client."""
    return _round_trip(order_round_trip.OURS, order_round_trip.BARE)


def async_client_over_bare() -> float:
    """Return what an order costs `AsyncClient`, in calls of a bare aiohttp session."""
    return _round_trip(order_round_trip.OURS_ASYNC, order_round_trip.BARE_ASYNC)


def delivery_over_json() -> float:
    """Return what an execution costs from its bytes into the journal and out again, in tens of JSON parses of it."""
    from woodlot.desk.bookkeeping import Books
    from woodlot.desk.journal import Journal
    from woodlot.wire.frames import Push, decode_frame

    reports, taken = Reports(), dict[str, list[float]](ours=[], json=[])
    with tempfile.TemporaryDirectory() as directory:
        books = Books(Journal(Path(directory) / "journal"))
        books.open(0)

        def ours(payload: bytes) -> None:
            push = decode_frame(payload)
            assert isinstance(push, Push)
            books.keep(books.tracker.report(push.event, at_ms=0))

        for _ in range(_ROUNDS + 1):
            payloads = reports.next(200)
            taken["ours"].append(_cpu_s(ours, payloads))
            taken["json"].append(_cpu_s(json.loads, payloads * 10))
        books.journal.close()
    return _of(taken, "ours", "json")


def matching_over_sorting() -> float:
    """Return what the matching of some operations costs, in sorts of as many numbers."""
    operations, _ = sandbox.operations()
    numbers = [price * 7919 % 10_007 for _, _, price, _ in operations]
    rows = take_turns(
        {"ours": lambda: sandbox.matched(operations), "theirs": lambda: [sorted(numbers) for _ in range(10)]},
        operations=1,
        rounds=_ROUNDS,
        clock=time.process_time,
    )
    return ratio(row(rows, "ours"), row(rows, "theirs")).value


def import_over_asyncio() -> float:
    """Return what importing woodlot's desk costs, in imports of asyncio; the interpreter's own start is taken off."""
    commands = {"pass": "pass", "asyncio": "import asyncio", "ours": "import woodlot; woodlot.Desk"}
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(_ROUNDS + 1):
        for name, command in commands.items():
            taken[name].append(_child_cpu_s(command))
    rows = {name: Row(name, tuple(each[1:])) for name, each in taken.items()}
    return (rows["ours"].median - rows["pass"].median) / (rows["asyncio"].median - rows["pass"].median)


RATIOS: Mapping[str, Measure] = {
    "book, depth 50, in ccxt.pro's": lambda: over_ccxt(depth=50),
    "book, depth 500, in ccxt.pro's": lambda: over_ccxt(depth=500),
    "frame to touch, in JSON parses": frame_over_json,
    "order of Client, in bare http.client's": client_over_bare,
    "order of AsyncClient, in bare aiohttp's": async_client_over_bare,
    "delivery, in JSON parses": delivery_over_json,
    "matching, in sorts": matching_over_sorting,
    "import of the desk, in asyncio's": import_over_asyncio,
}


def slower(
    measures: Mapping[str, Measure], baseline: Mapping[str, float], *, say: Callable[[str], Any] = print
) -> list[str]:
    """Return the paths whose ratio is above the table's by more than a quarter, after up to three tries each."""
    found: list[str] = []
    for name, measure in measures.items():
        was = baseline.get(name)
        if was is None:
            say(f"{name}: not in the table")
            continue
        best = float("inf")
        for _ in range(_TRIES):
            best = min(best, measure())
            if best <= was * MOST:
                break
        say(f"{name}: {best:.2f}, in the table {was:.2f} ({best / was - 1:+.0%})")
        if best > was * MOST:
            found.append(name)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regression", description=__doc__)
    parser.add_argument("--write", action="store_true", help="take today's ratios for the table")
    write: bool = parser.parse_args().write
    # A ratio differs between interpreters, and with the compiled hot path, more than a regression is allowed to.
    version = ".".join(platform.python_version_tuple()[:2]) + ("" if swift.IS_COMPILED else ", pure Python")
    tables: dict[str, dict[str, float]] = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if write:
        tables[version] = {
            name: round(sorted(measure() for _ in range(_TRIES))[1], 3) for name, measure in RATIOS.items()
        }
        BASELINE.write_text(json.dumps(dict(sorted(tables.items())), indent=2) + "\n")
        print(json.dumps(tables[version], indent=2))
        return 0
    if version not in tables:
        print(f"there is no table for Python {version}; nothing is compared")
        return 0
    if found := slower(RATIOS, tables[version]):
        print(f"slower by more than {MOST - 1:.0%}: {'; '.join(found)}", file=sys.stderr)
        return 1
    return 0


def _round_trip(ours: str, theirs: str) -> float:
    _, cpu = order_round_trip.race(rounds=_ROUNDS, calls=60, names=(ours, theirs))
    return ratio(row(cpu, ours), row(cpu, theirs)).value


def _cpu_s(run: Callable[[bytes], object], inputs: Sequence[bytes]) -> float:
    began = time.process_time()
    for each in inputs:
        run(each)
    return time.process_time() - began


def _of(taken: Mapping[str, list[float]], ours: str, theirs: str) -> float:
    """Hold the rounds against each other, but for the first, which warmed up."""
    return ratio(Row(ours, tuple(taken[ours][1:])), Row(theirs, tuple(taken[theirs][1:]))).value


def _child_cpu_s(command: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", command], check=True, env=as_installed())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime


if __name__ == "__main__":
    sys.exit(main())
