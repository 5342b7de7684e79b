"""This file is an order's way there and back: woodlot against the bare client under it, and against the guide's code.

The exchange is a process of its own that answers every order alike; nobody paces, since it has no limits here.
"""

import http.client
import json
import subprocess
import sys
import time
from urllib.parse import urlsplit

import requests
from benchmarks._rounds import Row, take_turns

from woodlot.config import Credentials, Environment
from woodlot.rest.client import Client
from woodlot.rest.pacing import Pacer
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.signing import sign
from woodlot.wire.trade import PlaceOrder

TITLE = "order round trip over loopback (sequential, the sandbox's own time included)"
TARGET = "/v3/trade/order"
ORDER = {"symbol": "SPOT_BTC_USDT", "price": "30000", "quantity": "0.00005", "type": "LIMIT", "side": "BUY"}


def contenders() -> list[Row]:
    command = [sys.executable, "-m", "woodlot", "sandbox", "run", "--port", "0", "--json", "--limits", "off"]
    exchange = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert exchange.stdout is not None
    try:
        address = json.loads(exchange.stdout.readline())
        return _race(address)
    finally:
        exchange.terminate()
        exchange.wait()


def _race(address: dict[str, str]) -> list[Row]:
    key, secret, url = address["api_key"], address["api_secret"], address["rest_url"]
    environment = Environment.at(url, address["ws_url"])
    bare = http.client.HTTPConnection(urlsplit(url).netloc)

    def headers(body: str) -> dict[str, str]:
        timestamp = str(int(time.time() * 1000))
        signature = sign(secret, timestamp, "POST", TARGET, body)
        return {
            "x-api-key": key,
            "x-api-timestamp": timestamp,
            "x-api-signature": signature,
            "Content-Type": "application/json",
        }

    def by_bare_client() -> None:
        body = json.dumps(ORDER)
        bare.request("POST", TARGET, body, headers(body))
        assert json.loads(bare.getresponse().read())["success"] is True

    def by_the_guide() -> None:
        body = json.dumps(ORDER)
        assert requests.post(url + TARGET, headers=headers(body), data=body, timeout=10).json()["success"] is True

    with Client(environment, Credentials(key, secret), pacer=Pacer.unlimited()) as client:

        def by_woodlot() -> None:
            client.send(
                PlaceOrder(
                    symbol="SPOT_BTC_USDT", side=Side.BUY, type=OrderType.LIMIT, price="30000", quantity="0.00005"
                )
            )

        return take_turns(
            {"bare http.client, kept alive": by_bare_client, "woodlot.Client": by_woodlot, "the guide": by_the_guide},
            operations=40,
        )
