"""This file is how a reply is opened: what counts as success, and which error stands for what else."""

from typing import Any, TypeVar

import msgspec

from woodlot.errors import ExchangeError, Rejected, Unavailable, UnexpectedReply
from woodlot.wire.answer import Answer, decoder
from woodlot.wire.value import Value

AnswerT = TypeVar("AnswerT", bound=Answer)


class Envelope(Value):
    """The outer object of every reply (rest-v3 §3). Only `success is True` is a success, whatever the HTTP status."""

    # Typed `Any` on purpose: a lax decoder would take "true" or 1 for a boolean.
    success: Any = None
    code: Any = None
    message: Any = None
    data: msgspec.Raw = msgspec.Raw(b"{}")
    timestamp: Any = None


_envelopes = msgspec.json.Decoder(Envelope)


def open_reply(answer: type[AnswerT], *, http_status: int, body: bytes, endpoint: str = "") -> AnswerT:
    """Return the typed answer in a reply.

    Raises the ExchangeError that its code stands for, Rejected or Unavailable where it has no known code, and
    UnexpectedReply where the body is not what the contract says.
    """
    try:
        envelope = _envelopes.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_understood(error, http_status=http_status, body=body, endpoint=endpoint) from error
    if envelope.success is not True:
        raise _refusal(envelope, http_status=http_status, body=body, endpoint=endpoint)
    try:
        return _stamped(decoder(answer).decode(envelope.data), envelope.timestamp)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_understood(error, http_status=http_status, body=body, endpoint=endpoint) from error


def _stamped(answer: AnswerT, timestamp: object) -> AnswerT:
    if "timestamp" not in answer.__struct_fields__ or getattr(answer, "timestamp") != 0:  # noqa: B009
        return answer
    return msgspec.structs.replace(answer, timestamp=_whole(timestamp) or 0)


def _refusal(envelope: Envelope, *, http_status: int, body: bytes, endpoint: str) -> ExchangeError:
    code = _whole(envelope.code)
    if code is None and not isinstance(envelope.message, str):
        return UnexpectedReply(
            "neither success nor an error", body=_text(body), http_status=http_status, endpoint=endpoint
        )
    message = envelope.message if isinstance(envelope.message, str) else "no message"
    kind = ExchangeError.by_code.get(code) if code is not None else None
    # "bad public parameter with HTTP 500" (rest-v3 §3.2): a status of 500 says nothing, 502 to 504 come from gateways.
    kind = kind or (Unavailable if http_status in {429, 502, 503, 504} else Rejected)
    return kind(message, code=code, http_status=http_status, endpoint=endpoint)


def _not_understood(error: Exception, *, http_status: int, body: bytes, endpoint: str) -> UnexpectedReply:
    return UnexpectedReply(
        f"the reply cannot be read: {error}", body=_text(body), http_status=http_status, endpoint=endpoint
    )


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
    return body[:2000].decode("utf-8", "replace")
