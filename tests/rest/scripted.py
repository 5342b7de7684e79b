"""This file is the other end of a call in tests: replies in order, and a flow driven by hand."""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from woodlot.clock import ManualClock
from woodlot.config import Credentials
from woodlot.rest.flow import Flow
from woodlot.rest.pacing import Pacer
from woodlot.rest.patience import Patience
from woodlot.rest.server_time import ServerTime
from woodlot.rest.steps import HttpReply, HttpRequest, Lost, Send, Sleep, Steps

AnswerT = TypeVar("AnswerT")

ACK = {"orderId": 60667653330, "clientOrderId": 7, "type": "LIMIT", "price": 60, "quantity": 0.1, "amount": None}
CREDENTIALS = Credentials("the-key", "the-secret")

RESET = Lost("the connection broke", may_have_arrived=True)
REFUSED = Lost("could not connect", may_have_arrived=False)


def success(data: Any, **envelope: Any) -> HttpReply:
    return HttpReply(200, json.dumps({"success": True, "data": data, "timestamp": 1790000000000} | envelope).encode())


def refusal(code: object, *, status: int = 400, message: str = "no") -> HttpReply:
    return HttpReply(status, json.dumps({"success": False, "code": code, "message": message}).encode())


TOO_MANY = refusal(-1003, status=429, message="Rate limit exceed.")


def flow(**changes: Any) -> Flow:
    """A flow whose time stands still, whose chance is seeded, and who trusts its own clock."""
    clock = changes.pop("clock", None) or ManualClock()
    settings: dict[str, Any] = {
        "credentials": CREDENTIALS,
        "clock": clock,
        "server_time": ServerTime.local(clock),
        "chance": random.Random(7),
        "patience": Patience(timeout_s=60),
        "pacer": Pacer.unlimited(),
    }
    return Flow(**(settings | changes))


@dataclass
class Played:
    """What a call did on its way."""

    sends: list[Send] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)
    answer: Any = None
    error: Exception | None = None

    @property
    def attempts(self) -> int:
        """How often the call itself was sent, without the questions about time and maintenance."""
        return sum(send.request.target == self.sends[0].request.target for send in self.sends)


def play(steps: Steps[AnswerT], replies: Iterable[HttpReply | Lost], *, clock: ManualClock) -> Played:
    """Drive a call with these replies; the last one is repeated for as long as it goes on."""
    played = Played()
    script = iter(replies)
    last = told = None
    try:
        while True:
            step = steps.send(told)
            match step:
                case Send():
                    played.sends.append(step)
                    last = next(script, last)
                    assert last is not None
                    told = last
                case Sleep(seconds):
                    played.sleeps.append(seconds)
                    clock.advance(seconds)
                    told = None
    except StopIteration as end:
        played.answer = end.value
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the test looks at
        played.error = error
    return played


TIME = success({"status": 0, "msg": "fine"})


class ScriptedTransport:
    """A blocking transport that answers from a list."""

    def __init__(self, *replies: HttpReply | Lost) -> None:
        self.replies = list(replies)
        self.requests: list[HttpRequest] = []
        self.closed = 0

    def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        self.requests.append(request)
        return self.replies.pop(0)

    def close(self) -> None:
        self.closed += 1


class AsyncScriptedTransport(ScriptedTransport):
    async def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:  # type: ignore[override]
        return super().exchange(request, timeout_s=timeout_s)

    async def close(self) -> None:  # type: ignore[override]
        super().close()
