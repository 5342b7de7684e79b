import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from woodlot.rest.http_reply import Malformed, WholeReply, read_reply
from woodlot.rest.steps import HttpReply

WHOLE = [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", True),
    (b"HTTP/1.1 200\r\ncontent-length:2\r\n\r\n{}", 200, b"{}", True),
    (b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", 429, b"", True),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", 200, b"{}", False),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", False),
    (b"HTTP/1.1 200 OK\r\n\r\nto the end", 200, b"to the end", False),
    (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", 304, b"", True),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", True),
    (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nt: u\r\n\r\n",
        200,
        b"abc0123456789",
        True,
    ),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1", 200, b"{}", False),
]

BROKEN = [
    b"",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n",
    b"HTTP/2 200\r\n\r\n",
    b"HTTP/1.1 2000 OK\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000,
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n",
]


def read(raw: bytes, *, step: int = 65536) -> WholeReply:
    return read_reply(pieces(raw, step), most_bytes=1000)


def pieces(raw: bytes, step: int) -> Callable[[], bytes]:
    parts = iter([raw[start : start + step] for start in range(0, len(raw), step)])
    return lambda: next(parts, b"")


@pytest.mark.parametrize(("raw", "status", "body", "keeps_alive"), WHOLE)
def test_a_whole_reply_is_read_to_its_end(raw: bytes, status: int, body: bytes, keeps_alive: bool) -> None:
    assert read(raw) == WholeReply(HttpReply(status, body), keeps_alive)


@pytest.mark.parametrize(("raw", "status", "body", "keeps_alive"), WHOLE[:-1])
def test_how_a_reply_is_cut_into_packets_changes_nothing(
    raw: bytes, status: int, body: bytes, keeps_alive: bool
) -> None:
    assert {read(raw, step=step) for step in (1, 2, 3, 7, 50)} == {WholeReply(HttpReply(status, body), keeps_alive)}


@pytest.mark.parametrize("raw", BROKEN)
def test_what_is_not_a_whole_reply_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read(raw)


@given(st.binary(max_size=300), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 5"]))
def test_no_bytes_do_anything_but_read_or_be_refused(noise: bytes, start: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(read(start + noise), WholeReply)
