"""This file is a key that lies encrypted with age: opened by the `age` command, each time it is needed.

The identity that opens it is a file of its own and held to the rules of a private file; the encrypted one may lie
anywhere. Plain text passes through pipes only.
"""

import subprocess
from pathlib import Path

from woodlot.cli.private_file import read_private
from woodlot.cli.refusals import KeysMissing

_WITHIN_S = 60


def decrypted(file: Path, identity: Path | None) -> str:
    """Return what an age file holds. Without an identity it was encrypted with a passphrase, and age asks for it.

    Raises KeysMissing, with the remedy; what it says holds nothing of what was read.
    """
    if not file.is_file():
        raise KeysMissing(f"{file} is not there", hint="check the path, or add the profile again")
    opener: list[str] = []
    if identity is not None:
        read_private(identity)
        opener = ["--identity", str(identity)]
    return _ran(["age", "--decrypt", *opener, str(file)], "", f"{file} cannot be opened")


def encrypt(text: str, file: Path, identity: Path) -> None:
    """Write a new age file that only this identity opens. Raises KeysMissing."""
    if file.exists() or file.is_symlink():
        raise KeysMissing(f"{file} is there already", hint="remove it, or name another file")
    read_private(identity)
    recipient = _ran(["age-keygen", "-y", str(identity)], "", f"{identity} is no age identity").split()[-1]
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _ran(["age", "--encrypt", "--recipient", recipient, "--output", str(file)], text, f"{file} cannot be written")


def _ran(words: list[str], text: str, problem: str) -> str:
    try:
        # age asks for a passphrase on the terminal itself, and says on stderr what it does not like.
        done = subprocess.run(  # noqa: S603 - words of our own and paths of the profile, without a shell
            words, input=text, stdout=subprocess.PIPE, timeout=_WITHIN_S, check=False, text=True
        )
    except FileNotFoundError:
        raise KeysMissing(f"{words[0]} is not installed", hint="install age, or use --secret-command") from None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise KeysMissing(f"{problem}: {type(error).__name__}", hint=f"try it yourself: {' '.join(words)}") from None
    if done.returncode:
        raise KeysMissing(f"{problem}: {words[0]} ended with {done.returncode}", hint=f"try it: {' '.join(words)}")
    return done.stdout
