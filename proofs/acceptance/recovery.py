"""This file is the acceptance cases of streams that fail: cuts, keys, lost, repeated and late frames."""

from collections.abc import Iterable
from decimal import Decimal

from proofs.acceptance.bench import ETH, WOO, Bench
from proofs.acceptance.case import case
from woodlot.book.transition import BookState, Transition
from woodlot.desk.events import KeyTaken
from woodlot.desk.live_book import LiveBook
from woodlot.desk.live_order import LiveOrder
from woodlot.orders.states import OrderState
from woodlot.sandbox.fault_grammar import Fault
from woodlot.sandbox.options import SandboxOptions
from woodlot.wire.account import CreateListenKey
from woodlot.wire.public import GetOrderBook, OrderBook


def faults(*texts: str) -> SandboxOptions:
    return SandboxOptions(faults=tuple(map(Fault.parse, texts)))


async def traded(bench: Bench, count: int) -> list[LiveOrder]:
    """Buy and sell at the market in turn, and wait until every order is filled."""
    quantity = (await bench.order(WOO)).quantity
    sides = [bench.desk.buy, bench.desk.sell]
    return [await (await sides[number % 2](WOO, quantity)).filled() for number in range(count)]


async def told_once(bench: Bench, orders: Iterable[LiveOrder]) -> None:
    """See the executions of some orders told, each once, and all that the exchange's history has."""
    known = list(orders)
    told = await bench.fills(*known)
    assert sorted(fill.trade_id for fill in told) == await bench.ledger(*known)


async def came_to(book: LiveBook, snapshot: OrderBook) -> bool:
    """See that a book becomes what a snapshot of a later time is; return whether it ever was at that time."""
    async for change in book.changes(conflate=False):
        if change.ts == snapshot.timestamp and change.view is not None:
            for ours, theirs in ((change.view.bids, snapshot.bids), (change.view.asks, snapshot.asks)):
                assert list(ours) == [(Decimal(level.price), Decimal(level.quantity)) for level in theirs]
            return True
        if change.ts > snapshot.timestamp:
            return False
    return False


@case("RC-01", "A book is withdrawn when the public stream is cut, and comes back equal to the exchange's",
      needs_sandbox=True)  # fmt: skip
async def public_cut(bench: Bench) -> None:
    book = await bench.desk.book(WOO)
    changes = book.changes(conflate=False)
    bench.box.cut_streams("public")
    async for change in changes:
        if not change.state.is_readable:
            break
    await book.ready()
    await bench.agrees(book)


@case("RC-02", "While the public stream stays away a book refuses to be read, and afterwards it is right again",
      needs_sandbox=True)  # fmt: skip
async def public_away(bench: Bench) -> None:
    book = await bench.desk.book(WOO)
    bench.fault("public.cut for 2s")
    await bench.seen(lambda: book.state is BookState.STALE)
    assert book.view(allow_stale=True).bids
    await book.ready()
    await bench.agrees(book)


@case("RC-03", "Executions while the private stream is cut again and again are told once", needs_sandbox=True)
async def private_cuts(bench: Bench) -> None:
    orders: list[LiveOrder] = []
    for _ in range(3):
        bench.box.cut_streams("private")
        orders += await traded(bench, 2)
    await told_once(bench, orders)


@case("RC-04", "Executions while the private stream cannot be opened are found by other means and told once",
      needs_sandbox=True)  # fmt: skip
async def private_away(bench: Bench) -> None:
    bench.fault("private.cut for 3s")
    await bench.seen(lambda: not bench.desk.account.is_live)
    orders = await traded(bench, 2)
    await told_once(bench, orders)
    assert bench.desk.account.recovered > 0


@case("RC-05", "A listen key that somebody else replaced is said aloud, and costs no execution", needs_sandbox=True)
async def key_replaced(bench: Bench) -> None:
    async with bench.elsewhere() as thief:
        await thief.send(CreateListenKey.for_stream())
    orders = await traded(bench, 2)
    async for event in bench.desk.events():
        if isinstance(event, KeyTaken):
            break
    await told_once(bench, orders)


@case("RC-06", "A replaced listen key whose stream goes silent is noticed, and costs no execution",
      sandbox=faults("key.replaced silent"))  # fmt: skip
async def key_silent(bench: Bench) -> None:
    async with bench.elsewhere() as thief:
        await thief.send(CreateListenKey.for_stream())
    orders = await traded(bench, 2)
    await bench.seen(lambda: bench.desk.account.keys_made > 1)
    await told_once(bench, [*orders, *await traded(bench, 1)])


@case("RC-07", "A listen key is renewed while orders fill, and no execution is missing or told twice",
      sandbox=SandboxOptions(listen_key_ttl_s=3))  # fmt: skip
async def key_renewal(bench: Bench) -> None:
    orders: list[LiveOrder] = []
    while bench.desk.account.keys_made < 3:
        orders += await traded(bench, 1)
    await told_once(bench, orders)


@case("RC-08", "A book that misses an update notices by the chain, and is right again", needs_sandbox=True)
async def dropped_update(bench: Bench) -> None:
    book = await bench.desk.book(WOO)
    await bench.agrees(book)
    bench.fault("public.drop on orderbookupdate@* times 1")
    await bench.seen(lambda: book.counts[Transition.GAP] > 0)
    await book.ready()
    await bench.agrees(book)


@case("RC-09", "An update that comes twice changes a book once", needs_sandbox=True)
async def repeated_update(bench: Bench) -> None:
    book = await bench.desk.book(WOO)
    bench.fault("public.repeat on orderbookupdate@*")
    await bench.seen(lambda: book.counts[Transition.REPEATED] + book.counts[Transition.OLD] > 3)
    await bench.agrees(book)


@case("RC-10", "Updates in the wrong order never make a wrong book", needs_sandbox=True)
async def swapped_updates(bench: Bench) -> None:
    book = await bench.desk.book(WOO)
    await bench.agrees(book)
    bench.fault("public.swap on orderbookupdate@* times 1")
    await bench.seen(lambda: book.counts[Transition.GAP] > 0)
    await book.ready()
    await bench.agrees(book)


@case("RC-11", "Updates that come late make an old book and never a wrong one", needs_sandbox=True)
async def late_updates(bench: Bench) -> None:
    bench.fault("public.delay 500ms on orderbookupdate@*")
    book = await bench.desk.book(WOO)
    # A snapshot is ahead of such a book; the book comes to the snapshot's time later, and must be the same then.
    while not await came_to(book, await bench.desk.client.send(GetOrderBook(symbol=WOO, max_level=book.depth))):
        pass


@case("RC-12", "A book whose snapshots lag behind by seconds is right all the same",
      sandbox=faults("book.lag 1s..3s"))  # fmt: skip
async def lagging_snapshots(bench: Bench) -> None:
    book = await bench.desk.book(WOO)
    await bench.seen(lambda: book.state is BookState.SYNCED)
    await bench.agrees(book)


@case("RC-13", "An execution whose report is lost is found and told", needs_sandbox=True)
async def dropped_report(bench: Bench) -> None:
    bench.fault("private.drop on executionreport chance 50%")
    orders = [await bench.desk.sell(ETH, (await bench.order(ETH)).quantity) for _ in range(4)]
    bench.box.faults.clear()
    # What was lost at the end shows at the next look; a cut brings it on.
    bench.box.cut_streams("private")
    await told_once(bench, [await order.filled() for order in orders])


@case("RC-14", "Reports that come twice are told once", sandbox=faults("private.repeat on executionreport"))
async def repeated_reports(bench: Bench) -> None:
    await told_once(bench, await traded(bench, 3))


@case("RC-15", "Reports in the wrong order lead to the same end", sandbox=faults("private.swap on executionreport"))
async def swapped_reports(bench: Bench) -> None:
    await told_once(bench, await traded(bench, 3))


@case("RC-16", "Reports that come late delay what is known and change nothing about it",
      sandbox=faults("private.delay 800ms on executionreport"))  # fmt: skip
async def late_reports(bench: Bench) -> None:
    await told_once(bench, await traded(bench, 2))


@case("RC-17", "Reports that come before the reply of their order belong to it", sandbox=faults("private.early"))
async def early_reports(bench: Bench) -> None:
    orders = await traded(bench, 3)
    assert not any(order.known.foreign for order in orders)
    await told_once(bench, orders)


@case("RC-18", "A message type and a status that nobody knows are survived, and the order is followed",
      sandbox=faults("private.unknown-status on executionreport times 1",
                     "private.unknown-type on executionreport skip 2 times 1"))  # fmt: skip
async def strange_reports(bench: Bench) -> None:
    await told_once(bench, await traded(bench, 3))


@case("RC-19", "When everything is cut and refused for seconds, orders are as they were and the desk goes on",
      needs_sandbox=True)  # fmt: skip
async def server_restart(bench: Bench) -> None:
    order, book = await bench.rest(WOO), await bench.desk.book(WOO)
    bench.fault("server.restart for 2s")
    await bench.seen(lambda: book.state is BookState.STALE and not bench.desk.account.is_live)
    await bench.seen(lambda: book.is_readable and bench.desk.account.is_live)
    assert order.state is OrderState.WORKING
    assert order.order_id in await bench.open_ids(WOO)
    await told_once(bench, await traded(bench, 1))
