"""This file is path (b): a frame is received, the book moves, a decision is taken, and an order's bytes are written.

The desk is a whole one, with every control of its gate on and its journal in a file; only the two streams come out of
memory, so that "received" has a moment. Beside it, the same frame goes through the bare parts, one after the other and
with nothing between them: the decoder and the book, the gate's check, the journal's write, JSON and HMAC, and aiohttp.
Both happen once per tick, 10 ms apart: neither finds its code warm in the cache, as in a market that ticks.
"""

import asyncio
import json
import tempfile
import time
from asyncio import selector_events
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiohttp
from benchmarks._market import Market
from benchmarks._rounds import Row, row
from benchmarks._table import Table, times_the_cost
from benchmarks.order_round_trip import KEY, SECRET, TARGET, exchange, headers, pacer
from benchmarks.touch import Woodlot as BareBook

from woodlot.config import Credentials, Environment
from woodlot.desk.desk import Desk
from woodlot.desk.journal import Journal
from woodlot.desk.limits import Limits
from woodlot.desk.live_book import LiveBook
from woodlot.desk.terms import Seams
from woodlot.orders.tracker import Tracker
from woodlot.stream.link import Address
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.frames import Push, decode_frame
from woodlot.wire.trade import PlaceOrder

SYMBOL = "PERP_X_USDT"
ROUNDS = 5
_TICKS = 100
_APART_S = 0.01
# Every control looks, none objects.
_LIMITS = Limits(
    max_notional=Decimal(10**9),
    max_quantity=Decimal(10**6),
    price_distance=Decimal("0.5"),
    max_open_orders=50,
    max_exposure=Decimal(10**12),
    orders_per_second=200,
    duplicate_within_s=0.001,
    needs_book=True,
    most_children=100_000,
)
_PARTS = ("decode, book, touch", "gate", "journal", "JSON and signature", "aiohttp, until written")


class _Moments:
    """When the last tick was received, and when bytes were last written to a socket."""

    received = written = 0.0


class _Wire:
    """A link out of memory: it acknowledges, answers PINGs, and says when a tick was received."""

    def __init__(self, market: Market, moments: _Moments) -> None:
        self._market = market
        self._moments = moments
        self._waiting: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()

    def put(self, payload: bytes, *, is_tick: bool = False) -> None:
        self._waiting.put_nowait((payload, is_tick))

    async def send(self, text: str) -> None:
        said = json.loads(text)
        if said["cmd"] == "SUBSCRIBE":
            ack = {"id": said["id"], "cmd": "SUBSCRIBE", "success": True, "time": 0, "data": said["params"]}
            self.put(json.dumps(ack).encode())
            if self._market.topic in said["params"]:
                self.put(self._market.frame(self._market.opening))
        else:
            self.put(b'{"cmd":"PONG","success":true,"time":0}')

    async def receive(self) -> bytes:
        payload, is_tick = await self._waiting.get()
        if is_tick:
            self._moments.received = time.perf_counter()
        return payload

    async def close(self) -> None: ...


class _Dialer:
    """Gives each address a wire; the private one says every second that its key is alive."""

    def __init__(self, market: Market, moments: _Moments) -> None:
        self.public, self.private = _Wire(market, moments), _Wire(market, moments)
        self._alive: asyncio.Task[None] | None = None

    async def dial(self, address: Address) -> _Wire:
        if "private" not in address.path:
            return self.public
        self._alive = asyncio.create_task(self._stay_alive())
        return self.private

    async def _stay_alive(self) -> None:
        while True:
            self.private.put(b'{"topic":"account","ts":1,"data":{"m":"PURE_SPOT","v":"30000"}}')
            await asyncio.sleep(1.0)

    async def close(self) -> None:
        if self._alive is not None:
            self._alive.cancel()


class _Inputs:
    """What is made before the loop runs."""

    def __init__(self, rounds: int, ticks: int) -> None:
        self.rounds, self.ticks = rounds, ticks
        self.market = Market(SYMBOL, 50, (rounds + 1) * ticks)
        self.bare_book = BareBook(self.market)


class _Bare:
    """The parts one after the other, with nothing between them."""

    def __init__(self, book: BareBook, desk: Desk, journal: Path, session: aiohttp.ClientSession, url: str) -> None:
        self._book = book
        self._gate = desk.account.gate
        self._journal = Journal(journal)
        self._session = session
        self._url = url

    async def run(self, payload: bytes, number: int, moments: _Moments) -> list[float]:
        """Return when each part was over, the beginning first."""
        order = _order(number)
        (intent,) = Tracker().intent(order, at_ms=1_790_000_000_000)
        fields = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "price": str(order.price), "quantity": "0.001"}
        times = [time.perf_counter()]
        push = decode_frame(payload)
        assert isinstance(push, Push)
        self._book.run([push])
        times.append(time.perf_counter())
        self._gate.admit(order)
        times.append(time.perf_counter())
        self._journal.note([intent], [])  # pyright: ignore[reportArgumentType] - an intent is a change
        times.append(time.perf_counter())
        body = json.dumps(fields | {"clientOrderId": order.client_order_id})
        signed = headers(body)
        times.append(time.perf_counter())
        async with self._session.post(self._url, data=body, headers=signed) as response:
            written = moments.written
            await response.read()
        return [*times, written]


def _order(number: int) -> PlaceOrder:
    return PlaceOrder(symbol=SYMBOL, side=Side.BUY, type=OrderType.LIMIT, price=_price(number), quantity="0.001",
                      client_order_id=number)  # fmt: skip


def _price(number: int) -> Decimal:
    """Return a price that is not the last one's: no order repeats another."""
    return Decimal(58_000) - number % 1_000


def race(*, rounds: int = ROUNDS, ticks: int = _TICKS) -> list[Row]:
    """Return the p50 of each round: the desk, its bare parts together, and each of them."""
    moments = _Moments()
    with ExitStack() as stack:
        address = stack.enter_context(exchange())
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("write", "writelines"):
            stack.enter_context(_stamping(name, moments))
        inputs = _Inputs(rounds, ticks)
        with asyncio.Runner() as runner:
            taken = runner.run(_race(address, directory, moments, inputs))
    return [Row(name, tuple(figures)) for name, figures in taken.items()]


def _stamping(name: str, moments: _Moments) -> Any:
    """Note when the loop's transport has handed bytes to the kernel, whichever client it is that writes them."""
    transport = selector_events._SelectorSocketTransport  # noqa: SLF001
    genuine: Callable[..., None] = getattr(transport, name)

    def write(self: Any, data: Any) -> None:
        genuine(self, data)
        moments.written = time.perf_counter()

    return patch.object(transport, name, write)


async def _race(address: str, directory: Path, moments: _Moments, inputs: "_Inputs") -> dict[str, list[float]]:
    market, rounds, ticks = inputs.market, inputs.rounds, inputs.ticks
    dialer = _Dialer(market, moments)
    environment = Environment.at(f"http://{address}", f"ws://{address}")
    desk = Desk.open(
        environment, Credentials(KEY, SECRET), journal=directory / "desk", limits=_LIMITS, seams=Seams(dialer=dialer)
    )
    async with desk, aiohttp.ClientSession() as session:
        desk.client._flow.pacer = pacer()  # noqa: SLF001 - the limit of 5 a second would be all that is measured
        book = await desk.book(SYMBOL, 50)
        while book.state != "SYNCED":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        bare = _Bare(inputs.bare_book, desk, directory / "bare", session, f"http://{address}{TARGET}")
        trader = _Trader(desk, book, dialer)
        task = asyncio.create_task(trader.trade())
        names = ("woodlot, received to written", "the bare parts, one after the other", *_PARTS)
        found: dict[str, list[float]] = {name: [] for name in names}
        for number in range(rounds + 1):
            figures = [await _tick(market, dialer, trader, bare, moments, place)
                       for place in range(number * ticks, (number + 1) * ticks)]  # fmt: skip
            if number:
                for name, each in zip(names, zip(*figures, strict=True), strict=True):
                    found[name].append(sorted(each)[len(each) // 2] * 1e6)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return found


class _Trader:
    """The program: it reads the touch after every change and places an order."""

    def __init__(self, desk: Desk, book: LiveBook, dialer: _Dialer) -> None:
        self._desk = desk
        self._book = book
        self._dialer = dialer
        self.number = 0
        self.placed = asyncio.Event()
        self.order: Any = None

    async def trade(self) -> None:
        async for _ in self._book.changes():
            bid = self._book.best_bid
            if bid is not None and bid[0] > 1:
                self.number += 1
                self.order = await self._desk.buy(SYMBOL, "0.001", price=_price(self.number))
                self.placed.set()

    def cancelled(self) -> bytes:
        """Spell the report that ends the last order, so that no more than a few are open."""
        data = {"mt": 0, "s": SYMBOL, "cid": self.order.client_order_id, "oid": self.order.order_id, "t": "LIMIT",
                "sd": "BUY", "ps": "BOTH", "sx": "0.001", "px": "1", "tid": 0, "esx": "0", "epx": "0", "tesx": "0",
                "aepx": "0", "ss": "CANCELLED", "ts": 1_790_000_000_000}  # fmt: skip
        return json.dumps({"topic": "executionreport", "ts": 1_790_000_000_000, "data": data}).encode()


async def _tick(
    market: Market, dialer: _Dialer, trader: _Trader, bare: _Bare, moments: _Moments, place: int
) -> tuple[float, ...]:
    payload = market.frame(market.updates[place])
    await _pause()
    trader.placed.clear()
    dialer.public.put(payload, is_tick=True)
    await trader.placed.wait()
    ours = moments.written - moments.received
    dialer.private.put(trader.cancelled())
    await _pause()
    times = await bare.run(payload, 10**9 + place, moments)
    parts = [later - earlier for earlier, later in pairwise(times)]
    return ours, times[-1] - times[0], *parts


def _pause() -> Awaitable[None]:
    return asyncio.sleep(_APART_S)


def tables(*, is_short: bool = False) -> list[Table]:
    rounds, ticks = (3, 50) if is_short else (ROUNDS, _TICKS)
    rows = race(rounds=rounds, ticks=ticks)
    ours, theirs = rows[0], row(rows, "the bare parts, one after the other")
    return [
        Table(
            title="(b) Tick to order",
            unit="µs, p50",
            rows=rows,
            method=(
                "One process on asyncio's own loop; streams from memory, the order over HTTP/1.1 on loopback, the "
                "journal in a file, every control on. The bare order goes by aiohttp. "
                f"{rounds} rounds of {ticks} ticks, {_APART_S * 1e3:.0f} ms apart."
            ),
            claims=[times_the_cost(ours, theirs, must=1.5)],
        )
    ]
