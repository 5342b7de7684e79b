"""This file is what the screen asks before it does something, and the page of keys."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

HELP = """\
1 to 5    Book, Trades, Orders, Account, Health
b, s      buy or sell: QUANTITY [PRICE], at the market without one
up, down  pick a price on the ladder; b and s then mean that price
Enter     order at that price: a bid buys, an ask sells
Escape    leave the ladder
x         cancel the orders at that price, or the newest one
X         cancel every order of this symbol
K         kill: cancel everything, stop trading
R         resume trading after a kill
+ and -   trades: leave small ones out
?         this page
q         quit; open orders stay open"""


class Question(ModalScreen[str | None]):
    """Ask for one line; Escape is None."""

    CSS = """
    Question { align: center middle; }
    Question Vertical { width: 70; max-width: 95%; height: auto; border: round $primary; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question, markup=False)
            yield Input()

    def on_input_submitted(self, answered: Input.Submitted) -> None:
        self.dismiss(answered.value.strip())

    def action_leave(self) -> None:
        self.dismiss(None)


class HelpPage(ModalScreen[None]):
    """Show the keys until any of them is pressed."""

    CSS = """
    HelpPage { align: center middle; }
    HelpPage Static { width: 60; max-width: 95%; height: auto; border: round $primary; padding: 0 1; }
    """

    def compose(self) -> ComposeResult:
        yield Static(HELP, markup=False)

    def on_key(self) -> None:
        self.dismiss(None)
