"""This file is the acceptance cases of placing orders: every kind, and everything that is refused."""

from decimal import Decimal

from proofs.acceptance.bench import ACROSS, BTC, ETH, PERP, WOO, Bench
from proofs.acceptance.case import case
from proofs.acceptance.refusal import refused
from woodlot.errors import (
    DuplicateClientOrderId,
    FilterRefused,
    FloatRefused,
    InsufficientFunds,
    Rejected,
    WoodlotError,
)
from woodlot.orders.states import OrderState
from woodlot.wire.asset import GetBalances
from woodlot.wire.enums import OrderStatus, OrderType, Side
from woodlot.wire.trade import GetOrder, GetTradingFee, PlaceOrder


@case("OE-01", "A limit order below the market works, and the exchange lists it with its price and quantity")
async def limit_rests(bench: Bench) -> None:
    order = await bench.rest(BTC)
    row = await bench.row(order, OrderStatus.NEW)
    assert (row.price, row.quantity, row.executed) == (order.price, order.quantity, 0)
    assert (order.state, row.client_order_id) == (OrderState.WORKING, order.client_order_id)
    assert order.order_id in await bench.open_ids(BTC)


@case("OE-02", "A limit order to buy freezes its price times its quantity of the quote asset")
async def limit_freezes(bench: Bench) -> None:
    async def frozen() -> Decimal:
        return (await bench.desk.client.send(GetBalances(token="USDT"))).holding[0].frozen  # noqa: S106 - a coin

    before = await frozen()
    order = await bench.rest(BTC)
    assert order.price is not None
    assert order.quantity is not None
    cost = order.price * order.quantity

    async def is_frozen() -> bool:
        return await frozen() - before == cost

    await bench.eventually(is_frozen)


@case("OE-03", "A market order to buy a quantity fills at the exchange's average and pays its fee in the base asset")
async def market_buy(bench: Bench) -> None:
    wish = await bench.order(ETH)
    order = await (await bench.desk.buy(ETH, wish.quantity)).filled()
    row = await bench.row(order, OrderStatus.FILLED)
    assert (order.filled_quantity, order.average_price) == (row.executed, row.average_executed_price)
    assert order.fees == {"ETH": row.total_fee}


@case("OE-04", "A market order to sell a quantity pays in the quote asset the taker's fee on what it received")
async def market_sell(bench: Bench) -> None:
    wish = await bench.order(ETH)
    order = await (await bench.desk.sell(ETH, wish.quantity)).filled()
    fee = await bench.desk.client.send(GetTradingFee(symbol=ETH))
    due = order.known.booked_notional * fee.taker_fee / 10_000
    assert set(order.fees) == {"USDT"}
    assert abs(order.fees["USDT"] - due) < Decimal("0.000001")


@case("OE-05", "A market order by amount spends nearly all of the amount and never more")
async def market_by_amount(bench: Bench) -> None:
    order = await (await bench.desk.buy(WOO, amount="50")).settled()
    spent = sum((fill.notional for fill in await bench.fills(order)), Decimal(0))
    assert order.state is OrderState.FILLED
    assert Decimal("49.5") < spent <= 50


@case("OE-06", "An IOC order across the market fills, at no price worse than its own")
async def ioc_fills(bench: Bench) -> None:
    wish = await bench.order(ETH, kind=OrderType.IOC, away=ACROSS)
    order = await (await bench.desk.place(wish)).filled()
    assert order.price is not None
    assert all(fill.price <= order.price for fill in await bench.fills(order))


@case("OE-07", "An IOC order that meets nobody ends cancelled, with nothing filled and nothing left open")
async def ioc_ends(bench: Bench) -> None:
    order = await (await bench.desk.place(await bench.order(BTC, kind=OrderType.IOC))).settled()
    assert (order.state, order.filled_quantity) == (OrderState.CANCELLED, 0)
    assert order.order_id not in await bench.open_ids(BTC)


@case("OE-08", "A FOK order that the book can fill is filled whole")
async def fok_fills(bench: Bench) -> None:
    wish = await bench.order(ETH, Side.SELL, OrderType.FOK, away=ACROSS)
    order = await (await bench.desk.place(wish)).filled()
    assert order.filled_quantity == wish.quantity == (await bench.row(order, OrderStatus.FILLED)).executed


@case("OE-09", "A FOK order for more than the book has ends without a single fill")
async def fok_ends(bench: Bench) -> None:
    _, asks = (await bench.desk.book(WOO)).levels(5)
    # So much that the market may come closer by some ticks meanwhile.
    wanted = (sum((size for _, size in asks), Decimal(0)) * 3).to_integral_value()
    try:
        order = await bench.desk.buy(WOO, wanted, price=asks[0][0], type=OrderType.FOK)
    except InsufficientFunds:
        raise
    except Rejected:
        return
    await order.settled()
    assert order.state in {OrderState.CANCELLED, OrderState.REJECTED}
    assert (order.filled_quantity, await bench.ledger(order)) == (0, [])


@case("OE-10", "A POST_ONLY order away from the market works")
async def post_only_rests(bench: Bench) -> None:
    order = await (await bench.desk.place(await bench.order(BTC, Side.SELL, OrderType.POST_ONLY))).working()
    assert order.state is OrderState.WORKING
    assert order.order_id in await bench.open_ids(BTC)


@case("OE-11", "A POST_ONLY order that would take ends without a fill")
async def post_only_ends(bench: Bench) -> None:
    wish = await bench.order(ETH, kind=OrderType.POST_ONLY, away=ACROSS)
    try:
        order = await (await bench.desk.place(wish)).settled()
    except Rejected:
        return
    assert order.state in {OrderState.CANCELLED, OrderState.REJECTED}
    assert (order.filled_quantity, await bench.ledger(order)) == (0, [])


@case("OE-12", "A BID order works at a price that the exchange chose among the bids")
async def bid_rests(bench: Bench) -> None:
    _, ask = await bench.touch(BTC)
    wish = await bench.order(BTC)
    order = await (await bench.desk.buy(BTC, wish.quantity, type=OrderType.BID)).working()
    await order.until(lambda known: known.price is not None)
    assert order.price is not None
    assert ask * Decimal("0.98") < order.price <= ask * Decimal("1.01")


@case("OE-13", "An ASK order works at a price that the exchange chose among the asks")
async def ask_rests(bench: Bench) -> None:
    bid, _ = await bench.touch(BTC)
    wish = await bench.order(BTC)
    order = await (await bench.desk.sell(BTC, wish.quantity, type=OrderType.ASK)).working()
    await order.until(lambda known: known.price is not None)
    assert order.price is not None
    assert bid * Decimal("0.99") <= order.price < bid * Decimal("1.02")


@case("OE-14", "The exchange keeps the visible quantity of an order")
async def visible(bench: Bench) -> None:
    rules = await bench.instrument(ETH)
    order = await bench.rest(ETH, visible_quantity=rules.base_min)
    assert (await bench.row(order, OrderStatus.NEW)).visible == rules.base_min


@case("OE-15", "A float is refused as such, and nothing is sent")
async def float_refused(bench: Bench) -> None:
    handle = bench.handle()
    with refused(FloatRefused) as caught:
        await bench.desk.buy(BTC, 0.001, price="30000", client_order_id=handle)  # pyright: ignore[reportArgumentType] - what is tried
    assert caught.error.field == "quantity"
    assert not await bench.knows(handle)


async def refusal_of(bench: Bench, symbol: str, kind: type[WoodlotError] = FilterRefused, **changed: object) -> None:
    """See an order refused that would rest but for what is changed about it, and that the exchange has none of it."""
    wish = await bench.order(symbol if symbol.endswith("USDT") else BTC)
    handle = bench.handle()
    with refused(kind):
        fields = {"symbol": symbol, "price": wish.price, "quantity": wish.quantity} | changed
        await bench.desk.buy(client_order_id=handle, **fields)  # pyright: ignore[reportArgumentType] - by name
    assert not await bench.knows(handle)
    assert all(order.client_order_id != handle for order in bench.desk.orders())


@case("OE-16", "A price between two ticks is refused, and nothing is placed")
async def off_tick(bench: Bench) -> None:
    rules = await bench.instrument(BTC)
    wish = await bench.order(BTC)
    await refusal_of(bench, BTC, price=Decimal(str(wish.price)) + rules.quote_tick / 10)


@case("OE-17", "A quantity between two steps is refused, and nothing is placed")
async def off_lot(bench: Bench) -> None:
    rules = await bench.instrument(BTC)
    wish = await bench.order(BTC)
    await refusal_of(bench, BTC, quantity=Decimal(str(wish.quantity)) + rules.base_tick / 10)


@case("OE-18", "An order worth less than the least notional is refused, and nothing is placed")
async def too_little(bench: Bench) -> None:
    rules = await bench.instrument(PERP)
    await refusal_of(bench, PERP, quantity=rules.base_min)


@case("OE-19", "A quantity of zero is refused, and nothing is placed")
async def zero_quantity(bench: Bench) -> None:
    await refusal_of(bench, BTC, WoodlotError, quantity="0")


@case("OE-20", "A negative quantity is refused, and nothing is placed")
async def negative_quantity(bench: Bench) -> None:
    await refusal_of(bench, BTC, WoodlotError, quantity="-0.001")


@case("OE-21", "A price of zero is refused, and nothing is placed")
async def zero_price(bench: Bench) -> None:
    await refusal_of(bench, BTC, WoodlotError, price="0")


@case("OE-22", "An order on a symbol that is not listed is refused, and nothing is placed")
async def unknown_symbol(bench: Bench) -> None:
    await refusal_of(bench, "SPOT_NOPE_NOPE", Rejected)


@case("OE-23", "An order that the funds do not cover is refused as such, and nothing is placed")
async def no_funds(bench: Bench) -> None:
    rules = await bench.instrument(BTC)
    held = (await bench.desk.client.send(GetBalances(token="USDT"))).holding[0].holding  # noqa: S106 - a coin
    bid, _ = await bench.touch(BTC)
    more = min(rules.base_max, held / bid * 2 + 1).quantize(Decimal("0.01"))
    await refusal_of(bench, BTC, InsufficientFunds, quantity=more)


@case("OE-24", "A client order id that is open is refused a second time, and the first order is untouched")
async def duplicate_id(bench: Bench) -> None:
    handle = bench.handle()
    first = await bench.rest(BTC, client_order_id=handle)
    with refused(DuplicateClientOrderId):
        await bench.desk.place(await bench.order(BTC, client_order_id=handle))
    assert first.state is OrderState.WORKING
    assert (await bench.row(first, OrderStatus.NEW)).order_id == first.order_id


@case("OE-25", "A client order id may be used again once its order is over, and names the later one")
async def id_again(bench: Bench) -> None:
    handle = bench.handle()
    first = await bench.rest(BTC, client_order_id=handle)
    await first.cancel()
    await first.settled()
    second = await bench.rest(BTC, client_order_id=handle)
    assert second.order_id != first.order_id
    assert (await bench.desk.client.send(GetOrder(client_order_id=handle))).order_id == second.order_id


@case("OE-26", "An order sent as a plain call through the desk's client is followed like any other")
async def plain_call(bench: Bench) -> None:
    ack = await bench.desk.client.send(await bench.order(BTC))
    order = bench.desk.account.find(order_id=ack.order_id)
    assert order is not None
    await order.working()
    assert not order.known.foreign


@case("OE-27", "Of several orders at once the bad one is refused and the others are placed")
async def one_bad(bench: Bench) -> None:
    wishes: list[PlaceOrder] = [await bench.order(symbol) for symbol in (BTC, ETH, WOO)]
    bad = await bench.order(BTC)
    bad = PlaceOrder(symbol=BTC, side=bad.side, type=bad.type, price=bad.price, quantity=10_000_000)
    first, refusal, *others = await bench.desk.place_all([wishes[0], bad, *wishes[1:]])
    assert isinstance(refusal, Rejected)
    placed = [order for order in (first, *others) if not isinstance(order, WoodlotError)]
    assert len({order.order_id for order in placed}) == len(wishes)
    assert {order.order_id for order in placed} <= await bench.open_ids()


@case("OE-28", "The exchange keeps the tag of an order")
async def tag(bench: Bench) -> None:
    order = await bench.rest(BTC, order_tag="acceptance")
    assert (await bench.row(order, OrderStatus.NEW)).order_tag == "acceptance"
