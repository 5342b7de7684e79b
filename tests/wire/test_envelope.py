import json
from typing import Any

import pytest

from woodlot.errors import (
    DuplicateClientOrderId,
    ExchangeError,
    FilterRefused,
    InsufficientFunds,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    UnexpectedReply,
)
from woodlot.wire.envelope import open_reply
from woodlot.wire.public import OrderBook, SystemInfo

BOOK = {"asks": [{"price": "2", "quantity": "1"}], "bids": []}


def opened(body: Any, *, http_status: int = 200) -> OrderBook:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return open_reply(OrderBook, http_status=http_status, body=raw, endpoint="GET /v3/public/orderbook")


def test_a_success_is_an_answer_that_carries_the_envelopes_time_where_it_asks_for_it() -> None:
    book = opened({"success": True, "timestamp": 1751620923344, "data": BOOK})
    assert (book.timestamp, book.asks[0].price) == (1751620923344, "2")


def test_a_time_spelled_as_text_is_read() -> None:
    assert opened({"success": True, "timestamp": "1751620923344", "data": BOOK}).timestamp == 1751620923344


@pytest.mark.parametrize("success", [1, "true", "True", None, False, [True]])
def test_nothing_but_true_is_a_success_whatever_the_status_says(success: Any) -> None:
    with pytest.raises(ExchangeError):
        opened({"success": success, "data": BOOK, "message": "no"})


def test_success_under_a_failing_status_is_a_success() -> None:
    assert opened({"success": True, "data": BOOK}, http_status=500).bids == ()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-1001, Unauthorized),
        (-1002, Unauthorized),
        (-1003, RateLimited),
        (-1000, Unavailable),
        ("-1011", Unavailable),
        (503, Unavailable),
        (-1103, FilterRefused),
        (302301, InsufficientFunds),
        ("302117", DuplicateClientOrderId),
        (317184, NotFound),
        (-1006, NotFound),
        (424242, Rejected),
        (None, Rejected),
    ],
)
def test_a_code_finds_its_error_as_number_and_as_text(code: Any, kind: type[ExchangeError]) -> None:
    body = {"success": False, "message": "no"} | ({} if code is None else {"code": code})
    with pytest.raises(kind) as caught:
        opened(body, http_status=400)
    assert caught.value.code == (None if code is None else int(code))
    assert "GET /v3/public/orderbook answered: no" in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b'{"success": true, "data": {"asks": [',
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"success": true, "data": {"asks": 5, "bids": []}}',
        b'{"success": true}',
    ],
)
def test_a_body_that_breaks_the_contract_is_kept_in_its_error(body: bytes) -> None:
    with pytest.raises(UnexpectedReply) as caught:
        opened(body, http_status=502)
    assert caught.value.http_status == 502
    assert caught.value.body == body.decode("utf-8", "replace")


def test_amounts_that_are_not_finite_are_not_let_in() -> None:
    with pytest.raises(UnexpectedReply):
        open_reply(SystemInfo, http_status=200, body=b'{"success": true, "data": {"status": "NaN"}}')


def test_a_spoilt_byte_in_a_key_is_not_taken_for_a_key_that_is_missing() -> None:
    with pytest.raises(UnexpectedReply):
        opened(b'{"success":true,"data":{"asks":[],"bids":[]},"time\xffstamp":1751620923344}')
