"""This file is the proof that a market follows from its seed: `python -m proofs.determinism --seeds 100 --runs 20`.

A story is two virtual seconds of a market with a crowd, in which two people give 200 random commands: orders of every
type, algo orders, positions, margin. Everything that anybody is told goes into a hash. Each run tells all stories in a
process of its own, with a hash seed of its own, once by each interpreter; in every other run each story is saved
half-way and goes on from the file. One hash per seed may come out of all of them.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from proofs.commander import PERP, SPOT, Commander
from woodlot.clock import ManualClock
from woodlot.sandbox.back_office import BackOffice
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.simulation import EventHash, Simulation
from woodlot.sandbox.state import State

ROOT = Path(__file__).parents[1]
STEPS = 40
COMMANDS_PER_STEP = 5
_STEP_S = 0.05
_WANTED = frozenset({f"ticker@{SPOT}", f"markprice@{PERP}", f"kline@{SPOT}@1m"})


def tell(seed: int, *, is_saved: bool) -> str:
    """Return the hash of one story; it may not matter whether the market is saved and loaded on the way."""
    chance = random.Random(f"{seed} story")
    clock = ManualClock()
    market, fingerprint = _open(seed, clock), EventHash()
    for half in range(2):
        people = [market.exchange.account(account_id) for account_id in market.users]
        commander = Commander(market.exchange, clock=clock, accounts=people, chance=chance, crashes=False)
        for _ in range(STEPS // 2):
            clock.advance(_STEP_S)
            for _ in range(COMMANDS_PER_STEP):
                commander.command()
            market.step()
            fingerprint.add([*market.tell(), *market.publish(wanted=_WANTED)], ts=clock.now_ms())
        if half == 0 and is_saved:
            data = State(market, office=BackOffice(market.exchange), account_id=market.users[0]).save()
            clock = ManualClock(clock.now_ms())
            market = State.load(data, clock=clock).simulation
    if problems := market.exchange.audit():
        raise AssertionError(f"seed {seed}: {problems[0]}")
    return fingerprint.hexdigest()


def _open(seed: int, clock: ManualClock) -> Simulation:
    market = Simulation(clock=clock, seed=seed, listing=(LISTING[0], PERPETUALS[0]))
    market.open_account("ann", {"USDT": "100000", "BTC": "2"})
    market.open_account("bob", {"USDT": "20000", "BTC": "1"})
    return market


def told_by(python: str, *, seeds: range, is_saved: bool) -> list[str]:
    """Return the hashes of all stories as another process tells them."""
    command = [python, "-m", "proofs.determinism", "--tell", "saved" if is_saved else "straight"]
    command += ["--first", str(seeds.start), "--seeds", str(len(seeds))]
    # A hash seed of its own for each process: nothing may follow the order of a set.
    environment = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "PYTHONHASHSEED": "random"}
    done = subprocess.run(  # noqa: S603 - interpreters that the caller named
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def main() -> int:
    options = _options()
    seeds = range(options.first, options.first + options.seeds)
    if options.tell:
        for seed in seeds:
            print(tell(seed, is_saved=options.tell == "saved"), flush=True)
        return 0
    first: list[str] = []
    began_s, stories = time.perf_counter(), 0
    for run in range(1, options.runs + 1):
        for python in options.python or [sys.executable]:
            told = told_by(python, seeds=seeds, is_saved=run % 2 == 0)
            first, stories = first or told, stories + len(told)
            for seed, ours, theirs in zip(seeds, first, told, strict=True):
                if ours != theirs:
                    print(f"seed {seed}: run {run} of {python} tells {theirs[:12]}, the first one told {ours[:12]}")
                    return 1
        took_s = time.perf_counter() - began_s
        print(f"run {run}: {stories} stories of {options.seeds} seeds in {took_s:.0f} s, one hash for each", flush=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proofs.determinism", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--python", action="append", help="an interpreter that has msgspec; can be given several times")
    parser.add_argument("--tell", choices=("straight", "saved"), help="tell the stories here and print their hashes")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
