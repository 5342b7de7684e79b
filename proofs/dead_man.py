"""This file is the proof that a dead trader leaves no order behind: `python -m proofs.dead_man --kills 200`.

Each time a trader with a watchdog of one second places 20 orders, has its stream cut or not, and is killed at a random
moment. A second and the watchdog's time later the exchange has none of them.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import time

from proofs.crashes import Exchange, exchange, fork, wait
from proofs.experiment import Outcome
from woodlot.desk.desk import Desk
from woodlot.desk.watchdog import AFTERMATH_S
from woodlot.wire.account import CreateListenKey
from woodlot.wire.enums import StatusFilter
from woodlot.wire.trade import GetOrders

_AFTER_S = 1.0
_ORDERS = 20


async def trade(exchange: Exchange, placed: int) -> None:
    """Place orders under a dead man's switch, say so by the pipe, and go on for ever."""
    async with Desk.open(exchange.environment, exchange.credentials) as desk, desk.dead_man(after_s=_AFTER_S):
        for number in range(_ORDERS):
            await desk.buy("SPOT_BTC_USDT", "0.001", price=str(30000 + number))
        os.write(placed, b"1")
        await asyncio.sleep(3600)


def kill_one(exchange: Exchange, seed: int) -> float | None:
    """Return how long after the death of a trader the last of its orders was gone.

    None if the machine was so busy that the switch fired on a living trader: it could not vouch for itself in time.
    """
    chance = random.Random(seed)
    reading, writing = os.pipe()
    trader = fork(lambda: trade(exchange, writing))
    os.close(writing)
    said = os.read(reading, 1)
    os.close(reading)
    if said != b"1":
        raise RuntimeError(f"kill {seed}: the trader ended by itself with {wait(trader)}")
    if _open(exchange) != _ORDERS:
        os.kill(trader, signal.SIGKILL)
        wait(trader)
        return None
    if chance.random() < 0.5:
        # Another owner of the key cuts the stream: a reconnect must not disable the switch.
        exchange.client.send(CreateListenKey.for_stream())
    time.sleep(chance.uniform(0, 0.9))
    os.kill(trader, signal.SIGKILL)
    killed_s = time.monotonic()
    wait(trader)
    while _open(exchange) and time.monotonic() - killed_s < 10 * _AFTER_S:
        time.sleep(0.01)
    return time.monotonic() - killed_s


def _open(exchange: Exchange) -> int:
    return len(exchange.client.send(GetOrders(status=StatusFilter.INCOMPLETE, size=100)).rows)


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Kill a trader for each seed."""
    outcome = Outcome()
    with exchange() as running:
        for seed in seeds:
            time.sleep(AFTERMATH_S + 0.5 if seed > seeds.start else 0)
            took_s = kill_one(running, seed)
            if took_s is None:
                outcome.ran["switches that fired on a living trader"] += 1
                continue
            outcome.ran["kills"] += 1
            outcome.worst["s until no order was open"] = max(
                took_s, outcome.worst.get("s until no order was open", 0.0)
            )
            if took_s > _AFTER_S + 1.0:
                outcome.fail(seed, f"orders were open for {took_s:.2f} s")
    return outcome


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.dead_man")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args(arguments)
    slowest_s, early = 0.0, 0
    with exchange() as running:
        for seed in range(options.first, options.first + options.kills):
            # The watchdog of the last one looks on for a while, and would cancel these orders too.
            time.sleep(AFTERMATH_S + 0.5 if seed > options.first else 0)
            took_s = kill_one(running, seed)
            if took_s is None:
                early += 1
                continue
            slowest_s = max(slowest_s, took_s)
            if took_s > _AFTER_S + 1.0:
                print(f"kill {seed}: orders were open for {took_s:.2f} s")
                print(f"run it again: python -m proofs.dead_man --first {seed} --kills 1")
                return 1
    print(
        f"{options.kills - early} traders killed with {_ORDERS} open orders each: none open {_AFTER_S + 1.0:.0f} s "
        f"later, the slowest after {slowest_s:.2f} s; {early} could not vouch for themselves even before"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
