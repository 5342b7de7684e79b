"""A desk that ends and comes back: what it finds, and what it never does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.desk.rig import BTC, ETH, WOO, Rig, is_order, rigged, until
from tests.orders.messages import START_MS, place

from woodlot.clock import ManualClock
from woodlot.config import Credentials, Environment
from woodlot.desk.desk import Desk
from woodlot.desk.doubts import Doubts
from woodlot.desk.events import DeskEvent, GapClosed, GapOpened
from woodlot.desk.live_order import LiveOrder
from woodlot.desk.opening import default_journal
from woodlot.errors import ConfigurationError, InUse, OutcomeUnknown, TradingStopped
from woodlot.orders.fills import Fill
from woodlot.orders.states import OrderState
from woodlot.orders.tracker import Tracker
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import PlaceOrder


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(tmp_path) as rig:
        yield rig


def limit_order(price: str) -> PlaceOrder:
    return PlaceOrder(symbol=BTC, side=Side.BUY, type=OrderType.LIMIT, price=price, quantity="0.001")


async def told(desk: Desk, count: int) -> list[Fill]:
    reader = desk.executions(consumer="bot")
    return [await anext(reader) for _ in range(count)]


async def test_a_program_that_was_down_sees_what_happened_meanwhile(rig: Rig) -> None:
    async with rig.desk() as desk:
        await (await desk.sell(ETH, "0.05")).filled()
        before = await told(desk, 1)
        resting = await desk.buy(WOO, "100", price="0.03")
    sell = PlaceOrder(symbol=ETH, side=Side.SELL, type=OrderType.MARKET, quantity="0.07", client_order_id=77)
    rig.sandbox.exchange.place(rig.sandbox.account_id, sell)
    rig.sandbox.exchange.cancel(rig.sandbox.account_id, order_id=resting.order_id)
    async with rig.desk() as desk:
        expected = rig.trade_ids(ETH)
        seen = await told(desk, len(expected))
        assert (seen[0].key, seen[0].redelivered) == (before[0].key, True)
        assert sorted(fill.trade_id for fill in seen) == expected
        assert not any(fill.redelivered for fill in seen[1:])
        order = desk.account.find(order_id=resting.order_id)
        assert order is not None
        assert order.state is OrderState.CANCELLED
        assert order.history[0].news == "intended"


async def test_a_gap_is_told_with_what_it_had_hidden(rig: Rig) -> None:
    async with rig.desk() as desk:
        await (await desk.sell(ETH, "0.05")).filled()
    sell = PlaceOrder(symbol=ETH, side=Side.SELL, type=OrderType.MARKET, quantity="0.07")
    rig.sandbox.exchange.place(rig.sandbox.account_id, sell)
    async with rig.desk() as desk:
        events: list[DeskEvent] = []
        async with asyncio.timeout(20):
            async for event in desk.events():
                events.append(event)
                if isinstance(event, GapClosed):
                    break
        opened, closed = (event for event in events if isinstance(event, GapOpened | GapClosed))
        assert isinstance(opened, GapOpened)
        assert opened.cause == "the program was not running"
        assert isinstance(closed, GapClosed)
        assert (closed.since_ms, closed.lost_before_ms) == (opened.since_ms, None)
        assert closed.recovered >= 1
        mixed = desk.executions(gaps=True)
        kinds = [type(await anext(mixed)) for _ in range(closed.recovered + 2)]
        assert (kinds[0], kinds[-1]) == (GapOpened, GapClosed)


async def test_a_lost_reply_is_a_state_that_resolves_itself_and_nothing_is_sent_twice(rig: Rig) -> None:
    async with rig.desk() as desk:
        rig.lossy.lose_reply = is_order
        order = await desk.buy(BTC, "0.001", price="30000")
        assert order.state in {OrderState.UNKNOWN, OrderState.WORKING}
        await order.acknowledged()
        assert order.order_id is not None
        assert len([request for request in rig.lossy.sent if is_order(request)]) == 1
        assert len(rig.open_orders()) == 1


async def test_a_market_order_whose_reply_was_lost_is_found_filled(rig: Rig) -> None:
    async with rig.desk() as desk:
        rig.lossy.lose_reply = is_order
        order = await (await desk.sell(ETH, "0.05")).filled()
        assert order.filled_quantity == order.known.booked_quantity
        assert sorted(order.known.trade_ids) == rig.trade_ids(ETH)


async def test_a_request_lost_on_the_way_is_unknown_until_silence_is_proof(rig: Rig) -> None:
    async with rig.desk(absence_is_proof_after_s=3.0) as desk:
        rig.lossy.lose_request = is_order
        order = await desk.buy(BTC, "0.001", price="30000")
        assert order.state is OrderState.UNKNOWN
        async with asyncio.timeout(20):
            await order.acknowledged()
        assert order.state is OrderState.NOT_PLACED
        assert rig.orders() == ()


def test_without_the_assumption_silence_is_never_proof() -> None:
    tracker, clock = Tracker(), ManualClock()
    tracker.intent(place(), at_ms=START_MS)
    tracker.failed(place(), OutcomeUnknown("POST", "cut"), at_ms=START_MS)
    (order,) = tracker.open_orders()
    never, after_a_while = (Doubts(absence_is_proof_after_s=after_s, clock=clock) for after_s in (None, 310.0))
    for elapsed_s, is_proof in ((0, False), (309, False), (1, True)):
        clock.advance(elapsed_s)
        assert after_a_while.is_absence_proof(order) is is_proof
    clock.advance(1e9)
    assert not never.is_absence_proof(order)


async def test_a_caller_that_stops_waiting_leaves_an_order_that_is_followed(rig: Rig) -> None:
    async with rig.desk() as desk:
        placing = asyncio.create_task(desk.place(limit_order("30000")))
        await until(lambda: [request for request in rig.lossy.sent if is_order(request)])
        placing.cancel()
        await asyncio.gather(placing, return_exceptions=True)
        (order,) = desk.orders()
        await order.working()


async def test_many_orders_at_once_answer_one_by_one(rig: Rig) -> None:
    async with rig.desk() as desk:
        results = await desk.place_all([limit_order("30000"), limit_order("30000.001"), limit_order("30001")])
        assert [getattr(result, "state", type(result).__name__) for result in results][1] == "FilterRefused"
        orders = desk.orders()
        assert len(orders) == 2
        await desk.cancel(*orders)
        for order in orders:
            await order.settled()
        await desk.cancel(*orders)
        assert rig.open_orders() == ()


async def test_the_kill_switch_cancels_refuses_and_survives_a_restart(rig: Rig) -> None:
    async with rig.desk() as desk:
        for price in range(3):
            await desk.buy(BTC, "0.001", price=str(30000 + price))
        assert await desk.kill("a test") == ()
        assert rig.open_orders() == ()
    async with rig.desk() as desk:
        assert desk.stopped_because == "a test"
        with pytest.raises(TradingStopped):
            await desk.buy(BTC, "0.001", price="30000")
        desk.resume()
        await desk.buy(BTC, "0.001", price="30000")
    async with rig.desk() as desk:
        assert desk.stopped_because is None


async def test_orders_left_by_a_program_that_died_while_it_was_being_stopped_are_cancelled_by_the_next(
    rig: Rig,
) -> None:
    desk = rig.desk(timeout_s=1.0)
    async with desk:
        await desk.buy(BTC, "0.001", price="30000")
        rig.lossy.lose_request = lambda request: request.target.startswith("/v3/trade/allOrders")
        killing = asyncio.create_task(desk.kill("a test"))
        await until(lambda: [order for order in desk.orders() if order.known.cancel_wish is not None])
        killing.cancel()
    assert len(rig.open_orders()) == 1
    async with rig.desk() as desk:
        assert desk.stopped_because == "a test"
        await until(lambda: not rig.open_orders())


async def test_what_waits_for_its_turn_when_trading_is_stopped_never_leaves(rig: Rig) -> None:
    async with rig.desk(timeout_s=30.0) as desk:
        # Ten orders a second is the exchange's pace (rest-v3 §4.2): most of these wait for their turn.
        placing = asyncio.create_task(desk.place_all(limit_order(str(30000 + number)) for number in range(60)))
        await until(desk.orders)
        assert await desk.kill("enough") == ()
        results = await placing
        stopped = [result for result in results if isinstance(result, TradingStopped)]
        assert len(stopped) > 30
        assert desk.violations == {"kill switch": len(stopped)}
        assert len(rig.orders()) == len(results) - len(stopped)
        assert {result.state for result in results if isinstance(result, LiveOrder)} == {OrderState.CANCELLED}
        assert desk.orders() == []


async def test_what_waits_for_its_turn_when_the_desk_is_left_never_leaves(rig: Rig) -> None:
    async with rig.desk(timeout_s=30.0, on_exit="cancel") as desk:
        placing = asyncio.create_task(desk.place_all(limit_order(str(30000 + number)) for number in range(60)))
        await until(desk.orders)
    results = await placing
    assert sum(isinstance(result, TradingStopped) for result in results) > 30
    assert rig.open_orders() == ()
    async with rig.desk() as desk:
        # Leaving is no kill switch: the next run trades.
        await desk.buy(BTC, "0.001", price="30000")


async def test_what_shows_up_while_trading_is_stopped_is_cancelled(rig: Rig) -> None:
    async with rig.desk() as desk:
        await desk.kill("a test")
        rig.sandbox.exchange.place(rig.sandbox.account_id, limit_order("30000"))
        rig.sandbox.cut_streams("private")
        await until(lambda: not rig.open_orders())


@pytest.mark.parametrize(("on_exit", "left"), [("keep", 2), ("cancel", 0)])
async def test_leaving_does_with_orders_what_was_configured_and_says_so(
    rig: Rig, on_exit: str, left: int, caplog: pytest.LogCaptureFixture
) -> None:
    desk = rig.desk(on_exit=on_exit)

    async def trade() -> None:
        async with desk:
            await desk.place_all([limit_order("30000"), limit_order("30001")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await trade()
    assert len(rig.open_orders()) == left
    assert ("2 orders stay open" if left else "of 2 open orders 2 were cancelled") in caplog.text


async def test_a_second_desk_of_the_account_is_refused_and_the_first_goes_on(rig: Rig, tmp_path: Path) -> None:
    async with rig.desk() as desk:
        with pytest.raises(InUse, match="private stream"):
            await rig.desk(journal=tmp_path / "another").__aenter__()
        await (await desk.sell(ETH, "0.05")).filled()
        assert desk.account.keys_made == 1


async def test_a_journal_of_another_account_is_refused(rig: Rig, tmp_path: Path) -> None:
    async with rig.desk():
        pass
    async with rigged(tmp_path) as other:
        with pytest.raises(ConfigurationError, match="another API key"):
            await other.desk().__aenter__()


async def test_balances_follow_the_stream_and_say_from_when_they_are(rig: Rig) -> None:
    async with rig.desk() as desk:
        before = desk.balances()["ETH"]
        await (await desk.sell(ETH, "0.05")).filled()
        await until(lambda: desk.balances()["ETH"].holding != before.holding)
        after = desk.balances()["ETH"]
        assert after.holding == before.holding - desk.account.books.executions.journal.fills_of([])[0].quantity
        assert (after.source, after.version > before.version) == ("report", True)
        assert after.at_ms >= before.at_ms


def test_a_sandbox_leaves_no_file_behind_and_a_named_environment_has_its_own() -> None:
    credentials = Credentials("my-key", "my-secret")
    assert default_journal(Environment.at("http://127.0.0.1:1", "ws://127.0.0.1:1"), credentials) == ":memory:"
    live, staging = (
        str(default_journal(environment, credentials)) for environment in (Environment.live(), Environment.staging())
    )
    assert live != staging
    assert "my-key" not in live
