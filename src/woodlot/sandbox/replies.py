"""This file is how a reply is spelled: the envelope around an answer, and the envelope of a refusal (rest-v3 §3)."""

from decimal import Decimal
from typing import Any, cast

import msgspec

from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.spellings import Spelling, spelling_of
from woodlot.wire.amount import plain
from woodlot.wire.answer import Answer, Event, encode_ours
from woodlot.wire.loose import LooseAnswer
from woodlot.wire.moment import Time

NO_UPSTREAM = b'{"code":503,"message":"[GW] no upstream server"}'
"""What the gateway says to an unknown path, with HTTP 200 and without `success` (rest-v3 §5.2)."""

_encoder = msgspec.json.Encoder(decimal_format="number")


class InvalidRequest(Refusal):
    """The public endpoints' own refusal of a missing or unusable parameter; it has an extra key (rest-v3 §3.2)."""

    error_code = 90000

    def __init__(self) -> None:
        super().__init__(-1005, "invalid request, please check your request")


def success(answer: Answer, *, now_ms: int, numbers: bool = False, timestamp_first: bool = False) -> bytes:
    """Wrap an answer. `numbers` spells amounts as JSON numbers: replies about orders and trades do (§3.3).

    An answer's own `timestamp` is the envelope's; only the book's differs from the server's clock (§3.1).
    """
    spelling = spelling_of(type(answer), numbers=numbers)
    data, timestamp = _told(answer, spelling, now_ms=now_ms)
    # The order of keys is the recorded one: `orderbook` alone has the timestamp before the data (rest-v3 §3.1).
    if timestamp_first:
        return _encoder.encode({"success": True, "timestamp": timestamp, "data": data})
    reply: dict[str, Any] = {"success": True}
    if spelling.is_beside:
        reply |= data
    elif data is not None and data != {}:
        reply["data"] = data
    return _encoder.encode(reply | {"timestamp": timestamp} if spelling.has_timestamp else reply)


def failure(refusal: Refusal) -> bytes:
    """Spell a refusal. `code` is left out where the exchange leaves it out; there is no `timestamp` (§3.2)."""
    reply: dict[str, Any] = {"success": False}
    if refusal.code is not None:
        reply["code"] = refusal.code
    if isinstance(refusal, InvalidRequest):
        reply["error_code"] = refusal.error_code
    # A message may quote what was sent, which need not be text that can be encoded.
    reply["message"] = refusal.message.encode("utf-8", "backslashreplace").decode()
    return _encoder.encode(reply)


def frame(topic: str, event: Event, *, ts: int) -> bytes:
    """Spell a push: amounts as plain strings, keys that are not set left out."""
    data = {key: _plainly(value) for key, value in _builtins(event).items() if value is not None}
    return _encoder.encode({"topic": topic, "ts": ts, "data": data})


def trimmed(number: Decimal) -> str:
    """Spell a number without trailing zeros: "trimmed on REST" (websocket-v3 §6).

    >>> trimmed(Decimal("60.00")), trimmed(Decimal("0.10")), trimmed(Decimal("1E-8"))
    ('60', '0.1', '0.00000001')
    """
    text = plain(number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _told(answer: Answer, spelling: Spelling, *, now_ms: int) -> tuple[Any, int]:
    """Return the data of a reply and its time."""
    if isinstance(answer, LooseAnswer):
        return _respelled(answer.data, spelling, ""), answer.timestamp or now_ms
    hook = _seconds if spelling.has_seconds else encode_ours
    data = msgspec.to_builtins(answer, builtin_types=(Decimal,), enc_hook=hook)
    timestamp = data.pop("timestamp", 0) or now_ms
    return _respelled(data, spelling, ""), timestamp


def _respelled(value: Any, spelling: Spelling, name: str) -> Any:
    # By exact types, and the commonest first: an order's reply has a dozen of these.
    kind = cast("type[Any]", type(value))
    if kind is str or value is None:
        return value
    if kind is Decimal:
        text = trimmed(value)
        return msgspec.Raw(text.encode()) if spelling.is_number(name) else text
    if kind is dict:
        if renamed := spelling.renamed:
            return {renamed.get(key, key): _respelled(entry, spelling, key) for key, entry in value.items()}
        return {
            key: entry if type(entry) is str or entry is None else _respelled(entry, spelling, key)
            for key, entry in value.items()
        }
    if kind is list or kind is tuple:
        return [_respelled(entry, spelling, name) for entry in value]
    return str(value) if kind is int and name in spelling.texts else value


def _plainly(value: Any) -> Any:
    kind = cast("type[Any]", type(value))
    if kind is Decimal:
        return plain(value)
    if kind is dict:
        return {key: _plainly(entry) for key, entry in value.items()}
    if kind is list or kind is tuple:
        return [_plainly(entry) for entry in value]
    return value


def _builtins(value: msgspec.Struct) -> dict[str, Any]:
    return msgspec.to_builtins(value, builtin_types=(Decimal,), enc_hook=encode_ours)


def _seconds(value: object) -> object:
    """Spell a time as "string seconds with decimals" (rest-v3 §3.3)."""
    return f"{value.ms // 1000}.{value.ms % 1000:03}" if isinstance(value, Time) else encode_ours(value)
