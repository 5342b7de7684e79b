"""What the panels say, drawn without a screen from a desk on an exchange where nobody else trades."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from woodlot.config import Credentials, Environment
from woodlot.desk.limits import Limits
from woodlot.errors import GateRefused
from woodlot.sandbox.server import Sandbox, SandboxOptions
from woodlot.tui.book_panel import moved
from woodlot.tui.panels import PANELS
from woodlot.tui.watch import Setting, Watch, watching

SYMBOL = "SPOT_WOO_USDT"


@asynccontextmanager
async def watched(*, limits: Limits | None = None, quiet: bool = True) -> AsyncGenerator[Watch]:
    async with await Sandbox.start(SandboxOptions(quiet=quiet)) as sandbox:
        setting = Setting(
            environment=Environment.at(sandbox.rest_url, sandbox.ws_url, name="sandbox"),
            credentials=Credentials(sandbox.api_key, sandbox.api_secret),
            profile="mine",
            symbol=SYMBOL,
            is_sandbox=True,
            limits=limits,
        )
        async with watching(setting) as watch:
            yield watch


def drawn(watch: Watch, name: str, width: int = 80, height: int = 21) -> str:
    rows = PANELS[name](watch, width, height)
    assert len(rows) <= height
    return "\n".join(row.plain for row in rows)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


async def test_an_order_that_is_over_is_still_shown_with_its_life() -> None:
    async with watched(quiet=False) as watch:
        await (await watch.desk.sell(SYMBOL, "500")).settled()
        await until(lambda: watch.fills)
        wide, narrow = drawn(watch, "Orders", 120), drawn(watch, "Orders", 80)
        assert "0 open orders" in wide
        assert re.search(r"500/500 at market +FILLED .*\+\d+ ms", wide)
        assert re.search(r"FILLED +\n   .*\+\d+ ms", narrow)


async def test_health_tells_each_connection_the_key_the_last_backfill_and_the_pace() -> None:
    async with watched() as watch:
        await until(lambda: watch.lines.get("REST") and watch.lines["REST"].trips_ms and "private" in watch.lines)
        shown = drawn(watch, "Health")
        assert re.search(r"public +OPEN +\d+ s", shown)
        assert re.search(r"private +LIVE +\d+ s", shown)
        assert re.search(r"REST +OPEN .* ms", shown)
        assert "key ends in 23h59m, 1 made; last backfill none" in shown
        assert re.search(r"GET /v3/.* \d+ of \d+", shown)
        assert "0 resyncs" in shown


async def test_the_account_shows_what_changed_and_how_full_the_limits_are() -> None:
    async with watched(limits=Limits(max_open_orders=4, max_notional=Decimal(1000))) as watch:
        await watch.desk.buy(SYMBOL, "2000", price="0.05")
        with pytest.raises(GateRefused):
            await watch.desk.buy(SYMBOL, "200000", price="0.05")
        await until(lambda: watch.worth_before is not None)
        shown = drawn(watch, "Account")
        assert "since this screen opened" in shown
        assert re.search(r"open orders .*1 of 4", shown)
        assert "refused so far: 1 x notional" in shown


async def test_our_own_orders_are_marked_on_the_ladder_and_a_cursor_walks_over_them() -> None:
    async with watched() as watch:
        for price, quantity in (("0.05", "3000"), ("0.049", "4000"), ("0.048", "2000")):
            await watch.desk.buy(SYMBOL, quantity, price=price)
        for price in ("0.06", "0.061"):
            await watch.desk.sell(SYMBOL, "1000", price=price)
        await until(lambda: len(watch.book.levels(9)[0]) == 3 and len(watch.book.levels(9)[1]) == 2)
        assert moved(watch, 1, 21) == Decimal("0.05")
        assert moved(watch, -1, 21) == Decimal("0.06")
        watch.cursor = Decimal("0.05")
        watch.cursor = moved(watch, 2, 21)
        assert watch.cursor == Decimal("0.048")
        shown = drawn(watch, "Book")
        assert "cursor 0.048" in shown
        assert re.search(r"^> +0.048\d* .*◆ 2000", shown, re.MULTILINE)
        watch.cursor = Decimal("0.055")
        assert moved(watch, 1, 21) == Decimal("0.05")
        assert moved(watch, -1, 21) == Decimal("0.06")
        watch.cursor = Decimal("0.000001")
        assert moved(watch, 1, 21) == Decimal("0.048")


async def test_every_panel_keeps_to_its_room_and_the_depth_is_charted_where_there_is_more() -> None:
    async with watched() as watch:
        for width, height in ((80, 21), (120, 37), (200, 57)):
            for name in PANELS:
                assert drawn(watch, name, width, height)
            assert ("depth" in drawn(watch, "Book", width, height)) == (height >= 37)
