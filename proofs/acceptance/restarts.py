"""This file is the acceptance cases of programs that end and come back, and of two at once."""

from proofs.acceptance.bench import BTC, ETH, WOO, Bench
from proofs.acceptance.case import case
from proofs.acceptance.recovery import traded
from proofs.acceptance.refusal import refused
from woodlot.desk.events import GapClosed, GapOpened
from woodlot.errors import InUse, TradingStopped
from woodlot.orders.fills import Fill
from woodlot.orders.states import News, OrderState
from woodlot.wire.enums import OrderType
from woodlot.wire.trade import CancelOrder


@case("RC-51", "A restarted desk knows its open orders by their history, and can cancel them")
async def orders_kept(bench: Bench) -> None:
    before = await bench.rest(BTC)
    desk = await bench.restart()
    order = desk.account.find(order_id=before.order_id)
    assert order is not None
    assert (order.state, order.known.foreign) == (OrderState.WORKING, False)
    assert order.history[0].news is News.INTENDED
    await order.cancel()
    assert (await order.settled()).state is OrderState.CANCELLED


@case("RC-52", "A consumer goes on where it stopped: what it had in hand comes again and is marked, the rest once")
async def consumer(bench: Bench) -> None:
    orders = await traded(bench, 2)
    reader = bench.desk.executions(consumer="bot")
    first = await anext(reader)
    del reader
    desk = await bench.restart()
    again = desk.executions(consumer="bot")
    seen = [await anext(again) for _ in await bench.ledger(*orders)]
    assert (seen[0].key, seen[0].redelivered) == (first.key, True)
    assert not any(fill.redelivered for fill in seen[1:])
    assert sorted(fill.trade_id for fill in seen) == await bench.ledger(*orders)


@case("RC-53", "What filled while the program was down is told when it is back, between the marks of a gap")
async def filled_meanwhile(bench: Bench) -> None:
    await traded(bench, 1)
    wish = await bench.order(ETH)
    await bench.leave()
    async with bench.elsewhere() as other:
        ack = await other.send(
            type(wish)(symbol=ETH, side=wish.side.opposite, type=OrderType.MARKET, quantity=wish.quantity)
        )
    desk = await bench.enter()
    told: list[Fill | GapOpened | GapClosed] = []
    async for item in desk.executions(gaps=True):
        told.append(item)
        if isinstance(item, GapClosed):
            break
    assert isinstance(told[0], GapOpened)
    assert ack.order_id in {item.order_id for item in told if isinstance(item, Fill)}


@case("RC-54", "An order that was cancelled while the program was down is known as cancelled when it is back")
async def cancelled_meanwhile(bench: Bench) -> None:
    before = await bench.rest(BTC)
    await bench.leave()
    async with bench.elsewhere() as other:
        await other.send(CancelOrder(order_id=before.order_id, symbol=BTC))
    desk = await bench.enter()

    def is_known() -> bool:
        order = desk.account.find(order_id=before.order_id)
        return order is not None and order.state is OrderState.CANCELLED

    await bench.seen(is_known)
    assert desk.orders() == []


@case("RC-55", "A second desk of the account is refused, and the first goes on")
async def second_desk(bench: Bench) -> None:
    with refused(InUse):
        await bench.another(journal=bench.directory / "another").__aenter__()
    await traded(bench, 1)
    assert bench.desk.account.keys_made == 1


@case("RC-56", "A second desk on the journal is refused")
async def second_journal(bench: Bench) -> None:
    with refused(InUse):
        await bench.another().__aenter__()


@case("RC-57", "The kill switch is on after a restart, and lifting it lasts too")
async def kill_survives(bench: Bench) -> None:
    await bench.rest(BTC)
    await bench.desk.kill("an acceptance case")
    desk = await bench.restart()
    assert desk.stopped_because == "an acceptance case"
    with refused(TradingStopped):
        await desk.place(await bench.order(BTC))
    desk.resume()
    assert (await bench.restart()).stopped_because is None


@case("RC-58", "Leaving a desk that is to cancel leaves no order open", terms={"on_exit": "cancel"})
async def exit_cancels(bench: Bench) -> None:
    orders = [await bench.rest(symbol) for symbol in (BTC, WOO)]
    await bench.restart()
    assert not {order.order_id for order in orders} & await bench.open_ids()


@case("RC-59", "Leaving a desk that is to keep leaves every order open", terms={"on_exit": "keep"})
async def exit_keeps(bench: Bench) -> None:
    orders = [await bench.rest(symbol) for symbol in (BTC, WOO)]
    await bench.restart()
    assert {order.order_id for order in orders} <= await bench.open_ids()
