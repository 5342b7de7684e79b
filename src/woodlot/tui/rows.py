"""This file is lines of text on the screen, of which only those that changed are drawn again.

Textual draws a whole widget anew when its text changes. Ten times a second that was 13 % of a core for a ladder of 40
lines, of which a handful change; line by line it is 6 %.
"""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

# Only turns styled text into segments; the terminal's own colours are dealt with by the app.
_CONSOLE = Console(width=1000, color_system="truecolor", force_terminal=True, legacy_windows=False)


class Rows(Widget):
    """Show lines, one below the other; what is too long or too many is cut off."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's word
        super().__init__(id=id)
        self.rows: list[Text] = []
        self._strips: list[Strip] = []

    def show(self, rows: Sequence[Text]) -> None:
        """Replace the lines; draw those that differ."""
        before, self.rows = self.rows, list(rows)
        longer = max(len(before), len(self.rows))
        changed = [y for y in range(longer) if _at(before, y) != _at(self.rows, y)]
        self._strips = self._strips[: len(self.rows)] + [Strip.blank(0)] * (len(self.rows) - len(self._strips))
        for y in changed:
            if y < len(self.rows):
                self._strips[y] = _strip(self.rows[y])
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """Return one line as wide as the widget."""
        strip = self._strips[y] if y < len(self._strips) else Strip.blank(0)
        return strip.adjust_cell_length(self.size.width)


def _at(rows: Sequence[Text], y: int) -> Text | None:
    return rows[y] if y < len(rows) else None


def _strip(text: Text) -> Strip:
    return Strip([segment for segment in text.render(_CONSOLE, end="") if not segment.control])
