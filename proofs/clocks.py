"""This file is the proof that no clock matters.

A program (`clock_trader.py`) runs with its wall clock an hour off, has it set while it runs, or is stopped for a
minute by SIGSTOP. Five seconds later its book, its orders and executions, and its calls must be right again, and a
book that it called SYNCED must never have been wrong. Everything here is in real time, all cases at once.
"""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from proofs.experiment import Outcome
from proofs.witnessed_market import Market, Witness
from woodlot.sandbox.server import Sandbox, SandboxOptions

RECOVERED_WITHIN_S = 5.0
_HOUR_S = 3600.0
_RUNNING_S = 8.0
_STOPPED_S = 60.0
_STOPPED_BRIEFLY_S = 8.0
_SUBJECTS = ("book", "private", "rest")


def prove(seeds: range, scale: float = 1.0) -> Outcome:
    """Run every trouble with a clock under each seed; a small share has the program stopped for less long."""
    outcome = Outcome()
    for seed in seeds:
        asyncio.run(_all(seed, outcome, stopped_s=_STOPPED_S if scale == 1.0 else _STOPPED_BRIEFLY_S))
    return outcome


async def _all(seed: int, outcome: Outcome, *, stopped_s: float) -> None:
    await asyncio.gather(*(_run(name, seed, outcome, stopped_s=stopped_s) for name in TROUBLES))


@dataclass
class Case:
    """A program under proof, and what it was last heard to believe."""

    market: Market
    witness: Witness
    program: asyncio.subprocess.Process
    ears: asyncio.StreamReader
    mouth: asyncio.StreamWriter
    belief: dict[str, Any] = field(default_factory=dict[str, Any])
    wrong_books: int = 0
    read_books: int = 0

    async def listen(self) -> None:
        """Hear what the program believes, and hold every book it calls SYNCED against the truth of that time."""
        async for line in self.ears:
            self.belief = json.loads(line)
            if "book" in self.belief:
                # A frame may be read here a moment later than there.
                asyncio.get_running_loop().call_later(0.5, self._hold, self.belief["book"])

    def _hold(self, book: list[Any]) -> None:
        ts, bids, asks = book
        bids, asks = (tuple((Decimal(price), Decimal(size)) for price, size in side) for side in (bids, asks))
        self.read_books += 1
        self.wrong_books += self.witness.truth.get(ts) != (bids, asks)

    def set_clock(self, offset_s: float) -> None:
        self.mouth.write(f"{offset_s}\n".encode())

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.program.pid, number)

    async def recovery_s(self) -> dict[str, float]:
        """Return how long each subject takes to be right again; nothing for one that is not within a minute."""
        loop, took_s = asyncio.get_running_loop(), dict[str, float]()
        began_s, acknowledged = loop.time(), self.belief.get("acknowledged", 0)
        due = set(self.market.trade_ids)
        while loop.time() - began_s < 60 and len(took_s) < len(_SUBJECTS):
            await asyncio.sleep(0.05)
            told = self.belief.get("told", [])
            holds = {
                "book": self.belief.get("state") == "SYNCED" and self.belief["book"][0] >= self.witness.ts - 1_000,
                "private": due <= set(told) and self.belief.get("open") == self.market.open_ids,
                "rest": self.belief.get("acknowledged", 0) > acknowledged,
            }
            for subject, is_right in holds.items():
                if is_right:
                    took_s.setdefault(subject, loop.time() - began_s)
        return took_s

    def problems(self, took_s: dict[str, float]) -> list[str]:
        told = self.belief["told"]
        found = [
            f"{subject}: not right {RECOVERED_WITHIN_S:.0f} s later ({took_s.get(subject, float('inf')):.1f} s)"
            for subject in _SUBJECTS
            if took_s.get(subject, float("inf")) > RECOVERED_WITHIN_S
        ]
        if self.wrong_books:
            found.append(f"{self.wrong_books} of {self.read_books} books read while SYNCED were wrong")
        if len(told) != len(set(told)) or not set(told) <= set(self.market.trade_ids):
            found.append("an execution was told twice, or never happened")
        return found


async def _nothing(case: Case, stopped_s: float) -> None:
    del case, stopped_s


async def _set_back(case: Case, stopped_s: float) -> None:
    del stopped_s
    await asyncio.sleep(_RUNNING_S)
    case.set_clock(-_HOUR_S)


async def _set_forward(case: Case, stopped_s: float) -> None:
    del stopped_s
    await asyncio.sleep(_RUNNING_S)
    case.set_clock(_HOUR_S)


async def _stopped(case: Case, stopped_s: float) -> None:
    await asyncio.sleep(_RUNNING_S)
    case.signal(signal.SIGSTOP)
    await asyncio.sleep(stopped_s)
    case.signal(signal.SIGCONT)


@dataclass(frozen=True)
class Trouble:
    """How the clock is wrong from the start, and what happens to it later."""

    offset_s: float
    happens: Callable[[Case, float], Awaitable[None]]


TROUBLES = {
    "an hour ahead": Trouble(_HOUR_S, _nothing),
    "an hour behind": Trouble(-_HOUR_S, _nothing),
    "set back an hour": Trouble(0.0, _set_back),
    "set forward an hour": Trouble(0.0, _set_forward),
    "stopped": Trouble(0.0, _stopped),
}


@asynccontextmanager
async def _running(offset_s: float, seed: int) -> AsyncGenerator[Case]:
    """Start an exchange, others who trade, a witness and the program; end them all."""
    async with await Sandbox.start(SandboxOptions(quiet=True, limits=None, seed=seed)) as sandbox:
        witness, ready = Witness(), asyncio.Event()
        market = Market(sandbox, sandbox.port, random.Random(seed))
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "proofs.clock_trader",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20,
        )  # fmt: skip
        if program.stdout is None or program.stdin is None:
            raise RuntimeError("the program has no pipes")
        case = Case(market, witness, program, ears=program.stdout, mouth=program.stdin)
        parts = [asyncio.create_task(witness.watch(sandbox.ws_url, ready))]
        await ready.wait()
        parts += [asyncio.create_task(market.trade(every_s=0.2)), asyncio.create_task(case.listen())]
        address = {"rest_url": sandbox.rest_url, "ws_url": sandbox.ws_url, "api_key": sandbox.api_key,
                   "api_secret": sandbox.api_secret, "offset_s": offset_s, "seed": seed}  # fmt: skip
        case.mouth.write(json.dumps(address).encode() + b"\n")
        try:
            yield case
        finally:
            with suppress(ProcessLookupError):
                program.kill()
            await program.wait()
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)


async def _run(name: str, seed: int, outcome: Outcome, *, stopped_s: float) -> None:
    trouble = TROUBLES[name]
    async with _running(trouble.offset_s, seed) as case:
        async with asyncio.timeout(120):
            while not case.belief:  # noqa: ASYNC110 - the program is another process
                await asyncio.sleep(0.05)
        await trouble.happens(case, stopped_s)
        took_s = await case.recovery_s()
        await asyncio.sleep(2.0)
        outcome.ran.update({"cases": len(_SUBJECTS), "books held against the truth": case.read_books})
        outcome.injected[name] += 1
        for subject, seconds in took_s.items():
            figure = f"seconds until right again: {subject}"
            outcome.worst[figure] = max(seconds, outcome.worst.get(figure, 0.0))
        if problems := case.problems(took_s):
            outcome.fail(seed, f"{name}: {'; '.join(problems)}")
