"""This file is path (c): an order's way there and back, against the bare client under it and against the guide's code.

The exchange is a process of its own that does next to nothing (`_exchange.py`): what is left is what each client costs.
Everybody signs every order; woodlot also paces, by a limit that no row here reaches.
"""

import asyncio
import hashlib
import hmac
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager

import aiohttp
from benchmarks._peers import is_installed
from benchmarks._rounds import ROUNDS, Row, row
from benchmarks._table import Claim, Table, times_faster, times_the_cost

from woodlot.config import Credentials, Environment
from woodlot.rest.async_client import AsyncClient
from woodlot.rest.client import Client
from woodlot.rest.pacing import Pacer
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.limits import Limit
from woodlot.wire.trade import PlaceOrder

TARGET = "/v3/trade/order"
ORDER = {"symbol": "SPOT_BTC_USDT", "price": "30000", "quantity": "0.00005", "type": "LIMIT", "side": "BUY"}
KEY, SECRET = "benchmark", "0123456789ABCDEF0123456789ABCDEF"
GUIDE, BARE, BARE_ASYNC = "the guide (requests, no session)", "bare http.client", "bare aiohttp"
OURS, OURS_ASYNC = "woodlot.Client", "woodlot.AsyncClient"
_CALLS = 150


@contextmanager
def exchange() -> Generator[str]:
    """Start the exchange; give its address."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks._exchange"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


def pacer() -> Pacer:
    """Return a pacer that keeps its books as always, by a limit nobody reaches."""
    return Pacer(limit_of=lambda _: Limit(1_000_000, 1.0, per_symbol=True))


def headers(body: str) -> dict[str, str]:
    """Sign as the guide does."""
    timestamp = str(int(time.time() * 1000))
    signature = hmac.new(SECRET.encode(), f"{timestamp}POST{TARGET}{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "x-api-key": KEY,
        "x-api-timestamp": timestamp,
        "x-api-signature": signature,
        "Content-Type": "application/json",
    }


def order() -> PlaceOrder:
    return PlaceOrder(symbol="SPOT_BTC_USDT", side=Side.BUY, type=OrderType.LIMIT, price="30000", quantity="0.00005")


def race(
    *, rounds: int = ROUNDS, calls: int = _CALLS, names: Sequence[str] | None = None
) -> tuple[list[Row], list[Row]]:
    """Return the medians of each round by the wall clock, and the CPU time a call took this process."""
    with exchange() as address, asyncio.Runner() as runner, _contenders(address, runner) as contenders:
        names = names or list(contenders)
        wall: dict[str, list[float]] = {name: [] for name in names}
        cpu: dict[str, list[float]] = {name: [] for name in names}
        for number in range(rounds + 1):
            for name in names:
                taken = _timed(contenders[name], calls)
                if number:
                    wall[name].append(taken[0])
                    cpu[name].append(taken[1])
    return [Row(name, tuple(each)) for name, each in wall.items()], [
        Row(name, tuple(each)) for name, each in cpu.items()
    ]


def _timed(run: Callable[[int], list[float]], calls: int) -> tuple[float, float]:
    began = time.process_time()
    taken = run(calls)
    return statistics.median(taken) * 1e6, (time.process_time() - began) / calls * 1e6


@contextmanager
def _contenders(address: str, runner: asyncio.Runner) -> Generator[dict[str, Callable[[int], list[float]]]]:
    environment, credentials = Environment.at(f"http://{address}", f"ws://{address}"), Credentials(KEY, SECRET)
    bare = http.client.HTTPConnection(address)
    client = Client(environment, credentials, pacer=pacer())
    async_client = AsyncClient(environment, credentials, pacer=pacer())

    async def opened() -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    session = runner.run(opened())

    def by_bare_client() -> None:
        body = json.dumps(ORDER)
        bare.request("POST", TARGET, body, headers(body))
        assert json.loads(bare.getresponse().read())["success"] is True

    def by_the_guide() -> None:
        import requests

        body = json.dumps(ORDER)
        reply = requests.post(f"http://{address}{TARGET}", headers=headers(body), data=body)
        assert reply.json()["success"] is True

    async def by_bare_aiohttp() -> None:
        body = json.dumps(ORDER)
        async with session.post(f"http://{address}{TARGET}", data=body, headers=headers(body)) as response:
            assert json.loads(await response.read())["success"] is True

    async def by_async_client() -> None:
        await async_client.send(order())

    def sync(call: Callable[[], object]) -> Callable[[int], list[float]]:
        return lambda calls: [_seconds(call) for _ in range(calls)]

    def awaited(call: Callable[[], Coroutine[object, object, object]]) -> Callable[[int], list[float]]:
        async def all_calls(calls: int) -> list[float]:
            taken: list[float] = []
            for _ in range(calls):
                began = time.perf_counter()
                await call()
                taken.append(time.perf_counter() - began)
            return taken

        return lambda calls: runner.run(all_calls(calls))

    contenders = {
        BARE: sync(by_bare_client),
        OURS: sync(lambda: client.send(order())),
        BARE_ASYNC: awaited(by_bare_aiohttp),
        OURS_ASYNC: awaited(by_async_client),
    }
    if is_installed("requests"):
        contenders[GUIDE] = sync(by_the_guide)
    try:
        yield contenders
    finally:
        client.close()
        bare.close()
        runner.run(session.close())
        runner.run(async_client.close())


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def tables(*, is_short: bool = False) -> list[Table]:
    wall, cpu = race(rounds=3 if is_short else ROUNDS)
    method = (
        "HTTP/1.1 over loopback, one call after another, connections kept alive but for the guide's; aiohttp on "
        f"asyncio's own loop. The exchange is a process that answers at once. {ROUNDS} rounds of {_CALLS} orders."
    )
    return [
        Table("(c) Order round trip, by the clock", "µs, p50 of a call", wall, method, _claims(wall)),
        Table("(c) Order round trip, CPU of the client", "µs CPU a call", cpu, method, _claims(cpu, must=False)),
    ]


def _claims(rows: Sequence[Row], *, must: bool = True) -> list[Claim]:
    at_most, at_least = ({"must": 1.2}, {"must": 5.0}) if must else ({}, {})
    claims = [
        times_the_cost(row(rows, OURS), row(rows, BARE), **at_most),
        times_the_cost(row(rows, OURS_ASYNC), row(rows, BARE_ASYNC), **at_most),
    ]
    if GUIDE in [one.name for one in rows]:
        claims += [times_faster(row(rows, name), row(rows, GUIDE), **at_least) for name in (OURS, OURS_ASYNC)]
    return claims
