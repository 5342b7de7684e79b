"""Money that moves without a trade, through a running sandbox: over sockets, and told on the private stream."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from tests.sandbox.caller import Caller, running, until


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with running(limits=None) as caller:
        yield caller


async def held(caller: Caller, token: str) -> Decimal:
    _, reply = await caller.signed("GET", f"/v3/asset/balances?token={token}")
    return Decimal(reply["data"]["holding"][0]["holding"])


async def test_a_transfer_a_withdrawal_and_a_conversion_are_told_as_balances(caller: Caller):
    socket = await caller.private_stream("balance")
    _, family = await caller.signed("GET", "/v3/account/subAccounts/all")
    transfer = {
        "token": "WOO",
        "amount": 7,
        "from": {"applicationId": caller.sandbox.account_id},
        "to": {"applicationId": family["data"]["rows"][0]["applicationId"]},
    }
    withdrawal = {"token": "USDT", "network": "ETH", "address": "0x34625d5f", "amount": 25}
    before = await held(caller, "USDT")

    assert (await caller.signed("POST", "/v3/asset/transfer", transfer))[0] == 200
    told = await until(socket, lambda frame: frame.get("topic") == "balance")
    assert "WOO" in str(told)
    assert (await caller.signed("POST", "/v3/asset/wallet/withdraw", withdrawal))[0] == 200
    told = await until(socket, lambda frame: frame.get("topic") == "balance")
    assert "USDT" in str(told)
    _, quote = await caller.signed("GET", "/v3/convert/rfq?sellToken=ETH&buyToken=USDT&sellQuantity=1")
    _, swapped = await caller.signed("POST", "/v3/convert/rft", {"quoteId": quote["data"]["quoteId"]})
    told = await until(socket, lambda frame: frame.get("topic") == "balance")

    assert swapped["data"]["rftAccepted"] == 1
    assert "ETH" in str(told)
    # What is withdrawn stays held until it has left.
    assert await held(caller, "USDT") == before + Decimal(quote["data"]["buyQuantity"])
    assert await held(caller, "ETH") == 19
    assert caller.sandbox.exchange.audit() == []


async def test_clients_of_today_find_the_v1_lists_they_ask_for(caller: Caller):
    status, tokens = await caller.public("/v1/public/token")

    assert (status, tokens["success"]) == (200, True)
    assert (await caller.public("/v1/public/token_network"))[1]["rows"]
    assert (await caller.public("/v1/public/nope"))[1]["code"] == 503
