"""This file is the proof that a program may die anywhere: `python -m proofs.crashes --cases 100`, or `--kill`.

Each case: a trader is forked, works on a journal and dies at a marked point (or by SIGKILL at a random moment); a
second one takes the journal over. Then what its consumer was told, its open orders and its balances are held against
the exchange, a process of its own that was never touched. The last line names the case that failed and how to run it.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from proofs.experiment import Outcome
from proofs.marks import ENDED_AT_MARK, Marks
from woodlot.config import Credentials, Environment
from woodlot.desk.desk import Desk
from woodlot.errors import WoodlotError
from woodlot.rest.client import Client
from woodlot.rest.pacing import Pacer
from woodlot.wire.asset import GetBalances
from woodlot.wire.enums import OrderType, Side, StatusFilter
from woodlot.wire.trade import CancelAllOrders, GetOrders, GetTransactionHistory, PlaceOrder

WOO, BTC = "SPOT_WOO_USDT", "SPOT_BTC_USDT"
_RECOVERS_WITHIN_S = 15.0


@dataclass(frozen=True)
class Exchange:
    """The sandbox as a process, and a client of our own to ask it for the truth."""

    environment: Environment
    credentials: Credentials
    client: Client


class Trader:
    """What a program does with a desk; `marks` may end it at any point."""

    def __init__(self, exchange: Exchange, directory: Path, marks: Marks) -> None:
        self._exchange = exchange
        self._marks = marks
        self._directory = directory
        self._sink = os.open(directory / "sink", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def _desk(self) -> Desk:
        return Desk.open(
            self._exchange.environment,
            self._exchange.credentials,
            journal=self._directory / "journal",
            seams=self._marks.seams(self._exchange.environment),
            timeout_s=5.0,
        )

    async def work(self, seed: int) -> None:
        """Trade a little of everything, and read what was executed."""
        chance = random.Random(seed)
        async with self._desk() as desk:
            reading = asyncio.create_task(self._read(desk))
            resting = await desk.buy(BTC, "0.001", price=str(30000 + chance.randint(0, 999)))
            await desk.sell(WOO, str(chance.randint(300, 900)))
            await desk.amend(resting, price=str(29000 + chance.randint(0, 999)))
            await desk.place_all(
                PlaceOrder(symbol=WOO, side=chance.choice((Side.BUY, Side.SELL)), type=OrderType.MARKET,
                           quantity=chance.randint(300, 900))
                for _ in range(3)
            )  # fmt: skip
            await desk.buy(BTC, "0.001", price=str(31000 + chance.randint(0, 999)))
            await desk.cancel(resting)
            await resting.settled()
            await asyncio.sleep(0.05)
            reading.cancel()

    async def recover(self, base: int) -> None:
        """Take over: be told what is missing, and write down what is believed."""
        async with self._desk() as desk:
            reading = asyncio.create_task(self._read(desk))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_RECOVERS_WITHIN_S):
                    await self._agreed(desk, base)
            reading.cancel()
            believed = {
                "open": sorted(order.order_id for order in desk.orders() if order.order_id),
                "in doubt": [order.client_order_id for order in desk.orders() if order.order_id is None],
                "holding": {token: str(row.holding) for token, row in desk.balances().items() if row.holding},
            }
            (self._directory / "believed").write_text(json.dumps(believed))

    async def _agreed(self, desk: Desk, base: int) -> None:
        while not _agrees(self._told(), desk, self._exchange, base):  # noqa: ASYNC110 - the truth is in another process
            await asyncio.sleep(0.05)

    async def _read(self, desk: Desk) -> None:
        async for execution in desk.executions(consumer="bot"):
            self._marks.at("in hand")
            os.write(self._sink, f"{execution.symbol} {execution.trade_id} {execution.redelivered:d}\n".encode())
            self._marks.at("dealt with")

    def _told(self) -> list[str]:
        return (self._directory / "sink").read_text().splitlines()


def _agrees(told: list[str], desk: Desk, exchange: Exchange, base: int) -> bool:
    fills = {int(line.split()[1]) for line in told}
    open_here = {order.order_id for order in desk.orders() if order.order_id}
    return fills == set(_fills(exchange, base)) and open_here == set(_open_orders(exchange))


def _fills(exchange: Exchange, base: int) -> list[int]:
    rows = exchange.client.send(GetTransactionHistory(limit=500)).rows
    return [row.id for row in rows if row.id > base]


def _open_orders(exchange: Exchange) -> list[int]:
    rows = exchange.client.send(GetOrders(status=StatusFilter.INCOMPLETE, size=500)).rows
    return [row.order_id for row in rows]


# One case.


def run(exchange: Exchange, seed: int, *, mark: str, occurrence: int, kill_after_s: float | None) -> list[str]:
    """Let a trader die and another take over; return what is wrong then."""
    exchange.client.send(CancelAllOrders())
    base = max((row.id for row in exchange.client.send(GetTransactionHistory(limit=1)).rows), default=0)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        first = fork(lambda: Trader(exchange, directory, Marks(mark, occurrence)).work(seed))
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            os.kill(first, signal.SIGKILL)
        ended = wait(first)
        second = wait(fork(lambda: Trader(exchange, directory, Marks()).recover(base)))
        if ended not in {0, ENDED_AT_MARK, -signal.SIGKILL} or second != 0:
            return [f"the traders ended with {ended} and {second}"]
        return _problems(exchange, directory, base)


def _problems(exchange: Exchange, directory: Path, base: int) -> list[str]:
    believed = json.loads((directory / "believed").read_text())
    lines = [line.split() for line in (directory / "sink").read_text().splitlines()]
    truth = _fills(exchange, base)
    told = Counter(int(number) for _, number, _ in lines)
    unmarked = Counter(int(number) for _, number, again in lines if again == "0")
    orders = exchange.client.send(GetOrders(size=500)).rows
    handles = Counter(row.client_order_id for row in orders if row.client_order_id)
    holding = {row.token: str(row.holding) for row in exchange.client.send(GetBalances()).holding if row.holding}
    checks = {
        f"lost: {set(truth) - told.keys()}": set(truth) <= told.keys(),
        f"never happened: {told.keys() - set(truth)}": told.keys() <= set(truth),
        f"twice and not marked: {unmarked}": max(unmarked.values(), default=0) <= 1,
        f"open: believed {believed['open']}": believed["open"] == sorted(_open_orders(exchange)),
        f"in doubt, but there: {believed['in doubt']}": not handles.keys() & set(believed["in doubt"]),
        f"sent twice: {handles}": max(handles.values(), default=0) <= 1,
        f"holding: believed {believed['holding']}, is {holding}": _same(believed["holding"], holding),
    }
    return [problem for problem, holds in checks.items() if not holds]


def _same(believed: dict[str, str], real: dict[str, str]) -> bool:
    return {token: Decimal(amount) for token, amount in believed.items()} == {
        token: Decimal(amount) for token, amount in real.items()
    }


def fork(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run `work` in a copy of this process, which has everything imported already."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        asyncio.run(work())
        code = 0
    except WoodlotError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(code)


def wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def survey(exchange: Exchange, seed: int) -> Counter[str]:
    """Run a trader to its end and return every mark it passes."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)

        async def trade() -> None:
            marks = Marks()
            await Trader(exchange, path, marks).work(seed)
            (path / "marks").write_text(json.dumps(marks.passed))

        if wait(fork(trade)) != 0:
            raise RuntimeError("the trader does not even come to its end undisturbed")
        return Counter(json.loads((path / "marks").read_text()))


@contextlib.contextmanager
def exchange() -> Generator[Exchange]:
    """Start a sandbox as a process of its own, and end it."""
    command = [sys.executable, "-m", "woodlot", "sandbox", "run", "--port", "0", "--json", "--limits", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:  # noqa: S603 - our own command
        try:
            told = json.loads(sandbox.stdout.readline() if sandbox.stdout else "")
            environment = Environment.at(told["rest_url"], told["ws_url"])
            credentials = Credentials(told["api_key"], told["api_secret"])
            with Client(environment, credentials, pacer=Pacer.unlimited()) as client:
                yield Exchange(environment, credentials, client)
        finally:
            sandbox.terminate()


def prove_marks(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Let a trader die at a marked point for each seed."""
    return _proved(seeds, by_kill=False)


def prove_kills(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Kill a trader at a random moment for each seed."""
    return _proved(seeds, by_kill=True)


def _proved(seeds: range, *, by_kill: bool) -> Outcome:
    outcome = Outcome()
    with exchange() as running:
        marks = survey(running, 0)
        for seed in seeds:
            case = Case.drawn(seed, marks, by_kill=by_kill)
            for problem in run(running, seed, mark=case.mark, occurrence=case.occurrence,
                               kill_after_s=case.kill_after_s):  # fmt: skip
                outcome.fail(seed, f"{problem} ({case})")
            outcome.ran["deaths"] += 1
            outcome.injected[str(case)] += 1
        outcome.worst["marks"] = len(marks)
    return outcome


@dataclass(frozen=True)
class Case:
    """How a trader dies."""

    mark: str
    occurrence: int
    kill_after_s: float | None

    @classmethod
    def drawn(cls, seed: int, marks: Counter[str], *, by_kill: bool) -> "Case":
        chance = random.Random(seed)
        names = sorted(marks)
        mark = names[seed % len(names)]
        occurrence = chance.randint(1, marks[mark])
        return cls("", 0, chance.uniform(0.02, 0.8)) if by_kill else cls(mark, occurrence, None)

    def __str__(self) -> str:
        return "SIGKILL" if self.kill_after_s is not None else f"death {self.mark}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.crashes")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first case")
    parser.add_argument("--kill", action="store_true", help="SIGKILL at a random moment instead of a mark")
    options = parser.parse_args(arguments)
    with exchange() as running:
        return _cases(running, options)


def _cases(exchange: Exchange, options: argparse.Namespace) -> int:
    started_s, marks = time.monotonic(), survey(exchange, 0)
    used: Counter[str] = Counter()
    for number in range(options.first, options.first + options.cases):
        case = Case.drawn(number, marks, by_kill=options.kill)
        problems = run(exchange, number, mark=case.mark, occurrence=case.occurrence, kill_after_s=case.kill_after_s)
        if problems:
            print(f"case {number} ({case}, time {case.occurrence}): {'; '.join(problems)}")
            kill = " --kill" if options.kill else ""
            print(f"run it again: python -m proofs.crashes --first {number} --cases 1{kill}")
            return 1
        used[case.mark] += 1
    what = "SIGKILLs at random moments" if options.kill else f"deaths at {len(used)} of {len(marks)} marks"
    print(
        f"{options.cases} {what}, from case {options.first}: executions, open orders and balances equal the "
        f"exchange's, no order sent twice ({time.monotonic() - started_s:.0f} s)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
