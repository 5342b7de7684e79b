"""This file is how a reply is opened: what counts as success, and which error stands for what else."""

import json
import re
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from woodlot.errors import ExchangeError, RateLimited, Rejected, Unavailable, UnexpectedReply
from woodlot.wire.answer import Answer, decode_answer
from woodlot.wire.codes import CODES
from woodlot.wire.loose import LooseAnswer
from woodlot.wire.value import Value

AnswerT = TypeVar("AnswerT", bound=Answer)


class Envelope(Value):
    """The outer object of every reply (rest-v3 §3). Only `success is True` is a success, whatever the HTTP status."""

    # Typed `Any` on purpose: a lax decoder would take "true" or 1 for a boolean.
    success: Any = None
    code: Any = None
    message: Any = None
    data: msgspec.Raw = msgspec.Raw(b"")
    timestamp: Any = None


# "bad public parameter with HTTP 500" (rest-v3 §3.2): a status of 500 says nothing, 502 to 504 come from gateways.
_GATEWAY = frozenset({502, 503, 504})

# Nesting without end raises RecursionError.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_LISTEN_KEY = re.compile(r'("authKey"\s*:\s*")[^"]*"?')

_envelopes = msgspec.json.Decoder(Envelope)


def open_reply(answer: type[AnswerT], *, http_status: int, body: bytes, endpoint: str = "") -> AnswerT:
    """Return the typed answer in a reply.

    Raises the ExchangeError that its code stands for, Rejected or Unavailable where it has no known code, and
    UnexpectedReply where the body is not what the contract says.
    """
    try:
        # The decoder passes over a key that it does not know, unread: of one with a spoilt byte it would make nothing,
        # and of its value what is assumed where there is none.
        str(body, "utf-8")
        envelope = _envelopes.decode(body)
    except _UNREADABLE as error:
        raise _not_understood(_unreadable(error), http_status=http_status, body=body, endpoint=endpoint) from error
    if envelope.success is not True:
        raise _refusal(envelope, http_status=http_status, body=body, endpoint=endpoint)
    try:
        return _stamped(_answer(answer, envelope, body), envelope.timestamp)
    except _UNREADABLE as error:
        # Success was said: no status line may turn this into "nothing happened".
        reason = _unreadable(error)
        raise UnexpectedReply(reason, body=_text(body), http_status=http_status, endpoint=endpoint) from error


def _answer(answer: type[AnswerT], envelope: Envelope, body: bytes) -> AnswerT:
    if issubclass(answer, LooseAnswer):
        return answer(data=json.loads(bytes(envelope.data), parse_float=Decimal) if envelope.data else None)
    # "`PUT /v3/futures/positionMode` replies without `data`", others put their rows beside it (rest-v3 §3.1): where
    # there is no `data`, the reply itself is the answer.
    return decode_answer(answer, bytes(envelope.data) or body)


def _stamped(answer: AnswerT, timestamp: object) -> AnswerT:
    if "timestamp" not in answer.__struct_fields__ or getattr(answer, "timestamp") != 0:  # noqa: B009
        return answer
    # Nobody has seen it yet; `replace` would make it anew and look through its amounts once more.
    msgspec.structs.force_setattr(answer, "timestamp", _whole(timestamp) or 0)
    return answer


def _refusal(envelope: Envelope, *, http_status: int, body: bytes, endpoint: str) -> ExchangeError:
    code = _whole(envelope.code)
    if code is None and not isinstance(envelope.message, str):
        return _not_understood("neither success nor an error", http_status=http_status, body=body, endpoint=endpoint)
    message = envelope.message if isinstance(envelope.message, str) else "no message"
    return _kind(code, http_status)(message, code=code, http_status=http_status, endpoint=endpoint)


def _kind(code: int | None, http_status: int) -> type[ExchangeError]:
    if http_status == 429:
        return RateLimited
    if code in CODES:
        return CODES[code].error
    return Unavailable if http_status in _GATEWAY else Rejected


def _not_understood(reason: str, *, http_status: int, body: bytes, endpoint: str) -> ExchangeError:
    if http_status == 429:
        return RateLimited("no envelope", http_status=http_status, endpoint=endpoint)
    return UnexpectedReply(reason, body=_text(body), http_status=http_status, endpoint=endpoint)


def _unreadable(error: Exception) -> str:
    return f"the reply cannot be read: {error}"


def _whole(value: object) -> int | None:
    """Read an integer that may be spelled as text; True is not one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    return None


def _text(body: bytes) -> str:
    # Whoever has a listen key reads the account; it does not belong in an error that gets logged.
    return _LISTEN_KEY.sub(r'\1<hidden>"', body[:2000].decode("utf-8", "replace"))
