"""This file is the book on the screen: the ladder with bars, our own orders in it, and what follows from it."""

from decimal import Decimal
from itertools import accumulate

from rich.text import Text

from woodlot.desk.own_orders import OwnLevel
from woodlot.tui.drawing import DOUBT, DOWN, FAINT, UP, bar, fitted, head, number
from woodlot.tui.watch import Watch

# Price, size, total and our own, with spaces between.
_COLUMNS_WIDTH = 50
_IMBALANCE_LEVELS = 5
_DEPTH_LEVELS = 50
_DEPTH_ROWS = 6


def draw_book(watch: Watch, width: int, height: int) -> list[Text]:
    """Draw asks above, bids below, as many levels as there is room for, the depth chart where there is more."""
    book = watch.book
    if not book.is_readable:
        return fitted([head("The book is being rebuilt"), Text(book.reason, style=DOUBT)], height)
    charted = height >= 40
    levels = max(1, (height - 4 - (_DEPTH_ROWS + 1 if charted else 0)) // 2)
    view = book.own_view(levels)
    bids, asks = view.bids[:levels], view.asks[:levels]
    widest = max((sum((level.size for level in side), Decimal(0)) for side in (bids, asks)), default=Decimal(1))
    bars = max(4, width - _COLUMNS_WIDTH)
    rows = [
        _figures(watch),
        Text(f"{'price':>12} {'size':>14} {'total':>14} {'ours':>6}", style=FAINT),
        *reversed(_side(asks, widest, bars, DOWN)),
        Text(f"{number(book.mid, 12)} {'mid':<6} spread {number(book.spread)}", style="bold"),
        *_side(bids, widest, bars, UP),
    ]
    return fitted([*rows, *(_depth_chart(watch, width) if charted else ())], height)


def _figures(watch: Watch) -> Text:
    book = watch.book
    imbalance, micro = book.imbalance(_IMBALANCE_LEVELS), book.micro_price
    leaning = "" if imbalance is None else f"{imbalance:+.2f}"
    return head(f"{book.symbol}  micro {'' if micro is None else format(micro, '.8f')}  imbalance {leaning}")


def _side(levels: tuple[OwnLevel, ...], widest: Decimal, width: int, colour: str) -> list[Text]:
    totals = accumulate(level.size for level in levels)
    return [
        Text.assemble(
            f"{number(level.price, 12)} {number(level.size, 14)} {number(total, 14)} ",
            (f"{'◆ ' + number(level.own) if level.own else '':>6} ", "bold"),
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
