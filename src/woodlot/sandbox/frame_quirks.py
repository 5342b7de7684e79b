"""This file is how pushes are spelled under quirks: one line for each switch that changes what is inside a frame."""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from woodlot.sandbox.quirks import Quirks

Data: TypeAlias = dict[str, Any]

_encoder = msgspec.json.Encoder()


class FrameQuirks:
    """Respell frames as `quirks` have it. With the default ones a frame passes untouched."""

    def __init__(self, quirks: Quirks) -> None:
        self._changes: dict[str, list[Callable[[Data], None]]] = {}
        self._version = 0
        for word, is_on, change in (
            ("executionreport", quirks.client_order_id_is_text, _client_order_id_as_text),
            ("balance", quirks.frozen_is_pending, _frozen_as_pending),
            ("balance", quirks.version_counts == "everything", self._count_versions),
            ("position", quirks.version_counts == "everything", self._count_versions),
            ("position", not quirks.short_holding_is_negative, _short_holding_as_positive),
            ("account", quirks.futures_mode_is_plural, _plural_mode),
            ("trade", quirks.trades_have_rpi, _with_rpi),
            ("bbo", quirks.bbo_empty_side != "missing", _empty_side(quirks.bbo_empty_side)),
            ("bborpi", quirks.bbo_empty_side != "missing", _empty_side(quirks.bbo_empty_side)),
            *((word, quirks.stream_trims_zeros, _trimmed) for word in _WITH_ZEROS),
        ):
            if is_on:
                self._changes.setdefault(word, []).append(change)

    def respelled(self, payload: bytes, *, topic: str) -> bytes:
        changes = self._changes.get(topic.partition("@")[0]) if self._changes else None
        if not changes:
            return payload
        frame = msgspec.json.decode(payload)
        for change in changes:
            change(frame["data"])
        return _encoder.encode(frame)

    def _count_versions(self, data: Data) -> None:
        for row in (*data.get("balances", ()), *data.get("positions", ())):
            self._version += 1
            row["ver"] = self._version


_WITH_ZEROS = ("orderbookupdate", "orderbookupdaterpi", "orderbook10", "bbo", "bborpi", "trade", "kline", "ticker")

# `aop`, `tesx` and their like have no step to be padded to; these have.
_PADDED = ("px", "sx", "bp", "bq", "ap", "aq", "o", "c", "h", "l", "v", "a")
_EMPTY = {"null": None, "empty": "", "zero": "0"}


def _client_order_id_as_text(data: Data) -> None:
    if "cid" in data:
        data["cid"] = str(data["cid"])


def _frozen_as_pending(data: Data) -> None:
    """Show what is frozen as V1 was recorded: "the short one negative" (websocket-v3 §9.3)."""
    for row in data["balances"]:
        frozen = row["f"]
        if frozen != "0":
            row["f"] = "0"
            row["plq" if row["t"] == "USDT" else "psq"] = frozen if row["t"] == "USDT" else f"-{frozen}"


def _short_holding_as_positive(data: Data) -> None:
    for row in data["positions"]:
        if row.get("ps") == "SHORT":
            row["h"] = row["h"].removeprefix("-")


def _plural_mode(data: Data) -> None:
    if data.get("m") == "FUTURE":
        data["m"] = "FUTURES"


def _with_rpi(data: Data) -> None:
    data.setdefault("rpi", False)


def _empty_side(how: str) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        for key in ("bp", "bq", "ap", "aq"):
            data.setdefault(key, _EMPTY[how])

    return change


def _trimmed(data: Data) -> None:
    for key in _PADDED:
        if isinstance(data.get(key), str):
            data[key] = _short(data[key])
    for side in ("bids", "asks"):
        if side in data:
            data[side] = [[_short(price), _short(size)] for price, size in data[side]]


def _short(number: str) -> str:
    """Drop trailing zeros behind the point.

    >>> _short("0.00020"), _short("100")
    ('0.0002', '100')
    """
    return number.rstrip("0").rstrip(".") if "." in number else number
