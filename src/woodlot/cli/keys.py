"""This file is where a profile's API key comes from. Only a call that needs a key reads one, and it keeps no copy."""

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any, cast

from woodlot.cli import age_file
from woodlot.cli.private_file import read_private
from woodlot.cli.profiles import Profile
from woodlot.cli.refusals import KeysMissing
from woodlot.config import Credentials

_SERVICE = "woodlot"
_COMMAND_WITHIN_S = 60
_SHAPE = "it must give the key on its first line and the secret on its second, or JSON with `key` and `secret`"


def credentials_of(profile: Profile) -> Credentials:
    """Return the key of a profile. Raises KeysMissing; what it says holds nothing of what was read."""
    if profile.secret_command is not None:
        return parsed(_printed(profile.secret_command), f"the secret_command of {profile.name}")
    if profile.secret_file is not None:
        return parsed(read_private(Path(profile.secret_file).expanduser()), profile.secret_file)
    if profile.age_file is not None:
        identity = None if profile.age_identity is None else Path(profile.age_identity).expanduser()
        return parsed(age_file.decrypted(Path(profile.age_file).expanduser(), identity), profile.age_file)
    if profile.keyring:
        return parsed(_from_keyring(profile.name), "the keyring")
    return _from_variables(profile)


def parsed(text: str, origin: str) -> Credentials:
    """Read a key and its secret from what a command printed or a file holds."""
    pair = _from_json(text) if text.lstrip().startswith("{") else text.split()
    if len(pair) != 2 or not all(pair):
        raise KeysMissing(f"{origin} does not give a key and a secret", hint=_SHAPE)
    return Credentials(*pair)


def keep_in_keyring(name: str, credentials: Credentials) -> None:
    """Store a key in the system's keyring. Raises KeysMissing where none works."""
    backend = _keyring()
    try:
        backend.set_password(_SERVICE, name, json.dumps({"key": credentials.key, "secret": credentials.secret}))
    except Exception as error:  # noqa: BLE001 - a keyring's backends raise what they like; it may quote the secret
        raise KeysMissing("the keyring refused", hint=_WITHOUT_KEYRING) from type(error)()


_WITHOUT_KEYRING = "use --secret-command, for example with pass, or --age-file"


def _from_json(text: str) -> list[str]:
    try:
        table: Any = json.loads(text)
    except ValueError:
        return []
    fields = cast("dict[str, Any]", table)
    return [str(fields.get(name) or "") for name in ("key", "secret")]


def _printed(command: str) -> str:
    try:
        words = shlex.split(command)
        # It may ask on the terminal; what it prints as an error is the user's to see, its output is not.
        done = subprocess.run(words, stdout=subprocess.PIPE, timeout=_COMMAND_WITHIN_S, check=False, text=True)  # noqa: S603 - the user's own command, without a shell
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise KeysMissing(f"the secret_command cannot be run: {reason}", hint=f"try it yourself: {command}") from None
    if done.returncode:
        raise KeysMissing(f"the secret_command ended with {done.returncode}", hint=f"try it yourself: {command}")
    return done.stdout


def _from_keyring(name: str) -> str:
    try:
        text = _keyring().get_password(_SERVICE, name)
    except Exception as error:  # noqa: BLE001 - a keyring's backends raise what they like
        raise KeysMissing("the keyring cannot be read", hint=_WITHOUT_KEYRING) from type(error)()
    if text is None:
        raise KeysMissing(
            f"the keyring holds no key for {name}", hint=f"woodlot profile add {name} --keyring --stdin < FILE"
        )
    return str(text)


def _keyring() -> Any:
    try:
        import keyring  # pyright: ignore[reportMissingImports] - there where a desktop is
    except ModuleNotFoundError:
        raise KeysMissing("no keyring is installed", hint="pip install keyring, or use --secret-command") from None
    return cast("Any", keyring)


def _from_variables(profile: Profile) -> Credentials:
    prefix = f"WOODLOT_{profile.environment.upper()}_API_"
    values = {name: os.environ.get(prefix + name, "") for name in ("KEY", "SECRET")}
    for name, value in values.items():
        if not value:
            raise KeysMissing(
                f"profile {profile.name} has no key: {prefix}{name} is not set",
                hint=f"woodlot profile add {profile.name} --secret-command 'pass show ...', or set both variables",
            )
    return Credentials(values["KEY"], values["SECRET"])
