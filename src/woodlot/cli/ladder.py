"""This file is how a book looks in a terminal: asks above, bids below, bars as long as what rests there."""

from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.text import Text

from woodlot.book.numbers import Priced
from woodlot.tui.drawing import decimals

if TYPE_CHECKING:
    from woodlot.desk.live_book import LiveBook

_BAR_WIDTH = 30
# Around the ladder: the line on top, the spread, the prompt below.
_OTHER_LINES = 5


def ladder(live: "LiveBook", levels: int, console: Console) -> RenderableType:
    """Draw a book as it is now, as many levels as the window has room for."""
    head = Text(f"{live.symbol}  {live.state.value} for {live.age_s:.1f} s", style="bold")
    if not live.is_readable:
        return Group(head, Text(f"it is being rebuilt: {live.reason}", style="yellow"))
    bids, asks = live.levels(max(1, min(levels, (console.height - _OTHER_LINES) // 2)))
    widest = max((size for _, size in (*bids, *asks)), default=Decimal(1))
    bar = "█" if "utf" in console.encoding.lower() else "#"
    digits = decimals(price for price, _ in (*bids, *asks))
    return Group(
        head,
        *(_level(level, digits, widest, bar, "red") for level in reversed(asks)),
        Text(f"{'spread':>14} {live.spread if live.spread is not None else '':>16}", style="dim"),
        *(_level(level, digits, widest, bar, "green") for level in bids),
    )


def _level(level: Priced, digits: int, widest: Decimal, bar: str, colour: str) -> Text:
    price, size = level
    length = max(1, round(size / widest * _BAR_WIDTH))
    return Text.assemble(f"{price:>14.{digits}f} {size:>16f}  ", (bar * length, colour))
