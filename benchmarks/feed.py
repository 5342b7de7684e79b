"""This file is path (a): socket, decode, chain check, book, touch, reader. Each contender is a process of its own.

A round is the same updates for everybody, and in the end everybody's book must have the digest that the market has:
whoever did less work does not finish.
"""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks._market import Market, Update, interleaved
from benchmarks._peers import is_installed
from benchmarks._process import Process
from benchmarks._receiver import COMPILED, FASTEST, GUIDE, PURE, RECEIVERS
from benchmarks._rounds import Row, row
from benchmarks._sender import Sender
from benchmarks._table import Claim, Table, times_faster, times_the_cost

from woodlot import swift

DEPTHS = (50, 200, 500)
ROUNDS = 5
_MESSAGES = 2_000
_PER_SECOND = 2_000
_CALM_MESSAGES = 4_000
_NEEDS = {
    "ccxt.pro": "ccxt", "picows": "picows", "picows + simdjson": "simdjson", FASTEST: "picows", GUIDE: "websocket",
}  # fmt: skip
# The goals of pure Python; with a compiled hot path the second ones.
_TIMES_THE_GUIDE = {50: (12, 19, 45, 72), 200: (15, 23, 60, 93), 500: (18, 29, 70, 118)}
_TIMES_CCXT = (4, 6, 15, 26)


def _receiver(name: str, address: str, markets: Sequence[Market]) -> Process:
    symbols = [market.symbol for market in markets]
    command = [sys.executable, "-m", "benchmarks._receiver", name, address, str(markets[0].depth), *symbols]
    return Process(command, around={swift.PURE: "1"} if name.startswith(PURE) else {})


@dataclass(frozen=True)
class Heard:
    """What one contender needed, by round."""

    cpu_us: Row
    p50_us: Row
    p99_us: Row


def race(
    names: Sequence[str], markets: Sequence[Market], *, rounds: int, messages: int, per_second: int | None = None
) -> list[Heard]:
    """Let contenders hear the same updates in turn; the first round warms up and does not count."""
    heard: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    each = messages // len(markets)
    for market in markets:
        for _ in range(rounds + 1):
            market.extend(each)
    # A process each, one after the other: what sits idle beside costs nobody anything, but a chain has one order.
    senders = {name: Sender(markets) for name in names}
    receivers = {name: _receiver(name, senders[name].address, markets) for name in names}
    try:
        for receiver in receivers.values():
            receiver.said()
        for number in range(rounds + 1):
            updates = interleaved(markets, each * number, each * (number + 1))
            for name in names:
                result = _round(receivers[name], senders[name], updates, per_second)
                _check(name, result["digests"], [market.digests[each * (number + 1)] for market in markets])
                if number:
                    heard[name].append((result["cpu_us"] / len(updates), *result["latency_us"]))
    finally:
        for name in names:
            receivers[name].__exit__(None, None, None)
            senders[name].close()
    return [Heard(*(Row(name, figures) for figures in zip(*heard[name], strict=True))) for name in names]


def _round(
    receiver: Process, sender: Sender, updates: Sequence[tuple[Market, Update]], per_second: int | None
) -> dict[str, Any]:
    receiver.tell({"messages": len(updates), "timed": per_second is not None})
    receiver.said()
    if per_second is None:
        sender.burst(updates)
        return receiver.said() | {"latency_us": (0.0, 0.0)}
    sent_ns = sender.pace(updates, per_second)
    result = receiver.said()
    taken = sorted((reached - sent) / 1000 for sent, reached in zip(sent_ns, result["reached_ns"], strict=True))
    return result | {"latency_us": (statistics.median(taken), taken[int(len(taken) * 0.99)])}


def _check(name: str, digests: list[str], expected: list[str]) -> None:
    if digests and digests != expected:
        raise RuntimeError(f"{name} ended with another book: {digests} instead of {expected}")


def tables(*, is_short: bool = False) -> list[Table]:
    rounds, messages = (3, 1_000) if is_short else (ROUNDS, _MESSAGES)
    everybody = [name for name in (GUIDE, *RECEIVERS) if _is_here(name)]
    found = [_burst(everybody, depth, rounds, messages) for depth in DEPTHS]
    return [*found, _many(everybody, rounds, messages), _calm(everybody, rounds)]


def _is_here(name: str) -> bool:
    if name.startswith(COMPILED) and not swift.IS_COMPILED:
        return False
    return name not in _NEEDS or is_installed(_NEEDS[name])


def _burst(names: Sequence[str], depth: int, rounds: int, messages: int) -> Table:
    rows = [heard.cpu_us for heard in race(names, [Market("PERP_X_USDT", depth, 0)], rounds=rounds, messages=messages)]
    return Table(
        title=f"(a) Feed, burst, depth {depth}",
        unit="µs CPU a message",
        rows=rows,
        method=f"{_OVER} {rounds} rounds of {messages:,} updates, sent as fast as they are read.",
        claims=[*_against_others(rows, depth), *_against_the_floor(rows)],
    )


_OVER = (
    "WebSocket over loopback, sender and receiver in separate processes, one symbol. The guide: websocket-client; "
    "ccxt.pro and woodlot: aiohttp, unless the row names picows; asyncio contenders on uvloop; the touch is read after "
    "every message."
)


def _against_others(rows: Sequence[Row], depth: int) -> list[Claim]:
    names = [row.name for row in rows]
    claims: list[Claim] = []
    for name in (name for name in names if name.startswith("woodlot")):
        ours, is_compiled = row(rows, name), "compiled" in name
        of_guide, of_ccxt = _TIMES_THE_GUIDE[depth], _TIMES_CCXT
        counts = name in {PURE, COMPILED, FASTEST}
        for other, (must, chase, must_too, chase_too) in ((GUIDE, of_guide), ("ccxt.pro", of_ccxt)):
            if other in names:
                bounds = (must_too, chase_too) if is_compiled else (must, chase)
                goal = dict(zip(("must", "chase"), bounds, strict=True)) if counts else {}
                claims.append(times_faster(ours, row(rows, other), **goal))
    return claims


def _against_the_floor(rows: Sequence[Row]) -> list[Claim]:
    names = [row.name for row in rows]
    floors = [name for name in ("aiohttp + msgspec", "picows + simdjson") if name in names]
    # To chase, not to have: so there is no goal that could be missed.
    ours = [name for name in (COMPILED, FASTEST) if name in names]
    return [times_the_cost(row(rows, name), row(rows, floor)) for name in ours for floor in floors]


def _many(names: Sequence[str], rounds: int, messages: int) -> Table:
    markets = [Market(f"PERP_X{number:02}_USDT", 50, 0) for number in range(100)]
    rows = [heard.cpu_us for heard in race(names, markets, rounds=rounds, messages=messages)]
    return Table(
        title="(a) Feed, burst, depth 50, 100 symbols",
        unit="µs CPU a message",
        rows=rows,
        method=f"The same with 100 symbols that take turns; {rounds} rounds of {messages:,} updates in all.",
        claims=_against_others(rows, 50),
    )


def _calm(names: Sequence[str], rounds: int) -> Table:
    heard = race(names, [Market("PERP_X_USDT", 200, 0)], rounds=rounds, messages=_CALM_MESSAGES, per_second=_PER_SECOND)
    cpu = [one.cpu_us for one in heard]
    p50, p99 = ([Row(f"{one.cpu_us.name}, {what}", getattr(one, field).rounds) for one in heard]
                for what, field in (("p50", "p50_us"), ("p99", "p99_us")))  # fmt: skip
    claims: list[Claim] = []
    for ours in (name for name in (PURE, COMPILED, FASTEST) if name in names):
        goals = {"must": 1.8} if ours == PURE else {"must": 1.2}
        if "ccxt.pro" in names:
            claims.append(times_faster(row(cpu, ours), row(cpu, "ccxt.pro"), must=3))
            claims.append(times_the_cost(row(p50, f"{ours}, p50"), row(p50, "ccxt.pro, p50"), must=0.5))
        claims.append(times_the_cost(row(p50, f"{ours}, p50"), row(p50, "aiohttp, p50"), **goals))
        claims.append(times_the_cost(row(cpu, ours), row(cpu, "aiohttp")))
        if ours == FASTEST:
            claims.append(times_the_cost(row(p50, f"{ours}, p50"), row(p50, "picows, p50")))
    return Table(
        title=f"(a) Feed, calm, depth 200, {_PER_SECOND:,} a second",
        unit="µs; CPU a message, and sent → book updated",
        rows=[*cpu, *p50, *p99],
        method=f"{_OVER} {rounds} rounds of {_CALM_MESSAGES:,} updates at a steady pace.",
        claims=claims,
    )
