"""This file is one call as steps: sign, send, judge, wait, try again; the same for `Client` and `AsyncClient`.

It does no I/O and does not sleep. What a reply proves is written in `outcome`, how long to go on in `patience`.
"""

import logging
import random
from collections.abc import Callable
from typing import Any, TypeVar, cast

from woodlot import __version__
from woodlot.clock import Clock, SystemClock
from woodlot.config import Credentials
from woodlot.errors import ConfigurationError, RateLimited, Unauthorized, Unavailable
from woodlot.rest.budget import RetryBudget
from woodlot.rest.handle import new_client_order_id, with_handle
from woodlot.rest.lanes import Lane, lane_of
from woodlot.rest.maintenance import Maintenance
from woodlot.rest.outcome import Done, Failure, Verdict, judge
from woodlot.rest.pacing import Pacer, Turn
from woodlot.rest.patience import AnyRequest, Attempts, Patience
from woodlot.rest.server_time import ServerTime
from woodlot.rest.steps import HttpReply, HttpRequest, Lost, Send, Sleep, Steps
from woodlot.wire.answer import Answer
from woodlot.wire.codes import Again
from woodlot.wire.public import GetSystemInfo, SystemInfo
from woodlot.wire.request import Generation, Request, answer_type
from woodlot.wire.signing import sign, sign_v1

AnswerT = TypeVar("AnswerT", bound=Answer)

log = logging.getLogger("woodlot.rest")

_HEADERS = {
    "accept": "application/json",
    # Replies are small; a plain one cannot be cut in the middle of a compressed block or blow up when opened.
    "accept-encoding": "identity",
    "user-agent": f"woodlot/{__version__}",
}
_HEADERS_WITH_BODY = _HEADERS | {"content-type": "application/json"}

# Asking for the time, or whether there is maintenance, must not use up the call it is asked for.
_QUESTION_TIMEOUT_S = 5.0
_LOOK_AGAIN_S = 0.01
_MAINTENANCE = -1011


class Flow:
    """Everything a call needs to know, apart from how to send and how to wait. Threads and tasks may share one."""

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        patience: Patience | None = None,
        pacer: Pacer | None = None,
        clock: Clock | None = None,
        server_time: ServerTime | None = None,
        chance: random.Random | None = None,
        draw_id: Callable[[], int] = new_client_order_id,
    ) -> None:
        self._credentials = _usable(credentials)
        self._patience = patience or Patience()
        self.pacer = pacer or Pacer()
        self.clock = clock or SystemClock()
        self.server_time = server_time or ServerTime(self.clock)
        self._chance = chance or random.Random()
        self._draw_id = draw_id
        self._budget = RetryBudget()
        self._maintenance = Maintenance(self.clock)

    def call(
        self,
        request: Request[AnswerT],
        *,
        timeout_s: float | None = None,
        patience: Patience | None = None,
        check: Callable[[], None] | None = None,
    ) -> Steps[AnswerT]:
        """Return the steps of one call; they end in the answer or in one of `woodlot.errors`.

        `patience` takes the place of the client's for this call, and `timeout_s` the place of its own. `check` is asked
        right before an attempt leaves; what it raises ends the call, and nothing of that attempt was sent.
        Raises ConfigurationError at once where a signed call has no credentials.
        """
        if request.endpoint.signed and self._credentials is None:
            raise ConfigurationError(f"{request.endpoint} is signed: pass Credentials(key, secret) to the client")
        named = with_handle(request, draw=self._draw_id)
        self._budget.deposit()
        id_is_ours = named is not request
        return self._steps(
            named, self._attempts(named, id_is_ours=id_is_ours, timeout_s=timeout_s, patience=patience, check=check)
        )

    def _attempts(
        self,
        request: AnyRequest,
        *,
        id_is_ours: bool = False,
        timeout_s: float | None = None,
        patience: Patience | None = None,
        check: Callable[[], None] | None = None,
    ) -> Attempts:
        patience = patience or self._patience
        return Attempts(
            request,
            id_is_ours=id_is_ours,
            patience=patience,
            timeout_s=patience.timeout_s if timeout_s is None else timeout_s,
            clock=self.clock,
            chance=self._chance,
            budget=self._budget,
            check=check,
        )

    def _steps(self, request: Request[AnswerT], attempts: Attempts) -> Steps[AnswerT]:
        if request.endpoint.signed and not self.server_time.is_known:
            yield from self._ask_the_time(attempts)
        while True:
            correction_ms = self.server_time.correction_ms
            match (yield from self._attempt(request, attempts)):
                case Done(answer):
                    return answer
                case Failure() as failure:
                    if isinstance(failure.error, Unauthorized) and request.endpoint.signed:
                        yield from self._ask_the_time(attempts)
                        if not self.server_time.differs_from(correction_ms):
                            attempts.give_up(failure)
                        continue
                    if _may_be_maintenance(request, failure):
                        yield from self._see_whether_it_is_maintenance(failure, attempts)
                    yield Sleep(attempts.pause_s(failure))

    def _attempt(self, request: Request[AnswerT], attempts: Attempts) -> Steps[Verdict[AnswerT]]:
        kind = cast("type[AnswerT]", answer_type(type(request)))
        turn = yield from self._turn(request, attempts)
        timeout_s = attempts.remaining_s
        until_s = self.clock.monotonic_s() + timeout_s
        step = Send(self._signed(request, attempts), timeout_s)
        try:
            reply = yield step
        except BaseException:
            # Interrupted or cancelled, so nobody will hear the reply.
            self.pacer.lost(turn, until_s=until_s)
            attempts.abandoned()
            raise
        if reply is None:
            raise TypeError("Send is answered with HttpReply or Lost")
        verdict = judge(reply, kind, request.endpoint)
        self._end(turn, reply, verdict, until_s=until_s)
        return verdict

    def _turn(self, request: AnyRequest, attempts: Attempts) -> Steps[Turn]:
        turn = self.pacer.queue(request, now_s=self.clock.monotonic_s())
        try:
            while True:
                attempts.check()
                if attempts.is_over:
                    attempts.too_late(0.0)
                wait_s = self.pacer.wait_s(turn, now_s=self.clock.monotonic_s())
                if wait_s == 0:
                    return turn
                if wait_s >= attempts.remaining_s:
                    attempts.too_late(wait_s)
                yield Sleep(min(wait_s, attempts.check_every_s))
        except BaseException:
            self.pacer.leave(turn)
            raise

    def _end(self, turn: Turn, reply: HttpReply | Lost, verdict: Verdict[Any], *, until_s: float) -> None:
        now_s = self.clock.monotonic_s()
        match reply:
            case Lost(may_have_arrived=False):
                self.pacer.unsent(turn)
            case Lost():
                self.pacer.lost(turn, until_s=max(now_s, until_s))
            case HttpReply():
                refused = isinstance(verdict, Failure) and verdict.again is Again.WAIT
                (self.pacer.refused if refused else self.pacer.replied)(turn, now_s=now_s)

    def ask_the_time(self) -> Steps[None]:
        """Return the steps that measure how far this machine's clock is off, unless that was done just now."""
        yield from self._ask_the_time(self._attempts(GetSystemInfo()))

    def _ask_the_time(self, attempts: Attempts) -> Steps[None]:
        if not self.server_time.begin():
            while self.server_time.is_asking and attempts.remaining_s > _LOOK_AGAIN_S * 2:
                yield Sleep(_LOOK_AGAIN_S)
            return
        info: SystemInfo | None = None
        try:
            self._budget.charge()
            asked_s = self.clock.monotonic_s()
            info = yield from self._question(attempts)
            if info is not None and info.timestamp:
                self.server_time.heard(info.timestamp, asked_s=asked_s, answered_s=self.clock.monotonic_s())
            else:
                log.warning("the exchange did not say what time it is; going by this machine's clock")
        finally:
            self.server_time.end(was_answered=info is not None)

    def _see_whether_it_is_maintenance(self, failure: Failure, attempts: Attempts) -> Steps[None]:
        """Give up where the exchange says that it is away: asking on would only be noise."""
        if not self._maintenance.is_known and self._budget.withdraw():
            self._maintenance.asking()
            self._maintenance.heard((yield from self._question(attempts)))
        if self._maintenance.is_on:
            log.warning("%s: the exchange is under maintenance; it says this ends %s", attempts, self._maintenance.ends)
            attempts.give_up(failure)

    def _question(self, attempts: Attempts) -> Steps[SystemInfo | None]:
        """Ask how the exchange is and what time it has, once; the call it is asked for goes on without an answer."""
        question = GetSystemInfo()
        timeout_s = min(_QUESTION_TIMEOUT_S, attempts.remaining_s / 2)
        try:
            match (yield from self._attempt(question, self._attempts(question, timeout_s=timeout_s))):
                case Done(answer):
                    return answer
                case Failure():
                    return None
        except RateLimited:
            return None

    def _signed(self, request: AnyRequest, attempts: Attempts) -> HttpRequest:
        method, target, body = request.endpoint.method.value, request.target, request.body
        headers = dict(_HEADERS_WITH_BODY if body else _HEADERS)
        if request.endpoint.signed and self._credentials is not None:
            # Signed anew for every attempt: a timestamp lives 300 seconds (rest-v3 §2.4).
            attempts.signed_ms = self.server_time.now_ms()
            timestamp = str(attempts.signed_ms)
            headers["x-api-key"] = self._credentials.key
            headers["x-api-timestamp"] = timestamp
            headers["x-api-signature"] = (
                sign_v1(self._credentials.secret, timestamp, request.query)
                if request.endpoint.generation is Generation.V1
                else sign(self._credentials.secret, timestamp, method, target, body)
            )
        is_urgent = lane_of(request.endpoint) is Lane.URGENT
        return HttpRequest(method, target, headers, body.encode(), is_urgent=is_urgent)


def _may_be_maintenance(request: AnyRequest, failure: Failure) -> bool:
    is_worth_asking = request.endpoint.repeatable and not isinstance(request, GetSystemInfo)
    return is_worth_asking and isinstance(failure.error, Unavailable) and failure.error.code == _MAINTENANCE


def _usable(credentials: Credentials | None) -> Credentials | None:
    """Refuse a key that cannot stand in a header: pasted with a line's end, it would smuggle in another one."""
    if credentials is not None and not (credentials.key.isascii() and credentials.key.isprintable()):
        raise ConfigurationError("the API key holds characters that no key has; was it pasted with a line's end?")
    return credentials
