"""This file is the one ear: every frame, live, recorded or simulated, becomes a value here; and what we say back."""

import json
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec

from woodlot import swift
from woodlot.wire.answer import decode_leniently, decoder
from woodlot.wire.book_update import BookUpdate, decode_update, judged
from woodlot.wire.events import BestBidOffer, BookDelta, Pushed
from woodlot.wire.topics import EVENT_OF_WORD, BookDeltas, RpiBookDeltas
from woodlot.wire.value import Value

if TYPE_CHECKING:
    from woodlot.swift import _swift

EventT = TypeVar("EventT", bound=Pushed)

MOST_TOPICS_PER_REQUEST = 10
"""Eleven are refused as a whole, though the documentation says 20 (websocket-v3 §2)."""


class _Unread:
    """Room for a book's update as it came: it is made an event when somebody asks for it."""

    __slots__ = ("delta",)

    delta: "_swift.Delta | BookUpdate | None"


@dataclass(frozen=True, slots=True)
class Push(_Unread, Generic[EventT]):
    """Data of a topic; `ts` is when the exchange sent the frame.

    A book's update is made into an event when `event` is first read. A book does not read it: `delta` is the same
    update as it came, where it came that way.
    """

    topic: str
    ts: int
    event: EventT

    def __getattr__(self, name: str) -> Any:
        # Only asked for what is not set yet.
        if name == "delta":
            return None
        if name != "event" or (delta := self.delta) is None:
            raise AttributeError(name)
        event = BookDelta(symbol=delta.symbol, prev_ts=delta.prev_ts, ts=delta.ts, bids=delta.bids, asks=delta.asks)
        object.__setattr__(self, "event", event)
        return event

    def __reduce__(self) -> tuple[type["Push[Any]"], tuple[str, int, EventT]]:
        return Push, (self.topic, self.ts, self.event)


@dataclass(frozen=True, slots=True)
class Ack:
    """The answer to a command. `topics` are the ones accepted by it, not all that are live (websocket-v3 §5.1)."""

    id: str
    command: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command was refused as a whole, or was not understood: then `id` may be empty (websocket-v3 §5.2)."""

    id: str
    command: str
    text: str


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to our PING; proves the link, not that a listen key is alive."""

    time: int


@dataclass(frozen=True, slots=True)
class ServerPing:
    """None was ever seen; answered all the same (websocket-v3 §3)."""

    ts: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """A topic that this version does not know; ignored and counted."""

    topic: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A frame that breaks the contract, kept for inspection; `topic` names whose data was lost, if it can be told."""

    payload: bytes
    reason: str
    topic: str = ""


Incoming: TypeAlias = Push[Any] | Ack | Refusal | Pong | ServerPing | Unknown | Unreadable


_UPDATES = tuple(f'{{"topic":"{kind.word}@' for kind in (BookDeltas, RpiBookDeltas))
_UPDATES_AS_BYTES = tuple(start.encode() for start in _UPDATES)
_BOOK_PUSH: type[Push[BookDelta]] = Push
_set_topic, _set_ts, _set_delta = (getattr(Push, name).__set__ for name in ("topic", "ts", "delta"))
_read_in_c = None if swift.compiled is None else swift.compiled.read


class _AnyFrame(Value):
    topic: str | None = None
    ts: int = 0
    cmd: str | None = None
    id: Any = None
    success: Any = None
    time: int = 0
    data: msgspec.Raw = msgspec.Raw(b"null")
    # Where other generations of the stream put the text of a refusal (websocket-v3 §13.1).
    message: str = ""
    error_msg: str = msgspec.field(name="errorMsg", default="")


def decode_frame(payload: bytes | str) -> Incoming:
    """Read one text frame. Never raises for what the other end sent: what cannot be read is a value too."""
    if _read_in_c is not None and (push := _read_in_c(payload, _BOOK_PUSH)) is not None:
        return push
    return _decode_any(payload)


def _decode_any(payload: bytes | str) -> Incoming:
    # Most frames are book deltas and put the topic first; one pass over those is half the cost of two. A frame
    # with its keys in another order takes the other way and means the same.
    if (push := _read_update(payload)) is not None:
        return push
    raw = payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload
    try:
        return _decode(raw)
    except RecursionError:
        return Unreadable(raw, "nested deeper than anything the exchange sends")


def _read_update(payload: bytes | str) -> Push[BookDelta] | None:
    if not (payload.startswith(_UPDATES) if isinstance(payload, str) else payload.startswith(_UPDATES_AS_BYTES)):
        return None
    try:
        frame = decode_update(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    # As `Push(...)` does, in half the time; and its event is made when it is read.
    push = _BOOK_PUSH.__new__(_BOOK_PUSH)
    _set_topic(push, frame.topic)
    _set_ts(push, frame.ts)
    _set_delta(push, judged(frame.data))
    return push


def _decode(raw: bytes) -> Incoming:
    try:
        frame = decoder(_AnyFrame).decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Unreadable(raw, str(error))
    return _control(frame, raw) if frame.topic is None else _data(frame.topic, frame, raw)


class Take(Protocol):
    """Read one text frame as `decode_frame` does; None: it was an update, and its lane has it.

    The second argument has the lanes of topics (`book/lane.py`), of which those in the third may be taken; without the
    compiled hot path none is.
    """

    def __call__(self, payload: bytes | str, lanes: dict[str, Any], live: Set[str], /) -> Incoming | None: ...


def _take_none(payload: bytes | str, _: dict[str, Any], __: Set[str], /) -> Incoming:
    return decode_frame(payload)


take_frame: Take = _take_none if swift.compiled is None else swift.compiled.Taker(Push, _decode_any)


def encode_subscribe(request_id: str, topics: Iterable[str]) -> str:
    return _command("SUBSCRIBE", request_id, topics)


def encode_unsubscribe(request_id: str, topics: Iterable[str]) -> str:
    """Spell the command with its underscore, as the exchange does (websocket-v3 §5.1)."""
    return _command("UN_SUBSCRIBE", request_id, topics)


def encode_ping(ts: int) -> str:
    return json.dumps({"cmd": "PING", "ts": ts}, separators=(",", ":"))


def encode_pong(ts: int) -> str:
    return json.dumps({"cmd": "PONG", "ts": ts}, separators=(",", ":"))


def _command(command: str, request_id: str, topics: Iterable[str]) -> str:
    return json.dumps({"id": request_id, "cmd": command, "params": list(topics)}, separators=(",", ":"))


def _control(frame: _AnyFrame, raw: bytes) -> Incoming:
    command = (frame.cmd or "").upper()
    # "a numeric `id` is echoed as a string ... compare as strings" (websocket-v3 §5.1)
    request_id = "" if frame.id is None else str(frame.id)
    if command == "PONG":
        return Pong(frame.time)
    if command == "PING":
        return ServerPing(frame.ts)
    if not command and frame.success is None:
        return Unreadable(raw, "neither a topic nor a command")
    if frame.success is True and command != "ERROR":
        try:
            return Ack(request_id, command, decoder(tuple[str, ...]).decode(frame.data))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Unreadable(raw, f"acknowledgement without a list of topics: {error}")
    return Refusal(request_id, command, _refusal_text(frame))


def _refusal_text(frame: _AnyFrame) -> str:
    try:
        text = msgspec.json.decode(frame.data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = None
    return text if isinstance(text, str) else frame.message or frame.error_msg or "no reason given"


def _data(topic: str, frame: _AnyFrame, raw: bytes) -> Incoming:
    kind = EVENT_OF_WORD.get(topic.partition("@")[0])
    if kind is None:
        return Unknown(topic)
    try:
        return Push(topic, frame.ts, _event(kind, frame.data))
    except (msgspec.DecodeError, ValueError) as error:
        return Unreadable(raw, str(error), topic)


def _event(kind: type[Any], data: msgspec.Raw) -> Any:
    raw = bytes(data)
    try:
        return decoder(kind).decode(raw)
    except msgspec.ValidationError:
        # An empty side of the touch may be spelled "" (websocket-v3 §7.5): the same as null.
        return decode_leniently(kind, raw.replace(b'""', b"null") if kind is BestBidOffer else raw)
