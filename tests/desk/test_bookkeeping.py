import asyncio
from pathlib import Path

import pytest
from tests.desk.fills import fill
from tests.desk.rig import WOO, rigged
from tests.orders.messages import START_MS, ack, fill_report, place

from woodlot.clock import SystemClock
from woodlot.desk.bookkeeping import Books
from woodlot.desk.journal import Journal
from woodlot.desk.terms import Seams
from woodlot.orders.output import Executed
from woodlot.rest.async_client import AsyncClient
from woodlot.rest.loop_client import LoopTransport
from woodlot.rest.steps import HttpReply, HttpRequest, Lost
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import PlaceOrder

AHEAD_MS = 50_000


@pytest.fixture
def books() -> Books:
    """Books that began, by a clock that is ahead, after everything that is about to happen."""
    books = Books(Journal())
    books.open(START_MS + AHEAD_MS)
    return books


def test_an_execution_of_an_order_of_ours_is_told_whatever_the_clocks_say(books: Books) -> None:
    order = place()
    books.intended(order, at_ms=START_MS)
    books.answered(order, ack(), at_ms=START_MS)
    books.keep(books.tracker.report(fill_report(1, "40", "40", at=10), at_ms=START_MS))
    assert len(books.executions) == 1


def test_what_somebody_else_executed_before_the_journal_began_is_no_news(books: Books) -> None:
    books.keep([Executed(fill=fill(1, ts_ms=START_MS + AHEAD_MS - 1))])
    assert len(books.executions) == 0
    books.keep([Executed(fill=fill(2, ts_ms=START_MS + AHEAD_MS))])
    assert len(books.executions) == 1


class Stumbling(SystemClock):
    """A clock that jumps when it is told to: whoever measures with it has waited."""

    lost_s = 0.0

    def now_ms(self) -> int:
        return super().now_ms() + round(self.lost_s * 1000)

    def monotonic_s(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride] - a function there
        return SystemClock.monotonic_s() + self.lost_s


class Halting:
    """Carry requests; each question for the time seems to have taken two seconds longer than it did."""

    def __init__(self, transport: LoopTransport, clock: Stumbling) -> None:
        self._transport, self._clock = transport, clock

    async def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        reply = await self._transport.exchange(request, timeout_s=timeout_s)
        if request.target == "/v3/public/systemInfo":
            self._clock.lost_s += 2.0
        return reply

    async def close(self) -> None:
        await self._transport.close()


async def test_an_execution_right_after_the_opening_is_told_though_the_time_was_misjudged(tmp_path: Path) -> None:
    async with rigged(tmp_path) as rig, AsyncClient(rig.environment, rig.credentials) as elsewhere:
        clock = Stumbling()
        halting = Halting(LoopTransport(rig.environment, connect_timeout_s=5.0), clock)
        async with rig.desk(clock=clock, seams=Seams(transport=halting)) as desk:
            await elsewhere.send(PlaceOrder(symbol=WOO, side=Side.BUY, type=OrderType.MARKET, quantity="200"))
            async with asyncio.timeout(10):
                assert (await anext(desk.executions())).symbol == WOO
