"""The screen, driven by its keys at three sizes against an exchange inside the test."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from woodlot.config import Credentials, Environment
from woodlot.desk.limits import Limits
from woodlot.sandbox.fault_grammar import Fault
from woodlot.sandbox.server import Sandbox, SandboxOptions
from woodlot.tui.app import Screen
from woodlot.tui.drawing import DOUBT
from woodlot.tui.panels import PANELS
from woodlot.tui.watch import Setting, watching

SIZES = [(80, 24), (120, 40), (200, 60)]
PURPOSES = {
    "Book": "spread",
    "Trades": "Trades of",
    "Orders": "open orders",
    "Account": "USDT",
    "Health": "round trip",
}
PICTURES = os.environ.get("WOODLOT_PICTURES")


@asynccontextmanager
async def screen(
    size: tuple[int, int],
    *,
    is_sandbox: bool = True,
    faults: tuple[str, ...] = (),
    limits: Limits | None = None,
    quiet: bool = False,
) -> AsyncGenerator[tuple[Screen, Pilot[str | None]]]:
    told: list[str] = []
    async with await Sandbox.start(SandboxOptions(quiet=quiet, faults=tuple(map(Fault.parse, faults)))) as sandbox:
        setting = Setting(
            environment=Environment.at(sandbox.rest_url, sandbox.ws_url, name="sandbox" if is_sandbox else "live"),
            credentials=Credentials(sandbox.api_key, sandbox.api_secret),
            profile="mine",
            symbol="SPOT_WOO_USDT",
            is_sandbox=is_sandbox,
            limits=limits,
            stopped_because=lambda: told[-1] if told else None,
            stop=told.append,
            lift=told.clear,
        )
        async with watching(setting) as watch:
            app = Screen(watch)
            async with app.run_test(size=size) as pilot:
                yield app, pilot


async def until(pilot: Pilot[str | None], condition: object, *, within_s: float = 60) -> None:
    assert callable(condition)
    for _ in range(round(within_s / 0.05)):
        if condition():
            return
        await pilot.pause(0.05)
    raise AssertionError("it did not come true")


def seen(app: Screen) -> str:
    app.draw()
    return "\n".join(row.plain for name in ("bar", "tabs", "panel") for row in app._rows(name).rows)


async def typed(pilot: Pilot[str | None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause(0.05)


async def ordered(pilot: Pilot[str | None], key: str, words: str) -> None:
    """Type an order into its question."""
    names = {" ": "space", ".": "full_stop"}
    await typed(pilot, key)
    await typed(pilot, *(names.get(letter, letter) for letter in words), "enter")


async def lived_in(app: Screen, pilot: Pilot[str | None]) -> None:
    """Have something on every panel: orders of every fate, a position, a gap that closed."""
    watch, desk = app.watched, app.watched.desk
    await ordered(pilot, "b", "2000 0.05")
    await until(pilot, lambda: desk.orders())
    await typed(pilot, "x")
    await until(pilot, lambda: not desk.orders())
    # The gate prices an order at the market by its book.
    await desk.book("PERP_BTC_USDT")
    await desk.buy("PERP_BTC_USDT", "0.01")
    for _ in range(3):
        await ordered(pilot, "s", "500")
    await until(pilot, lambda: len(watch.fills) >= 4 and len(watch.trades) > 1 and watch.lines["REST"].trips_ms)
    await until(pilot, lambda: watch.backfill and watch.position_marks)
    # Within what is shown, and behind so many others that they rest there for a while.
    for side, levels, depth in (("b", 0, 9), ("b", 0, 11), ("s", 1, 10)):
        price = watch.book.levels(12)[levels][depth][0]
        await ordered(pilot, side, f"2000 {price}")


async def test_every_panel_fits_every_terminal_and_shows_what_it_is_for(tmp_path: Path) -> None:
    folder = Path(PICTURES) if PICTURES else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    limits = Limits(max_open_orders=10, max_exposure=Decimal(5000))
    async with screen(SIZES[0], limits=limits, faults=("private.cut after 3s times 1",)) as (app, pilot):
        await lived_in(app, pilot)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            for number, (name, word) in enumerate(PURPOSES.items(), 1):
                await typed(pilot, str(number))
                await until(pilot, lambda word=word: word in seen(app))
                assert "SANDBOX" in seen(app)
                assert "book SYNCED" in seen(app) or "book UNCONFIRMED" in seen(app)
                assert len(app._rows("panel").rows) <= size[1] - 3
                if name == "Book" or size == SIZES[1]:
                    app.save_screenshot(f"tui-{name.lower()}-{size[0]}x{size[1]}.svg", path=str(folder))
    assert len(list(folder.glob("tui-*.svg"))) == len(SIZES) + len(PANELS) - 1


async def test_an_order_is_placed_marked_in_the_ladder_and_cancelled_by_keys_alone() -> None:
    async with screen((120, 40)) as (app, pilot):
        bids, _ = app.watched.book.levels(12)
        # Behind others, where nobody fills it at once, and within what is shown.
        await ordered(pilot, "b", f"2000 {bids[-1][0]}")
        desk = app.watched.desk
        await until(pilot, lambda: "◆ 2000" in seen(app))
        await typed(pilot, "x")
        await until(pilot, lambda: not desk.orders())


async def test_the_ladder_is_traded_by_its_cursor_alone() -> None:
    async with screen((120, 40), quiet=True) as (app, pilot):
        desk = app.watched.desk

        def open_at() -> list[str]:
            return sorted(f"{order.side.lower()} at {order.price}" for order in desk.orders())

        for side, words in (("b", "3000 0.05"), ("b", "4000 0.049"), ("s", "1000 0.06")):
            await ordered(pilot, side, words)
        await until(pilot, lambda: [len(side) for side in app.watched.book.levels(9)] == [2, 1])
        await typed(pilot, "down", "down", "enter")
        assert "at 0.049" in str(app.screen.query_one(Static).content)
        await typed(pilot, *"2000", "enter")
        await until(pilot, lambda: open_at() == ["buy at 0.049", "buy at 0.049", "buy at 0.05", "sell at 0.06"])
        await typed(pilot, "x")
        await until(pilot, lambda: open_at() == ["buy at 0.05", "sell at 0.06"])
        await typed(pilot, "x")
        assert open_at() == ["buy at 0.05", "sell at 0.06"], "nothing of ours is left at the cursor"
        await typed(pilot, "escape", "x")
        await until(pilot, lambda: open_at() == ["buy at 0.05"])


async def test_a_key_before_the_first_picture_breaks_nothing() -> None:
    async with screen((80, 24)) as (app, pilot):
        app._is_there = False
        app.action_move(1)
        app.action_turn_to("Orders")
        app.on_ready()
        await until(pilot, lambda: "open orders" in seen(app))


async def test_a_cursor_that_is_out_of_sight_picks_nothing() -> None:
    async with screen((120, 40)) as (app, pilot):
        await until(pilot, lambda: "spread" in seen(app))
        await typed(pilot, "up", "3", "enter")
        assert len(app.screen_stack) == 1
        await typed(pilot, "b")
        assert "QUANTITY [PRICE]" in str(app.screen.query_one(Static).content)


async def test_an_order_whose_answer_is_lost_is_amber_until_it_is_known() -> None:
    lost = ("rest.after lost on POST:/v3/trade/order times 1", "rest.before 503 on GET:/v3/trade/order times 4")
    async with screen((120, 40), faults=(*lost, "private.delay 4s")) as (app, pilot):
        await typed(pilot, "3")
        await ordered(pilot, "b", "2000 0.05")

        def doubtful() -> list[str]:
            seen(app)
            rows = app._rows("panel").rows
            return [row.plain for row in rows if any(DOUBT in str(span.style) for span in row.spans)]

        await until(pilot, lambda: any("UNKNOWN" in row for row in doubtful()))
        await until(pilot, lambda: "WORKING" in seen(app) and not doubtful())


async def test_a_tick_after_the_screen_was_taken_down_draws_nothing() -> None:
    async with screen((80, 24)) as (app, _):
        app.draw()
    app.draw()


async def test_the_kill_key_works_from_every_panel_and_holds_back_the_profile() -> None:
    async with screen((80, 24)) as (app, pilot):
        for number in range(1, len(PANELS) + 1):
            await ordered(pilot, "b", "2000 0.05")
            await until(pilot, lambda: app.watched.desk.orders())
            await typed(pilot, str(number), "K")
            await until(pilot, lambda: "TRADING STOPPED" in seen(app) and not app.watched.desk.orders())
            assert app.setting.stopped_because() == "the kill key was pressed"
            await typed(pilot, "R")
            await until(pilot, lambda: "TRADING STOPPED" not in seen(app))
            assert app.setting.stopped_because() is None


async def test_the_kill_key_cancels_everything_and_says_that_trading_is_stopped() -> None:
    async with screen((80, 24)) as (app, pilot):
        await ordered(pilot, "b", "2000 0.05")
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
        await typed(pilot, "R")
        await typed(pilot, *"no", "enter")
        assert desk.stopped_because is not None
        await typed(pilot, "R")
        await typed(pilot, "y", "enter")
        await until(pilot, lambda: desk.stopped_because is None)


async def test_outside_the_sandbox_an_order_says_what_it_is_worth_and_waits_for_a_y() -> None:
    async with screen((80, 24), is_sandbox=False) as (app, pilot):
        await ordered(pilot, "b", "2000 0.05")
        await until(pilot, lambda: "worth 100" in str(app.screen.query_one(Static).content))
        await typed(pilot, "escape")
        assert app.watched.desk.orders() == []
        await ordered(pilot, "b", "2000 0.05")
        await typed(pilot, "y", "enter")
        await until(pilot, lambda: [order.quantity for order in app.watched.desk.orders()] == [Decimal(2000)])


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
