"""This file is path (g): how long one waits for a program that has just been typed. Wall clock, fresh processes.

An import is timed inside the process, from before it to after it. The other two are whole processes as a shell sees
them, the interpreter's own start included; the first frame is drawn on a terminal of their own.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from benchmarks._rounds import Row, row
from benchmarks._table import Table, amount

ROUNDS = 7
_TIMED_IMPORT = "import time; t = time.perf_counter(); import {module}; print((time.perf_counter() - t) * 1e3)"
_PLENTY_S = 30.0


def as_installed() -> dict[str, str]:
    """Return an environment in which modules are compiled once, as an installation has them."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def imported(module: str) -> float:
    """Return the milliseconds an import takes in a new process."""
    told = subprocess.run(
        [sys.executable, "-c", _TIMED_IMPORT.format(module=module)], capture_output=True, text=True, check=True,
        env=as_installed(),
    )  # fmt: skip
    return float(told.stdout)


def ran(*arguments: str) -> float:
    """Return the milliseconds a whole process takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=as_installed())
    return (time.perf_counter() - began) * 1e3


def first_frame() -> float:
    """Return the milliseconds from `woodlot book BTC/USDT` to the first ladder on the terminal."""
    import pty

    ours, theirs = pty.openpty()
    with tempfile.TemporaryDirectory() as home:
        # As on a machine that has never seen woodlot: no profile, so the exchange inside the program.
        around = as_installed() | {
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "XDG_STATE_HOME": home,
            "TERM": "xterm-256color",
        }
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "woodlot", "book", "BTC/USDT"],
            stdin=theirs, stdout=theirs, stderr=theirs, env=around, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        shown = b""
        try:
            while b"spread" not in shown:
                shown += os.read(ours, 65536)
                if time.perf_counter() - began > _PLENTY_S:
                    raise RuntimeError(f"no ladder came: {shown[-500:]!r}")
            return (time.perf_counter() - began) * 1e3
        finally:
            process.kill()
            process.wait()
            os.close(ours)


CONTENDERS: dict[str, Callable[[], float]] = {
    "python -c pass": lambda: ran("-c", "pass"),
    "import woodlot": lambda: imported("woodlot"),
    "import woodlot, and Desk out of it": lambda: imported("woodlot; woodlot.Desk"),
    "import ccxt.pro": lambda: imported("ccxt.pro"),
    "woodlot --version": lambda: ran("-m", "woodlot", "--version"),
    "woodlot book, first ladder": first_frame,
}
_GOALS = {"import woodlot": 100, "woodlot --version": 150, "woodlot book, first ladder": 1_000}


def tables(*, is_short: bool = False) -> list[Table]:
    from benchmarks._peers import is_installed

    names = [name for name in CONTENDERS if "ccxt" not in name or is_installed("ccxt")]
    if sys.platform == "win32":
        names.remove("woodlot book, first ladder")
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range((3 if is_short else ROUNDS) + 1):
        for name in names:
            figure = CONTENDERS[name]()
            if number:  # the first one may still have to compile
                taken[name].append(figure)
    rows = [Row(name, tuple(figures)) for name, figures in taken.items()]
    claims = [amount(name, row(rows, name), at_least=False, unit=" ms", must=must) for name, must in _GOALS.items()
              if name in names]  # fmt: skip
    method = f"Fresh processes, files warm in the cache. {ROUNDS} rounds."
    return [Table("(g) Start", "ms", rows, method, claims)]
