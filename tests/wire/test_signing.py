"""The published vectors of rest-v3 §2.3, and what a verifier must refuse."""

import pytest

from woodlot.wire.signing import sign, sign_v1, verify

SECRET = "QHKRXHPAW1MC9YGZMAT8YDJG2HPR"
TIMESTAMP = "1578565539808"
TRAILING_STOP = (
    '{"symbol": "PERP_BTC_USDT", "side": "BUY", "reduceOnly": false, "type": "MARKET", "quantity": "1", '
    '"algoType": "TRAILING_STOP", "callbackRate": "100"}'
)
VECTORS = [
    (
        "GET",
        "/v3/algo/orders?algoType=STOP",
        "",
        "fddab579aff8c193f920c2d4f0cda6a21a60f06fd9c3916541ecc4f6461f5977",
    ),
    (
        "POST",
        "/v3/algo/order",
        TRAILING_STOP,
        "d2d18e208166bb9bc79d836bd4a8e80ba310abe75821079c18c51aa877f4b737",
    ),
    (
        "DELETE",
        "/v3/trade/order?orderId=123456789&symbol=SPOT_BTC_USDT",
        "",
        "649ec5ebe3ffa25e0e52174416e1d1b464a330aef9109507b920fd62258eb4ed",
    ),
    (
        "DELETE",
        "/v3/trade/order",
        "symbol=SPOT_BTC_USDT&order_id=123456789",
        "665af68bb29216d97bb22986f7980f7f8927e77ff4ec3c58dfe4775b1b856daa",
    ),
    (
        "POST",
        "/v3/account/listenKey",
        '{"type":"WEBSOCKET"}',
        "228a2c6bb9e2e77cd796e3c500cdbc29cabbccc379d3854c387930103f055649",
    ),
    ("GET", "/v3/asset/balances", "", "8b639ec9b3ca452e72839a770658af86b271c5f3d0117182f12facb383429ed2"),
    (
        "PUT",
        "/v3/trade/order",
        '{"orderId":123456789,"price":"10.5"}',
        "3e911e845f6b533c3aac6d8d8bbbe6a88675e23b4675052b66594b5430834f92",
    ),
    (
        "POST",
        "/v3/trade/order",
        '{"symbol":"SPOT_BTC_USDT","side":"BUY","type":"LIMIT","price":"9000","quantity":"0.11"}',
        "602e3b2c774552f1b5c8718e6806de77de52c404aafb9c5b39d560acc658129e",
    ),
]


@pytest.mark.parametrize(("method", "target", "body", "digest"), VECTORS)
def test_a_published_v3_vector_is_reproduced(method: str, target: str, body: str, digest: str) -> None:
    assert sign(SECRET, TIMESTAMP, method, target, body) == digest
    assert verify(digest, SECRET, TIMESTAMP, method, target, body)


def test_the_published_v1_vector_is_reproduced() -> None:
    parameters = "order_price=9000&order_quantity=0.11&order_type=LIMIT&side=BUY&symbol=SPOT_BTC_USDT"
    assert sign_v1(SECRET, TIMESTAMP, parameters) == "20da0852f73b20da0208c7e627975a59ff072379883d8457d03104651032033d"


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/v3/asset/balances", ""),
        ("GET", "/v3/asset/balances?token=BTC", ""),
        ("GET", "/v3/asset/balances", "{}"),
    ],
)
def test_a_signature_of_another_request_is_refused(method: str, target: str, body: str) -> None:
    assert not verify(VECTORS[5][3], SECRET, TIMESTAMP, method, target, body)


@pytest.mark.parametrize("forged", ["", "0" * 64, VECTORS[5][3].upper(), VECTORS[5][3][:-1], "naïve\udcff"])
def test_a_forged_signature_is_refused_and_never_crashes(forged: str) -> None:
    assert not verify(forged, SECRET, TIMESTAMP, "GET", "/v3/asset/balances", "")


def test_a_body_that_is_not_utf_8_can_be_signed_and_checked() -> None:
    body = b'{"symbol":"\xff"}'.decode("utf-8", "surrogateescape")
    assert verify(
        sign(SECRET, TIMESTAMP, "POST", "/v3/trade/order", body), SECRET, TIMESTAMP, "POST", "/v3/trade/order", body
    )
