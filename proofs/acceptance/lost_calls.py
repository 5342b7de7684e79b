"""This file is the acceptance cases of calls that fail: lost, refused, spoilt; nothing is sent twice or guessed."""

from decimal import Decimal

from proofs.acceptance.bench import BTC, ETH, Bench
from proofs.acceptance.case import case
from proofs.acceptance.recovery import faults, told_once
from proofs.acceptance.refusal import refused
from woodlot.errors import OutcomeUnknown, RateLimited
from woodlot.orders.states import OrderState
from woodlot.wire.enums import OrderStatus
from woodlot.wire.trade import GetOrders

PLACING = "POST:/v3/trade/order"


async def orders_at_exchange(bench: Bench, symbol: str) -> int:
    """Return how many orders of a symbol the exchange was ever given; its account is this case's own."""
    return len((await bench.desk.client.send(GetOrders(symbol=symbol, size=500))).rows)


async def found_once(bench: Bench) -> None:
    """Place an order whose reply is spoilt; see it found, and that it is there once."""
    order = await bench.desk.place(await bench.order(BTC))
    await order.acknowledged()
    assert order.state in {OrderState.ACKNOWLEDGED, OrderState.WORKING}
    assert await bench.open_ids(BTC) == {order.order_id}
    assert await orders_at_exchange(bench, BTC) == 1


@case("RC-31", "An order whose reply is lost is found, and is there once",
      sandbox=faults(f"rest.after lost on {PLACING} times 1"))  # fmt: skip
async def lost_reply(bench: Bench) -> None:
    await found_once(bench)


@case("RC-32", "An order whose reply is an HTML page is found, and is there once",
      sandbox=faults(f"rest.after html on {PLACING} times 1"))  # fmt: skip
async def html_reply(bench: Bench) -> None:
    await found_once(bench)


@case("RC-33", "An order whose reply breaks off in the middle is found, and is there once",
      sandbox=faults(f"rest.after half on {PLACING} times 1"))  # fmt: skip
async def half_reply(bench: Bench) -> None:
    await found_once(bench)


@case("RC-34", "An order that is answered with an error of the gateway is found, and is there once",
      sandbox=faults(f"rest.after 502 on {PLACING} times 1"))  # fmt: skip
async def gateway_reply(bench: Bench) -> None:
    await found_once(bench)


@case("RC-35", "A market order whose reply is lost is found filled, and its executions are told once",
      sandbox=faults(f"rest.after lost on {PLACING} times 1"))  # fmt: skip
async def lost_market_reply(bench: Bench) -> None:
    order = await (await bench.desk.sell(ETH, (await bench.order(ETH)).quantity)).filled()
    await told_once(bench, [order])
    assert await orders_at_exchange(bench, ETH) == 1


@case("RC-36", "The same while REST shows nothing for seconds and the private stream is away",
      sandbox=faults(f"rest.after lost on {PLACING} times 1", "orders.hidden 2s"))  # fmt: skip
async def lost_and_hidden(bench: Bench) -> None:
    quantity = (await bench.order(ETH)).quantity
    bench.fault("private.cut for 3s")
    order = await (await bench.desk.sell(ETH, quantity)).filled()
    await bench.seen(lambda: bench.desk.account.is_live)

    async def is_shown() -> bool:
        return len(await bench.ledger(order)) == len(order.known.trade_ids)

    await bench.eventually(is_shown)
    await told_once(bench, [order])


@case("RC-37", "An order lost on its way is unknown until silence is proof, then NOT_PLACED, and never sent again",
      sandbox=faults(f"rest.before lost on {PLACING} times 1"), terms={"absence_is_proof_after_s": 2.0})  # fmt: skip
async def lost_request(bench: Bench) -> None:
    order = await bench.desk.place(await bench.order(BTC))
    assert order.state is OrderState.UNKNOWN
    await order.acknowledged()
    assert (order.state, order.is_final) == (OrderState.NOT_PLACED, True)
    assert await orders_at_exchange(bench, BTC) == 0


@case("RC-38", "A cancel whose reply is lost is said to be unknown, and the order settles as what it is",
      sandbox=faults("rest.after lost on DELETE:/v3/trade/order times 1"))  # fmt: skip
async def lost_cancel(bench: Bench) -> None:
    order = await bench.rest(BTC)
    with refused(OutcomeUnknown) as caught:
        await order.cancel()
    assert caught.error.order_id == order.order_id
    assert (await order.settled()).state is OrderState.CANCELLED


@case("RC-39", "A cancel that was lost on its way leaves the order open and free to be cancelled again",
      sandbox=faults("rest.before lost on DELETE:/v3/trade/order times 1"))  # fmt: skip
async def cancel_never_came(bench: Bench) -> None:
    order = await bench.rest(BTC)
    with refused(OutcomeUnknown):
        await order.cancel()
    assert order.order_id in await bench.open_ids(BTC)
    await order.cancel()
    assert (await order.settled()).state is OrderState.CANCELLED


@case("RC-40", "An amend whose reply is lost is said to be unknown, and the order shows the new price",
      sandbox=faults("rest.after lost on PUT:/v3/trade/order times 1"))  # fmt: skip
async def lost_amend(bench: Bench) -> None:
    order, price = await bench.rest(BTC), (await bench.order(BTC, away=Decimal("0.06"))).price
    with refused(OutcomeUnknown):
        await order.amend(price=price)
    await order.until(lambda known: known.price == price)
    assert order.state is OrderState.WORKING


@case("RC-41", "A cancel that is acknowledged and refused by a report later leaves the order open, and says so",
      sandbox=faults("orders.refused-later on DELETE:/v3/trade/order times 1"))  # fmt: skip
async def refused_later(bench: Bench) -> None:
    order = await bench.rest(BTC)
    await order.cancel()
    await order.until(lambda known: known.cancel_wish is None)
    assert order.state is OrderState.WORKING
    assert order.order_id in await bench.open_ids(BTC)
    await order.cancel()
    assert (await order.settled()).state is OrderState.CANCELLED


@case("RC-42", "A storm of 429 is waited out: the order is placed, and once",
      sandbox=faults(f"rest.before 429 on {PLACING} times 3"))  # fmt: skip
async def storm(bench: Bench) -> None:
    order = await bench.rest(BTC)
    assert await bench.open_ids(BTC) == {order.order_id}
    assert await orders_at_exchange(bench, BTC) == 1


@case("RC-43", "A storm of 429 that does not end is told within the call's time, and nothing is placed",
      sandbox=faults(f"rest.before 429 on {PLACING}"), terms={"timeout_s": 3.0})  # fmt: skip
async def endless_storm(bench: Bench) -> None:
    with refused(RateLimited) as caught:
        await bench.desk.place(await bench.order(BTC))
    assert caught.error.attempts > 1
    assert bench.desk.orders() == []
    assert await orders_at_exchange(bench, BTC) == 0


@case("RC-44", "Maintenance is told as such or waited out, no order is placed by it, and afterwards trading goes on",
      sandbox=faults(f"rest.before maintenance on {PLACING} times 1"))  # fmt: skip
async def maintenance(bench: Bench) -> None:
    await bench.desk.place_all([await bench.order(BTC)])
    first = await orders_at_exchange(bench, BTC)
    order = await bench.rest(BTC)
    assert await orders_at_exchange(bench, BTC) == first + 1
    assert order.order_id in await bench.open_ids(BTC)


@case("RC-45", "An exchange whose clock is an hour ahead is traded with all the same", sandbox=faults("clock.skew 1h"))
async def clock_ahead(bench: Bench) -> None:
    order = await (await bench.desk.sell(ETH, (await bench.order(ETH)).quantity)).filled()
    await bench.row(order, OrderStatus.FILLED)
    await told_once(bench, [order])
