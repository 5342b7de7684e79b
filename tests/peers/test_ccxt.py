"""A client written by others trades here: ccxt's `woo`, both halves, step by step over real sockets.

ccxt takes a reply without `success` for a good one where it does not know the code, so each step looks at what came
of it, never only at the absence of an error.
"""

from itertools import count
from typing import Any

import ccxt
import pytest
from tests import sandboxes
from tests.peers.peer import SPOT, SWAP, Peer, connect

pytestmark = [pytest.mark.xdist_group("ccxt"), pytest.mark.asyncio(loop_scope="module")]

CLIENT_IDS = count(1_000)


# --- what everybody may ask


async def test_the_markets_are_listed_with_their_ticks_and_limits(woo: Peer) -> None:
    spot, swap = woo.exchange.markets[SPOT], woo.exchange.markets[SWAP]

    assert (spot["type"], swap["type"], swap["settle"]) == ("spot", "swap", "USDT")
    assert spot["precision"] == {"amount": 0.000001, "price": 0.01}
    assert (spot["active"], spot["limits"]["cost"]["min"]) == (True, 1.0)


async def test_the_currencies_are_listed_with_their_networks(woo: Peer) -> None:
    usdt = (await woo.fetch_currencies())["USDT"]

    assert {"ERC20", "TRC20"} <= usdt["networks"].keys()
    assert usdt["networks"]["ERC20"]["fee"] == 2.0


async def test_the_status_is_ok(woo: Peer) -> None:
    assert (await woo.fetch_status())["status"] == "ok"


async def test_the_time_is_now(woo: Peer) -> None:
    assert abs(await woo.fetch_time() - woo.exchange.milliseconds()) < 5_000


async def test_the_book_has_two_sides_that_do_not_cross(woo: Peer) -> None:
    book = await woo.fetch_order_book(SPOT, 5)

    assert (len(book["bids"]), len(book["asks"])) == (5, 5)
    assert book["bids"][0][0] < book["asks"][0][0]


async def test_the_last_trades_have_price_side_and_time(woo: Peer) -> None:
    trades = await woo.fetch_trades(SPOT, limit=3)

    assert len(trades) == 3
    assert all(trade["price"] and trade["amount"] and trade["timestamp"] for trade in trades)
    assert {trade["side"] for trade in trades} <= {"buy", "sell"}


@pytest.mark.parametrize("symbol", [SPOT, SWAP])
async def test_the_last_candles_follow_each_other(woo: Peer, symbol: str) -> None:
    candles = await woo.fetch_ohlcv(symbol, "1m", limit=3)

    starts = [candle[0] for candle in candles]
    assert starts == [starts[0], starts[0] + 60_000, starts[0] + 120_000]


async def test_candles_since_a_moment_begin_there(woo: Peer) -> None:
    hour_ms = 3_600_000
    since = (woo.exchange.milliseconds() // hour_ms - 5) * hour_ms
    candles = await woo.fetch_ohlcv(SPOT, "1h", since, 3)

    assert [candle[0] for candle in candles] == [since, since + hour_ms, since + 2 * hour_ms]


async def test_a_perpetual_has_a_ticker_of_its_day(woo: Peer) -> None:
    ticker = await woo.fetch_ticker(SWAP)

    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert ticker["markPrice"] > 0
    assert ticker["baseVolume"] > 0
    assert SWAP in await woo.fetch_tickers()


async def test_the_balance_adds_up(woo: Peer) -> None:
    balance = await woo.fetch_balance()

    assert balance["USDT"]["total"] > 0
    assert balance["BTC"]["free"] + balance["BTC"]["used"] == pytest.approx(balance["BTC"]["total"])


# --- orders


async def test_a_limit_order_rests(woo: Peer) -> None:
    order = await woo.seen(await woo.resting())

    assert (order["status"], order["side"], order["type"], order["amount"]) == ("open", "buy", "limit", 0.001)


async def test_a_market_order_by_cost_spends_at_most_the_cost(woo: Peer) -> None:
    order = await woo.seen(await woo.create_market_buy_order_with_cost(SPOT, "50"))

    assert order["status"] == "closed"
    assert 49 < order["cost"] <= 50


async def test_a_market_order_sells(woo: Peer) -> None:
    order = await woo.seen(await woo.create_order(SPOT, "market", "sell", "0.001"))

    assert (order["status"], order["side"], order["filled"]) == ("closed", "sell", 0.001)


@pytest.mark.parametrize("time_in_force", ["IOC", "FOK"])
async def test_an_order_that_must_not_rest_is_filled_at_once(woo: Peer, time_in_force: str) -> None:
    order = await woo.create_order(
        SPOT, "limit", "buy", "0.001", await woo.price(part=1.02), {"timeInForce": time_in_force}
    )
    seen = await woo.seen(order)

    assert (seen["status"], seen["timeInForce"], seen["filled"]) == ("closed", time_in_force, 0.001)


async def test_an_ioc_that_finds_nothing_is_cancelled(woo: Peer) -> None:
    order = await woo.seen(await woo.resting(timeInForce="IOC"))

    assert (order["status"], order["filled"]) == ("canceled", 0)


async def test_a_post_only_order_rests(woo: Peer) -> None:
    order = await woo.seen(await woo.resting(postOnly=True))

    assert (order["status"], order["postOnly"], order["timeInForce"]) == ("open", True, "PO")


async def test_a_post_only_order_that_would_take_does_not(woo: Peer) -> None:
    order = await woo.create_order(SPOT, "limit", "buy", "0.001", await woo.price(part=1.02), {"postOnly": True})

    assert (await woo.seen(order))["filled"] == 0


async def test_an_order_is_edited(woo: Peer) -> None:
    order, price = await woo.resting(), await woo.price(part=0.7)
    await woo.edit_order(order["id"], SPOT, "limit", "buy", "0.002", price)
    seen = await woo.seen(order)

    assert (seen["status"], seen["amount"], seen["price"]) == ("open", 0.002, float(price))


async def test_an_order_is_cancelled(woo: Peer) -> None:
    order = await woo.resting()
    await woo.cancel_order(order["id"], SPOT)

    assert (await woo.seen(order))["status"] == "canceled"


async def test_an_order_is_found_edited_and_cancelled_by_the_callers_id(woo: Peer) -> None:
    mine = {"clientOrderId": str(next(CLIENT_IDS))}
    order = await woo.resting(**mine)
    await woo.edit_order("", SPOT, "limit", "buy", "0.003", None, mine)
    found = await woo.fetch_order("", SPOT, mine)
    await woo.cancel_order("", SPOT, mine)

    assert (found["id"], found["clientOrderId"], found["amount"]) == (order["id"], mine["clientOrderId"], 0.003)
    assert (await woo.seen(order))["status"] == "canceled"


async def test_all_orders_of_a_symbol_are_cancelled(woo: Peer) -> None:
    placed = {(await woo.resting())["id"], (await woo.resting())["id"]}
    assert {order["id"] for order in await woo.fetch_open_orders(SPOT)} == placed

    await woo.cancel_all_orders(SPOT)

    assert await woo.fetch_open_orders(SPOT) == []


async def test_cancel_all_after_is_set_and_taken_back(woo: Peer) -> None:
    set_for = await woo.cancel_all_orders_after(60_000)
    taken_back = await woo.cancel_all_orders_after(0)

    assert 55_000 < set_for["data"]["expectedTriggerTime"] - woo.exchange.milliseconds() <= 61_000
    assert taken_back["data"]["expectedTriggerTime"] == 0


async def test_closed_orders_and_all_orders_are_listed(woo: Peer) -> None:
    order = await woo.create_order(SPOT, "market", "sell", "0.001")

    # ccxt lists oldest first.
    assert order["id"] == (await woo.fetch_closed_orders(SPOT))[-1]["id"]
    assert order["id"] == (await woo.fetch_orders(SPOT, limit=5))[-1]["id"]


# --- orders that wait for a price


async def test_a_stop_order_waits_is_edited_and_cancelled(woo: Peer) -> None:
    trigger, later = await woo.price(part=1.2), await woo.price(part=1.25)
    order = await woo.create_order(SPOT, "limit", "buy", "0.001", trigger, {"triggerPrice": trigger})
    waiting = await woo.seen(order, trigger=True)
    await woo.edit_order(order["id"], SPOT, "limit", "buy", "0.002", later, {"triggerPrice": later})
    edited = await woo.seen(order, trigger=True)
    await woo.cancel_order(order["id"], SPOT, {"trigger": True})

    assert (waiting["status"], waiting["triggerPrice"]) == ("open", float(trigger))
    assert (edited["triggerPrice"], edited["amount"]) == (float(later), 0.002)
    assert (await woo.seen(order, trigger=True))["status"] == "canceled"


async def test_a_stop_at_the_market_is_listed_and_goes_with_all_others(woo: Peer) -> None:
    trigger = await woo.price(part=0.8)
    order = await woo.create_order(SPOT, "market", "sell", "0.001", None, {"triggerPrice": trigger})
    listed = await woo.fetch_open_orders(SPOT, params={"trigger": True})
    await woo.cancel_all_orders(SPOT, {"trigger": True})

    assert [row["id"] for row in listed] == [order["id"]]
    assert await woo.fetch_open_orders(SPOT, params={"trigger": True}) == []


async def test_an_order_takes_its_stop_loss_and_take_profit_along(woo: Peer) -> None:
    exits = {"stopLoss": {"triggerPrice": await woo.price(SWAP, part=0.6)}}
    exits["takeProfit"] = {"triggerPrice": await woo.price(SWAP, part=1.4)}
    order = await woo.create_order(SWAP, "limit", "buy", "0.001", await woo.price(SWAP, part=0.8), exits)
    [row] = await woo.fetch_open_orders(SWAP, params={"trigger": True})

    assert row["info"]["algoType"] == "BRACKET"
    [exits_row] = row["info"]["childOrders"]
    # ccxt takes the first leg's id for the order's; the exchange tells the root last (rest-v3 §9.2.1).
    assert int(order["id"]) in {leg["algoOrderId"] for leg in exits_row["childOrders"]}


@pytest.mark.parametrize(("form", "trail"), [("amount", "100"), ("percent", "1")])
async def test_a_trailing_stop_waits_for_its_activation(woo: Peer, form: str, trail: str) -> None:
    activation = await woo.price(SWAP, part=1.1)
    place = getattr(woo, f"create_trailing_{form}_order")
    order = await place(SWAP, "market", "sell", "0.001", None, trail, activation)
    seen = await woo.seen(order, SWAP, trigger=True)

    assert (seen["status"], seen["info"]["algoType"]) == ("open", "TRAILING_STOP")
    assert float(seen["info"]["activatedPrice"]) == float(activation)


# --- fills


async def test_own_trades_come_with_their_fees(woo: Peer) -> None:
    order = await woo.create_market_buy_order_with_cost(SPOT, "20")
    trade = (await woo.fetch_my_trades(SPOT, limit=5))[-1]

    assert (trade["order"], trade["side"], trade["takerOrMaker"]) == (order["id"], "buy", "taker")
    assert trade["fee"]["currency"] == "BTC"
    assert trade["fee"]["cost"] == pytest.approx(trade["amount"] * 0.001)


async def test_the_trades_of_one_order_are_asked_for_as_v1(woo: Peer) -> None:
    order = await woo.create_order(SPOT, "market", "sell", "0.001")
    trades = await woo.fetch_order_trades(order["id"], SPOT)

    assert {trade["order"] for trade in trades} == {order["id"]}
    assert sum(trade["amount"] for trade in trades) == pytest.approx(0.001)
    assert {trade["fee"]["currency"] for trade in trades} == {"USDT"}


# --- with the broker's name and without


@pytest.mark.parametrize("trigger", [False, True], ids=["plain", "algo"])
@pytest.mark.parametrize("named", [True, False], ids=["broker", "no-broker"])
async def test_an_order_is_taken_with_a_broker_id_and_without(woo: Peer, named: bool, trigger: bool) -> None:
    # ccxt leaves its own broker id out in what it calls sandbox mode.
    woo.exchange.options["sandboxMode"] = not named
    parameters = {"triggerPrice": await woo.price(part=0.9)} if trigger else {}
    order = await woo.resting(**parameters)

    assert (("brokerId" if trigger else "broker_id") in woo.sent) is named
    assert (await woo.seen(order, trigger=trigger))["status"] == "open"


# --- refusals, each as the class that ccxt has for it


async def test_a_repeated_client_id_is_refused(woo: Peer) -> None:
    mine = {"clientOrderId": str(next(CLIENT_IDS))}
    await woo.resting(**mine)

    with pytest.raises(ccxt.DuplicateOrderId):
        await woo.resting(**mine)


@pytest.mark.parametrize(
    ("changed", "refused_as"),
    [
        ({"price": "30000.001"}, ccxt.InvalidOrder),
        ({"quantity": "0.0010001"}, ccxt.InvalidOrder),
        ({"quantity": "0.000001"}, ccxt.InvalidOrder),
        ({"symbol": "SPOT_NOPE_USDT"}, ccxt.BadSymbol),
        ({"quantity": "100"}, ccxt.InsufficientFunds),
    ],
    ids=["tick", "step", "size", "symbol", "funds"],
)
async def test_an_order_that_breaks_a_rule_is_refused(
    woo: Peer, changed: dict[str, str], refused_as: type[Exception]
) -> None:
    # By the raw call: ccxt's own rounding would mend what is wrong here.
    order: dict[str, Any] = {"symbol": "SPOT_BTC_USDT", "side": "BUY", "type": "LIMIT", "price": "60000"}

    with pytest.raises(refused_as):
        await woo.v3_private_post_trade_order(order | {"quantity": "0.001"} | changed)
    assert await woo.fetch_open_orders(SPOT) == []


async def test_an_order_that_is_not_there_is_neither_found_nor_cancelled(woo: Peer) -> None:
    for call in (woo.fetch_order, woo.cancel_order, woo.fetch_order_trades):
        with pytest.raises(ccxt.ExchangeError):
            await call("999999999999", SPOT)


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_wrong_secret_is_refused_in_v3_and_in_v1(kind: str, address: sandboxes.Address) -> None:
    stranger = connect(kind, address, secret="wrong")
    try:
        for call in (stranger.fetch_balance, stranger.v3_private_get_account_info):
            with pytest.raises(ccxt.AuthenticationError):
                await call()
        with pytest.raises(ccxt.AuthenticationError):
            await stranger.v1_private_get_order_oid_trades({"oid": "1"})
    finally:
        await stranger.close()
