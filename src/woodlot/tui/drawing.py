"""This file is the small parts that the panels are drawn with. Nothing here is told by colour alone."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from rich.text import Text

UP, DOWN, DOUBT, FAINT = "green", "red", "yellow", "dim"
_NEARLY = 0.8
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


def gauge(name: str, share: float, told: str, width: int) -> Text:
    """Return a limit, how much of it is used, in a bar and in words; amber from four fifths on."""
    length_of_bar = max(8, min(40, width - 60))
    filled = bar(share, length_of_bar)
    return Text.assemble(
        f"{name:<34.34} ", (f"{filled:░<{length_of_bar}}", DOUBT if share >= _NEARLY else UP), f" {told}"
    )


def length(seconds: float) -> str:
    """Return a length of time in at most seven characters.

    >>> length(7.2), length(123), length(86_399)
    ('7 s', '2m03s', '23h59m')
    """
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{minutes}m{whole % 60:02}s" if not hours else f"{hours}h{minutes:02}m"


def number(value: Decimal | None, width: int = 0) -> str:
    """Return a number in plain digits, to the right of its column."""
    return f"{'' if value is None else format(value, 'f'):>{width}}"


def decimals(prices: Iterable[Decimal]) -> int:
    """Return how many decimals show all of these below each other: the wire leaves out zeros at the end.

    >>> decimals([Decimal("0.0541"), Decimal("0.05409"), Decimal("1E+2")])
    5
    """
    return max((0, *(-int(price.as_tuple().exponent) for price in prices)))


def fitted(rows: Sequence[Text], height: int) -> list[Text]:
    """Return as many rows as there is room for."""
    return list(rows[: max(1, height)])


def head(text: str) -> Text:
    return Text(text, style="bold")
