"""This file is the panels by their names, and the two that are lists: trades and account."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from rich.text import Text

from woodlot.tui.book_panel import draw_book
from woodlot.tui.drawing import DOUBT, DOWN, FAINT, UP, fitted, gauge, head, number
from woodlot.tui.health_panel import draw_health
from woodlot.tui.orders_panel import draw_orders
from woodlot.tui.watch import Watch
from woodlot.wire.enums import Side
from woodlot.wire.moment import Time

Draw: TypeAlias = Callable[[Watch, int, int], list[Text]]


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


def draw_account(watch: Watch, width: int, height: int) -> list[Text]:
    """Draw balances with their worth, positions with their profit, and how close the gate's limits are."""
    if watch.setting.credentials is None:
        return fitted([Text("no key: an account cannot be seen", style=DOUBT)], height)
    rows = [*_balances(watch), Text(""), *_positions(watch), Text(""), *_gate(watch, width)]
    return fitted(rows, height)


PANELS: dict[str, Draw] = {
    "Book": draw_book,
    "Trades": draw_trades,
    "Orders": draw_orders,
    "Account": draw_account,
    "Health": draw_health,
}
"""The panels by their names, in the order of their keys."""


def _balances(watch: Watch) -> list[Text]:
    rows = [head(f"{'token':<8} {'holding':>18} {'frozen':>14} {'worth':>16}")]
    for token, row in sorted(watch.desk.balances().items()):
        if row.holding or row.frozen:
            worth = watch.worth_of(token)
            rows.append(Text(f"{token:<8} {number(row.holding, 18)} {number(row.frozen, 14)} {number(worth, 16)}"))
    rows.append(head(f"{'in all':<8} {'':>18} {'':>14} {number(watch.worth, 16)}"))
    if watch.worth_before is not None:
        rows.append(Text(f"{'since this screen opened':<42} {watch.worth - watch.worth_before:>+16.2f}"))
    return rows


def _positions(watch: Watch) -> list[Text]:
    rows = [head(f"{'position':<18} {'side':<5} {'holding':>12} {'entry':>12} {'mark':>12} {'profit':>12}")]
    held = [position for position in watch.desk.positions().values() if position.holding]
    for row in held:
        mark = watch.position_marks.get((row.symbol, row.side))
        profit = None if mark is None else ((mark - row.average_open_price) * row.holding).quantize(Decimal("0.01"))
        rows.append(
            Text.assemble(
                f"{row.symbol:<18} {row.side.value:<5} {number(row.holding, 12)} {number(row.average_open_price, 12)} ",
                f"{number(mark, 12)} ",
                (f"{'' if profit is None else format(profit, '+f'):>12}", UP if profit and profit > 0 else DOWN),
            )
        )
    return rows if held else [head("Positions"), Text("none", style=FAINT)]


def _gate(watch: Watch, width: int) -> list[Text]:
    gate = watch.desk.account.gate
    meters = [
        gauge(
            meter.name, meter.share, f"{'?' if meter.used is None else f'{meter.used:.4g}'} of {meter.limit:f}", width
        )
        for meter in gate.meters(watch.setting.symbol)
    ]
    refused = ", ".join(f"{count} x {name}" for name, count in watch.desk.violations.items())
    return [
        head(f"The gate, for {watch.setting.symbol}"),
        *(meters or [Text("no limit fills up here", style=FAINT)]),
        Text(f"refused so far: {refused or 'nothing'}", style=DOUBT if refused else FAINT),
    ]
