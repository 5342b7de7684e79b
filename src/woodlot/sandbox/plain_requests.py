"""This file is the plain request: one that came whole and by itself, with nothing in it that asks for a second look.

Nearly every request of a client that keeps its connection is one, and to read it takes a few lines. It declines
whatever else there is, so that one parser, aiohttp's, decides what HTTP is.
"""

from typing import Final, NamedTuple

_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})
# Each changes what the bytes mean, or what becomes of the connection.
_UNPLAIN: Final = frozenset(
    {"connection", "content-encoding", "expect", "te", "trailer", "transfer-encoding", "upgrade"}
)
_LONGEST_BYTES: Final = 8_000
_LENGTH_DIGITS: Final = 4


class PlainRequest(NamedTuple):
    """What was asked; names of headers in small letters."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def plain_request(data: bytes) -> PlainRequest | None:
    """Return the request that these bytes are, no more and no less; None leaves them to somebody else."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank or len(data) > _LONGEST_BYTES or not head.isascii():
        return None
    first, *lines = head.decode().split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, version = rest.partition(" ")
    if version != "HTTP/1.1" or method not in _METHODS or not _is_plain_target(target):
        return None
    headers = _headers(lines)
    if headers is None or "host" not in headers:
        return None
    length = headers.get("content-length", "0")
    if not length.isdigit() or len(length) > _LENGTH_DIGITS or int(length) != len(body):
        return None
    return PlainRequest(method, target, headers, body)


def _is_plain_target(target: str) -> bool:
    return target[:1] == "/" and target[1:2] != "/" and target.isprintable()


def _headers(lines: list[str]) -> dict[str, str] | None:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        is_plain = colon and line.isprintable() and name.replace("-", "").isalnum() and name not in _UNPLAIN
        if not is_plain or name in headers:
            return None
        headers[name] = value.strip()
    return headers
