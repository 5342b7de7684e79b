"""This file is what every failure means to whoever typed the command: exit code, word, whether to retry, what to do.

One table, read from the top: the first line whose class the error is of counts. docs/cli.md shows the codes.
"""

import errno
import sys
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, TypeAlias

from woodlot import errors
from woodlot.cli.refusals import ConfirmationNeeded, FiltersBroken, KeysMissing, NotThere, Usage

if TYPE_CHECKING:
    from collections.abc import Callable

Hint: TypeAlias = "str | Callable[[BaseException], str]"


class Exit(IntEnum):
    """The codes a script can branch on."""

    OK = 0
    ERROR = 1
    USAGE = 2
    NOT_FOUND = 3
    AUTHENTICATION = 4
    CONFIRMATION = 5
    RATE_LIMITED = 6
    NETWORK = 7
    REFUSED = 8
    UNKNOWN = 9
    NOT_IN_SYNC = 10
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as it is told: in words, or as JSON with -o json and -o ndjson."""

    exit: Exit
    code: str
    message: str
    retry: bool
    hint: str


def failure_of(error: BaseException) -> Failure:
    """Return what an error means. What is not in the table is an error of ours: exit code 1."""
    for kind, code, word, retry, hint in _TABLE:
        if isinstance(error, kind):
            return Failure(code, word, str(error) or _SILENT, retry, hint if isinstance(hint, str) else hint(error))
    return Failure(Exit.ERROR, "internal", f"{type(error).__name__}: {error}", False, _REPORT)


def _own_hint(error: BaseException) -> str:
    return str(getattr(error, "hint", ""))


def _ask(error: BaseException) -> str:
    order_id, client_order_id = getattr(error, "order_id", None), getattr(error, "client_order_id", None)
    noun = "algo" if _is_about_algos(error) else "order"
    if client_order_id is not None:
        return f"nothing was sent again; ask: woodlot {noun} show --client-id {client_order_id}"
    if order_id is not None:
        return f"nothing was sent again; ask: woodlot {noun} show {order_id}"
    return "nothing was sent again; ask: woodlot orders, woodlot algo list"


def _listed(error: BaseException) -> str:
    return f"see what is open with: woodlot {'algo list' if _is_about_algos(error) else 'orders'}"


def _is_about_algos(error: BaseException) -> bool:
    """Algo orders have ids and lists of their own (rest-v3 §7.3)."""
    return "algoOrder" in str(getattr(error, "endpoint", None))


def _missing(error: BaseException) -> str:
    return f"add what this needs: {sys.executable} -m pip install {getattr(error, 'name', None) or 'textual'}"


def _system(error: BaseException) -> str:
    hints = {
        errno.ENOSPC: "make room on that disk; what was written so far is whole lines, --file goes on from there",
        errno.EACCES: "check the owner and the mode of that path",
        errno.ENOENT: "check the spelling of that path",
        errno.EISDIR: "that is a directory; name a file in it",
        errno.EROFS: "that disk is read-only; choose another path",
    }
    return hints.get(getattr(error, "errno", None) or 0, "run the command again with --verbose to see more")


def _refused_topic(error: BaseException) -> str:
    return f"see: woodlot symbols {str(getattr(error, 'topic', '')).rpartition('@')[2]}".rstrip()


_REPORT = "this is a fault of woodlot; run the command again with --verbose and report what it says"
_SILENT = "no answer came in time"
_KEYS = "check the key with: woodlot doctor"

_TABLE: tuple[tuple[type[BaseException], Exit, str, bool, Hint], ...] = (
    (ConfirmationNeeded, Exit.CONFIRMATION, "confirmation_needed", False, _own_hint),
    (Usage, Exit.USAGE, "usage", False, _own_hint),
    (NotThere, Exit.NOT_FOUND, "not_found", False, _own_hint),
    (FiltersBroken, Exit.REFUSED, "filter_refused", False, _own_hint),
    (KeysMissing, Exit.AUTHENTICATION, "no_keys", False, _own_hint),
    (errors.OutcomeUnknown, Exit.UNKNOWN, "outcome_unknown", False, _ask),
    (errors.Unauthorized, Exit.AUTHENTICATION, "unauthorized", False, _KEYS),
    (errors.RateLimited, Exit.RATE_LIMITED, "rate_limited", True, "nothing happened; wait a second and try again"),
    (errors.Unavailable, Exit.NETWORK, "unavailable", True, "try again later; is it maintenance? woodlot doctor"),
    (errors.NotFound, Exit.NOT_FOUND, "not_found", False, _listed),
    (errors.FilterRefused, Exit.REFUSED, "filter_refused", False, "see the steps and bounds with: woodlot symbols"),
    (errors.InsufficientFunds, Exit.REFUSED, "insufficient_funds", False, "see what is free with: woodlot balance"),
    (errors.Rejected, Exit.REFUSED, "rejected", False, _listed),
    (errors.UnexpectedReply, Exit.ERROR, "unexpected_reply", False, "woodlot doctor compares both ends"),
    (errors.ExchangeError, Exit.REFUSED, "refused", False, _listed),
    (errors.GateRefused, Exit.REFUSED, "gate_refused", False, "see your limits with: woodlot risk"),
    (errors.ConnectionFailed, Exit.NETWORK, "connection_failed", True, "check both ends with: woodlot doctor"),
    (errors.BookNotInSync, Exit.NOT_IN_SYNC, "book_not_in_sync", True, "it rebuilds itself; try again in a moment"),
    (errors.SubscriptionRefused, Exit.NOT_FOUND, "topic_refused", False, _refused_topic),
    (errors.StreamError, Exit.NOT_IN_SYNC, "stream", True, "try again in a moment"),
    (errors.ArgumentError, Exit.USAGE, "argument", False, "add --help to the command to see what it takes"),
    (errors.DeskClosed, Exit.ERROR, "desk_closed", False, _listed),
    (errors.NotFilled, Exit.REFUSED, "not_filled", False, _listed),
    (errors.InUse, Exit.ERROR, "in_use", False, "end the other program; to look only: woodlot tui --public"),
    (errors.ConfigurationError, Exit.ERROR, "configuration", False, "check the set-up with: woodlot doctor"),
    (errors.WoodlotError, Exit.ERROR, "error", False, _REPORT),
    (TimeoutError, Exit.NETWORK, "timeout", True, "check both ends with: woodlot doctor"),
    (OSError, Exit.ERROR, "system", False, _system),
    (ModuleNotFoundError, Exit.ERROR, "not_installed", False, _missing),
)
