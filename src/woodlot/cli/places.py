"""This file is where the command line keeps what it remembers: settings in one folder, what passes in another.

WOODLOT_HOME puts both below one folder of your choice.
"""

import os
from pathlib import Path


def settings() -> Path:
    """Return the folder of profiles and preferences."""
    home = os.environ.get("WOODLOT_HOME")
    if home:
        return Path(home) / "config"
    from platformdirs import user_config_path

    return user_config_path("woodlot")


def state() -> Path:
    """Return the folder of what can be lost: the running sandbox, the kill switch."""
    home = os.environ.get("WOODLOT_HOME")
    if home:
        return Path(home) / "state"
    from platformdirs import user_state_path

    return user_state_path("woodlot")
