"""This file is the small parts that the panels are drawn with. Nothing here is told by colour alone."""

from collections.abc import Sequence
from decimal import Decimal

from rich.text import Text

UP, DOWN, DOUBT, FAINT = "green", "red", "yellow", "dim"
_SPARKS = "▁▂▃▄▅▆▇█"


def bar(share: Decimal | float, width: int) -> str:
    """Return a bar of at most `width` characters."""
    return "█" * max(0, min(width, round(float(share) * width)))


def sparkline(values: Sequence[float], width: int) -> str:
    """Return the last values as a line of blocks.

    >>> sparkline([1, 2, 3, 8], 4)
    '▁▂▃█'
    """
    last = list(values)[-width:]
    if not last:
        return ""
    low, high = min(last), max(last)
    steps = (high - low) or 1.0
    return "".join(_SPARKS[round((value - low) / steps * (len(_SPARKS) - 1))] for value in last)


def number(value: Decimal | None, width: int = 0) -> str:
    """Return a number in plain digits, to the right of its column."""
    return f"{'' if value is None else format(value, 'f'):>{width}}"


def fitted(rows: Sequence[Text], height: int) -> list[Text]:
    """Return as many rows as there is room for."""
    return list(rows[: max(1, height)])


def head(text: str) -> Text:
    return Text(text, style="bold")
