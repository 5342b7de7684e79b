"""This file is the book on the screen: the ladder with bars, our own orders in it, and what follows from it."""

from decimal import Decimal
from itertools import accumulate

from rich.text import Text

from woodlot.desk.own_orders import OwnLevel
from woodlot.tui.drawing import DOUBT, DOWN, FAINT, UP, bar, decimals, fitted, head, number
from woodlot.tui.watch import Watch

# The cursor, price, size, total and our own, with spaces between.
_COLUMNS_WIDTH = 52
_IMBALANCE_LEVELS = 5
_DEPTH_LEVELS = 50
_DEPTH_ROWS = 6
_CHARTED_FROM = 36


def draw_book(watch: Watch, width: int, height: int) -> list[Text]:
    """Draw asks above, bids below, as many levels as there is room for, the depth chart where there is more."""
    book = watch.book
    if not book.is_readable:
        return fitted([head("The book is being rebuilt"), Text(book.reason, style=DOUBT)], height)
    bids, asks = _levels(watch, height)
    widest = max((sum((level.size for level in side), Decimal(0)) for side in (bids, asks)), default=Decimal(1))
    bars = max(4, width - _COLUMNS_WIDTH)
    rows = [
        _figures(watch),
        Text(f" {'price':>12} {'size':>14} {'total':>14} {'ours':>7}", style=FAINT),
        *reversed(_side(asks, widest, bars, DOWN, watch.cursor)),
        _middle(watch),
        *_side(bids, widest, bars, UP, watch.cursor),
    ]
    return fitted([*rows, *(_depth_chart(watch, width) if height >= _CHARTED_FROM else ())], height)


def moved(watch: Watch, step: int, height: int) -> Decimal | None:
    """Return the price so many rows further down the ladder; from nowhere, the touch in that direction."""
    if not watch.book.is_readable:
        return watch.cursor
    bids, asks = _levels(watch, height)
    prices = [level.price for level in (*reversed(asks), *bids)]
    if not prices:
        return None
    if watch.cursor is None:
        touch = len(asks) if step > 0 else len(asks) - 1
        return prices[min(max(touch, 0), len(prices) - 1)]
    below = sum(price > watch.cursor for price in prices)
    # Where its level is gone, the row below it is the first that a step down comes to.
    is_there = below < len(prices) and prices[below] == watch.cursor
    return prices[min(max(below + step - (0 if is_there or step < 0 else 1), 0), len(prices) - 1)]


def _levels(watch: Watch, height: int) -> tuple[tuple[OwnLevel, ...], tuple[OwnLevel, ...]]:
    chart = _DEPTH_ROWS + 1 if height >= _CHARTED_FROM else 0
    count = max(1, (height - 3 - chart) // 2)
    view = watch.book.own_view(count)
    return view.bids[:count], view.asks[:count]


def _middle(watch: Watch) -> Text:
    book = watch.book
    at = "" if watch.cursor is None else f"  cursor {number(watch.cursor)} (Enter, x, Esc)"
    return Text(f" {number(book.mid, 12)} mid  spread {number(book.spread)}{at}", style="bold")


def _figures(watch: Watch) -> Text:
    book = watch.book
    imbalance, micro = book.imbalance(_IMBALANCE_LEVELS), book.micro_price
    leaning = "" if imbalance is None else f"{imbalance:+.2f}"
    return head(f"{book.symbol}  micro {'' if micro is None else format(micro, '.8f')}  imbalance {leaning}")


def _side(levels: tuple[OwnLevel, ...], widest: Decimal, width: int, colour: str, cursor: Decimal | None) -> list[Text]:
    totals = accumulate(level.size for level in levels)
    digits = decimals(level.price for level in levels)
    return [
        Text.assemble(
            ">" if level.price == cursor else " ",
            (f"{level.price:>12.{digits}f}", "reverse" if level.price == cursor else ""),
            f" {number(level.size, 14)} {number(total, 14)} ",
            (f"{'◆ ' + number(level.own) if level.own else '':>7} ", "bold"),
            (bar(total / widest if widest else 0, width), colour),
        )
        for level, total in zip(levels, totals, strict=True)
    ]


def _depth_chart(watch: Watch, width: int) -> list[Text]:
    """Draw what rests within each level of the touch, bids to the left, asks to the right."""
    bids, asks = watch.book.levels(_DEPTH_LEVELS)
    half = max(10, (width - 2) // 2)
    left = _heights([size for _, size in bids], half)[::-1]
    right = _heights([size for _, size in asks], half)
    most = max([*left, *right], default=Decimal(1)) or Decimal(1)
    rows = [Text("depth", style=FAINT)]
    for row in range(_DEPTH_ROWS, 0, -1):
        floor = most * (row - 1) / _DEPTH_ROWS
        marks = [["█" if total > floor else " " for total in side] for side in (left, right)]
        rows.append(Text.assemble(("".join(marks[0]), UP), " ", ("".join(marks[1]), DOWN)))
    return rows


def _heights(sizes: list[Decimal], width: int) -> list[Decimal]:
    totals = list(accumulate(sizes))
    return [totals[column * len(totals) // width] for column in range(width)] if totals else []
