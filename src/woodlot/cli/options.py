"""This file is the options that commands share: those that every one takes, and those that several do."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter, Token

from woodlot.cli.output import Form
from woodlot.cli.refusals import Usage

_GROUP = Group("Everywhere", sort_key=100)
_LONGEST_TIMEOUT_S = 3600.0
_DIGITS = re.compile(r"[+-]?[0-9]{1,30}")


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, slots=True, kw_only=True)
class Everywhere:
    """Where to, in which form, and how much is said."""

    profile: Annotated[str | None, Parameter(name=("--profile", "-p"), help="Where to trade, and as whom.")] = None
    output: Annotated[Form | None, Parameter(name=("--output", "-o"), help="The form of the data on stdout.")] = None
    timeout: Annotated[float, Parameter(help="Seconds that a call may take, its retries included.")] = 15.0
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"), negative="", help="No words on stderr.")] = False
    verbose: Annotated[bool, Parameter(name=("--verbose", "-v"), negative="", help="The log on stderr.")] = False

    def held(self) -> "Everywhere":
        """Return the same if it makes sense. Raises Usage for a timeout that no call could keep."""
        if math.isfinite(self.timeout) and 0 < self.timeout <= _LONGEST_TIMEOUT_S:
            return self
        told = f"--timeout: expected seconds above 0 and up to {_LONGEST_TIMEOUT_S:g}, got {self.timeout:g}"
        raise Usage(told, hint="leave it out for 15 seconds")


EVERYWHERE = Everywhere()


def whole(_: object, tokens: Sequence[Token]) -> int:
    """Return a whole number as it was typed: 12.7 is no order id, and nothing is rounded to one."""
    text = tokens[0].value
    if not _DIGITS.fullmatch(text):
        raise ValueError(f"expected a whole number, got {text[:40]!r}")
    return int(text)


WHOLE = Parameter(converter=whole)
SymbolOption = Annotated[str | None, Parameter(help="Only of this symbol.")]
ClientIdOption = Annotated[int | None, WHOLE, Parameter(help="Your own id.")]
DryRunOption = Annotated[bool, Parameter(negative="", help="Show what would be sent, and what is said of it.")]
ConfirmOption = Annotated[str | None, Parameter(help="The profile's name, where it would be asked for.")]
YesOption = Annotated[bool, Parameter(name=("--yes", "-y"), negative="", help="Do not ask, where that is allowed.")]
