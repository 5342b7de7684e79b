"""This file is the screen: five panels over one desk, by keyboard alone, redrawn ten times a second."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer

from woodlot.desk.desk import Desk
from woodlot.errors import BookNotInSync, TradingStopped, WoodlotError
from woodlot.tui.book_panel import moved
from woodlot.tui.dialogs import HelpPage, Question
from woodlot.tui.panels import PANELS
from woodlot.tui.rows import Rows
from woodlot.tui.watch import Watch

_FRAMES_PER_SECOND = 10
_NAMES = tuple(PANELS)
# Told by the word in the badge as well as by the colour.
_BADGES = {"sandbox": "black on green", "staging": "white on blue", "live": "white on red"}


class Screen(App[str | None]):
    """Show one symbol and one account. It ends with what went wrong, or None."""

    CSS = """
    #bar { height: 1; }
    #tabs { height: 1; }
    #panel { height: 1fr; }
    """
    TITLE = "woodlot"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"turn_to('{name}')", name, show=False) for number, name in enumerate(_NAMES, 1)),
        Binding("b", "order('buy')", "Buy"),
        Binding("s", "order('sell')", "Sell"),
        Binding("x", "cancel_one", "Cancel"),
        Binding("X", "cancel_symbol", "Cancel all", show=False),
        Binding("K", "kill", "KILL"),
        Binding("R", "resume", "Resume", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("enter", "order_here", "Order", show=False),
        Binding("escape", "leave_ladder", "Leave", show=False),
        Binding("plus", "filter(2)", "Larger", show=False),
        Binding("minus", "filter(0.5)", "Smaller", show=False),
        Binding("question_mark", "help", "Help"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watched = watch
        self.setting = watch.setting
        self.shown = _NAMES[0]
        self._is_there = False

    def compose(self) -> ComposeResult:
        yield Rows(id="bar")
        yield Rows(id="tabs")
        yield Rows(id="panel")
        yield Footer()

    def on_ready(self) -> None:
        # Not when mounted: on a busy machine the first picture would be due before there is anything to draw it on.
        self._is_there = True
        self.set_interval(1 / _FRAMES_PER_SECOND, self.draw)

    def draw(self) -> None:
        """Draw everything; what has not changed costs nothing.

        A key may come before there is anything to draw on, and a tick after it was taken down.
        """
        if not (self._is_there and self.is_running):
            return
        bar, tabs, panel = (self._rows(name) for name in ("bar", "tabs", "panel"))
        bar.show([self._bar()])
        tabs.show([self._tabs()])
        panel.show(PANELS[self.shown](self.watched, panel.size.width, panel.size.height))
        if self.watched.problem is not None:
            self.exit(self.watched.problem)

    # Keys.

    def action_turn_to(self, name: str) -> None:
        self.shown = name
        self.draw()

    def action_help(self) -> None:
        self.push_screen(HelpPage())

    def action_filter(self, factor: float) -> None:
        if self.watched.trades:
            largest = max(trade.size for trade in self.watched.trades)
            now = self.watched.smallest_trade or largest / 16
            wanted = now * 2 if factor > 1 else now / 2
            self.watched.smallest_trade = wanted.normalize() if wanted >= largest / 64 else largest * 0

    def action_move(self, step: int) -> None:
        if self._is_there and self.shown == _NAMES[0]:
            self.watched.cursor = moved(self.watched, step, self._rows("panel").size.height)
            self.draw()

    def action_leave_ladder(self) -> None:
        self.watched.cursor = None
        self.draw()

    def action_order_here(self) -> None:
        cursor, book = self._cursor, self.watched.book
        if cursor is not None and book.is_readable and book.mid is not None:
            self.action_order("buy" if cursor < book.mid else "sell")

    @work
    async def action_order(self, side: str) -> None:
        """Ask for quantity and price, then whether that is meant, then send it."""
        cursor = self._cursor
        where = "QUANTITY [PRICE]" if cursor is None else f"QUANTITY, at {cursor:f}; or QUANTITY PRICE"
        typed = await self.push_screen_wait(Question(f"{side} {self.setting.symbol}: {where}"))
        words = (typed or "").split()
        if not 1 <= len(words) <= 2:
            return
        price = words[1] if len(words) == 2 else None if cursor is None else f"{cursor:f}"
        what = f"{side} {words[0]} {self.setting.symbol} {'at the market' if price is None else f'at {price}'}"
        if not await self._agreed(f"{what}{self._worth(side, words[0], price)}"):
            return

        async def send(desk: Desk) -> str:
            reason = self.setting.stopped_because()
            if reason is not None:
                problem = f"trading was stopped: {reason}; woodlot kill --lift allows it again"
                raise TradingStopped("kill switch", problem, symbol=self.setting.symbol)
            verb = desk.buy if side == "buy" else desk.sell
            order = await verb(self.setting.symbol, words[0], price=price)
            return f"{what}: {order.state.value}"

        await self._do(send)

    @work
    async def action_cancel_one(self) -> None:
        """Cancel our orders at the cursor's price; without a cursor, the newest of all."""
        cursor, symbol = self._cursor, self.setting.symbol
        orders = self.watched.desk.orders()[-1:] if self.setting.credentials else []
        if cursor is not None and self.setting.credentials:
            listed = self.watched.desk.orders()
            orders = [order for order in listed if order.symbol == symbol and order.price == cursor]
        if not orders:
            self.notify("there is no open order" if cursor is None else f"no order of yours is open at {cursor:f}")
            return
        named = ", ".join(str(order.order_id or order.client_order_id) for order in orders)
        if await self._agreed(f"cancel order {named}"):

            async def cancel(desk: Desk) -> str:
                await desk.cancel(*orders)
                return f"asked to cancel order {named}"

            await self._do(cancel)

    @work
    async def action_cancel_symbol(self) -> None:
        if await self._agreed(f"cancel every order of {self.setting.symbol}", by_name=True):

            async def cancel(desk: Desk) -> str:
                await desk.cancel_all(self.setting.symbol)
                return f"asked to cancel every order of {self.setting.symbol}"

            await self._do(cancel)

    @work
    async def action_kill(self) -> None:
        if await self._agreed("KILL: cancel every order and stop trading", by_name=True):

            async def kill(desk: Desk) -> str:
                reason = "the kill key was pressed"
                if self.setting.credentials is not None:
                    # Written down first: whatever becomes of the rest, nothing new is typed elsewhere.
                    self.setting.stop(reason)
                left = await desk.kill(reason)
                return f"trading is stopped, {len(left)} orders are left open; R resumes"

            await self._do(kill)

    @work
    async def action_resume(self) -> None:
        if not await self._agreed("RESUME: let new orders go out again"):
            return

        async def resume(desk: Desk) -> str:
            self.setting.lift()
            desk.resume()
            return "trading goes on"

        await self._do(resume)

    # What they share.

    @property
    def _cursor(self) -> Decimal | None:
        """The price that was picked, as long as the ladder with it is in sight."""
        return self.watched.cursor if self.shown == _NAMES[0] else None

    async def _agreed(self, what: str, *, by_name: bool = False) -> bool:
        if self.setting.is_sandbox:
            return True
        wanted = self.setting.profile if by_name else "y"
        question = f"{what}\n{self.setting.environment.name.upper()}. Type {wanted} to go on."
        return await self.push_screen_wait(Question(question)) == wanted

    async def _do(self, action: Callable[[Desk], Awaitable[str]]) -> None:
        try:
            told = await action(self.watched.desk)
        except (TimeoutError, WoodlotError, ExceptionGroup) as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(told, markup=False)

    def _worth(self, side: str, quantity: str, price: str | None) -> str:
        """Say what an order is worth, at its own price or at the touch; nothing where that cannot be told."""
        try:
            book = self.watched.book
            touch = None if price is not None else book.best_ask if side == "buy" else book.best_bid
            each = Decimal(price) if price is not None else touch[0] if touch is not None else None
            return "" if each is None else f", worth {(each * Decimal(quantity)).normalize():f}"
        except (ArithmeticError, BookNotInSync):
            return ""

    def _rows(self, name: str) -> Rows:
        # The first screen's, whatever question stands in front of it.
        return self.screen_stack[0].query_one(f"#{name}", Rows)

    def _bar(self) -> Text:
        name = self.setting.environment.name
        badge = (f" {name.upper()} ", _BADGES.get(name, "black on yellow"))
        book, desk = self.watched.book, self.watched.desk
        stopped = (desk.stopped_because if self.setting.credentials else None) or self.setting.stopped_because()
        told = f" {book.symbol}  book {book.state.value} for {book.age_s:.0f} s"
        return Text.assemble(badge, told, ("  TRADING STOPPED" if stopped else "", "bold yellow"), "   K kills")

    def _tabs(self) -> Text:
        return Text("  ").join(
            Text(f"{number} {name}", style="bold reverse" if name == self.shown else "")
            for number, name in enumerate(_NAMES, 1)
        )
