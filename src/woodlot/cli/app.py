"""This file is the `woodlot` command: its subcommands and what they share."""

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from woodlot import __version__
from woodlot.cli import demo, sandbox
from woodlot.errors import WoodlotError

app = App(
    name="woodlot",
    help="Trade on WOO X, or on an exchange of your own.",
    version=__version__,
    version_flags=["--version"],
)

app.command(demo.demo)
app.command(sandbox.app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code: 0 ok, 1 error, 2 usage, 130 interrupted."""
    try:
        result = app(arguments, exit_on_error=False, print_error=True, result_action="return_value")
    except KeyboardInterrupt:
        sys.exit(130)
    except WoodlotError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except CycloptsError:
        sys.exit(2)
    sys.exit(result or 0)
