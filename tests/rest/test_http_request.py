import pytest

from woodlot.config import Environment
from woodlot.rest.address import rest_address
from woodlot.rest.http_request import check_tunnel, spelled, tunnel
from woodlot.rest.route import Proxy
from woodlot.rest.steps import HttpRequest

FAR = rest_address(Environment.at("https://exchange.invalid/api", "wss://exchange.invalid"))


def test_a_request_is_one_piece_of_head_and_body_as_given() -> None:
    request = HttpRequest("POST", "/v3/trade/order?a=b%20c", {"x-api-key": "k"}, b'{"price": "1.0"}')
    assert spelled(request, FAR) == (
        b"POST /api/v3/trade/order?a=b%20c HTTP/1.1\r\nhost: exchange.invalid\r\nx-api-key: k\r\n"
        b'content-length: 16\r\n\r\n{"price": "1.0"}'
    )


def test_a_request_without_a_body_says_nothing_of_its_length() -> None:
    assert spelled(HttpRequest("GET", "/v3/x", {}), FAR) == b"GET /api/v3/x HTTP/1.1\r\nhost: exchange.invalid\r\n\r\n"


def test_a_proxy_is_told_the_host_and_its_own_password_only() -> None:
    asked = tunnel(FAR, Proxy("127.0.0.1", 3128, authorization="Basic bWU6aHVzaA=="))
    assert asked == (
        b"CONNECT exchange.invalid:443 HTTP/1.1\r\nhost: exchange.invalid:443\r\n"
        b"proxy-authorization: Basic bWU6aHVzaA==\r\n\r\n"
    )


def test_a_tunnel_is_open_when_the_proxy_says_so_and_not_otherwise() -> None:
    check_tunnel(b"HTTP/1.1 200 Connection established\r\n\r\n")
    for refusal in (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"", b"SSH-2.0"):
        with pytest.raises(OSError, match="refused the tunnel"):
            check_tunnel(refusal)
