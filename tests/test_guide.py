"""The exchange's own guide, word for word except hosts, key and secret, works against the sandbox.

The guide is not part of this project; the tests run where it lies beside the checkout, as in CI.
"""

import ast
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import sandboxes

GUIDE = Path(__file__).resolve().parents[2] / "shared" / "reference" / "guide.txt"
pytestmark = [
    pytest.mark.skipif(not GUIDE.exists(), reason="the guide is not beside this checkout"),
    pytest.mark.xdist_group("guide"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[sandboxes.Address]:
    with sandboxes.running() as address:
        yield address


def script(number: int, address: sandboxes.Address) -> str:
    """Return one script of the guide, pointed at the sandbox."""
    code = re.split(r"^Strategy \d+ ?:.*$", GUIDE.read_text(), flags=re.MULTILINE)[number].split("\npython\n", 1)[1]
    return (
        code.replace("https://api.woox.io", address.rest_url)
        .replace("wss://wss.woox.io", address.ws_url)
        .replace("<your_api_key>", address.api_key)
        .replace("<your_api_secret>", address.api_secret)
    )


def definitions(number: int, address: sandboxes.Address) -> str:
    """The same without its example: what the later scripts take for granted."""
    return script(number, address).split("# Example usage")[0]


def run(code: str) -> str:
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def reply(output: str) -> dict[str, Any]:
    return ast.literal_eval(output.strip().splitlines()[-1])


def test_script_1_places_a_limit_order(address: sandboxes.Address) -> None:
    answer = reply(run(script(1, address)))
    assert answer["success"] is True, answer
    assert (answer["data"]["type"], answer["data"]["price"], answer["data"]["quantity"]) == ("LIMIT", 30000, 0.001)


def test_script_2_places_a_market_order(address: sandboxes.Address) -> None:
    answer = reply(run(definitions(1, address) + script(2, address)))
    assert answer["success"] is True, answer
    assert (answer["data"]["type"], answer["data"]["quantity"]) == ("MARKET", 0.05)


def test_script_3_cancels_an_order_and_is_told_of_one_that_does_not_exist(address: sandboxes.Address) -> None:
    placed = reply(run(script(1, address)))["data"]["orderId"]
    cancelled = definitions(1, address) + script(3, address).replace("123456789", str(placed))
    assert reply(run(cancelled)) | {"timestamp": 0} == {
        "success": True,
        "data": {"status": "CANCEL_SENT"},
        "timestamp": 0,
    }
    unknown = reply(run(definitions(1, address) + script(3, address)))
    assert (unknown["success"], type(unknown["code"])) == (False, int)


def test_script_4_follows_the_book(address: sandboxes.Address) -> None:
    following = subprocess.Popen(
        [sys.executable, "-u", "-c", script(4, address)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    time.sleep(4)
    following.kill()
    output = following.communicate()[0]
    assert "Local order book initialized successfully with 50 bids and 50 asks." in output
    assert output.count("processed, local order book updated.") >= 10, output[-2000:]


def test_script_5_gets_twenty_orders_through_the_rate_limit(address: sandboxes.Address) -> None:
    placing = """
from concurrent.futures import ThreadPoolExecutor
def place(_):
    return safe_api_call(place_limit_order, 'SPOT_BTC_USDT', '30000', '0.001', 'BUY')
with ThreadPoolExecutor(20) as pool:
    results = list(pool.map(place, range(20)))
print([result['data']['orderId'] for result in results])
"""
    example = script(5, address).split("# Example usage")[0]
    output = run(definitions(1, address) + example + placing)
    assert len(set(ast.literal_eval(output.strip().splitlines()[-1]))) == 20
    assert "Rate limit reached" in output


@pytest.mark.slow
def test_script_6_renews_its_key_by_itself_and_fills_arrive_after_it() -> None:
    with sandboxes.running("--listen-key-ttl", "70") as address:
        following = subprocess.Popen(
            [sys.executable, "-u", "-c", script(6, address)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        market_order = definitions(1, address) + script(2, address)
        for _ in range(7):
            time.sleep(2)
            assert reply(run(market_order))["success"] is True
        time.sleep(1)
        following.kill()
        output = following.communicate()[0]
    before, renewed, after = output.partition("Resubscribed to executionreport.")
    assert renewed, output[-3000:]
    assert '"ss":"FILLED"' in before
    assert '"ss":"FILLED"' in after, after[-3000:]
