"""This file is `woodlot sandbox`: the exchange in the foreground, and the one in the background that commands share."""

from typing import Annotated

from cyclopts import Parameter

from woodlot.cli import background
from woodlot.cli.options import EVERYWHERE, Everywhere
from woodlot.cli.output import Printer
from woodlot.cli.refusals import NotThere
from woodlot.cli.sandbox import app as app

COLUMNS = ("running", "pid", "rest_url", "ws_url", "seed")


@app.command
def start(*, everywhere: Everywhere = EVERYWHERE) -> None:
    """Start a sandbox in the background: every command without a profile uses it until it is stopped.

    It ends by itself when nothing has used it for half an hour.

    Example: woodlot sandbox start
    """
    printer = Printer(everywhere.output, is_quiet=everywhere.quiet)
    _show(printer, background.running() or background.start(printer.say))


@app.command
def status(*, everywhere: Everywhere = EVERYWHERE) -> None:
    """Say whether a sandbox runs in the background, and where.

    Example: woodlot sandbox status
    """
    found = background.running()
    if found is None:
        raise NotThere("no sandbox runs in the background", hint="start one with: woodlot sandbox start")
    _show(Printer(everywhere.output, is_quiet=everywhere.quiet), found)


@app.command
def stop(
    *,
    quietly: Annotated[bool, Parameter(negative="", help="It is no failure if none runs.")] = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """End the sandbox in the background, with everything in it.

    Example: woodlot sandbox stop --quietly
    """
    if not background.stop() and not quietly:
        raise NotThere("no sandbox runs in the background", hint="start one with: woodlot sandbox start")
    Printer(everywhere.output, is_quiet=everywhere.quiet).say("the sandbox in the background is gone")


def _show(printer: Printer, found: background.Running) -> None:
    printer.one(
        COLUMNS,
        {
            "running": True,
            "pid": found.pid,
            "rest_url": found.rest_url,
            "ws_url": found.ws_url,
            "seed": found.seed,
        },
    )
