import logging

import pytest
from tests.sandbox.caller import headers

from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.signatures import WINDOW_MS, ApiKey, authenticate

NOW_MS = 1_578_565_539_808
KEY = "AbmyVJGUpN064ks5ELjLfA=="
SECRET = "QHKRXHPAW1MC9YGZMAT8YDJG2HPR"
TARGET = "/v3/trade/order?orderId=123456789&symbol=SPOT_BTC_USDT"
SIGNED = headers(KEY, SECRET, "DELETE", TARGET, at_ms=NOW_MS)


def enter(head: dict[str, str], *, target: str = TARGET, body: str = "", now_ms: int = NOW_MS) -> str:
    return authenticate(
        head, method="DELETE", target=target, body=body, keys={KEY: ApiKey(SECRET, "ann")}, now_ms=now_ms
    )


def refused(head: dict[str, str], **how: object) -> int | None:
    with pytest.raises(Refusal) as refusal:
        enter(head, **how)  # type: ignore[arg-type]
    assert refusal.value.http_status == 401
    return refusal.value.code


def test_the_published_vector_opens_its_account():
    assert SIGNED["x-api-signature"] == "649ec5ebe3ffa25e0e52174416e1d1b464a330aef9109507b920fd62258eb4ed"
    assert enter(SIGNED) == "ann"


@pytest.mark.parametrize("name", ["x-api-key", "x-api-timestamp", "x-api-signature"])
def test_a_missing_header_is_unauthorized(name: str):
    assert refused({**SIGNED, name: ""}) == -1002
    assert refused({key: value for key, value in SIGNED.items() if key != name}) == -1002


def test_an_unknown_key_is_unauthorized_even_when_it_signs_well():
    assert refused(headers("someone", "else", "DELETE", TARGET, at_ms=NOW_MS)) == -1002


def test_the_empty_secret_opens_nothing():
    assert refused(headers("someone", "", "DELETE", TARGET, at_ms=NOW_MS)) == -1002


def test_a_signature_is_good_for_its_target_and_its_body_only():
    assert refused(SIGNED, target=TARGET.replace("BTC", "ETH")) == -1001
    assert refused(SIGNED, body="{}") == -1001
    assert refused({**SIGNED, "x-api-signature": "é" * 64}) == -1001


@pytest.mark.parametrize("skew_ms", [-WINDOW_MS, 0, WINDOW_MS])
def test_a_clock_within_the_window_is_accepted(skew_ms: int):
    assert enter(SIGNED, now_ms=NOW_MS + skew_ms) == "ann"


@pytest.mark.parametrize("skew_ms", [-WINDOW_MS - 1, WINDOW_MS + 1])
def test_a_stale_timestamp_is_refused(skew_ms: int):
    assert refused(SIGNED, now_ms=NOW_MS + skew_ms) == -1001


@pytest.mark.parametrize("timestamp", ["now", "1e12", "-1", "9" * 400, "١٥٧٨٥٦٥٥٣٩٨٠٨"])
def test_a_timestamp_that_is_none_is_refused(timestamp: str):
    assert refused({**SIGNED, "x-api-timestamp": timestamp}) == -1001


V1_VECTOR = "20da0852f73b20da0208c7e627975a59ff072379883d8457d03104651032033d"
V1_PARAMETERS = "symbol=SPOT_BTC_USDT&side=BUY&order_type=LIMIT&order_quantity=0.11&order_price=9000"


@pytest.mark.parametrize(
    ("query", "body"),
    [("?" + V1_PARAMETERS, ""), ("", V1_PARAMETERS), ("?symbol=SPOT_BTC_USDT&", V1_PARAMETERS.partition("&")[2])],
    ids=["query", "body", "both"],
)
def test_the_published_vector_of_v1_opens_its_account_by_query_and_by_body(query: str, body: str):
    head = {**SIGNED, "x-api-signature": V1_VECTOR}

    assert enter(head, target="/v1/order" + query, body=body) == "ann"
    assert refused(head, target="/v1/order" + query.replace("BTC", "ETH"), body=body.replace("BTC", "ETH")) == -1001
    assert refused(head, target="/v3/order" + query, body=body) == -1001


def test_bytes_that_are_no_text_can_be_signed_too():
    body = b"\xff\xfe"
    head = headers(KEY, SECRET, "DELETE", TARGET, body, at_ms=NOW_MS)

    assert enter(head, body=body.decode("utf-8", "surrogateescape")) == "ann"


def test_printing_a_key_does_not_show_its_secret(caplog: pytest.LogCaptureFixture):
    logging.getLogger("woodlot.sandbox").warning("%r", ApiKey(SECRET, "ann"))

    assert SECRET not in caplog.text
