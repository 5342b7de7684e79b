"""This file is path (h): what 300 books of 500 levels weigh, and what more messages add; `proofs.memory` does the work.

The proof's own length is ten million messages; this is a shorter run of it, long enough for every level to change.
"""

import re
import subprocess
import sys

from benchmarks._rounds import Row
from benchmarks._table import Table, amount

BOOKS = 300
_MESSAGES = 800_000


def tables(*, is_short: bool = False) -> list[Table]:
    messages = 100_000 if is_short else _MESSAGES
    told = subprocess.run(
        [sys.executable, "-m", "proofs.memory", "--books", str(BOOKS), "--messages", str(messages)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    # Loaded, seeded, after each tenth of the messages, after the last.
    figures = [float(figure) for figure in re.findall(r"^([\d.]+) MB", told.stdout, re.MULTILINE)]
    if len(figures) < 4:
        raise RuntimeError(f"the proof of memory said: {told.stdout}{told.stderr}")
    names = (
        "woodlot loaded",
        f"{BOOKS} books, seeded",
        f"{BOOKS} books, warm",
        f"{BOOKS} books after the last message",
    )
    loaded, seeded, warm, *_, last = figures
    rows = [Row(name, (figure,)) for name, figure in zip(names, (loaded, seeded, warm, last), strict=True)]
    growth = Row("growth", ((last / warm - 1) * 100,))
    method = (
        f"Resident memory of one process, {messages:,} messages from bytes to book. "
        "The whole proof: `python -m proofs.memory --messages 10000000`."
    )
    claims = [
        amount(f"{BOOKS} books of 500 levels a side", rows[3], at_least=False, unit=" MB", must=150),
        amount("growth since warm", growth, at_least=False, unit=" %", must=1),
    ]
    return [Table("(h) Memory", "MB", rows, method, claims)]
