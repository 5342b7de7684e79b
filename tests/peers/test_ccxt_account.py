"""The rest of what ccxt's `woo` does here: positions and funding, fees and accounts, money on its way."""

import asyncio

import ccxt
import pytest
from tests import sandboxes
from tests.peers.peer import SPOT, SWAP, Peer, connect, pass_time

pytestmark = [pytest.mark.xdist_group("ccxt account"), pytest.mark.asyncio(loop_scope="module")]


# --- perpetuals


@pytest.mark.parametrize("margin_mode", ["cross", "isolated"])
async def test_leverage_is_set_and_read_back(woo: Peer, margin_mode: str) -> None:
    for leverage in (5, 10):
        await woo.set_leverage(leverage, SWAP, {"marginMode": margin_mode})
        read = await woo.fetch_leverage(SWAP, {"marginMode": margin_mode})

        assert (read["longLeverage"], read["shortLeverage"], read["marginMode"]) == (leverage, leverage, margin_mode)


async def test_spot_leverage_is_set(woo: Peer) -> None:
    assert (await woo.set_leverage(3, SPOT))["success"] is True
    assert (await woo.fetch_leverage(SPOT))["symbol"] == SPOT


async def test_the_position_mode_is_switched_and_back(woo: Peer) -> None:
    await woo.set_position_mode(hedged=True)
    hedged = (await woo.v3_private_get_account_info())["data"]["positionMode"]
    await woo.set_position_mode(hedged=False)

    assert hedged == "HEDGE_MODE"
    assert (await woo.v3_private_get_account_info())["data"]["positionMode"] == "ONE_WAY"


async def test_a_position_is_opened_and_closed_by_a_reduce_only_order(woo: Peer) -> None:
    await woo.create_order(SWAP, "market", "buy", "0.01")
    position = await woo.fetch_position(SWAP)
    ranks = await woo.fetch_positions_adl_rank()
    close = await woo.create_order(SWAP, "market", "sell", str(position["contracts"]), None, {"reduceOnly": True})

    assert (position["side"], position["contracts"], position["marginMode"]) == ("long", 0.01, "cross")
    assert [rank["symbol"] for rank in ranks] == [SWAP]
    assert (await woo.seen(close, SWAP))["reduceOnly"] is True
    assert await woo.fetch_positions() == []


async def test_margin_goes_into_an_isolated_position_and_out_again(woo: Peer) -> None:
    isolated = {"marginMode": "isolated"}
    await woo.create_order(SWAP, "market", "buy", "0.01", None, isolated)
    before = (await woo.fetch_position(SWAP))["info"]["isolatedMarginAmount"]
    added = await woo.add_margin(SWAP, 20)
    after = (await woo.fetch_position(SWAP))["info"]["isolatedMarginAmount"]
    taken = await woo.reduce_margin(SWAP, 5)
    await woo.create_order(SWAP, "market", "sell", "0.01", None, {"reduceOnly": True} | isolated)

    assert (added, taken) == ({"success": True}, {"success": True})
    assert float(after) == pytest.approx(float(before) + 20)
    assert await woo.fetch_positions() == []


async def test_interest_that_is_not_owed_is_not_repaid(woo: Peer) -> None:
    with pytest.raises(ccxt.ExchangeError, match="302144"):
        await woo.repay_margin("BTC", 0.1)


async def test_the_funding_to_come_is_told(woo: Peer) -> None:
    rate = await woo.fetch_funding_rate(SWAP)

    assert rate["fundingRate"] is not None
    assert 0 < rate["fundingTimestamp"] - woo.exchange.milliseconds() <= 8 * 3_600_000
    assert SWAP in await woo.fetch_funding_rates()
    assert (await woo.fetch_funding_interval(SWAP))["interval"] == "8h"


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_funding_is_paid_and_stands_in_both_histories(kind: str) -> None:
    with sandboxes.running("--limits", "off") as address:
        woo = connect(kind, address)
        try:
            await woo.create_order(SWAP, "market", "buy", "0.01")
            pass_time(address, "8h")
            await woo.load_time_difference()
            async with asyncio.timeout(10):
                while not (paid := await woo.fetch_funding_history(SWAP)):
                    await asyncio.sleep(0.05)
            [past] = await woo.fetch_funding_rate_history(SWAP)
        finally:
            await woo.close()

    assert [row["symbol"] for row in paid] == [SWAP]
    assert (paid[0]["rate"], paid[0]["timestamp"]) == (past["fundingRate"], past["timestamp"])
    assert (paid[0]["amount"] < 0) is (past["fundingRate"] > 0)


# --- the account


async def test_fees_are_told_for_a_symbol_and_for_all(woo: Peer) -> None:
    fee = await woo.fetch_trading_fee(SPOT)

    assert (fee["info"]["takerFee"], fee["info"]["makerFee"]) == ("10", "8")
    assert SPOT in await woo.fetch_trading_fees()


async def test_the_main_account_and_its_sub_account_are_listed(woo: Peer) -> None:
    main, sub = await woo.fetch_accounts()

    assert (main["type"], sub["type"]) == ("main", "subaccount")
    assert main["id"] != sub["id"]


async def test_a_deposit_address_belongs_to_its_network(woo: Peer) -> None:
    ethereum = await woo.fetch_deposit_address("USDT", {"network": "ERC20"})
    bitcoin = await woo.fetch_deposit_address("BTC", {"network": "BTC"})

    assert ethereum["address"].startswith("0x")
    assert bitcoin["address"].startswith("bc1")


async def test_a_withdrawal_leaves_and_stands_in_the_histories(woo: Peer) -> None:
    target = "0x" + "1" * 40
    withdrawal = await woo.withdraw("USDT", "50", target, {"network": "ERC20"})

    [row] = [row for row in await woo.fetch_withdrawals("USDT") if row["id"] == withdrawal["id"]]
    assert (row["amount"], row["addressTo"], row["type"]) == (50.0, target, "withdrawal")
    assert withdrawal["id"] in {row["id"] for row in await woo.fetch_deposits_withdrawals()}
    taken_back = await woo.withdraw("USDT", "60", target, {"network": "ERC20"})
    assert await woo.v1_private_delete_asset_withdraw({"id": taken_back["id"]}) == {"success": True}
    # Not by currency: ccxt's ledger takes a token as it came, and this one came with its network, as recorded.
    assert withdrawal["id"] in {row["id"] for row in await woo.fetch_ledger()}
    assert await woo.fetch_deposits() == []


async def test_a_transfer_arrives_and_is_listed(woo: Peer) -> None:
    main, sub = await woo.fetch_accounts()
    transfer = await woo.transfer("USDT", "10", main["id"], sub["id"])

    [row] = [row for row in await woo.fetch_transfers() if row["id"] == transfer["id"]]
    assert (row["amount"], row["toAccount"], row["status"]) == (10.0, sub["id"], "ok")


async def test_a_quote_is_asked_for_and_taken(woo: Peer) -> None:
    before = (await woo.fetch_balance())["BTC"]["total"]
    quote = await woo.fetch_convert_quote("USDT", "BTC", "100")
    taken = await woo.create_convert_trade(quote["id"], "USDT", "BTC")

    assert (quote["fromAmount"], taken["info"]["rftAccepted"]) == (100.0, 1)
    assert (await woo.fetch_balance())["BTC"]["total"] == pytest.approx(before + quote["toAmount"])
    assert (await woo.fetch_convert_trade(quote["id"]))["id"] == quote["id"]
    assert quote["id"] in {trade["id"] for trade in await woo.fetch_convert_trade_history()}
    assert {"BTC", "USDT"} <= (await woo.fetch_convert_currencies()).keys()
