"""This file is how the demo looks in a terminal."""

from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from woodlot.desk.live_book import LiveBook

if TYPE_CHECKING:
    from woodlot.cli.scenes import Figure, Scene

_BAR_WIDTH = 24
_SHOWN_LEVELS = 3


class Narrator:
    """Tell what happens, scene by scene; silent when a program listens."""

    def __init__(self, *, is_silent: bool) -> None:
        self._console = Console(quiet=is_silent, highlight=False)

    def open(self, address: str, *, seed: int) -> None:
        self._console.print(f"[bold]woodlot[/] runs the guide's six uses against an exchange of its own, {address}")
        self._console.print(f"[dim]seed {seed}: the same market every time[/]")

    def begin(self, scene: "Scene") -> None:
        self._console.print(f"\n[bold cyan]{scene.number}  {scene.title}[/]")

    def say(self, text: str) -> None:
        self._console.print(Text(f"   {text}"))

    def levels(self, book: LiveBook) -> None:
        bids, asks = book.levels(_SHOWN_LEVELS)
        widest = max(size for _, size in (*bids, *asks))
        for price, size in reversed(asks):
            self._level(price, size, widest, "red")
        for price, size in bids:
            self._level(price, size, widest, "green")

    def end(self, scene: "Scene") -> None:
        for figure in scene.figures:
            if not figure.is_ok:
                self._console.print(
                    f"   [bold red]{figure.name}: shown {figure.shown}, the ledger says {figure.ledger}[/]"
                )
        checked = sum(figure.ledger is not None for figure in scene.figures)
        mark = "[green]✓[/]" if scene.is_ok else "[red]✗[/]"
        self._console.print(f"   {mark} [dim]{checked} figures held against the ledger, {scene.seconds:.1f} s[/]")

    def summarise(self, scenes: "list[Scene]", *, seconds: float) -> None:
        """End with every figure beside the ledger's."""
        table = Table(title="\nWhat was shown, and what the exchange's ledger says", title_justify="left")
        for heading in ("figure", "shown", "ledger", ""):
            table.add_column(heading, overflow="fold")
        for scene in scenes:
            table.add_row(f"[bold]{scene.number}  {scene.title}[/]")
            for figure in scene.figures:
                table.add_row(f"   {figure.name}", _short(figure.shown), *_verdict(figure))
            table.add_section()
        self._console.print(table)
        is_ok = all(scene.is_ok for scene in scenes)
        verdict = "[green]everything agrees[/]" if is_ok else "[bold red]something does not agree[/]"
        self._console.print(f"{verdict} [dim]({seconds:.1f} s)[/]")

    def _level(self, price: Decimal, size: Decimal, widest: Decimal, colour: str) -> None:
        bar = "█" * max(1, round(size / widest * _BAR_WIDTH))
        self._console.print(f"   {format(price, 'f'):>12} {format(size, 'f'):>14}  [{colour}]{bar}[/]")


def _verdict(figure: "Figure") -> tuple[str, str]:
    if figure.ledger is None:
        return "", ""
    return _short(figure.ledger), "[green]✓[/]" if figure.is_ok else "[red]✗[/]"


def _short(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple):
        return "equal" if value else ""
    if isinstance(value, list):
        return f"{len(value)} ids"  # pyright: ignore[reportUnknownArgumentType] - only its length is shown
    return "yes" if value is True else str(value)
