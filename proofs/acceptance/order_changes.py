"""This file is the acceptance cases of what becomes of orders: cancels, amends, fills, other hands, the gate."""

from collections import Counter
from decimal import Decimal

from proofs.acceptance.bench import BTC, ETH, PERP, WOO, Bench
from proofs.acceptance.case import case
from proofs.acceptance.refusal import refused
from woodlot.desk.limits import Limits
from woodlot.errors import FilterRefused, GateRefused, NotFilled, NotFound, Rejected, TradingStopped
from woodlot.orders.evidence import Source
from woodlot.orders.states import News, OrderState
from woodlot.sandbox.options import SandboxOptions
from woodlot.wire.enums import OrderStatus, OrderType, PositionSide, Side
from woodlot.wire.futures import GetPositions
from woodlot.wire.trade import CancelOrder, PlaceOrder


@case("OE-31", "A cancelled order settles as cancelled with nothing filled, and the exchange agrees")
async def cancel_once(bench: Bench) -> None:
    order = await bench.rest(BTC)
    await order.cancel()
    await order.settled()
    assert (order.state, order.filled_quantity) == (OrderState.CANCELLED, 0)
    assert (await bench.row(order, OrderStatus.CANCELLED)).executed == 0
    with refused(NotFilled):
        await order.filled()


@case("OE-32", "A second cancel of an order is answered with NotFound")
async def cancel_twice(bench: Bench) -> None:
    order = await bench.rest(BTC)
    await order.cancel()
    await order.settled()
    with refused(NotFound):
        await order.cancel()
    assert order.state is OrderState.CANCELLED


@case("OE-33", "A cancel of an id that nobody has is answered with NotFound")
async def cancel_unknown(bench: Bench) -> None:
    with refused(NotFound):
        await bench.desk.client.send(CancelOrder(client_order_id=bench.handle(), symbol=BTC))


@case("OE-34", "An order can be cancelled by its client order id")
async def cancel_by_handle(bench: Bench) -> None:
    order = await bench.rest(BTC)
    await bench.desk.client.send(CancelOrder(client_order_id=order.client_order_id, symbol=BTC))
    assert (await order.settled()).state is OrderState.CANCELLED


@case("OE-35", "Several orders are cancelled at once, and one that is over already is passed over")
async def cancel_several(bench: Bench) -> None:
    orders = [await bench.rest(symbol) for symbol in (BTC, ETH, WOO)]
    await orders[0].cancel()
    await orders[0].settled()
    await bench.desk.cancel(*orders)
    assert {(await order.settled()).state for order in orders} == {OrderState.CANCELLED}


@case("OE-36", "Cancelling all orders of a symbol ends each of them and spares the others")
async def cancel_symbol(bench: Bench) -> None:
    doomed = [await bench.rest(BTC) for _ in range(3)]
    spared = await bench.rest(ETH, Side.SELL)
    await bench.desk.cancel_all(BTC)
    assert {(await order.settled()).state for order in doomed} == {OrderState.CANCELLED}
    assert spared.order_id in await bench.open_ids(ETH)
    assert spared.state is OrderState.WORKING


@case("OE-37", "Cancelling all orders leaves none open anywhere")
async def cancel_everything(bench: Bench) -> None:
    orders = [await bench.rest(symbol) for symbol in (BTC, ETH, WOO)]
    await bench.desk.cancel_all()
    assert {(await order.settled()).state for order in orders} == {OrderState.CANCELLED}

    async def none_left() -> bool:
        return not await bench.open_ids()

    await bench.eventually(none_left)


@case("OE-38", "An amended price is the exchange's, and the order keeps its id")
async def amend_price(bench: Bench) -> None:
    order = await bench.rest(BTC)
    order_id, price = order.order_id, (await bench.order(BTC, away=Decimal("0.06"))).price
    await order.amend(price=price)
    await order.until(lambda known: known.price == price and known.amend_wish is None)
    assert (order.order_id, order.state) == (order_id, OrderState.WORKING)
    assert await bench.open_ids(BTC) >= {order_id}


@case("OE-39", "An amended quantity is the exchange's, and the order stays open")
async def amend_quantity(bench: Bench) -> None:
    order = await bench.rest(BTC)
    assert order.quantity is not None
    wanted = order.quantity * 2
    await order.amend(quantity=wanted)
    await order.until(lambda known: known.quantity == wanted)
    assert order.order_id in await bench.open_ids(BTC)


@case("OE-40", "An amend of an order that is over is answered with NotFound")
async def amend_finished(bench: Bench) -> None:
    order = await bench.rest(BTC)
    await order.cancel()
    await order.settled()
    with refused(NotFound):
        await order.amend(quantity=order.quantity)
    assert order.state is OrderState.CANCELLED


@case("OE-41", "An amend that breaks the rules is refused, and the order is as it was")
async def amend_badly(bench: Bench) -> None:
    order = await bench.rest(BTC)
    before, tick = order.price, (await bench.instrument(BTC)).quote_tick
    assert before is not None
    with refused(FilterRefused):
        await order.amend(price=before - tick / 10)
    assert (order.price, order.state, order.known.amend_wish) == (before, OrderState.WORKING, None)


@case("OE-42", "The history of an order names each step, where it was learned and when")
async def history(bench: Bench) -> None:
    order = await bench.rest(BTC)
    await order.cancel()
    await order.settled()
    news = [step.news for step in order.history]
    assert news[0] is News.INTENDED
    assert {News.ACKNOWLEDGED, News.CANCEL_ASKED, News.CANCELLED} <= set(news)
    assert {Source.INTENT, Source.REPLY} <= {step.source for step in order.history}
    assert all(step.at_ms > 0 for step in order.history)


@case("OE-43", "An order placed by other means is adopted and marked as foreign")
async def foreign_order(bench: Bench) -> None:
    async with bench.elsewhere() as other:
        ack = await other.send(await bench.order(BTC))
    await bench.seen(lambda: bench.desk.account.find(order_id=ack.order_id) is not None)
    adopted = bench.desk.account.find(order_id=ack.order_id)
    assert adopted is not None
    assert (adopted.known.foreign, adopted.symbol, adopted.side) == (True, BTC, Side.BUY)


@case("OE-44", "A cancel by other means is seen")
async def foreign_cancel(bench: Bench) -> None:
    order = await bench.rest(BTC)
    async with bench.elsewhere() as other:
        await other.send(CancelOrder(order_id=order.order_id, symbol=BTC))
    assert (await order.settled()).state is OrderState.CANCELLED


QUIET = SandboxOptions(quiet=True)


@case(
    "OE-45", "A part of an order fills, the rest is cancelled: the fill counts, the rest is given back", sandbox=QUIET
)
async def part_then_cancel(bench: Bench) -> None:
    other = bench.box.simulation.open_account("the other side", {"WOO": "1000"})
    order = await (await bench.desk.buy(WOO, "500", price="0.05")).working()
    sell = PlaceOrder(symbol=WOO, side=Side.SELL, type=OrderType.LIMIT, price="0.05", quantity="200")
    bench.box.exchange.place(other, sell)
    await order.until(lambda known: known.state is OrderState.PARTLY_FILLED)
    await order.cancel()
    await order.settled()
    assert (order.state, order.filled_quantity, order.known.remaining) == (OrderState.CANCELLED, 200, 0)
    (fill,) = await bench.fills(order)
    assert (fill.is_maker, fill.price, fill.quantity) == (True, Decimal("0.05"), 200)


@case("OE-46", "An order's total, notional and fees are the sums of the executions that were told")
async def totals(bench: Bench) -> None:
    order = await (await bench.desk.sell(WOO, (await bench.order(WOO, worth=500)).quantity)).filled()
    fills, fees = await bench.fills(order), Counter[str]()
    for fill in fills:
        fees[fill.fee_asset] += fill.fee  # pyright: ignore[reportArgumentType] - it adds up whatever adds up
    assert sum((fill.quantity for fill in fills), Decimal(0)) == order.filled_quantity == order.quantity
    assert sum((fill.notional for fill in fills), Decimal(0)) == order.known.booked_notional
    assert dict(fees) == dict(order.fees)
    assert sorted(fill.trade_id for fill in fills) == await bench.ledger(order)


async def stopped_by(bench: Bench, control: str, order: PlaceOrder) -> None:
    """See an order refused by one control of the gate, counted, and never placed."""
    handle = bench.handle()
    with refused(GateRefused) as caught:
        await bench.desk.buy(order.symbol, order.quantity, price=order.price, client_order_id=handle, type=order.type)
    assert (caught.error.control, bench.desk.violations[control]) == (control, 1)
    assert not await bench.knows(handle)


@case("OE-47", "The gate refuses an order above the largest notional, and nothing is sent",
      terms={"limits": Limits(max_notional=Decimal(10))})  # fmt: skip
async def gate_notional(bench: Bench) -> None:
    await stopped_by(bench, "notional", await bench.order(BTC))


@case("OE-48", "The gate refuses a symbol that is not on its list, and lets the others pass",
      terms={"limits": Limits(symbols=frozenset({ETH}))})  # fmt: skip
async def gate_symbols(bench: Bench) -> None:
    await bench.rest(ETH)
    await stopped_by(bench, "symbol", await bench.order(BTC))


@case("OE-49", "The gate refuses a price too far from the touch, and nothing is sent",
      terms={"limits": Limits(price_distance=Decimal("0.02"))})  # fmt: skip
async def gate_distance(bench: Bench) -> None:
    await stopped_by(bench, "price distance", await bench.order(BTC))


@case("OE-50", "The gate refuses an order beyond the most that may be open, and takes it once one is over",
      terms={"limits": Limits(max_open_orders=1)})  # fmt: skip
async def gate_open_orders(bench: Bench) -> None:
    first = await bench.rest(BTC)
    await stopped_by(bench, "open orders", await bench.order(BTC))
    await first.cancel()
    await first.settled()
    assert (await bench.rest(BTC)).state is OrderState.WORKING


@case("OE-51", "The kill switch cancels everything and refuses new orders until it is lifted")
async def kill(bench: Bench) -> None:
    orders = [await bench.rest(symbol) for symbol in (BTC, ETH)]
    assert await bench.desk.kill("an acceptance case") == ()
    assert {(await order.settled()).state for order in orders} == {OrderState.CANCELLED}
    with refused(TradingStopped):
        await bench.desk.place(await bench.order(BTC))
    bench.desk.resume()
    assert (await bench.rest(BTC)).state is OrderState.WORKING


@case(
    "OE-52", "A perpetual position is opened, seen by the stream and by REST alike, and closed by a reduce-only order"
)
async def perpetual(bench: Bench) -> None:
    async def held() -> Decimal:
        positions = (await bench.desk.client.send(GetPositions(symbol=PERP))).positions
        return sum((position.holding for position in positions), Decimal(0))

    before, quantity = await held(), (await bench.order(PERP)).quantity
    opened = await (await bench.desk.buy(PERP, quantity)).filled()
    after = before + opened.filled_quantity

    async def is_open() -> bool:
        return await held() == after

    await bench.eventually(is_open)
    key = (PERP, PositionSide.BOTH)
    await bench.seen(lambda: key in bench.desk.positions() and bench.desk.positions()[key].holding == after)
    closed = await (await bench.desk.sell(PERP, quantity, reduce_only=True)).filled()
    assert closed.filled_quantity == opened.filled_quantity

    async def is_closed() -> bool:
        return await held() == before

    await bench.eventually(is_closed)


@case("OE-53", "A reduce-only order that has nothing to reduce comes to nothing", needs_sandbox=True)
async def reduces_nothing(bench: Bench) -> None:
    wish = await bench.order(PERP)
    try:
        order = await bench.desk.sell(PERP, wish.quantity, reduce_only=True, type=OrderType.MARKET)
    except Rejected:
        return
    await order.settled()
    assert order.filled_quantity == 0
