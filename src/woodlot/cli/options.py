"""This file is the options that every command takes."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter

from woodlot.cli.output import Form

_GROUP = Group("Everywhere", sort_key=100)


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, slots=True, kw_only=True)
class Everywhere:
    """Where to, in which form, and how much is said."""

    profile: Annotated[str | None, Parameter(name=("--profile", "-p"), help="Where to trade, and as whom.")] = None
    output: Annotated[Form | None, Parameter(name=("--output", "-o"), help="The form of the data on stdout.")] = None
    timeout: Annotated[float, Parameter(help="Seconds that a call may take, its retries included.")] = 15.0
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"), negative="", help="No words on stderr.")] = False
    verbose: Annotated[bool, Parameter(name=("--verbose", "-v"), negative="", help="The log on stderr.")] = False


EVERYWHERE = Everywhere()
_TAKING_VALUES = frozenset({"--profile", "-p", "--output", "-o", "--timeout"})
_FLAGS = frozenset({"--quiet", "-q", "--verbose", "-v"})


def behind_the_command(tokens: list[str]) -> list[str]:
    """Move options that stand before the command behind it: `-p live doctor` means `doctor -p live`.

    >>> behind_the_command(["-p", "live", "doctor", "--strict"])
    ['doctor', '-p', 'live', '--strict']
    """
    at = 0
    while at < len(tokens):
        word = tokens[at]
        if word in _TAKING_VALUES:
            at += 2
        elif word in _FLAGS or word.partition("=")[0] in _TAKING_VALUES:
            at += 1
        else:
            break
    leading, rest = tokens[:at], tokens[at:]
    words = next((n for n, word in enumerate(rest) if word.startswith("-")), len(rest))
    return [*rest[:words], *leading, *rest[words:]]


def asked_form(tokens: list[str]) -> Form | None:
    """Return what -o asks for, even where the command line as a whole makes no sense."""
    for at, word in enumerate(tokens):
        name, equals, value = word.partition("=")
        if name in {"-o", "--output"}:
            wanted = value if equals else (tokens[at + 1] if at + 1 < len(tokens) else "")
            return next((form for form in Form if form.value == wanted), None)
    return None
