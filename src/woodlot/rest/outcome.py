"""This file is what a reply proves: that the call was done, that nothing happened, or neither.

    what came back                                    proves               tried again
    success is True, and it reads                     done                 -
    429, -1003                                        nothing happened     any call, after a wait
    never written: refused, no route, no TLS          nothing happened     any call
    lost after the first byte: reset, cut, late       neither              repeatable calls
    a code that wire.codes says proves a refusal      nothing happened     no: the answer stays the same
    a code that wire.codes says proves neither        neither              repeatable calls, where it may pass
    a code that wire.codes does not know              neither              no
    no code, a message, HTTP below 500                nothing happened     no (rest-v3 §3.2: a plain refusal)
    no code, a message, HTTP 500 and above            neither              repeatable calls from 502 on
    no envelope: HTML, 204, 301, 413, cut, mangled    neither              repeatable calls from 502 to 504
    success is True, but the answer does not read     neither: ask for it  no

"Neither" makes OutcomeUnknown of a call that is not repeatable. The status line alone proves nothing but 429: the
exchange answers 400 for an internal network problem (-1011), 500 for a bad parameter and 200 for a gateway's miss.
"""

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from woodlot.errors import ConnectionFailed, ExchangeError, RateLimited, Rejected, UnexpectedReply
from woodlot.rest.steps import HttpReply, Lost
from woodlot.wire.answer import Answer
from woodlot.wire.codes import CODES, Again, Effect
from woodlot.wire.envelope import open_reply
from woodlot.wire.request import Endpoint

AnswerT = TypeVar("AnswerT", bound=Answer)

_GATEWAY = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Done(Generic[AnswerT]):
    """The exchange did it, and said so."""

    answer: AnswerT


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt gave no answer, what that proves, and whether another attempt may."""

    error: ExchangeError | ConnectionFailed
    effect: Effect
    again: Again


Verdict: TypeAlias = Done[AnswerT] | Failure


def judge(reply: HttpReply | Lost, kind: type[AnswerT], endpoint: Endpoint) -> Verdict[AnswerT]:
    """Return the typed answer, or what the lack of one proves."""
    if isinstance(reply, Lost):
        effect = Effect.UNKNOWN if reply.may_have_arrived else Effect.NOTHING
        return Failure(ConnectionFailed(str(endpoint), reply.reason), effect, Again.SOON)
    try:
        return Done(open_reply(kind, http_status=reply.status, body=reply.body, endpoint=str(endpoint)))
    except ExchangeError as error:
        return Failure(error, *_proof(error))


def _proof(error: ExchangeError) -> tuple[Effect, Again]:
    if isinstance(error, RateLimited):
        return Effect.NOTHING, Again.WAIT
    if error.code is not None:
        known = CODES.get(error.code)
        return (known.effect, known.again) if known else (Effect.UNKNOWN, Again.NEVER)
    again = Again.SOON if error.http_status in _GATEWAY else Again.NEVER
    refused = isinstance(error, Rejected) and not isinstance(error, UnexpectedReply) and error.http_status < 500
    return (Effect.NOTHING if refused else Effect.UNKNOWN), again
