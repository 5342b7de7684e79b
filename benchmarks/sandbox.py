"""This file is how fast the sandbox is: matching, whole orders in process, orders over HTTP, frames to 50 sockets.

Run it alone, `python -m benchmarks.sandbox [seconds]`: the last two start a sandbox as a process of its own, and on
two cores the loader gets the other one.
"""

import asyncio
import functools
import hashlib
import hmac
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from benchmarks._rounds import Row
from benchmarks._table import Table, amount

from woodlot.clock import ManualClock
from woodlot.sandbox.connection import framed
from woodlot.sandbox.exchange import BalancesChanged, Exchange, Reported
from woodlot.sandbox.matching import Book, Resting
from woodlot.sandbox.pushes import spelled
from woodlot.sandbox.server import Sandbox, SandboxOptions
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.events import BookDelta
from woodlot.wire.trade import PlaceOrder

ValueT = TypeVar("ValueT")

_METHOD = (
    "Matching and whole orders: in process, one core; events are taken, and in the second row each is read. Orders: "
    "HTTP/1.1 over loopback, 16 kept-alive connections, signed beforehand; beside it an aiohttp server that reads each "
    "and answers the same to all. Frames: WebSocket over loopback, 50 sockets. The sandbox is a process of its own; "
    "its loader costs little."
)

TITLE = "(e) Sandbox, limits off"
Operation: TypeAlias = tuple[str, bool, int, int]
"""What is done, for whom, at which price (or to which order), and how many lots."""
SOCKETS = 50
_OPERATIONS = 20_000
SENDERS = 16
SERVE = ("-m", "woodlot", "sandbox", "run", "--port", "0", "--json", "--limits", "off")
BARE = ("-m", "benchmarks.sandbox", "--bare")
FLOOD = ("-m", "benchmarks.sandbox", "--flood")
FLOODED = "orderbookupdate@SPOT_BTC_USDT@50"
TARGET = "/v3/trade/order"
# So small that the account can pay for all of them: each one rests.
ORDER = json.dumps(
    {"symbol": "SPOT_BTC_USDT", "side": "SELL", "type": "LIMIT", "price": "120000", "quantity": "0.00001"}
)

_LEVELS = [(f"{86_000 + number}.50", "0.123450") for number in range(10)]
_DELTA = BookDelta(symbol="SPOT_BTC_USDT", prev_ts=1_790_000_000_000, ts=1_790_000_000_050, bids=_LEVELS, asks=[])


@dataclass(frozen=True)
class Rate:
    """How many a second, the median of some rounds and the rounds themselves."""

    name: str
    rounds: tuple[float, ...]

    @property
    def per_second(self) -> float:
        return statistics.median(self.rounds)

    @property
    def row(self) -> Row:
        return Row(self.name, self.rounds)


def rates(*, seconds: float = 3.0, rounds: int = 5) -> list[Rate]:
    return [
        Rate("an operation of the bare matching", tuple(_matching(seconds) for _ in range(rounds))),
        Rate("a whole order in process", tuple(_in_process(seconds) for _ in range(rounds))),
        Rate(
            "a whole order in process, every event read",
            tuple(_in_process(seconds, reads=True) for _ in range(rounds)),
        ),
        Rate("an order over HTTP", _with_sandbox(lambda at: _orders_over_http(at, seconds), rounds)),
        Rate("a request to bare aiohttp", _with_sandbox(lambda at: _orders_over_http(at, seconds), rounds, BARE)),
        Rate(f"a frame to one of {SOCKETS} sockets", _with_sandbox(lambda at: _frames(at, seconds), rounds, FLOOD)),
    ]


def tables(*, is_short: bool = False) -> list[Table]:
    rows = [rate.row for rate in rates(seconds=0.5 if is_short else 2.0, rounds=3 if is_short else 5)]
    goals = ((800_000, None), (30_000, 100_000), None, (5_000, None), None, (100_000, None))
    claims = [
        amount(row.name, row, at_least=True, unit=" a second", must=goal[0], chase=goal[1])
        for row, goal in zip(rows, goals, strict=True)
        if goal is not None
    ]
    return [Table(TITLE, "a second", rows, _METHOD, claims)]


def _matching(seconds: float) -> float:
    """Rest, cross and cancel in a bare book of about 400 orders, in the shares that performance tables go by."""
    todo, lots = operations()
    done, passed = 0, 0.0
    while passed < seconds:
        began = time.perf_counter()
        traded = matched(todo)
        passed += time.perf_counter() - began
        done += len(todo)
        if traded != lots:
            raise RuntimeError(f"{traded} lots were traded instead of {lots}")
    return done / passed


def matched(todo: Sequence[Operation]) -> int:
    """Carry out operations in an empty book; return how many lots it traded."""
    book: Book[Resting] = Book()
    live: dict[int, Resting] = {}
    traded = 0
    for number, (kind, is_buy, price, size) in enumerate(todo):
        if kind == "rest":
            order = live[number] = Resting(number, is_buy, price, size)
            book.add(order)
        elif kind == "cancel":
            book.remove(live[price])
        else:
            for _, taken in book.match(is_buy=is_buy, lots=size, limit=price):
                traded += taken
    return traded


@functools.cache
def operations() -> tuple[list[Operation], int]:
    """Return what is done to the book, 47 % resting, 8 % crossing and 45 % cancels, and how many lots it trades.

    A list of all resting orders, sorted anew for every cross, says what must trade: too slow to err.
    """
    chance = random.Random(1)
    todo: list[Operation] = []
    live: dict[int, list[int]] = {}  # number -> [is_buy, price, lots]
    traded = 0
    while len(todo) < _OPERATIONS:
        number, what = len(todo), chance.random()
        is_buy, size = chance.random() < 0.5, chance.randint(1, 100)
        if len(live) < 400 or what < 0.47:
            price = 10_000 - chance.randint(1, 60) if is_buy else 10_000 + chance.randint(1, 60)
            todo.append(("rest", is_buy, price, size))
            live[number] = [is_buy, price, size]
        elif what < 0.92:
            gone = chance.choice(list(live))
            todo.append(("cancel", bool(live[gone][0]), gone, 0))
            del live[gone]
        else:
            limit = 10_000 + (60 if is_buy else -60)
            todo.append(("cross", is_buy, limit, size))
            makers = sorted(
                (one[1] * (1 if is_buy else -1), number) for number, one in live.items() if one[0] != is_buy
            )
            for _, maker in makers:
                taken = min(size, live[maker][2])
                live[maker][2] -= taken
                size -= taken
                traded += taken
                if not live[maker][2]:
                    del live[maker]
                if not size:
                    break
    return todo, traded


def _in_process(seconds: float, *, reads: bool = False) -> float:
    """Place and match: checks, ledger and events included; with `reads` all that a listener would be told is made."""
    exchange = Exchange(clock=ManualClock())
    ann, bob = (exchange.open_account(name, {"USDT": "1000000000", "BTC": "100000"}).id for name in ("ann", "bob"))
    orders = [
        PlaceOrder(symbol="SPOT_BTC_USDT", side=side, type=OrderType.LIMIT, price=price, quantity="0.001")
        for side, price in ((Side.BUY, "86990"), (Side.SELL, "87010"), (Side.SELL, "86990"), (Side.BUY, "87010"))
    ]
    done, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        for number, order in enumerate(orders):
            exchange.place(ann if number < 2 else bob, order)
        done += len(orders)
        for event in exchange.take_events():
            if reads:
                match event:
                    case Reported():
                        assert event.report
                    case BalancesChanged():
                        assert event.balances
                    case _:
                        pass
    return done / passed


def _with_sandbox(
    measure: Callable[[dict[str, str]], float], rounds: int, command: tuple[str, ...] = SERVE
) -> tuple[float, ...]:
    exchange = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    assert exchange.stdout is not None
    try:
        address = json.loads(exchange.stdout.readline())
        return tuple(measure(address) for _ in range(rounds))
    finally:
        exchange.terminate()
        exchange.wait()


class _Sender(asyncio.Protocol):
    """A kept-alive connection that sends the next order when the last is answered; raw, to cost little itself."""

    def __init__(self, request: bytes, until: float) -> None:
        self._request = request
        self._until = until
        self._transport: Any = None
        self.done = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        assert b'"success":true' in data, data
        self.done += 1
        if time.perf_counter() < self._until:
            self._transport.write(self._request)
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - ours closed it
        self.over.set_result(None)


def _orders_over_http(address: dict[str, str], seconds: float) -> float:
    url = urlsplit(address["rest_url"])
    # A signature lives five minutes (rest-v3 §2.4), and nothing in an order has to be another one's.
    timestamp = str(int(time.time() * 1000))
    text = f"{timestamp}POST{TARGET}{ORDER}".encode()
    signature = hmac.new(address["api_secret"].encode(), text, hashlib.sha256).hexdigest()
    request = (
        f"POST {TARGET} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
        f"x-api-key: {address['api_key']}\r\nx-api-timestamp: {timestamp}\r\nx-api-signature: {signature}\r\n"
        f"Content-Length: {len(ORDER)}\r\n\r\n{ORDER}"
    ).encode()

    async def all_senders() -> float:
        loop, began = asyncio.get_running_loop(), time.perf_counter()
        opened = [
            await loop.create_connection(lambda: _Sender(request, began + seconds), url.hostname, url.port)
            for _ in range(SENDERS)
        ]
        await asyncio.gather(*(sender.over for _, sender in opened))
        return sum(sender.done for _, sender in opened) / (time.perf_counter() - began)

    return _run(all_senders)


async def _bare() -> None:
    """Be the floor under the orders: aiohttp's own server, one reply to everything."""
    reply = b'{"success":true,"data":{"orderId":82000000001,"clientOrderId":0,"type":"LIMIT","price":120000}}'

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        return web.Response(body=reply, content_type="application/json")

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    print(json.dumps({"rest_url": url, "api_key": "bare", "api_secret": "bare"}), flush=True)
    await asyncio.Event().wait()


def _frames(address: dict[str, str], seconds: float) -> float:
    """Read 50 sockets as fast as they come, without looking at what is in the frames."""
    url = urlsplit(address["ws_url"])

    async def reader(until: float) -> int:
        receive, send = await asyncio.open_connection(url.hostname, url.port, limit=1 << 20)
        send.write(
            b"GET /v3/public HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OUFCQ0RFRg==\r\n\r\n"
        )
        await receive.readuntil(b"\r\n\r\n")
        command = json.dumps({"cmd": "SUBSCRIBE", "params": [FLOODED]}).encode()
        # A mask of zeros leaves the payload as it is.
        send.write(bytes((0x81, 0x80 | len(command))) + bytes(4) + command)
        received = 0
        while time.perf_counter() < until:
            received += len(await receive.read(1 << 20))
        send.close()
        return received

    async def all_readers() -> float:
        began = time.perf_counter()
        received = await asyncio.gather(*(reader(began + seconds) for _ in range(SOCKETS)))
        return sum(received) / len(framed(_flood_payload())) / (time.perf_counter() - began)

    return _run(all_readers)


def _flood_payload() -> bytes:
    return spelled(FLOODED, _DELTA, ts=_DELTA.ts)


async def _flood() -> None:
    """Be the sandbox of the last figure: encode, frame and send one delta after another, as fast as it is read."""
    async with await Sandbox.start(SandboxOptions(limits=None, quiet=True)) as sandbox:
        print(json.dumps({"rest_url": sandbox.rest_url, "ws_url": sandbox.ws_url}), flush=True)
        while True:
            for _ in range(20):
                sandbox.connections.publish(FLOODED, _DELTA, ts=_DELTA.ts)
            await asyncio.sleep(0)
            while sandbox.connections.most_unread > 1 << 19:  # noqa: ASYNC110 - a transport says nothing
                await asyncio.sleep(0.0005)


def _run(main: Callable[[], Coroutine[object, object, ValueT]]) -> ValueT:
    try:
        import uvloop

        factory = uvloop.new_event_loop
    except ImportError:
        factory = None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main())


def main(arguments: list[str]) -> None:
    if arguments in (["--flood"], ["--bare"]):
        _run(_flood if arguments == ["--flood"] else _bare)
        return
    for rate in rates(seconds=float(arguments[0]) if arguments else 3.0):
        shown = ", ".join(f"{each:,.0f}" for each in rate.rounds)
        print(f"{rate.name}: {rate.per_second:,.0f} per second (rounds: {shown})")


if __name__ == "__main__":
    main(sys.argv[1:])
