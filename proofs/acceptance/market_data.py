"""This file is the acceptance cases of books: right, complete, in order, and what follows from them."""

import asyncio
from decimal import Decimal
from itertools import pairwise

from proofs.acceptance.bench import AWAY, BTC, ETH, PERP, WOO, Bench
from proofs.acceptance.case import case
from proofs.acceptance.refusal import refused
from woodlot.book.transition import BookState
from woodlot.desk.desk import Desk
from woodlot.errors import ConfigurationError, FilterRefused, SubscriptionRefused
from woodlot.wire.enums import KlineType, Side
from woodlot.wire.public import Candle, GetKline, GetKlineHistory, GetMarketTrades
from woodlot.wire.trade import PlaceOrder

NOWHERE = "SPOT_NOPE_NOPE"


@case("MD-01", "A book that is handed out can be read, says in which state it is and why, and becomes SYNCED")
async def book_states(bench: Bench) -> None:
    book = await bench.desk.book(WOO)
    assert book.state in {BookState.SYNCED, BookState.UNCONFIRMED}
    assert book.reason
    async for change in book:
        if change.state is BookState.SYNCED:
            break
    assert book.standing.state is BookState.SYNCED


@case("MD-02", "Levels are sorted, sizes are above zero, and the best bid is below the best ask")
async def levels_sorted(bench: Bench) -> None:
    for symbol in (BTC, ETH, WOO, PERP):
        bids, asks = (await bench.desk.book(symbol)).levels(50)
        assert all(better[0] > worse[0] for better, worse in pairwise(bids))
        assert all(better[0] < worse[0] for better, worse in pairwise(asks))
        assert all(size > 0 for _, size in bids + asks)
        assert bids[0][0] < asks[0][0]


@case("MD-03", "An audit against a snapshot of the same time finds a book the same, level for level")
async def book_agrees(bench: Bench) -> None:
    await bench.agrees(await bench.desk.book(WOO))


@case("MD-04", "A book of 50, of 200 and of 500 levels is each the exchange's own of that depth")
async def book_depths(bench: Bench) -> None:
    books = [await bench.desk.book(WOO, depth) for depth in (50, 200, 500)]
    for book in books:
        await bench.agrees(book)
        assert all(len(side) <= book.depth for side in book.levels(1000))


@case("MD-05", "The book with retail orders is a book of its own, and both are the exchange's")
async def book_rpi(bench: Bench) -> None:
    plain, retail = await bench.desk.book(WOO), await bench.desk.book(WOO, rpi=True)
    assert plain is not retail
    await bench.agrees(plain)
    await bench.agrees(retail)


@case("MD-06", "Every change of a book is told in the order of the exchange's time, each with the book as it was then")
async def book_changes(bench: Bench) -> None:
    book, times = await bench.desk.book(WOO), list[int]()
    async for change in book.changes(conflate=False):
        assert change.dropped == 0
        assert change.view is None or change.view.ts == change.ts
        times.append(change.ts)
        if len(set(times)) > 10:
            break
    assert times == sorted(times)


@case("MD-07", "A slow reader of a book gets the newest change, and how many it stands for")
async def book_conflates(bench: Bench) -> None:
    book = await bench.desk.book(WOO)
    slow, every = book.changes(), book.changes(conflate=False)
    told = [await anext(every) for _ in range(5)]
    change = await anext(slow)
    assert change.conflated >= 4
    assert change.ts >= told[-1].ts


@case("MD-08", "A book of a symbol that is not listed is refused, and the topic is named")
async def book_unknown(bench: Bench) -> None:
    with refused(SubscriptionRefused) as caught:
        await bench.desk.book(NOWHERE)
    assert NOWHERE in caught.error.topic


@case("MD-09", "Whoever asks for the same book twice gets the same one, and another one for another depth")
async def book_shared(bench: Bench) -> None:
    book = await bench.desk.book(WOO)
    assert await bench.desk.book(WOO) is book
    assert await bench.desk.book(WOO, 200) is not book


@case("MD-10", "A view of a book stays as it is while the book moves on")
async def view_stays(bench: Bench) -> None:
    book = await bench.desk.book(WOO)
    view = book.view()
    before = (view.ts, tuple(view.bids), tuple(view.asks))
    async for change in book:
        if change.ts > view.ts:
            break
    assert (view.ts, tuple(view.bids), tuple(view.asks)) == before


@case("MD-11", "Spread, mid, micro price, imbalance and depth agree with the levels that they are made of")
async def measures(bench: Bench) -> None:
    view = (await bench.desk.book(WOO)).view()
    bids, asks = view.levels(1000)
    (bid, bid_size), (ask, ask_size) = bids[0], asks[0]
    assert (view.best_bid, view.best_ask) == (bids[0], asks[0])
    assert (view.spread, view.mid) == (ask - bid, (bid + ask) / 2)
    assert view.micro_price == (bid * ask_size + ask * bid_size) / (bid_size + ask_size)
    bought, sold = (sum((size for _, size in side[:5]), Decimal(0)) for side in (bids, asks))
    assert view.imbalance(5) == (bought - sold) / (bought + sold)
    assert (view.bid_depth(bids[4][0]), view.ask_depth(asks[4][0])) == (bought, sold)


@case("MD-12", "What buying costs is the sum over the levels that are taken, and names the last of them")
async def cost_within(bench: Bench) -> None:
    view = (await bench.desk.book(WOO)).view()
    _, asks = view.levels(3)
    quantity = asks[0][1] + asks[1][1]
    sweep = view.buy_quantity(quantity)
    assert (sweep.quantity, sweep.missing, sweep.worst) == (quantity, 0, asks[1][0])
    assert sweep.amount == asks[0][0] * asks[0][1] + asks[1][0] * asks[1][1]
    assert view.buy_amount(sweep.amount).quantity == quantity


@case("MD-13", "What a book cannot fill is named as missing")
async def cost_beyond(bench: Bench) -> None:
    view = (await bench.desk.book(WOO)).view()
    bids, _ = view.levels(1000)
    whole = sum((size for _, size in bids), Decimal(0))
    sweep = view.sell_quantity(whole + 7)
    assert (sweep.quantity, sweep.missing, sweep.worst) == (whole, 7, bids[-1][0])


@case("MD-14", "Our own open orders are marked in a book with their quantity, and gone once they are over")
async def own_orders(bench: Bench) -> None:
    book, order = await bench.desk.book(WOO), await bench.rest(WOO)
    (mine,) = (level for level in book.own_view().bids if level.price == order.price)
    assert mine.own == order.quantity
    await order.cancel()
    await order.settled()
    assert all(level.own == 0 for level in book.own_view().bids)


@case("MD-15", "A desk without credentials has the market, and says so where an account is needed")
async def public_only(bench: Bench) -> None:
    async with Desk.open(bench.environment) as public:
        assert (await public.book(WOO)).best_bid is not None
        with refused(ConfigurationError):
            await public.buy(BTC, "0.001", price="30000")


@case(
    "MD-16", "An order that the rules of an instrument pass is taken, and one that they fault the exchange refuses too"
)
async def filters(bench: Bench) -> None:
    rules, good = await bench.instrument(ETH), await bench.order(ETH)
    assert rules.check(good) == []
    assert (await bench.desk.place(good)).order_id is not None
    bad = PlaceOrder(symbol=ETH, side=Side.BUY, type=good.type, price=good.price, quantity=rules.base_min / 3)
    assert {violation.field for violation in rules.check(bad)} == {"quantity"}
    with refused(FilterRefused):
        await bench.desk.place(bad)


@case("MD-17", "A price is rounded to a tick so that it is never worse than was asked for, and the change is told")
async def fitting(bench: Bench) -> None:
    rules, bid = await bench.instrument(BTC), (await bench.touch(BTC))[0]
    odd = (bid * (1 - AWAY)).quantize(rules.quote_tick) + rules.quote_tick / 3
    wish = await bench.order(BTC)
    fitted = rules.fit(PlaceOrder(symbol=BTC, side=Side.BUY, type=wish.type, price=odd, quantity=wish.quantity))
    (change,) = fitted.changes
    assert (change.field, change.given) == ("price", odd)
    assert odd - rules.quote_tick < change.fitted <= odd
    assert fitted.violations == ()


async def _page(bench: Bench, before: int | None) -> tuple[Candle, ...]:
    query = GetKlineHistory(symbol=BTC, type=KlineType.MINUTE_1, limit=20, before=before)
    return (await bench.desk.client.send(query)).rows


@case("MD-18", "Candles over several pages follow each other without a hole or a repetition")
async def candle_pages(bench: Bench) -> None:
    rows = await _page(bench, None)
    for _ in range(2):
        rows += await _page(bench, rows[-1].start_timestamp.ms)
    starts = [row.start_timestamp.ms for row in rows]
    assert len(starts) == 60
    assert all(newer - older == 60_000 for newer, older in pairwise(starts))
    assert all(row.low <= min(row.open, row.close) <= max(row.open, row.close) <= row.high for row in rows)


@case("MD-19", "The newest candles by either call are the same")
async def candle_calls(bench: Bench) -> None:
    latest = (await bench.desk.client.send(GetKline(symbol=BTC, type=KlineType.MINUTE_5, limit=10))).rows
    query = GetKlineHistory(symbol=BTC, type=KlineType.MINUTE_5, limit=10)
    listed = {row.start_timestamp.ms: row for row in (await bench.desk.client.send(query)).rows}
    over = [row for row in latest[1:] if row.start_timestamp.ms in listed]
    assert len(over) >= 8
    assert all((row.open, row.close) == (listed[row.start_timestamp.ms].open, listed[row.start_timestamp.ms].close)
               for row in over)  # fmt: skip


@case("MD-20", "The latest trades are listed newest first, each with side, price and size")
async def latest_trades(bench: Bench) -> None:
    async with bench.desk.trades(WOO) as heard, asyncio.timeout(60):
        await anext(heard)
    rows = (await bench.desk.client.send(GetMarketTrades(symbol=WOO, limit=20))).rows
    assert rows
    assert all(newer.executed_timestamp >= older.executed_timestamp for newer, older in pairwise(rows))
    assert all(row.executed_price > 0 and row.executed_quantity > 0 and row.side.is_known for row in rows)
