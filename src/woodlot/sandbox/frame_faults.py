"""This file is what goes wrong with single frames between the exchange and its sockets: lost, doubled, swapped, late,
or spelled in ways that a client must survive (websocket-v3 §15.2)."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias, cast

import msgspec

from woodlot.clock import Clock
from woodlot.sandbox.faults import Faults

Tree: TypeAlias = dict[str, Any]

# A Decimal becomes the number it is, digit for digit.
_encoder = msgspec.json.Encoder(decimal_format="number")

MOST_WAITING: Final = 20_000
"""Frames that may wait at once; beyond it the oldest go out before their time."""


_BURST: Final = 20


@dataclass(frozen=True, slots=True)
class Late:
    """A frame whose time has come."""

    topic: str
    account_id: str | None
    payload: bytes


@dataclass(slots=True)
class _Line:
    """The frames of one topic and account, which never overtake one another."""

    swapped: bytes | None = None
    waiting: deque[tuple[int, bytes]] = field(default_factory=deque[tuple[int, bytes]])


class FrameFaults:
    """Give back, for each frame, what is sent in its place."""

    def __init__(self, faults: Faults, *, clock: Clock) -> None:
        self._faults = faults
        self._clock = clock
        self._lines: dict[tuple[str, str | None], _Line] = {}
        self._waiting = 0

    def pass_on(self, payload: bytes, *, topic: str, account_id: str | None) -> list[bytes]:
        """Return the frames to send now."""
        areas = ("private" if account_id else "public", "stream")
        if self._holds(areas, "silent") or self._strikes(areas, "drop", topic):
            return []
        frames = self._respelled(payload, areas, topic)
        if self._strikes(areas, "repeat", topic):
            frames.append(frames[-1])
        if self._strikes(areas, "burst", topic):
            frames += (_BURST - 1) * frames[-1:]
        return self._in_order(frames, areas, topic, account_id)

    def due(self) -> list[Late]:
        """Return the frames that have waited long enough."""
        if not self._waiting:
            return []
        now_ms = self._clock.monotonic_s() * 1000
        late: list[Late] = []
        for (topic, account_id), line in self._lines.items():
            while line.waiting and (line.waiting[0][0] <= now_ms or self._waiting > MOST_WAITING):
                late.append(Late(topic, account_id, line.waiting.popleft()[1]))
                self._waiting -= 1
        return late

    def _in_order(self, frames: list[bytes], areas: tuple[str, str], topic: str, account_id: str | None) -> list[bytes]:
        line = self._lines.setdefault((topic, account_id), _Line())
        if line.swapped is not None:
            frames.append(line.swapped)
            line.swapped = None
        elif self._strikes(areas, "swap", topic):
            line.swapped = frames.pop()
        delay = self._faults.strike(*(f"{area}.delay" for area in areas), subject=topic)
        if delay is None and not line.waiting:
            return frames
        due_ms = round(self._clock.monotonic_s() * 1000) + (delay.length_ms if delay else 0)
        if line.waiting:
            due_ms = max(due_ms, line.waiting[-1][0])
        line.waiting.extend((due_ms, frame) for frame in frames)
        self._waiting += len(frames)
        return []

    def _respelled(self, payload: bytes, areas: tuple[str, str], topic: str) -> list[bytes]:
        changes = [change for word, change in _CHANGES.items() if self._strikes(areas, word, topic)]
        if not changes:
            return [payload]
        frames: list[Tree] = [json.loads(payload)]
        for change in changes:
            frames = [made for frame in frames for made in change(frame)]
        return [_encoder.encode(frame) for frame in frames]

    def _strikes(self, areas: tuple[str, str], word: str, topic: str) -> bool:
        return self._faults.strike(*(f"{area}.{word}" for area in areas), subject=topic) is not None

    def _holds(self, areas: tuple[str, str], word: str) -> bool:
        return self._faults.holds(*(f"{area}.{word}" for area in areas)) is not None


def _empty(frame: Tree) -> list[Tree]:
    """Precede a delta by one without levels, chained to it: "treat as a valid chain step" (websocket-v3 §8.1)."""
    return _preceded(frame, bids=[], asks=[])


def _crossed(frame: Tree) -> list[Tree]:
    """Precede a delta by one that bids twice the highest price in it, and take that back with the delta."""
    prices = [Decimal(price) for side in ("bids", "asks") for price, _ in _levels(frame, side)]
    if not prices:
        return [frame]
    bid = format(2 * max(prices), "f")
    frames = _preceded(frame, bids=[[bid, "1"]], asks=[])
    frames[-1]["data"]["bids"] = [[bid, "0"], *frames[-1]["data"]["bids"]]
    return frames


def _preceded(frame: Tree, *, bids: list[list[str]], asks: list[list[str]]) -> list[Tree]:
    data = frame["data"]
    if not _is_delta(frame) or data["ts"] - data["prevTs"] < 2:
        return [frame]
    between = data["prevTs"] + 1
    first = {**frame, "data": {**data, "ts": between, "bids": bids, "asks": asks}}
    return [first, {**frame, "data": {**data, "prevTs": between}}]


def _zeros(frame: Tree) -> list[Tree]:
    """Spell removals "0.000": "test the number, not the string" (websocket-v3 §8.1)."""
    if not _is_delta(frame):
        return [frame]
    sides = {
        side: [[price, "0.000" if not Decimal(size) else size] for price, size in _levels(frame, side)]
        for side in ("bids", "asks")
    }
    return [{**frame, "data": {**frame["data"], **sides}}]


def _exponents(frame: Tree) -> list[Tree]:
    return [{**frame, "data": _spelled(frame["data"], lambda number: f"{number:E}")}]


def _numbers(frame: Tree) -> list[Tree]:
    return [{**frame, "data": _spelled(frame["data"], lambda number: number)}]


def _unknown_key(frame: Tree) -> list[Tree]:
    data = frame["data"]
    strange = {"zz": {"new": [1, None]}}
    return [{**frame, "data": data | strange if isinstance(data, dict) else data} | strange]


def _unknown_topic(frame: Tree) -> list[Tree]:
    return [{"topic": f"weather@{frame['topic']}", "ts": frame["ts"], "data": {"ts": frame["ts"], "w": "1"}}, frame]


def _unknown_status(frame: Tree) -> list[Tree]:
    return [_with(frame, "ss", lambda _: "HIBERNATED")]


def _unknown_type(frame: Tree) -> list[Tree]:
    return [_with(frame, "mt", lambda _: 99)]


def _version_jump(frame: Tree) -> list[Tree]:
    data = frame["data"]
    for rows in ("balances", "positions"):
        for row in data.get(rows, ()):
            row["ver"] = row.get("ver", 0) + 1000
    return [frame]


def _with(frame: Tree, key: str, change: Callable[[Any], object]) -> Tree:
    data = frame["data"]
    if not isinstance(data, dict) or key not in data:
        return frame
    fields = cast("Tree", data)
    return {**frame, "data": fields | {key: change(fields[key])}}


def _is_delta(frame: Tree) -> bool:
    return isinstance(frame["data"], dict) and "prevTs" in frame["data"]


def _levels(frame: Tree, side: str) -> list[list[str]]:
    return frame["data"][side] if _is_delta(frame) else []


def _spelled(value: Any, spell: Callable[[Decimal], object]) -> Any:
    """Spell every amount anew. What looks like a number and is none, an id for example, is not a string here."""
    match value:
        case dict():
            return {key: _spelled(entry, spell) for key, entry in cast("Tree", value).items()}
        case list():
            return [_spelled(entry, spell) for entry in cast("list[Any]", value)]
        case str() if value[:1].isdigit() or value[:1] == "-":
            try:
                return spell(Decimal(value))
            except InvalidOperation:
                return value
        case _:
            return value


_CHANGES: Final[dict[str, Callable[[Tree], list[Tree]]]] = {
    "empty": _empty,
    "crossed": _crossed,
    "zeros": _zeros,
    "exponents": _exponents,
    "numbers": _numbers,
    "unknown-key": _unknown_key,
    "unknown-status": _unknown_status,
    "unknown-type": _unknown_type,
    "version-jump": _version_jump,
    "unknown-topic": _unknown_topic,
}
"""The word of a kind -> what it makes of a frame, in the order in which several are applied."""
