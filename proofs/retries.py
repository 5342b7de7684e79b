"""This file is the proof that trouble is not multiplied: attempts stay below 1.10 per call, however calls fail.

A program makes calls at a steady pace for some virtual minutes. The server fails all of them, half of them, or all of
them for seconds at a time; with an error, with a broken connection, or by not answering.
"""

import json
import random
from collections.abc import Callable
from typing import Any

from proofs.calls import Calls, Told
from proofs.experiment import Outcome
from proofs.schedule import Schedule
from woodlot.clock import ManualClock
from woodlot.config import Credentials
from woodlot.errors import WoodlotError
from woodlot.rest.flow import Flow
from woodlot.rest.pacing import Pacer
from woodlot.rest.server_time import ServerTime
from woodlot.rest.steps import HttpReply, HttpRequest, Lost
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import GetSystemInfo
from woodlot.wire.request import Request
from woodlot.wire.trade import CancelAllOrders, GetOrder, GetOrders, PlaceOrder

MOST_ATTEMPTS_PER_CALL = 1.10
# "After 30 calls there were never more than 1.1 attempts per call" (rest/budget.py).
_COUNTS_AFTER = 30
_SECONDS = 120
_FAILING: dict[str, Callable[[random.Random, int], bool]] = {
    "all of them": lambda chance, now_ms: True,  # noqa: ARG005
    "half of them": lambda chance, now_ms: chance.random() < 0.5,  # noqa: ARG005
    "all of them for 5 s, none for 5 s": lambda chance, now_ms: now_ms // 5_000 % 2 == 0,  # noqa: ARG005
    "a tenth of them": lambda chance, now_ms: chance.random() < 0.1,  # noqa: ARG005
}
_KINDS = ("HTTP 500", "HTTP 503", "maintenance", "connection refused", "connection broke", "no answer")


class Storm:
    """One program, one failing server, two virtual minutes."""

    def __init__(self, seed: int, *, kind: type[Flow] = Flow) -> None:
        chance = self._chance = random.Random(seed)
        self.failing = chance.choice(tuple(_FAILING))
        self.kind = chance.choice(_KINDS)
        self.pause_ms = chance.choice((10, 50, 200))
        self._schedule = Schedule(ManualClock())
        clock = self._schedule.clock
        flow = kind(
            Credentials("the-key", "the-secret"),
            pacer=Pacer.unlimited(),
            clock=clock,
            server_time=ServerTime.local(clock),
            chance=random.Random(chance.random()),
        )
        self._calls = Calls(flow, self._schedule, self._carry)
        self.asked = 0
        self.failed = 0
        self.worst = 0.0
        self.strange: list[str] = []

    def __call__(self) -> None:
        self._ask()
        self._schedule.run(_SECONDS * 1000)

    @property
    def attempts(self) -> int:
        return self._calls.sent

    def __str__(self) -> str:
        return f"{self.failing} failed by {self.kind}, a call every {self.pause_ms} ms"

    def _ask(self) -> None:
        self.asked += 1
        self._calls.make(self._request(), self._ended)
        self._schedule.after(self.pause_ms, self._ask)

    def _request(self) -> Request[Any]:
        number = self._chance.randint(1, 10**9)
        return self._chance.choice(
            (
                GetOrders(),
                GetOrder(order_id=number),
                GetSystemInfo(),
                CancelAllOrders(),
                PlaceOrder(symbol="SPOT_BTC_USDT", side=Side.BUY, type=OrderType.LIMIT, price="30000", quantity="0.001",
                           client_order_id=number),
            )
        )  # fmt: skip

    def _ended(self, result: Any) -> None:
        if isinstance(result, Exception):
            self.failed += 1
            if not isinstance(result, WoodlotError):
                self.strange.append(f"{type(result).__name__}: {result}")

    def _carry(self, asked: Request[Any], request: HttpRequest, timeout_s: float, told: Told) -> None:
        del asked, request
        if self.asked >= _COUNTS_AFTER:
            self.worst = max(self.worst, (self.attempts) / self.asked)
        fails = _FAILING[self.failing](self._chance, self._schedule.clock.now_ms())
        reply, after_ms = self._failure(timeout_s) if fails else (_fine(), self._chance.randint(1, 80))
        self._schedule.after(after_ms, lambda: told(reply))

    def _failure(self, timeout_s: float) -> tuple[HttpReply | Lost, int]:
        soon_ms = self._chance.randint(1, 80)
        match self.kind:
            case "HTTP 500":
                return _refusal(-1000, 500), soon_ms
            case "HTTP 503":
                return HttpReply(503, b"<html>Service Unavailable</html>"), soon_ms
            case "maintenance":
                return _refusal(-1011, 503), soon_ms
            case "connection refused":
                return Lost("could not connect", may_have_arrived=False), soon_ms
            case "connection broke":
                return Lost("the connection broke", may_have_arrived=True), soon_ms
            case _:
                return Lost("no reply", may_have_arrived=True), round(timeout_s * 1000)


def _fine() -> HttpReply:
    return HttpReply(200, b'{"success":true,"data":{"status":0,"msg":"fine","rows":[]},"timestamp":1790000000000}')


def _refusal(code: int, status: int) -> HttpReply:
    return HttpReply(status, json.dumps({"success": False, "code": code, "message": "no"}).encode())


def prove(seeds: range, scale: float) -> Outcome:  # noqa: ARG001 - a share of it is fewer seeds
    """Run one storm for each seed."""
    outcome = Outcome()
    for seed in seeds:
        storm = Storm(seed)
        storm()
        outcome.drawn[seed] = str(storm)
        outcome.ran.update(
            {"storms": 1, "calls": storm.asked, "attempts": storm.attempts, "calls failed": storm.failed}
        )
        outcome.injected[f"{storm.kind}, {storm.failing}"] += 1
        outcome.worst["attempts per call"] = max(storm.worst, outcome.worst.get("attempts per call", 0.0))
        if storm.worst > MOST_ATTEMPTS_PER_CALL + 1e-6:
            outcome.fail(seed, f"{storm.worst:.3f} attempts per call ({storm})")
        for strange in storm.strange[:3]:
            outcome.fail(seed, f"a call ended with {strange} ({storm})")
    return outcome
