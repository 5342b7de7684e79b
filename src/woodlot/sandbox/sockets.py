"""This file is the server's side of one stream connection, without the socket: text in, replies out (websocket-v3 §5).

What is refused follows §5.2 to the letter: a topic that is not to be had is missing from the acknowledgement, which
is a success all the same; only a request that is not understood is an error.
"""

import json
from collections.abc import Iterable
from typing import Any, cast

from woodlot.wire.frames import MOST_TOPICS_PER_REQUEST
from woodlot.wire.topics import BOOK_DEPTHS, Account, Balances, Bbo, BookDeltas, ExecutionReports, Trades

MOST_TOPICS = 100
"""What one connection can be subscribed to at once (websocket-v3 §2)."""

PRIVATE_TOPICS = frozenset({ExecutionReports().name, Balances().name, Account().name})

_INVALID_COMMAND = "Command type invalid!"
_INVALID_REQUEST = "Invalid request."


def public_topics(symbols: Iterable[str]) -> frozenset[str]:
    """Return every public topic there is for these symbols."""
    return frozenset(
        topic.name
        for symbol in symbols
        for topic in (Trades(symbol), Bbo(symbol), *(BookDeltas(symbol, depth) for depth in BOOK_DEPTHS))
    )


class Session:
    """One connection: what it may subscribe to, what it is subscribed to, and the answer to whatever it says."""

    def __init__(self, offered: frozenset[str]) -> None:
        self._offered = offered
        self.topics: set[str] = set()

    def receive(self, text: str, *, now_ms: int) -> list[str]:
        """Obey one text frame and return what to send back. Never raises for what the other end sent."""
        try:
            command = json.loads(text)
        except (ValueError, RecursionError):
            command = None
        if not isinstance(command, dict):
            return [_error("", _INVALID_REQUEST, now_ms)]
        return self._obey(cast("dict[str, Any]", command), now_ms)

    def refuse_binary(self, *, now_ms: int) -> list[str]:
        """Answer a binary frame: `ERROR`, "Invalid request." by default (websocket-v3 §16 no 21)."""
        return [_error("", _INVALID_REQUEST, now_ms)]

    def _obey(self, command: dict[str, Any], now_ms: int) -> list[str]:
        request_id = _echo(command.get("id"))
        word = command.get("cmd")
        match word.upper() if isinstance(word, str) else None:  # `"subscribe"` works (§5.1)
            case "PING":
                return [_text({"cmd": "PONG", "success": True, "time": now_ms})]
            case "PONG":
                return []
            case "SUBSCRIBE" | "UN_SUBSCRIBE" as known:
                return [self._change(known, request_id, command.get("params"), now_ms)]
            case _:
                return [_error(request_id, _INVALID_COMMAND, now_ms)]

    def _change(self, word: str, request_id: str, params: object, now_ms: int) -> str:
        topics = _names(params)
        if topics is None:
            return _error(request_id, _INVALID_REQUEST, now_ms)
        # "11 or more topics in `params`: ... none of them is subscribed; socket stays open" (§5.2)
        if len(topics) > MOST_TOPICS_PER_REQUEST:
            return _reply(request_id, word, now_ms, success=False, data=_INVALID_COMMAND)
        accept = self._subscribe if word == "SUBSCRIBE" else self._unsubscribe
        return _reply(request_id, word, now_ms, success=True, data=[topic for topic in topics if accept(topic)])

    def _subscribe(self, topic: str) -> bool:
        if topic not in self._offered or topic in self.topics or len(self.topics) >= MOST_TOPICS:
            return False
        self.topics.add(topic)
        return True

    def _unsubscribe(self, topic: str) -> bool:
        if topic not in self.topics:
            return False
        self.topics.remove(topic)
        return True


def _names(params: object) -> list[str] | None:
    if not isinstance(params, list) or not params:
        return None
    entries = cast("list[object]", params)
    names = [name for name in entries if isinstance(name, str)]
    return names if len(names) == len(entries) else None


def _echo(request_id: object) -> str:
    """A number is echoed as a string; what is neither text nor a number is not echoed."""
    if isinstance(request_id, bool) or not isinstance(request_id, str | int):
        return ""
    return str(request_id)


def _error(request_id: str, text: str, now_ms: int) -> str:
    return _reply(request_id, "ERROR", now_ms, success=False, data=text)


def _reply(request_id: str, word: str, now_ms: int, *, success: bool, data: str | list[str]) -> str:
    return _text({"id": request_id, "cmd": word, "success": success, "time": now_ms, "data": data})


def _text(reply: dict[str, Any]) -> str:
    # ASCII only: an `id` may hold half a surrogate pair, which no frame could carry.
    return json.dumps(reply, separators=(",", ":"))
