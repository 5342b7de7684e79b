"""This file is how a file with a secret is read and written: by its owner alone, looked at anew every time."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from woodlot.cli.refusals import KeysMissing

_LARGEST_BYTES = 65_536


def read_private(path: Path) -> str:
    """Return the text of a file that only we can read.

    Raises KeysMissing, with the remedy, for a link, for a file of somebody else, for one that others can open. The
    checks are made on the open file, so that it cannot be changed for another one between check and reading.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise KeysMissing(f"{path} is not there", hint="check the path, or add the profile again") from None
    except OSError as error:
        if path.is_symlink():
            raise KeysMissing(f"{path} is a link", hint="name the file itself") from None
        problem = error.strerror or "cannot be opened"
        raise KeysMissing(f"{path}: {problem}", hint=f"only you should own it: chown $USER {path}") from error
    try:
        _check(path, os.fstat(handle))
        return os.read(handle, _LARGEST_BYTES).decode()
    except UnicodeDecodeError:
        raise KeysMissing(f"{path} is not text", hint="key on the first line, secret on the second") from None
    finally:
        os.close(handle)


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read; it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeysMissing(f"{path} is not a file", hint="name a file with the key and the secret in it")
    if found.st_uid != os.geteuid():
        raise KeysMissing(
            f"{path} belongs to somebody else", hint=f"make a copy of your own: install -m 600 {path} ..."
        )
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise KeysMissing(f"{path} can be opened by others (mode {mode:04o})", hint=f"chmod 600 {path}")
