"""This file is the other panels: trades, orders and fills, account, health. Each is a function from what is known."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from rich.text import Text

from woodlot.desk.live_order import LiveOrder
from woodlot.orders.states import OrderState
from woodlot.tui.book_panel import draw_book
from woodlot.tui.drawing import DOUBT, DOWN, FAINT, UP, fitted, head, number, sparkline
from woodlot.tui.watch import Watch
from woodlot.wire.enums import Side
from woodlot.wire.moment import Time

Draw: TypeAlias = Callable[[Watch, int, int], list[Text]]
_QUOTES = frozenset({"USDT", "USDC", "USD"})


def draw_trades(watch: Watch, width: int, height: int) -> list[Text]:
    """Draw time and sales, the newest first; the small ones can be left out."""
    wanted = [trade for trade in watch.trades if trade.size >= watch.smallest_trade]
    title = f"Trades of {watch.setting.symbol}, at least {number(watch.smallest_trade)} (+ and - change that)"
    bar_width = max(0, width - 50)
    largest = max((trade.size for trade in wanted[:height]), default=Decimal(1))
    rows = [
        Text.assemble(
            f"{Time.at(trade.ts):%H:%M:%S} ",
            (f"{trade.side.value:<4} ", UP if trade.side is Side.BUY else DOWN),
            f"{number(trade.price, 14)} {number(trade.size, 16)} ",
            ("█" * round(float(trade.size / largest) * bar_width), FAINT),
        )
        for trade in wanted[: max(0, height - 1)]
    ]
    return fitted([head(title), *rows], height)


def draw_orders(watch: Watch, width: int, height: int) -> list[Text]:
    """Draw the open orders with their lives, and the latest fills."""
    if watch.setting.credentials is None:
        return fitted([Text("no key: the orders of an account cannot be seen", style=DOUBT)], height)
    orders = watch.desk.orders()
    rows = [head(f"{len(orders)} open orders (x cancels the newest)")]
    room = max(1, (height - 3) // 2)
    rows += [_order(order, width) for order in reversed(orders[-room:])]
    rows += [Text(""), head("Fills, newest first")]
    rows += [
        Text.assemble(
            f"{Time.at(fill.ts_ms):%H:%M:%S} {fill.symbol:<18} ",
            (f"{fill.side.value if fill.side else '?':<4} ", UP if fill.side is Side.BUY else DOWN),
            f"{number(fill.quantity, 12)} at {number(fill.price)}  fee {number(fill.fee)} {fill.fee_asset}",
            (f"  {fill.source.value}", FAINT),
        )
        for fill in watch.fills
    ]
    return fitted(rows, height)


def draw_account(watch: Watch, width: int, height: int) -> list[Text]:  # noqa: ARG001 - all panels are drawn alike
    """Draw balances with their worth, positions, and how close the gate's limits are."""
    if watch.setting.credentials is None:
        return fitted([Text("no key: an account cannot be seen", style=DOUBT)], height)
    rows = [head(f"{'token':<8} {'holding':>18} {'frozen':>14} {'worth':>16}")]
    total = Decimal(0)
    for token, row in sorted(watch.desk.balances().items()):
        mark = watch.marks.get(token, Decimal(1) if token in _QUOTES else None)
        worth = None if mark is None else (row.holding * mark).quantize(Decimal("0.01"))
        total += worth or 0
        if row.holding or row.frozen:
            rows.append(Text(f"{token:<8} {number(row.holding, 18)} {number(row.frozen, 14)} {number(worth, 16)}"))
    rows.append(head(f"{'in all':<8} {'':>18} {'':>14} {number(total, 16)}"))
    rows += [Text(""), head("Positions")]
    held = [position for position in watch.desk.positions().values() if position.holding]
    rows += [
        Text(f"{row.symbol:<18} {row.side.value:<5} {number(row.holding, 14)} from {number(row.average_open_price)}")
        for row in held
    ] or [Text("none", style=FAINT)]
    rows += [Text(""), head("The gate's refusals")]
    rows += [Text(f"{name:<24} {count}") for name, count in watch.desk.violations.items()] or [
        Text("none", style=FAINT)
    ]
    return fitted(rows, height)


def draw_health(watch: Watch, width: int, height: int) -> list[Text]:
    """Draw each connection, what went wrong lately, and how fast calls may go."""
    book, pace = watch.book, watch.desk.client.pacer.counters
    trips = watch.round_trips_ms
    rows = [
        head("Connections"),
        Text(f"public   {book.state.value:<12} for {_age(book.age_s)}   {watch.messages_per_second:.1f} messages/s"),
        _private(watch),
        Text.assemble(
            f"REST     {trips[-1]:.1f} ms round trip  " if trips else "REST     not asked yet  ",
            (sparkline(list(trips), max(8, width - 40)), UP),
        ),
        Text(""),
        head("The book since it was opened"),
        *(Text(f"{transition.value:<28} {count}") for transition, count in book.counts.items() if count),
        Text(""),
        head("Pace"),
        Text(
            f"{pace.calls} calls, {pace.waits} had to wait, {pace.waited_s:.1f} s in all, {pace.slowed} limits slowed"
        ),
        Text(""),
        head("News"),
        *(Text(line) for line in watch.news),
    ]
    return fitted(rows, height)


PANELS: dict[str, Draw] = {
    "Book": draw_book,
    "Trades": draw_trades,
    "Orders": draw_orders,
    "Account": draw_account,
    "Health": draw_health,
}
"""The panels by their names, in the order of their keys."""


def _private(watch: Watch) -> Text:
    if watch.setting.credentials is None:
        return Text("private  no key", style=FAINT)
    account = watch.desk.account
    state = "LIVE" if account.is_live else "INTERRUPTED"
    told = f"private  {state:<12} {account.keys_made} keys made, {account.recovered} fills recovered"
    return Text(told, style="" if account.is_live else DOUBT)


def _order(order: LiveOrder, width: int) -> Text:
    life = "  ".join(_life(order))
    doubtful = order.state is OrderState.UNKNOWN
    told = Text.assemble(
        f"{order.symbol:<18} ",
        (f"{order.side.value:<4} ", UP if order.side is Side.BUY else DOWN),
        f"{number(order.filled_quantity)}/{number(order.quantity or order.amount)} at {number(order.price)}  ",
        (order.state.value, DOUBT if doubtful else "bold"),
        (f"  {life}", FAINT),
    )
    told.truncate(width)
    return told


def _life(order: LiveOrder) -> list[str]:
    """Return each step of an order with how long after the first it was learned."""
    steps = order.history
    return [f"{step.news.value} +{step.at_ms - steps[0].at_ms} ms" for step in steps[1:]]


def _age(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return time.strftime("%Hh%Mm", time.gmtime(seconds)) + " of 24h"
