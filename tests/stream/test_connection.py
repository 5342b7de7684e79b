"""One connection, its link in memory and its time moved by hand."""

import asyncio
from typing import Any

import pytest
from tests.stream.virtual import MemoryExchange, VirtualTime

from woodlot.config import Environment
from woodlot.stream.connection import Connection, Ending
from woodlot.stream.continuity import Cause
from woodlot.stream.keeper import cancelled
from woodlot.stream.link import Address
from woodlot.stream.roster import Accepted
from woodlot.stream.session import Session

ADDRESS = Address.public(Environment.live())
TRADE = {"s": "A", "px": "1", "sx": "2", "sd": "BUY", "src": 1, "ts": 5}


class Stage:
    def __init__(self) -> None:
        self.time, self.exchange, self.heard = VirtualTime(), MemoryExchange(), list[Any]()
        self.connection = Connection(
            Session(), self.heard.append, dialer=self.exchange, clock=self.time.clock, sleep=self.time.sleep
        )

    def begin(self) -> "asyncio.Task[Ending]":
        return asyncio.create_task(self.connection.live(ADDRESS))


async def test_it_subscribes_hears_and_says_how_it_ended() -> None:
    stage = Stage()
    stage.connection.subscribe(["trade@A"])
    task = stage.begin()
    await stage.time.run(2.0)
    stage.exchange.push("trade@A", TRADE)
    await stage.time.run(7.0)
    stage.exchange.links[0].cut()
    ending = await task

    assert stage.heard[0] == Accepted("trade@A")
    assert stage.heard[1].event.ts == 5
    assert (ending.cause, ending.was_open, ending.lived_s) == (Cause.CLOSED, True, pytest.approx(9.0))


async def test_the_hole_begins_at_the_last_frame_that_came() -> None:
    stage = Stage()
    stage.connection.subscribe(["trade@A"])
    task = stage.begin()
    await stage.time.run(2.0)
    stage.exchange.push("trade@A", TRADE)
    await stage.time.run(0.0)
    last_ms = stage.time.clock.now_ms()
    await stage.time.run(10.0)
    stage.exchange.links[0].cut()

    assert abs((await task).since_ms - last_ms) <= 1


async def test_it_stays_for_a_day_of_silence_because_its_pings_are_answered() -> None:
    stage = Stage()
    task = stage.begin()
    await stage.time.run(3600.0)

    assert not task.done()
    await cancelled(task)


async def test_an_exchange_that_is_out_of_reach_is_an_ending_too() -> None:
    stage = Stage()
    stage.exchange.is_down = True
    ending = await stage.begin()

    assert (ending.cause, ending.was_open) == (Cause.UNREACHABLE, False)


async def test_a_mistake_of_the_hearer_is_not_mistaken_for_a_lost_link() -> None:
    stage = Stage()

    def mistake(heard: object) -> None:
        raise ZeroDivisionError

    stage.connection.redirect(mistake)
    stage.connection.subscribe(["trade@A"])
    with pytest.raises(ZeroDivisionError):
        await stage.begin()

    assert not stage.connection.is_open


async def test_cancelling_closes_the_link_and_leaves_no_task() -> None:
    stage = Stage()
    before = asyncio.all_tasks()
    task = stage.begin()
    await stage.time.run(1.0)
    await cancelled(task)

    assert asyncio.all_tasks() == before
    assert stage.exchange.open_links == []
