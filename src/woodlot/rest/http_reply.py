"""This file is how a reply is read from a stream of bytes: RFC 9112, as far as one API needs it, and strictly.

Where a reply ends is what matters most: whoever is wrong about it takes the rest of one reply for the next. So a
reply that says two things about its length is refused, and what follows a whole one makes its connection unusable.
It stands in for http.client's reader, which makes an e-mail of every reply's head and takes 45 µs for it.

It does no I/O: it is sent what has come, whoever waits for that. Both clients read with it.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, TypeVar

from woodlot.rest.steps import HttpReply

_LARGEST_HEAD_BYTES = 65536
_HEX_DIGITS = b"0123456789abcdefABCDEF"
_NO_BODY = frozenset({204, 304})


class Malformed(Exception):
    """What came is not a reply, or not a whole one."""


@dataclass(frozen=True, slots=True)
class WholeReply:
    """A reply, and whether its connection may carry another."""

    reply: HttpReply
    keeps_alive: bool


Reading: TypeAlias = Generator[None, bytes, WholeReply]
"""A reply being read: after `next` it is sent what came next, or b"" at the end of the stream."""


def reading(*, most_bytes: int) -> Reading:
    """Read one reply. Raises Malformed."""
    stream = _Stream()
    while 100 <= (head := _head((yield from stream.until(b"\r\n\r\n", _LARGEST_HEAD_BYTES)))).status < 200:
        pass
    if head.length is not None and len(stream.buffer) == head.length <= most_bytes and head.status not in _NO_BODY:
        # It came in one piece with its head, as nearly all do.
        return WholeReply(HttpReply(head.status, stream.buffer), head.keeps_alive)
    body = yield from _read_body(stream, head, most_bytes)
    return WholeReply(HttpReply(head.status, body), head.keeps_alive and not stream.buffer)


def read_reply(receive: Callable[[], bytes], *, most_bytes: int) -> WholeReply:
    """Read one reply; `receive` waits and returns what came next, or b"" at the end of the stream.

    Raises Malformed, and whatever `receive` raises.
    """
    steps = reading(most_bytes=most_bytes)
    next(steps)
    try:
        while True:
            steps.send(receive())
    except StopIteration as whole:
        return whole.value


class _Head(NamedTuple):
    status: int
    is_chunked: bool
    length: int | None
    keeps_alive: bool


def _head(text: bytes) -> "_Head":
    status_line, *lines = text.split(b"\r\n")
    version, _, rest = status_line.partition(b" ")
    status = rest[:3]
    if version not in {b"HTTP/1.1", b"HTTP/1.0"} or not status.isdigit() or rest[3:4] not in {b"", b" "}:
        raise Malformed("not an HTTP/1 reply")
    headers = _framing(lines)
    chunked, length = headers.get(b"transfer-encoding"), headers.get(b"content-length")
    if (chunked is not None and length is not None) or chunked not in {None, b"chunked"}:
        raise Malformed("two ways of saying how long it is")
    if length is not None and not length.isdigit():
        raise Malformed("a length that is no number")
    is_framed = chunked is not None or length is not None or int(status) in _NO_BODY
    keeps_alive = is_framed and version == b"HTTP/1.1" and b"close" not in headers.get(b"connection", b"")
    return _Head(int(status), chunked is not None, None if length is None else int(length), keeps_alive)


def _framing(lines: list[bytes]) -> dict[bytes, bytes]:
    """Return the headers that say how long the reply is and what becomes of the connection."""
    found: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or name != name.strip():
            raise Malformed("a header that is none")
        if name in _FRAMING:
            value = value.strip().lower()
            if found.setdefault(name, value) != value:
                raise Malformed("two headers that contradict each other")
    return found


_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})


def _read_body(stream: "_Stream", head: _Head, most_bytes: int) -> "_Part[bytes]":
    if head.status in _NO_BODY:
        return b""
    if head.is_chunked:
        return (yield from _read_chunks(stream, most_bytes))
    if head.length is None:
        return (yield from stream.to_the_end(most_bytes))
    if head.length > most_bytes:
        raise Malformed(f"longer than {most_bytes} bytes")
    return (yield from stream.exactly(head.length))


def _read_chunks(stream: "_Stream", most_bytes: int) -> "_Part[bytes]":
    body = bytearray()
    while True:
        digits = (yield from stream.until(b"\r\n", 1024)).partition(b";")[0].strip()
        # Not left to `int`, which would take "0x5", "1_0" and "-1" too.
        if not digits or digits.strip(_HEX_DIGITS):
            raise Malformed("a chunk without a size")
        size = int(digits, 16)
        if len(body) + size > most_bytes:
            raise Malformed(f"longer than {most_bytes} bytes")
        if size == 0:
            break
        body += yield from stream.exactly(size)
        if (yield from stream.exactly(2)) != b"\r\n":
            raise Malformed("a chunk that does not end")
    while (yield from stream.until(b"\r\n", _LARGEST_HEAD_BYTES)):
        pass
    return bytes(body)


_PartT = TypeVar("_PartT")
_Part: TypeAlias = Generator[None, bytes, _PartT]


class _Stream:
    def __init__(self) -> None:
        self.buffer = b""

    def until(self, mark: bytes, most_bytes: int) -> _Part[bytes]:
        while (end := self.buffer.find(mark)) < 0:
            if len(self.buffer) > most_bytes:
                raise Malformed("a head without end")
            self.buffer += _some((yield))
        found, self.buffer = self.buffer[:end], self.buffer[end + len(mark) :]
        return found

    def exactly(self, size: int) -> _Part[bytes]:
        if len(self.buffer) < size:
            parts = [self.buffer]
            missing = size - len(self.buffer)
            while missing > 0:
                parts.append(_some((yield)))
                missing -= len(parts[-1])
            self.buffer = b"".join(parts)
        found, self.buffer = self.buffer[:size], self.buffer[size:]
        return found

    def to_the_end(self, most_bytes: int) -> _Part[bytes]:
        parts = [self.buffer]
        size = len(self.buffer)
        self.buffer = b""
        while part := (yield):
            parts.append(part)
            size += len(part)
            if size > most_bytes:
                raise Malformed(f"longer than {most_bytes} bytes")
        return b"".join(parts)


def _some(received: bytes) -> bytes:
    if not received:
        raise Malformed("closed before the reply was whole")
    return received
