"""This file is the server's side of one stream connection, without the socket: text in, replies out (websocket-v3 §5).

What is refused follows §5.2 to the letter: a topic that is not to be had is missing from the acknowledgement, which
is a success all the same; only a request that is not understood is an error.
"""

import json
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple, cast

from woodlot.sandbox.quirks import Quirks
from woodlot.wire.topics import (
    BOOK_DEPTHS,
    PRIVATE,
    BookDeltas,
    BookTops,
    Candles,
    EstimatedFundings,
    IndexPrices,
    Interval,
    MarkPrices,
    OpenInterests,
    RpiBbo,
    RpiBookDeltas,
    Tickers,
    Topic,
    Trades,
)
from woodlot.wire.topics import Bbo as Touches

MOST_TOPICS = 100
"""What one connection can be subscribed to at once (websocket-v3 §2)."""

PRIVATE_TOPICS = frozenset(kind().name for kind in PRIVATE)

_INVALID_COMMAND = "Command type invalid!"


def public_topics(symbols: Iterable[str]) -> frozenset[str]:
    """Return every public topic there is for these symbols."""
    return frozenset(topic.name for symbol in symbols for topic in _topics_of(symbol))


def _topics_of(symbol: str) -> Iterable[Topic[Any]]:
    yield from (kind(symbol) for kind in (Trades, Touches, RpiBbo, BookTops, Tickers))
    yield from (kind(symbol, depth) for kind in (BookDeltas, RpiBookDeltas) for depth in BOOK_DEPTHS)
    yield from (Candles(symbol, interval) for interval in Interval)
    # "asking with the PERP symbol is dropped silently" (websocket-v3 §7.9), and the reverse for the others.
    figures = (MarkPrices, OpenInterests, EstimatedFundings) if symbol.startswith("PERP_") else (IndexPrices,)
    yield from (kind(symbol) for kind in figures)


class Sort(Enum):
    """What a reply is."""

    ACK = auto()
    ERROR = auto()
    PONG = auto()


class Said(NamedTuple):
    """One reply."""

    sort: Sort
    text: str


class Session:
    """One connection: what it may subscribe to, what it is subscribed to, and the answer to whatever it says.

    `elsewhere` are the topics of the other stream, which one quirk refuses in another way.
    """

    def __init__(
        self, offered: frozenset[str], *, elsewhere: frozenset[str] = frozenset(), quirks: Quirks | None = None
    ) -> None:
        self._offered = offered
        self._elsewhere = elsewhere
        self._quirks = quirks or Quirks()
        self.topics: set[str] = set()
        self.fresh: list[str] = []
        """What was subscribed to since somebody last looked."""

    def receive(self, text: str, *, now_ms: int) -> list[Said]:
        """Obey one text frame and return what to send back. Never raises for what the other end sent."""
        try:
            command = json.loads(text)
        except (ValueError, RecursionError):
            command = None
        if not isinstance(command, dict):
            return [self._error("", "Invalid request.", now_ms)]
        return self._obey(cast("dict[str, Any]", command), now_ms)

    def refuse_binary(self, *, now_ms: int) -> list[Said]:
        """Answer a binary frame: `ERROR`, "Invalid request." by default (websocket-v3 §16 no 21)."""
        return [self._error("", self._quirks.malformed_command_text, now_ms)]

    def _obey(self, command: dict[str, Any], now_ms: int) -> list[Said]:
        request_id = self._echo(command.get("id"))
        word = command.get("cmd")
        match word.upper() if isinstance(word, str) else None:  # `"subscribe"` works (§5.1)
            case "PING":
                return [Said(Sort.PONG, _text({"cmd": "PONG", "success": True, "time": now_ms}))]
            case "PONG":
                return []
            case "SUBSCRIBE" | "UN_SUBSCRIBE" as known:
                return [self._change(known, request_id, command.get("params"), now_ms)]
            case "LIST_SUBSCRIPTION" as known if self._quirks.list_subscription == "topics":
                return [_accepted(request_id, known, now_ms, data=sorted(self.topics))]
            case _:
                return [self._error(request_id, _INVALID_COMMAND, now_ms)]

    def _change(self, word: str, request_id: str | int, params: object, now_ms: int) -> Said:
        topics = _names(params)
        if topics is None:
            return self._error(request_id, self._quirks.malformed_command_text, now_ms)
        # "11 or more topics in `params`: ... none of them is subscribed; socket stays open" (§5.2)
        if len(topics) > self._quirks.topics_per_request or self._refuses(word, topics):
            return self._refused(request_id, word, _INVALID_COMMAND, now_ms)
        accept = self._subscribe if word == "SUBSCRIBE" else self._unsubscribe
        return _accepted(request_id, word, now_ms, data=[topic for topic in topics if accept(topic)])

    def _refuses(self, word: str, topics: Sequence[str]) -> bool:
        quirks = self._quirks
        if word == "UN_SUBSCRIBE":
            return quirks.unsubscribing_nothing == "refused" and not self.topics.issuperset(topics)
        return (quirks.bad_topic_is_refused and not self._offered.issuperset(topics)) or (
            quirks.foreign_topic_is_refused and not self._elsewhere.isdisjoint(topics)
        )

    def _subscribe(self, topic: str) -> bool:
        if topic not in self._offered or topic in self.topics or len(self.topics) >= MOST_TOPICS:
            return False
        self.topics.add(topic)
        self.fresh.append(topic)
        return True

    def _unsubscribe(self, topic: str) -> bool:
        if topic not in self.topics:
            return self._quirks.unsubscribing_nothing == "named"
        self.topics.remove(topic)
        return True

    def _error(self, request_id: str | int, text: str, now_ms: int) -> Said:
        return self._refused(request_id, "ERROR", text, now_ms)

    def _refused(self, request_id: str | int, word: str, text: str, now_ms: int) -> Said:
        said = {"id": request_id, "cmd": word, "success": False, "time": now_ms, self._quirks.refusal_text_key: text}
        return Said(Sort.ERROR, _text(said))

    def _echo(self, request_id: object) -> str | int:
        """A number is echoed as a string; what is neither text nor a number is not echoed."""
        if isinstance(request_id, bool) or not isinstance(request_id, str | int):
            return ""
        if isinstance(request_id, int) and self._quirks.numeric_id_is_echoed_as == "number":
            return request_id
        return str(request_id)


def _names(params: object) -> list[str] | None:
    if not isinstance(params, list) or not params:
        return None
    entries = cast("list[object]", params)
    names = [name for name in entries if isinstance(name, str)]
    return names if len(names) == len(entries) else None


def _accepted(request_id: str | int, word: str, now_ms: int, *, data: list[str]) -> Said:
    return Said(Sort.ACK, _text({"id": request_id, "cmd": word, "success": True, "time": now_ms, "data": data}))


def _text(reply: dict[str, Any]) -> str:
    # ASCII only: an `id` may hold half a surrogate pair, which no frame could carry.
    return json.dumps(reply, separators=(",", ":"))
