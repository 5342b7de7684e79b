"""This file is the words of a command line before they are parsed, and of the commands that are named in answer."""

import re

from woodlot.cli.output import Form
from woodlot.cli.refusals import Usage

_TAKING_VALUES = frozenset({"--profile", "-p", "--output", "-o", "--timeout"})
_FLAGS = frozenset({"--quiet", "-q", "--verbose", "-v"})
# Those that mean another account with another profile.
_OF_A_PROFILE = re.compile(
    r"\bwoodlot (?=(?:book|trades|ticker|candles|symbols|tui|buy|sell|cancel|orders|fills|balance|positions|order|algo"
    r"|account|risk|kill|deadman|doctor)\b)"
)


def behind_the_command(tokens: list[str]) -> list[str]:
    """Move options that stand before the command behind it: `-p live doctor` means `doctor -p live`.

    Raises Usage where nothing but options was typed.

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
    if leading and not rest:
        raise Usage(f"{' '.join(leading)}: the command is missing", hint="see: woodlot --help")
    words = next((n for n, word in enumerate(rest) if word.startswith("-")), len(rest))
    return [*rest[:words], *leading, *rest[words:]]


def asked_form(tokens: list[str]) -> Form | None:
    """Return what -o asks for, even where the command line as a whole makes no sense."""
    wanted = _value_of(tokens, "--output", "-o")
    return next((form for form in Form if form.value == wanted), None)


def asked_profile(tokens: list[str]) -> str | None:
    """Return what -p asks for, even where the command line as a whole makes no sense.

    The profile of a sandbox is its market's and names no account.

    >>> asked_profile(["doctor", "-p", "live"]), asked_profile(["sandbox", "run", "--profile", "recorded"])
    ('live', None)
    """
    return None if tokens[:1] == ["sandbox"] else _value_of(tokens, "--profile", "-p")


def with_profile(text: str, profile: str | None) -> str:
    """Have the commands that a text names ask where this one asked.

    >>> with_profile("ask: woodlot order show 5", "live"), with_profile("see: woodlot profile list", "live")
    ('ask: woodlot -p live order show 5', 'see: woodlot profile list')
    """
    return text if profile is None else _OF_A_PROFILE.sub(lambda _: f"woodlot -p {profile} ", text)


def _value_of(tokens: list[str], *names: str) -> str | None:
    for at, word in enumerate(tokens):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else (tokens[at + 1] if at + 1 < len(tokens) else None)
    return None
