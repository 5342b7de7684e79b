"""This file is `woodlot sandbox`: the exchange in the foreground, and the one in the background that commands share."""

from typing import Annotated

from cyclopts import Parameter

from woodlot.cli import background
from woodlot.cli.common import COMMON, Common
from woodlot.cli.output import Printer
from woodlot.cli.refusals import NotThere
from woodlot.cli.sandbox import app as app

COLUMNS = ("running", "pid", "rest_url", "ws_url", "seed")


@app.command
def start(*, common: Common = COMMON) -> None:
    """Start a sandbox in the background: every command without a profile uses it until it is stopped.

    It ends by itself when nothing has used it for half an hour.

    Example: woodlot sandbox start
    """
    printer = Printer(common.output, is_quiet=common.quiet)
    _show(printer, background.running() or background.start(printer.say))


@app.command
def status(*, common: Common = COMMON) -> None:
    """Say whether a sandbox runs in the background, and where.

    Example: woodlot sandbox status
    """
    found = background.running()
    if found is None:
        raise NotThere("no sandbox runs in the background", hint="start one with: woodlot sandbox start")
    _show(Printer(common.output, is_quiet=common.quiet), found)


@app.command
def stop(
    *,
    quietly: Annotated[bool, Parameter(negative="", help="It is no failure if none runs.")] = False,
    common: Common = COMMON,
) -> None:
    """End the sandbox in the background, with everything in it.

    Example: woodlot sandbox stop --quietly
    """
    if not background.stop() and not quietly:
        raise NotThere("no sandbox runs in the background", hint="start one with: woodlot sandbox start")
    Printer(common.output, is_quiet=common.quiet).say("the sandbox in the background is gone")


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
