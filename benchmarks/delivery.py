"""This file is path (d): a private event becomes an execution that is journalled and delivered.

Events come over a real private stream, the journal is a file, and what is read out must be every trade id, once, in
order: an execution that is lost, repeated or late for its order stops the run.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks._process import Process
from benchmarks._reports import Reports
from benchmarks._rounds import Row
from benchmarks._sender import Sender, framed
from benchmarks._table import Table, amount

ROUNDS = 5
_EXECUTIONS = 3_000
_KINDS: dict[str, tuple[str, ...]] = {"desk.executions()": (), "desk.executions(consumer=...)": ("benchmark",)}


def race(*, rounds: int = ROUNDS, executions: int = _EXECUTIONS) -> dict[str, tuple[Row, Row]]:
    """Return executions a second for each kind of reader: by the clock, and of CPU time of the program."""
    found: dict[str, tuple[Row, Row]] = {}
    for name, arguments in _KINDS.items():
        with tempfile.TemporaryDirectory() as directory:
            figures = _figures(str(Path(directory) / "journal"), arguments, rounds, executions)
        clock, cpu = zip(*figures, strict=True)
        found[name] = Row(f"{name}, by the clock", clock), Row(f"{name}, of CPU time", cpu)
    return found


def _figures(journal: str, arguments: tuple[str, ...], rounds: int, executions: int) -> list[tuple[float, float]]:
    sender = Sender(())
    command = [sys.executable, "-m", "benchmarks._deliveries", sender.address, journal, *arguments]
    figures: list[tuple[float, float]] = []
    try:
        with Process(command) as program:
            program.said()
            # What was executed before the journal began would be no news.
            reports = Reports(now_ms=int(time.time() * 1000))
            for number in range(rounds + 1):
                known = len(reports.trade_ids)
                frames = b"".join(map(framed, reports.next(executions)))
                program.tell({"messages": executions})
                program.said()
                began_ns = time.perf_counter_ns()
                sender.push("executionreport", frames)
                result = program.said()
                if result["trade_ids"] != reports.trade_ids[known:]:
                    raise RuntimeError("what was delivered is not what was executed")
                if number:
                    taken_s = (result["ended_ns"] - began_ns) / 1e9
                    figures.append((executions / taken_s, executions / result["cpu_s"]))
    finally:
        sender.close()
    return figures


def tables(*, is_short: bool = False) -> list[Table]:
    rounds, executions = (3, 1_000) if is_short else (ROUNDS, _EXECUTIONS)
    found = race(rounds=rounds, executions=executions)
    plain = found["desk.executions()"][0]
    return [
        Table(
            title="(d) Delivery of executions, journalled",
            unit="executions a second",
            rows=[row for pair in found.values() for row in pair],
            method=(
                "Private stream over loopback (aiohttp, uvloop), sender and program in separate processes; the journal "
                f"is a file. {rounds} rounds of {executions:,} executions in a burst, with more frames that are none. "
                "With a consumer its place is written down too, before each is handed out."
            ),
            claims=[amount(plain.name, plain, at_least=True, unit=" a second", must=5_000)],
        )
    ]
