"""This file is the proof against bad replies: right ones that have been spoilt at random, under any status.

Whatever comes back, a call ends in an answer or in an error of ours. An answer is given only where an independent
reading finds `"success": true`, and an order counts as refused only where it finds a refusal: else it is unknown.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from proofs.experiment import Outcome
from proofs.simulation.floor import SPOT, Floor
from woodlot.clock import ManualClock
from woodlot.config import Credentials
from woodlot.errors import OutcomeUnknown, RateLimited, WoodlotError
from woodlot.rest.flow import Flow
from woodlot.rest.pacing import Pacer
from woodlot.rest.server_time import ServerTime
from woodlot.rest.steps import HttpReply, Send, Sleep
from woodlot.wire.asset import GetBalances
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import GetInstruments, GetOrderBook
from woodlot.wire.request import Request
from woodlot.wire.trade import CancelOrder, GetOrder, GetOrders, GetTransactionHistory, PlaceOrder

_STATUSES = (200, 200, 200, 200, 201, 204, 301, 400, 401, 404, 413, 418, 429, 500, 502, 503, 504, 520)
_JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**63, 2**70, "", "0", "NaN", "Infinity", "1e999", "1E-7", "true", " 1", "\ud800",
    "x" * 3000, [], [[]], {}, {"success": True}, [None], "BUY", "FILLED",
)  # fmt: skip
_MOST_STEPS = 200


class Broken(AssertionError):
    """A reply did what no reply may do."""


class Ear:
    """A client's flow, and right replies to some calls, made by the exchange itself."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        floor = Floor(self.clock, seed=1)
        self._credentials = floor.credentials
        calls: tuple[Request[Any], ...] = (
            PlaceOrder(symbol=SPOT, side=Side.BUY, type=OrderType.LIMIT, price="0.04", quantity="50",
                       client_order_id=7),
            PlaceOrder(symbol=SPOT, side=Side.BUY, type=OrderType.MARKET, quantity="50", client_order_id=8),
            GetOrder(client_order_id=7), GetOrders(), GetTransactionHistory(), GetBalances(), GetInstruments(),
            GetOrderBook(symbol=SPOT, max_level=10), CancelOrder(client_order_id=7, symbol=SPOT),
        )  # fmt: skip
        self.cases = [(call, self._right(floor, call)) for call in calls]
        refused = PlaceOrder(symbol=SPOT, side=Side.SELL, type=OrderType.LIMIT, price="99", quantity="1")
        self.cases.append((calls[0], self._right(floor, refused)))

    def hear(self, call: Request[Any], reply: HttpReply) -> Any:
        """Make a call that is always answered so; return its answer or its error."""
        steps = self._flow(self._credentials).call(call)
        told: HttpReply | None = None
        for _ in range(_MOST_STEPS):
            try:
                step = steps.send(told)
            except StopIteration as end:
                return end.value
            except WoodlotError as error:
                return error
            match step:
                case Sleep(seconds):
                    self.clock.advance(seconds)
                    told = None
                case Send():
                    told = reply
        raise Broken(f"the call goes on after {_MOST_STEPS} steps")

    def _right(self, floor: Floor, call: Request[Any]) -> HttpReply:
        step = self._flow(floor.credentials).call(call).send(None)
        if not isinstance(step, Send):
            raise TypeError(f"expected a request, got {step}")
        return floor.answer(step.request)

    def _flow(self, credentials: Credentials) -> Flow:
        clock = self.clock
        local = ServerTime.local(clock)
        return Flow(credentials, pacer=Pacer.unlimited(), clock=clock, server_time=local, chance=random.Random(1))


def spoilt(chance: random.Random, reply: HttpReply) -> HttpReply:
    """Return a reply with something wrong about it, now and then nothing."""
    body = chance.choice(_SPOILS)(chance, reply.body)
    status = chance.choice(_STATUSES) if chance.random() < 0.5 else reply.status
    return HttpReply(status, body)


def judge(ear: Ear, call: Request[Any], reply: HttpReply) -> str:
    """Let a call hear a reply; return what it came to. Raises Broken where it believed what it should not."""
    result = ear.hear(call, reply)
    read = _read(reply.body)
    if not isinstance(result, WoodlotError):
        if read.get("success") is not True:
            raise Broken(f"{call.endpoint} took this for an answer: {result}")
        return "answered"
    is_refusal = read.get("success") is False and ("code" in read or "message" in read)
    is_sure = isinstance(call, PlaceOrder) and not isinstance(result, OutcomeUnknown | RateLimited)
    if is_sure and not is_refusal:
        raise Broken(f"an order counts as refused though nothing says so: {type(result).__name__}: {result}")
    return type(result).__name__


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Hear one spoilt reply for each seed."""
    outcome, ear = Outcome(), Ear()
    for seed in seeds:
        chance = random.Random(seed)
        call, right = chance.choice(ear.cases)
        reply = spoilt(chance, right)
        try:
            outcome.injected[judge(ear, call, reply)] += 1
        except Exception as error:  # noqa: BLE001 - nothing that a reply holds may raise
            outcome.fail(seed, f"{type(error).__name__}: {error} (HTTP {reply.status}, {reply.body[:200]!r})")
        outcome.ran["replies"] += 1
    return outcome


def _read(body: bytes) -> dict[str, Any]:
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def _as_it_is(chance: random.Random, body: bytes) -> bytes:
    del chance
    return body


def _cut(chance: random.Random, body: bytes) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _flipped(chance: random.Random, body: bytes) -> bytes:
    changed = bytearray(body or b"{")
    for _ in range(chance.choice((1, 1, 4))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _stuffed(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + chance.choice((b"\x00", b'"', b"{", b"[" * 2000, b"\xff", b",", b"9" * 400)) + body[at:]


def _with_junk(chance: random.Random, body: bytes) -> bytes:
    """Put something else in the place of one value, however deep."""
    whole = json.loads(body)
    places = list(_places(whole))
    holder, key = chance.choice(places)
    if chance.random() < 0.3:
        del holder[key]
    else:
        holder[key] = chance.choice(_JUNK)
    return json.dumps(whole).encode("utf-8", "surrogatepass")


def _foreign(chance: random.Random, body: bytes) -> bytes:
    whole = json.loads(body)
    return chance.choice(
        (
            b"", b"null", b"[]", b"true", b"<html>Bad Gateway</html>", b'{"code":503,"message":"no upstream"}',
            b'{"success":"true","data":{}}', b'{"success":1}', b'{"success":true}', b'{"success":false}',
            json.dumps([whole]).encode(), json.dumps({"data": whole}).encode(), json.dumps(whole["data"]).encode()
            if "data" in whole else b"{}", b"\xef\xbb\xbf" + body,
        )
    )  # fmt: skip


_SPOILS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _as_it_is, _cut, _flipped, _stuffed, _with_junk, _with_junk, _foreign,
)  # fmt: skip


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Return every place that holds a value: what holds it, and by which key."""
    if isinstance(value, dict):
        holder = cast("dict[Any, Any]", value)
        keys: Iterable[Any] = holder.keys()
    elif isinstance(value, list):
        keys = range(len(cast("list[Any]", value)))
    else:
        return
    for key in keys:
        yield value, key
        yield from _places(value[key])
