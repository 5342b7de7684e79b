"""This file is `woodlot config`: where everything lies and what holds. Nothing secret is shown."""

import platform

from woodlot import __version__
from woodlot.cli import background, places, profiles
from woodlot.cli.options import EVERYWHERE, Everywhere
from woodlot.cli.output import Printer

COLUMNS = ("version", "python", "profile", "environment", "keys_from", "settings", "state", "sandbox")


def config(*, everywhere: Everywhere = EVERYWHERE) -> None:
    """Show which profile holds, where settings and state lie, and whether a sandbox runs.

    WOODLOT_HOME puts settings and state below a folder of your choice.

    Example: woodlot config
    """
    profile = profiles.find(everywhere.profile)
    running = background.running()
    Printer(everywhere.output, is_quiet=everywhere.quiet).one(
        COLUMNS,
        {
            "version": __version__,
            "python": platform.python_version(),
            "profile": profile.name,
            "environment": profile.environment,
            "keys_from": profile.keys_from,
            "settings": str(places.settings()),
            "state": str(places.state()),
            "sandbox": None if running is None else running.rest_url,
        },
    )
