"""What becomes of those who wait for an order when the desk hears nothing more, and of what they still ask for."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.desk.rig import BTC, Rig, rigged, until
from tests.desk.test_journal import fill_up

from woodlot.desk.desk import Desk
from woodlot.errors import DeskClosed, JournalFailed
from woodlot.orders.states import OrderState


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(tmp_path) as rig:
        yield rig


async def place_many(desk: Desk) -> None:
    for number in range(200):
        await desk.buy(BTC, "0.001", price=str(29_000 + number))


async def test_nobody_waits_for_an_order_of_a_desk_that_was_left(rig: Rig) -> None:
    async with rig.desk() as desk:
        order = await desk.buy(BTC, "0.001", price="30000")
        waiting = asyncio.create_task(order.settled())
        await asyncio.sleep(0)
    with pytest.raises(DeskClosed, match="was closed"):
        await waiting
    for asked in (order.cancel(), order.amend(price="30001"), desk.buy(BTC, "0.001", price="30000"), order.settled()):
        with pytest.raises(DeskClosed, match="open the desk again"):
            await asked
    assert len(rig.open_orders()) == 1


async def test_a_desk_whose_journal_is_full_stops_and_lets_only_cancels_out(rig: Rig) -> None:
    async with rig.desk() as desk:
        order = await (await desk.buy(BTC, "0.001", price="30000")).working()
        waiting = asyncio.create_task(order.settled())
        fill_up(desk.account.books.journal)
        with pytest.raises(JournalFailed, match="full"):
            await place_many(desk)
        sent = len(rig.orders())
        with pytest.raises(JournalFailed, match="full"):
            await waiting
        await until(lambda: not desk.account.is_live)
        for refused in (desk.buy(BTC, "0.001", price="30000"), anext(desk.executions(consumer="bot"))):
            with pytest.raises(JournalFailed, match="full"):
                await refused
        assert len(rig.orders()) == sent
        assert await desk.kill("the disk is full") == ()
    assert rig.open_orders() == ()


async def test_what_a_full_journal_could_not_hold_is_found_out_after_a_restart(rig: Rig) -> None:
    async with rig.desk() as desk:
        journal = desk.account.books.journal
        order = await desk.buy(BTC, "0.001", price="30000")
        fill_up(journal)
        with pytest.raises(JournalFailed, match="full"):
            await place_many(desk)
        rig.sandbox.exchange.cancel(rig.sandbox.account_id, order_id=order.order_id)
    async with rig.desk() as desk:
        assert {order.order_id for order in desk.orders()} == {row.order_id for row in rig.open_orders()}
        again = desk.account.find(client_order_id=order.client_order_id)
        assert again is not None
        await again.settled()
        assert again.state is OrderState.CANCELLED
