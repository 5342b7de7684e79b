"""This file is how a reply is spelled: the envelope around an answer, and the envelope of a refusal (rest-v3 §3)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import msgspec

from woodlot.sandbox.refusal import Refusal
from woodlot.wire.amount import plain
from woodlot.wire.answer import Answer, Event, encode_ours

NO_UPSTREAM = b'{"code":503,"message":"[GW] no upstream server"}'
"""What the gateway says to an unknown path, with HTTP 200 and without `success` (rest-v3 §5.2)."""

# "`makerFeeRate`, `takerFeeRate` int" among strings (rest-v3 §9.3).
_ALWAYS_NUMBERS = frozenset({"makerFeeRate", "takerFeeRate"})

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
    data = _builtins(answer)
    timestamp = data.pop("timestamp", 0) or now_ms
    data = {
        name: _respelled(value, trimmed if numbers or name in _ALWAYS_NUMBERS else _text)
        for name, value in data.items()
    }
    # The order of keys is the recorded one: `orderbook` alone has the timestamp before the data (rest-v3 §3.1).
    if timestamp_first:
        return _encoder.encode({"success": True, "timestamp": timestamp, "data": data})
    return _encoder.encode({"success": True, "data": data, "timestamp": timestamp})


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
    data = {key: value for key, value in _builtins(event).items() if value is not None}
    return _encoder.encode({"topic": topic, "ts": ts, "data": _respelled(data, plain)})


def trimmed(number: Decimal) -> Decimal:
    """Drop trailing zeros: "trimmed on REST" (websocket-v3 §6).

    >>> trimmed(Decimal("60.00")), trimmed(Decimal("0.10"))
    (Decimal('60'), Decimal('0.1'))
    """
    short = number.normalize()
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else short


def _builtins(value: msgspec.Struct) -> dict[str, Any]:
    return msgspec.to_builtins(value, builtin_types=(Decimal,), enc_hook=encode_ours)


def _respelled(value: Any, spell: Callable[[Decimal], Decimal | str]) -> Any:
    match value:
        case Decimal():
            return spell(value)
        case dict():
            return {key: _respelled(entry, spell) for key, entry in cast("dict[str, Any]", value).items()}
        case list() | tuple():
            return [_respelled(entry, spell) for entry in cast("list[Any]", value)]
        case _:
            return value


def _text(number: Decimal) -> str:
    return plain(trimmed(number))
