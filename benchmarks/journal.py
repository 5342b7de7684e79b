"""This file is what the journal adds to an order: its intent before it leaves, its reply before it is told.

In the loop and in a thread, safe against the death of the process and against the loss of power. The goal is a median
below 150 µs for the write that an order waits for, in the mode that is the default: docs/decisions/0006.
"""

import asyncio
import itertools
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks._rounds import ROUNDS, take_turns
from benchmarks._table import Table

from woodlot.desk.journal import Journal
from woodlot.orders.output import Changed
from woodlot.orders.tracker import Tracker
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import PlaceOrder

TITLE = "(b) Journal, one write on the order path"
_METHOD = "In process, a file on this machine's disk: the intent of an order, safe before the order leaves."


def tables(*, is_short: bool = False) -> list[Table]:
    operations = 50 if is_short else 300
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(1) as thread, asyncio.Runner() as runner:
        directory = Path(name)
        journals = {
            kind: Journal(directory / kind, power_safe=kind.startswith("power")) for kind in ("a", "b", "power")
        }
        loop = runner.get_loop()
        # Warmed up with a fifth of a round.
        count = operations * ROUNDS + max(1, operations // 5)
        intents = {name: iter([_intent() for _ in range(count)]) for name in journals}

        def in_a_thread() -> None:
            change = next(intents["b"])

            async def hop() -> None:
                await loop.run_in_executor(thread, lambda: journals["b"].note([change], []))

            runner.run(hop())

        rows = take_turns(
            {
                "in the loop, outlives the process (default)": _writing(journals["a"], intents["a"]),
                "in a thread, outlives the process": in_a_thread,
                "in the loop, outlives the power (power_safe)": _writing(journals["power"], intents["power"]),
            },
            operations=operations,
        )
        for journal in journals.values():
            journal.close()
    return [Table(TITLE, "µs", rows, _METHOD)]


def _writing(journal: Journal, intents: Iterator[Changed]) -> Callable[[], None]:
    def write() -> None:
        journal.note([next(intents)], [])

    return write


_HANDLES = itertools.count(1)


def _intent() -> Changed:
    """Return what the tracker says of a new order; its making is the order's cost, not the journal's."""
    order = PlaceOrder(symbol="SPOT_BTC_USDT", side=Side.BUY, type=OrderType.LIMIT, price="30000", quantity="0.001",
                       client_order_id=next(_HANDLES))  # fmt: skip
    (change,) = Tracker().intent(order, at_ms=1_790_000_000_000)
    if not isinstance(change, Changed):
        raise TypeError("an intent changes an order")
    return change
