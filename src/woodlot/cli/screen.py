"""This file is `woodlot tui`: the screen, over whatever the profile leads to."""

import sys
from typing import Annotated

from cyclopts import Parameter

from woodlot.cli import halt
from woodlot.cli.options import EVERYWHERE, Everywhere
from woodlot.cli.refusals import KeysMissing, Usage
from woodlot.cli.session import Session, Shelf, run
from woodlot.cli.symbols import instrument_of


def tui(
    symbol: Annotated[str, Parameter(help="As BTC/USDT, BTC/USDT:USDT or SPOT_BTC_USDT.")] = "WOO/USDT",
    /,
    *,
    public: Annotated[bool, Parameter(negative="", help="Without the account: it makes no private call.")] = False,
    everywhere: Everywhere = EVERYWHERE,
) -> int:
    """Show book, trades, orders, account and health on one screen; ? lists the keys.

    It follows the account with a listen key of its own, which ends that of any bot of the same account; --public
    leaves the account alone.

    Example: woodlot tui BTC/USDT
    """

    async def show(here: Session) -> int:
        from woodlot.cli.verdict import limits_of
        from woodlot.tui.app import Screen
        from woodlot.tui.watch import Setting, watching

        # Textual reads stdin, and draws on stderr.
        if not all(stream.isatty() for stream in (sys.stdin, here.printer.out, here.printer.err)):
            raise Usage("the screen needs a terminal", hint="for a program: woodlot book WOO/USDT -o ndjson")
        instrument = await instrument_of(here.client, symbol)
        setting = Setting(
            environment=here.environment,
            credentials=None if public else here.credentials,
            profile=here.profile.name,
            symbol=instrument.symbol,
            is_sandbox=here.is_sandbox,
            limits=limits_of(here),
            stopped_because=lambda: halt.stopped_because(here.profile.name),
            stop=lambda reason: halt.stop_trading(here.profile.name, reason),
            lift=lambda: halt.allow_trading(here.profile.name),
            timeout_s=here.timeout_s,
        )
        if not public and setting.credentials is None:
            raise KeysMissing("there is no key", hint="add --public")
        async with watching(setting) as watch:
            problem = await Screen(watch).run_async()
        if problem:
            here.say(problem)
        return 1 if problem else 0

    return run(show, everywhere, private=not public, shelf=Shelf.ANY if public else Shelf.LASTING)
