"""This file is how cases are run: each on a fresh bench, bounded in time, with what was not as it must be as words."""

import asyncio
import tempfile
import traceback
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from proofs.acceptance.bench import Bench
from proofs.acceptance.case import Case
from proofs.acceptance.listing import CASES
from proofs.experiment import Outcome
from woodlot.config import Credentials, Environment
from woodlot.sandbox.server import Sandbox
from woodlot.wire.trade import CancelAllOrders

# The slowest topic speaks once a minute (websocket-v3 §7.1).
GIVEN_UP_AFTER_S = 150.0
_AT_ONCE = 3


def prove(seeds: range, scale: float = 1.0) -> Outcome:
    """Run the cases of these seeds against sandboxes of their own: a seed is a case's place on the list."""
    del scale
    outcome = Outcome()
    asyncio.run(_all(seeds, outcome))
    return outcome


async def _all(seeds: Iterable[int], outcome: Outcome) -> None:
    waiting = iter(seeds)
    async with asyncio.TaskGroup() as workers:
        for _ in range(_AT_ONCE):
            workers.create_task(_work(waiting, outcome))


async def _work(seeds: Iterator[int], outcome: Outcome) -> None:
    for seed in seeds:
        case = CASES[seed % len(CASES)]
        problem = await problem_of(case)
        outcome.ran["cases"] += 1
        outcome.ran[f"{case.area.words} cases"] += 1
        if problem:
            outcome.fail(seed, f"{case.id}, {case.seen}: {problem}")


async def problem_of(case: Case, account: tuple[Environment, Credentials] | None = None) -> str:
    """Run a case, against a sandbox where no account elsewhere is given; return what was wrong, empty if nothing."""
    try:
        async with asyncio.timeout(GIVEN_UP_AFTER_S), _bench(case, account) as bench:
            await case.run(bench)
    except TimeoutError:
        return f"it came to no end within {GIVEN_UP_AFTER_S:g} s"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this case's, and the others go on
        where = traceback.extract_tb(error.__traceback__)
        line = next((frame for frame in reversed(where) if "acceptance" in frame.filename), where[-1])
        return f"{type(error).__name__}: {error} (line {line.lineno} of {Path(line.filename).name}: {line.line})"
    return ""


@asynccontextmanager
async def _bench(case: Case, account: tuple[Environment, Credentials] | None) -> AsyncGenerator[Bench]:
    with tempfile.TemporaryDirectory() as directory:
        if account is not None:
            async with _entered(Bench(*account, Path(directory)), case) as bench:
                yield bench
            return
        async with await Sandbox.start(case.sandbox) as sandbox:
            environment = Environment.at(sandbox.rest_url, sandbox.ws_url, name="sandbox")
            credentials = Credentials(sandbox.api_key, sandbox.api_secret)
            async with _entered(Bench(environment, credentials, Path(directory), sandbox), case) as bench:
                yield bench


@asynccontextmanager
async def _entered(bench: Bench, case: Case) -> AsyncGenerator[Bench]:
    await bench.enter(**case.terms)
    try:
        yield bench
    finally:
        await bench.leave()
        if bench.sandbox is None:
            # Somebody else's exchange keeps what a failed case left.
            async with bench.elsewhere() as client:
                await client.send(CancelAllOrders())
