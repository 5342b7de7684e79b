"""The screen, driven by its keys at three sizes against an exchange inside the test."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from woodlot.config import Credentials, Environment
from woodlot.sandbox.server import Sandbox, SandboxOptions
from woodlot.tui.app import Screen
from woodlot.tui.panels import PANELS
from woodlot.tui.watch import Setting, watching

SIZES = [(80, 24), (120, 40), (200, 60)]
KEYS = ["0", "full_stop", "0", "5"]
PICTURES = os.environ.get("WOODLOT_PICTURES")


@asynccontextmanager
async def screen(size: tuple[int, int], *, is_sandbox: bool = True) -> AsyncGenerator[tuple[Screen, Pilot[str | None]]]:
    async with await Sandbox.start(SandboxOptions()) as sandbox:
        setting = Setting(
            environment=Environment.at(sandbox.rest_url, sandbox.ws_url, name="sandbox" if is_sandbox else "live"),
            credentials=Credentials(sandbox.api_key, sandbox.api_secret),
            profile="mine",
            symbol="SPOT_WOO_USDT",
            is_sandbox=is_sandbox,
        )
        async with watching(setting) as watch:
            app = Screen(watch)
            async with app.run_test(size=size) as pilot:
                yield app, pilot


async def until(pilot: Pilot[str | None], condition: object, *, within_s: float = 10) -> None:
    assert callable(condition)
    for _ in range(round(within_s / 0.05)):
        if condition():
            return
        await pilot.pause(0.05)
    raise AssertionError("it did not come true")


def seen(app: Screen) -> str:
    app.draw()
    return "\n".join(str(text) for text in app._drawn.values())


async def typed(pilot: Pilot[str | None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause(0.05)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_panel_fits_the_terminal_and_shows_what_it_is_for(size: tuple[int, int], tmp_path: Path) -> None:
    words = {"Book": "spread", "Trades": "BUY", "Orders": "open orders", "Account": "USDT", "Health": "round trip"}
    async with screen(size) as (app, pilot):
        await typed(pilot, "b")
        await typed(pilot, *"2000", "space", *KEYS, "enter")
        desk = app.watched.desk
        await until(pilot, lambda: desk.orders())
        await typed(pilot, "b")
        await typed(pilot, *"500", "enter")
        await until(pilot, lambda: app.watched.fills)
        await until(pilot, lambda: len(app.watched.trades) > 1)
        for number, name in enumerate(PANELS, 1):
            await typed(pilot, str(number))
            shown = seen(app)
            assert "SANDBOX" in shown
            assert "book SYNCED" in shown or "book UNCONFIRMED" in shown
            assert words[name] in shown, shown
            panel = app._drawn["panel"].plain.splitlines()
            assert len(panel) <= size[1] - 3
            folder = Path(PICTURES) if PICTURES else tmp_path
            folder.mkdir(parents=True, exist_ok=True)
            app.save_screenshot(f"tui-{name.lower()}-{size[0]}x{size[1]}.svg", path=str(folder))
            assert len(app.export_screenshot()) > 1000


async def test_an_order_is_placed_marked_in_the_ladder_and_cancelled_by_keys_alone() -> None:
    async with screen((120, 40)) as (app, pilot):
        best, _ = app.watched.book.best_bid or (None, None)
        await typed(pilot, "b")
        await typed(pilot, *"2000", "space", *[_key(letter) for letter in str(best)], "enter")
        desk = app.watched.desk
        await until(pilot, lambda: desk.orders() and desk.orders()[0].state.value == "WORKING")
        await typed(pilot, "1")
        await until(pilot, lambda: "◆ 2000" in seen(app) or not desk.orders())
        await typed(pilot, "x")
        await until(pilot, lambda: not desk.orders())


async def test_the_kill_key_cancels_everything_and_says_that_trading_is_stopped() -> None:
    async with screen((80, 24)) as (app, pilot):
        await typed(pilot, "b")
        await typed(pilot, *"2000", "space", *KEYS, "enter")
        desk = app.watched.desk
        await until(pilot, lambda: desk.orders())
        await typed(pilot, "K")
        await until(pilot, lambda: "TRADING STOPPED" in seen(app) and not desk.orders())
        await typed(pilot, "R")
        await until(pilot, lambda: "TRADING STOPPED" not in seen(app))


async def test_outside_the_sandbox_killing_wants_the_profiles_name() -> None:
    async with screen((80, 24), is_sandbox=False) as (app, pilot):
        desk = app.watched.desk
        await typed(pilot, "K")
        await typed(pilot, *"yes", "enter")
        assert desk.stopped_because is None
        await typed(pilot, "K")
        await typed(pilot, *"mine", "enter")
        await until(pilot, lambda: desk.stopped_because is not None)
        assert "LIVE" in seen(app)


async def test_a_cut_is_seen_on_the_screen_and_heals_by_itself() -> None:
    async with await Sandbox.start(SandboxOptions()) as sandbox:
        setting = Setting(
            environment=Environment.at(sandbox.rest_url, sandbox.ws_url, name="sandbox"),
            credentials=None,
            profile="sandbox",
            symbol="SPOT_WOO_USDT",
            is_sandbox=True,
        )
        async with watching(setting) as watch:
            app = Screen(watch)
            async with app.run_test(size=(80, 24)) as pilot:
                sandbox.cut_streams("public")
                await until(pilot, lambda: not watch.book.is_readable)
                assert "being rebuilt" in seen(app) or watch.book.is_readable
                await until(pilot, lambda: watch.book.is_readable)
                await typed(pilot, "3")
                assert "no key" in seen(app)


async def test_a_question_mark_lists_the_keys() -> None:
    async with screen((80, 24)) as (app, pilot):
        await typed(pilot, "question_mark")
        assert "HelpPage" in type(app.screen).__name__
        await typed(pilot, "q")
        assert "HelpPage" not in type(app.screen).__name__


def _key(letter: str) -> str:
    return "full_stop" if letter == "." else letter
