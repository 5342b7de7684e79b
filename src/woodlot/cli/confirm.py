"""This file is who has to agree before something is done: nobody in the sandbox, a person everywhere else.

    what                                   terminal            script
    one order, one cancel                  y                   --yes, where it is allowed
    everything at once, kill, big batches  the profile's name  --confirm NAME

`--yes` is allowed in staging, and in live only for a profile that says `allow_yes = true`.
"""

import sys

from woodlot.cli.refusals import ConfirmationNeeded
from woodlot.cli.session import Session

LARGE_BATCH = 10
"""From so many orders on, a batch wants the profile's name."""


def agree(here: Session, what: str, *, yes: bool) -> None:
    """See that one thing is meant. Raises ConfirmationNeeded."""
    if here.is_sandbox:
        return
    may_yes = here.environment.name != "live" or here.profile.allow_yes
    if yes and may_yes:
        return
    if not _can_ask():
        hint = "add --yes" if may_yes else f"type it in a terminal, or set allow_yes = true in profile {_name(here)}"
        raise ConfirmationNeeded(f"{what}: nobody is there to agree", hint=hint)
    if _asked(f"{what}\n{here.environment.name.upper()}, profile {_name(here)}. Go on? [y/N] ") not in {"y", "yes"}:
        raise ConfirmationNeeded("not agreed; nothing was sent", hint="answer y to go on")


def agree_by_name(here: Session, what: str, *, confirm: str | None) -> None:
    """See that something large is meant: the profile's name has to be typed. Raises ConfirmationNeeded."""
    if here.is_sandbox or confirm == _name(here):
        return
    hint = f"type the profile's name, or give --confirm {_name(here)}"
    if confirm is not None:
        raise ConfirmationNeeded(f"{what}: {confirm!r} is not the profile's name", hint=hint)
    if not _can_ask():
        raise ConfirmationNeeded(f"{what}: nobody is there to agree", hint=hint)
    question = f"{what}\n{here.environment.name.upper()}. Type {_name(here)} to go on: "
    if _asked(question) != _name(here):
        raise ConfirmationNeeded("not agreed; nothing was sent", hint=hint)


def _name(here: Session) -> str:
    return here.profile.name


def _can_ask() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _asked(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()
