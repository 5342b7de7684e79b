"""Algo orders on a desk: through the gate and the journal, and followed whatever dies."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.desk.rig import BTC, Rig, rigged, until

import woodlot
from woodlot.desk.desk import Desk
from woodlot.desk.executions import Executions
from woodlot.desk.journal import Journal
from woodlot.desk.limits import Limits
from woodlot.errors import GateRefused, NotFound, TradingStopped, WoodlotError
from woodlot.orders.fills import Fill
from woodlot.orders.states import OrderState
from woodlot.rest.steps import HttpRequest
from woodlot.wire.algo import AlgoLeg, AlgoOrderType, AlgoType, GetAlgoOrders, PlaceAlgoOrder
from woodlot.wire.enums import Side, StatusFilter

PERP = "PERP_BTC_USDT"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(tmp_path) as rig:
        yield rig


def algo(kind: AlgoType, **fields: Any) -> PlaceAlgoOrder:
    known: dict[str, Any] = {"symbol": BTC, "algo_type": kind, "side": Side.SELL, "quantity": "0.001"}
    return PlaceAlgoOrder(**known | fields)


def stop(trigger: str = "30000", **fields: Any) -> PlaceAlgoOrder:
    return algo(AlgoType.STOP, type=AlgoOrderType.MARKET, trigger_price=trigger, **fields)


def exits(*, closes: bool) -> tuple[AlgoLeg, AlgoLeg]:
    kind = AlgoOrderType.CLOSE_POSITION if closes else AlgoOrderType.MARKET
    ends = ((AlgoType.TAKE_PROFIT, "99000"), (AlgoType.STOP_LOSS, "30000"))
    first, second = (
        AlgoLeg(algo_type=name, type=kind, side=Side.SELL, reduce_only=True, trigger_price=price)
        for name, price in ends
    )
    return first, second


KINDS = {
    "stop": stop(),
    "stop limit": algo(AlgoType.STOP, type=AlgoOrderType.LIMIT, trigger_price="30000", price="29900"),
    "trailing": algo(AlgoType.TRAILING_STOP, type=AlgoOrderType.MARKET, callback_rate="0.1"),
    "oco": algo(
        AlgoType.OCO,
        type=AlgoOrderType.LIMIT,
        price="99000",
        child_orders=(
            AlgoLeg(algo_type=AlgoType.STOP, side=Side.SELL, type=AlgoOrderType.MARKET, trigger_price="30000"),
        ),
    ),
    "bracket": algo(
        AlgoType.BRACKET,
        symbol=PERP,
        side=Side.BUY,
        type=AlgoOrderType.LIMIT,
        price="31000",
        child_orders=(
            AlgoLeg(
                symbol=PERP, algo_type=AlgoType.POSITIONAL_TP_SL, reduce_only=False, child_orders=exits(closes=True)
            ),
        ),
    ),
    "tp/sl": algo(AlgoType.TP_SL, symbol=PERP, quantity="0.01", child_orders=exits(closes=False)),
    "positional tp/sl": algo(AlgoType.POSITIONAL_TP_SL, symbol=PERP, quantity=None, child_orders=exits(closes=True)),
}


def is_algo(request: HttpRequest) -> bool:
    return (request.method, request.target) == ("POST", "/v3/trade/algoOrder")


async def taken(executions: Executions) -> AsyncIterator[Fill]:
    while (fill := executions.take()) is not None:
        yield fill


def open_at(rig: Rig) -> list[int]:
    rows = rig.sandbox.exchange.algo.orders(rig.sandbox.account_id, GetAlgoOrders(status=StatusFilter.INCOMPLETE)).rows
    return sorted(row.algo_order_id for row in rows)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_is_placed_followed_cancelled_and_settled(rig: Rig, kind: str) -> None:
    async with rig.desk() as desk:
        if kind.endswith("tp/sl"):
            await (await desk.buy(PERP, "0.01")).filled()
        order = await desk.place_algo(KINDS[kind])
        await order.until(lambda known: known.state is OrderState.WORKING)
        assert [known.algo_order_id for known in desk.algo_orders()] == [order.algo_order_id] == open_at(rig)
        assert order.algo_type == KINDS[kind].algo_type.value
        await desk.cancel(order)
        await order.settled()
        assert (order.state, desk.algo_orders(), open_at(rig)) == (OrderState.CANCELLED, [], [])
        with pytest.raises(NotFound):
            await order.cancel()


async def test_a_stop_that_is_triggered_trades_and_says_so(rig: Rig) -> None:
    async with rig.desk() as desk:
        best_bid = (await desk.book(BTC)).best_bid
        assert best_bid is not None
        order = await desk.place_algo(stop(str(best_bid[0])))
        async with asyncio.timeout(60):
            # Each hits the best bid or below: what trades there triggers it.
            while not order.is_triggered:
                await (await desk.sell(BTC, "0.001")).settled()
            await order.settled()
        assert (order.state, order.filled_quantity) == (OrderState.FILLED, order.known.quantity)
        reader, ours = desk.executions(consumer="bot"), Decimal(0)
        while ours < order.filled_quantity:
            fill = await anext(reader)
            ours += fill.quantity if fill.client_order_id is None else 0


async def test_an_amend_moves_the_trigger_and_keeps_the_id(rig: Rig) -> None:
    async with rig.desk() as desk:
        order = await desk.place_algo(stop())
        number = order.algo_order_id
        await order.amend(trigger_price="31000")
        await order.until(lambda known: known.trigger_price == 31000)
        assert (order.algo_order_id, order.known.amend_wish) == (number, None)


async def test_a_program_that_was_down_knows_what_became_of_its_algo_orders(rig: Rig) -> None:
    async with rig.desk() as desk:
        kept, cancelled = await desk.place_algo(stop()), await desk.place_algo(stop("31000"))
        numbers = kept.algo_order_id, cancelled.algo_order_id
    rig.sandbox.exchange.algo.cancel(rig.sandbox.account_id, algo_order_id=numbers[1])
    async with rig.desk() as desk:
        await until(lambda: len(desk.algo_orders()) == 1)
        [order] = desk.algo_orders()
        assert (order.algo_order_id, order.known.foreign) == (numbers[0], False)
        assert order.client_algo_order_id == kept.client_algo_order_id
        assert [step.news.value for step in order.history][:2] == ["intended", "acknowledged"]


async def test_a_lost_reply_is_a_state_that_resolves_itself_and_nothing_is_sent_twice(rig: Rig) -> None:
    async with rig.desk() as desk:
        rig.lossy.lose_reply = is_algo
        order = await desk.place_algo(stop())
        await order.acknowledged()
        assert [order.algo_order_id] == open_at(rig)
        assert len([request for request in rig.lossy.sent if is_algo(request)]) == 1


async def test_a_request_lost_on_the_way_is_unknown_until_silence_is_proof(rig: Rig) -> None:
    async with rig.desk(absence_is_proof_after_s=3.0) as desk:
        rig.lossy.lose_request = is_algo
        order = await desk.place_algo(stop())
        assert order.state is OrderState.UNKNOWN
        async with asyncio.timeout(20):
            await order.settled()
        assert (order.state, open_at(rig)) == (OrderState.NOT_PLACED, [])


async def test_what_ended_while_the_stream_was_cut_is_found_over_rest(rig: Rig) -> None:
    async with rig.desk() as desk:
        order = await desk.place_algo(stop())
        await order.until(lambda known: known.state is OrderState.WORKING)
        rig.sandbox.cut_streams("private")
        rig.sandbox.exchange.algo.cancel(rig.sandbox.account_id, algo_order_id=order.algo_order_id)
        async with asyncio.timeout(20):
            await order.settled()
        assert order.state is OrderState.CANCELLED


async def test_one_that_was_placed_elsewhere_is_adopted_and_marked(rig: Rig) -> None:
    async with rig.desk() as desk:
        rig.sandbox.exchange.algo.place(rig.sandbox.account_id, stop())
        await until(desk.algo_orders)
        [order] = desk.algo_orders()
        assert order.known.foreign
        await order.cancel()
        await order.settled()


async def test_the_gate_decides_on_algo_orders_and_the_kill_switch_ends_them(rig: Rig) -> None:
    async with rig.desk(limits=Limits.from_file(limits_file(rig))) as desk:
        order = await desk.place_algo(stop())
        with pytest.raises(GateRefused, match="quantity"):
            await desk.place_algo(stop(quantity="0.002"))
        with pytest.raises(GateRefused, match="quantity"):
            await order.amend(quantity="0.002")
        with pytest.raises(GateRefused, match="quantity"):
            await desk.client.send(stop(quantity="0.002"))
        assert await desk.kill("a test") == ()
        await order.settled()
        assert open_at(rig) == []
        with pytest.raises(TradingStopped):
            await desk.place_algo(stop())


def limits_file(rig: Rig) -> Path:
    path = rig.directory / "limits.toml"
    path.write_text('max_quantity = "0.001"\n')
    return path


async def test_a_refused_order_is_over_and_says_why(rig: Rig) -> None:
    async with rig.desk() as desk:
        with pytest.raises(WoodlotError):
            await desk.place_algo(stop(quantity="0.0000000001"))
        assert desk.algo_orders() == []


async def test_the_intent_stands_in_the_journal_before_the_first_byte_leaves(rig: Rig) -> None:
    seen: list[OrderState] = []

    def look(request: HttpRequest) -> bool:
        if is_algo(request):
            seen.extend(order.state for order in desk.account.books.journal.algo_orders())
        return False

    async with rig.desk() as desk:
        rig.lossy.lose_request = look
        await desk.place_algo(stop())
    assert seen == [OrderState.INTENDED]


def test_a_journal_of_the_first_version_learns_of_algo_orders(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "old")
    journal.connection.executescript("DROP TABLE algos; PRAGMA user_version = 1")
    journal.close()
    journal = Journal(tmp_path / "old")
    assert journal.algo_orders() == []
    journal.close()


def test_a_program_without_a_loop_has_the_same_verb() -> None:
    with woodlot.open_desk() as desk:
        order = desk.place_algo(stop()).acknowledged()
        assert [known.algo_order_id for known in desk.algo_orders()] == [order.algo_order_id]
        order.amend(trigger_price="31000")
        desk.cancel(order)
        assert order.settled().state is OrderState.CANCELLED


def test_a_desk_that_is_not_open_has_no_algo_orders() -> None:
    with pytest.raises(woodlot.ConfigurationError):
        Desk.open().algo_orders()
