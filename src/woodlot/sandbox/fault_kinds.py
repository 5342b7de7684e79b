"""This file is everything that can be made to go wrong: one line for each kind of fault, with where it is from.

A kind is written `area.word`. The areas `public` and `private` are one of the two streams, `stream` is both.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

REPLIES: Final = ("lost", "half", "empty", "html", "gateway", "maintenance", "429", "500", "502", "503", "504")
"""What may come in place of a reply. `lost` is no reply at all, `gateway` is HTTP 200 with an error inside."""

CLOSES: Final = ("1006", "1000", "1001", "1008", "1011")
"""How a connection may be ended; 1006 is without a close frame."""


class About(StrEnum):
    """What a fault can be narrowed to with `on`."""

    NOTHING = "nothing"
    ENDPOINT = "endpoint"
    TOPIC = "topic"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: what it does, where that is from, what value it takes, what it can be narrowed to.

    A lasting one is there while its schedule says so; the others strike at single requests, frames or moments, and
    can be given a chance and a count.
    """

    name: str
    does: str
    source: str
    about: About = About.NOTHING
    takes_span: bool = False
    words: tuple[str, ...] = ()
    # Without a value, the first of the words; no value is needed then.
    has_default: bool = False
    lasting: bool = False


_WS = "websocket-v3"
_BAD_KEYS = "websocket-v3 §16 no 1, no 2"

_REST = (
    Kind("rest.delay", "a request waits before anything is done", f"{_WS} §15.2", About.ENDPOINT, takes_span=True),
    Kind("rest.slow", "the thing is done, its reply waits", f"{_WS} §15.2", About.ENDPOINT, takes_span=True),
    Kind(
        "rest.before", "nothing is done; this comes in place of a reply", "rest-v3 §3.2", About.ENDPOINT, words=REPLIES
    ),
    Kind(
        "rest.after",
        "the thing is done; this comes in place of its reply",
        "rest-v3 §3.2",
        About.ENDPOINT,
        words=REPLIES,
    ),
    Kind(
        "orders.hidden",
        "REST does not show an order or a fill for so long after it happened",
        f"{_WS} §11 no 6",
        takes_span=True,
        lasting=True,
    ),
    Kind(
        "orders.refused-later",
        "an edit, cancel or cancel-all is acknowledged, not done, and refused by a report of mt 1, 2 or 3",
        f"{_WS} §9.1.2",
        About.ENDPOINT,
    ),
    Kind(
        "book.lag",
        "REST shows the book as it was so long ago",
        f"{_WS} §8.2",
        About.SYMBOL,
        takes_span=True,
        lasting=True,
    ),
    Kind(
        "book.straddle",
        "REST shows the book of this moment, between two points of the chain",
        f"{_WS} §8.4",
        About.SYMBOL,
        lasting=True,
    ),
)

_WHOLE = (
    Kind(
        "clock.skew",
        "the exchange's clock is ahead by so much, or behind with a minus",
        "rest-v3 §2.4",
        takes_span=True,
        lasting=True,
    ),
    Kind(
        "server.restart",
        "everything is cut, and refused for as long as `for` says; orders and balances are as they were",
        f"{_WS} §12",
    ),
    Kind(
        "key.replaced",
        "a private stream whose listen key is replaced or over goes silent, or works on",
        _BAD_KEYS,
        words=("silent", "unaffected"),
    ),
    Kind(
        "key.bad",
        "a bad listen key is let in and closed at once, or let in and refused every topic",
        _BAD_KEYS,
        words=("accept", "subscribe"),
    ),
)

# Of both streams: each is there as `stream.`, `public.` and `private.`.
_STREAM = (
    Kind(
        "cut",
        "live connections end, and new ones are refused while it goes on",
        f"{_WS} §12",
        words=CLOSES,
        has_default=True,
    ),
    Kind(
        "refuse",
        "an upgrade is refused with this status",
        f"{_WS} §15.2",
        words=("429", "401", "403", "503"),
        has_default=True,
    ),
    Kind("half-open", "live connections stay open and say and hear nothing more", f"{_WS} §3"),
    Kind("silent", "no data is sent; commands are answered", f"{_WS} §4.2", lasting=True),
    Kind("pong-lost", "a PING is not answered", f"{_WS} §15.2"),
    Kind("ping", "the server sends a PING of its own", f"{_WS} §3"),
    Kind("ack-delay", "an acknowledgement waits", f"{_WS} §15.2", takes_span=True),
    Kind("ack-lost", "a command is obeyed and not acknowledged", f"{_WS} §15.2"),
    Kind("ack-after-data", "an acknowledgement comes after the first data", f"{_WS} §5.1"),
    Kind("error-close", "the connection is closed after a refused command", f"{_WS} §15.2"),
    Kind("drop", "a frame is lost", f"{_WS} §15.2", About.TOPIC),
    Kind("repeat", "a frame comes twice", f"{_WS} §15.2", About.TOPIC),
    Kind("burst", "a frame comes twenty times: 200 a second where ten are made", f"{_WS} §15.2", About.TOPIC),
    Kind("swap", "a frame comes after the next one of its topic", f"{_WS} §15.2", About.TOPIC),
    Kind("delay", "a frame waits, and those behind it: REST is ahead", f"{_WS} §15.2", About.TOPIC, takes_span=True),
    Kind("exponents", "numbers are spelled with exponents", f"{_WS} §6", About.TOPIC),
    Kind("numbers", "numbers are JSON numbers, not strings", f"{_WS} §15.2", About.TOPIC),
    Kind("unknown-key", "a frame has a key that nobody knows", f"{_WS} §15.1 no 20", About.TOPIC),
    Kind("unknown-topic", "a frame of a topic that nobody knows comes first", f"{_WS} §15.1 no 20", About.TOPIC),
)

_PUBLIC = (
    Kind("public.empty", "a delta is preceded by one without levels", f"{_WS} §8.1", About.TOPIC),
    Kind("public.crossed", "a delta crosses the book, the next one mends it", f"{_WS} §8.4", About.TOPIC),
    Kind("public.zeros", 'a level that is gone is spelled "0.000"', f"{_WS} §8.1", About.TOPIC),
)

_PRIVATE = (
    Kind("private.early", "what a request causes is pushed before its reply", f"{_WS} §9.1.4", About.ENDPOINT),
    Kind("private.unknown-status", "a report has a status that nobody knows", f"{_WS} §15.2", About.TOPIC),
    Kind("private.unknown-type", "a report has a message type that nobody knows", f"{_WS} §15.2", About.TOPIC),
    Kind("private.version-jump", "`ver` of balances and positions jumps", f"{_WS} §15.2", About.TOPIC),
)

AREAS: Final[dict[str, tuple[str, ...]]] = {
    "stream": ("public", "private"),
    "public": ("public",),
    "private": ("private",),
}
"""Which streams an area stands for."""

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        *_REST,
        *_WHOLE,
        *(replace(kind, name=f"{area}.{kind.name}") for area in AREAS for kind in _STREAM),
        *_PUBLIC,
        *_PRIVATE,
    )
}
"""Name -> kind, in the order in which they are listed."""
