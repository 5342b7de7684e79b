"""This file is the `woodlot` command: its subcommands, and how it ends.

A subcommand is imported when it is typed, never before: `woodlot --version` has nothing to wait for.
"""

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from woodlot import __version__

if TYPE_CHECKING:
    from cyclopts import App

_MARKET, _TRADING, _MORE, _SANDBOX, _SETUP = "The market", "Trading", "Orders and safety", "Sandbox", "Set-up"
_GROUPS = (_MARKET, _TRADING, _MORE, _SANDBOX, _SETUP)
# Name -> where it is, the group in the help, what it does.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "book": ("woodlot.cli.book:book", _MARKET, "Show the live order book of a symbol."),
    "trades": ("woodlot.cli.market:trades", _MARKET, "List or follow public trades, or save them to a file."),
    "ticker": ("woodlot.cli.market:ticker", _MARKET, "Show the last 24 hours of symbols."),
    "candles": ("woodlot.cli.market:candles", _MARKET, "List candles, or save any span of them to a file."),
    "symbols": ("woodlot.cli.market:symbols", _MARKET, "List what can be traded, with its steps and bounds."),
    "tui": ("woodlot.cli.screen:tui", _MARKET, "Show all of it on one screen, moving."),
    "buy": ("woodlot.cli.trading:buy", _TRADING, "Buy, at a price or at the market."),
    "sell": ("woodlot.cli.trading:sell", _TRADING, "Sell, at a price or at the market."),
    "cancel": ("woodlot.cli.orders:cancel", _TRADING, "Cancel orders by id, or all of them."),
    "orders": ("woodlot.cli.orders:orders", _TRADING, "List orders."),
    "fills": ("woodlot.cli.orders:fills", _TRADING, "List what was executed, or save any span of it to a file."),
    "balance": ("woodlot.cli.account:balance", _TRADING, "Show what the account holds."),
    "positions": ("woodlot.cli.account:positions", _TRADING, "Show the open positions."),
    "order": ("woodlot.cli.order:app", _MORE, "One order: what became of it, and changing it."),
    "algo": ("woodlot.cli.algo:app", _MORE, "Orders that wait for a price."),
    "account": ("woodlot.cli.account:app", _MORE, "The account: modes, collateral, fees, keys."),
    "risk": ("woodlot.cli.safety:risk", _MORE, "Show the limits that every order is held to."),
    "kill": ("woodlot.cli.safety:kill", _MORE, "Cancel every order and refuse new ones."),
    "deadman": ("woodlot.cli.safety:deadman", _MORE, "Have the exchange cancel everything once you fall silent."),
    "profile": ("woodlot.cli.profile:app", _SETUP, "Where to trade, as whom, and what may go without a question."),
    "config": ("woodlot.cli.config:config", _SETUP, "Show what holds, and where it lies."),
    "doctor": ("woodlot.cli.doctor:doctor", _SETUP, "Look at everything that trading depends on."),
    "completion": ("woodlot.cli.completion:completion", _SETUP, "Print the completion script of a shell."),
    "init": ("woodlot.cli.init:init", _SETUP, "Write a first bot."),
    "demo": ("woodlot.cli.demo:demo", _SANDBOX, "Run the six uses of the guide and show what happened."),
    "sandbox": ("woodlot.cli.exchange:app", _SANDBOX, "The exchange itself, on this machine."),
    "chaos": ("woodlot.cli.chaos:chaos", _SANDBOX, "Let something go wrong, and watch it heal."),
}


def build(wanted: str = "") -> "App":
    """Return the command with all its subcommands, none of them imported.

    The one that is wanted explains itself at length; what is said here of the others spares importing them.
    """
    from cyclopts import App, Group

    app = App(
        name="woodlot",
        help="Trade on WOO X, or on an exchange of your own.\n\nExample: woodlot book WOO/USDT",
        version=__version__,
        version_flags=["--version"],
        help_format="plaintext",
    )
    groups = {name: Group(name, sort_key=order) for order, name in enumerate(_GROUPS)}
    for name, (path, group, text) in COMMANDS.items():
        app.command(path, name=name, help=None if name == wanted else text, group=groups[group])
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code; docs/cli.md lists the codes."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    if tokens == ["--version"]:
        print(__version__)
        sys.exit(0)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets a question mark, not an error.
        with contextlib.suppress(AttributeError, OSError):
            stream.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - text files have it
    sys.exit(_finish(tokens))


def _finish(tokens: list[str]) -> int:
    try:
        code = _carry_out(tokens)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has read enough, as in `| head`; what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        # What stays open at the exchange has been said by the command itself.
        return 130
    except Exception as error:  # noqa: BLE001 - the last place where it can become a sentence and a code
        from woodlot.cli.report import tell

        return tell(error, tokens)
    return code


def _carry_out(tokens: list[str]) -> int:
    from woodlot.cli.words import behind_the_command

    words = behind_the_command(tokens)
    command = build(words[0] if words else "")
    result = command(words, exit_on_error=False, print_error=False, result_action="return_value")
    return result if isinstance(result, int) else 0
