"""This file is what goes wrong with one REST call: what it meets on its way in, and what becomes of its reply."""

from dataclasses import dataclass
from typing import Final

from woodlot.sandbox.faults import Faults
from woodlot.sandbox.gate import Reply, refused, too_many_requests
from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.replies import NO_UPSTREAM

LOST: Final = "lost"
HALF: Final = "half"


@dataclass(frozen=True, slots=True)
class Mishap:
    """What happens to one call. `before` comes in place of the effect, `after` in place of the reply alone."""

    delay_ms: int = 0
    before: str = ""
    after: str = ""
    slow_ms: int = 0
    is_early: bool = False


_NONE = Mishap()


def mishap(faults: Faults, *, method: str, path: str) -> Mishap:
    """Draw what happens to a call."""
    if not faults.any_on:
        return _NONE
    subject = f"{method}:{path}"
    delay = faults.strike("rest.delay", subject=subject)
    before = faults.strike("rest.before", subject=subject)
    if before is not None:
        return Mishap(delay_ms=delay.length_ms if delay else 0, before=before.word)
    after = faults.strike("rest.after", subject=subject)
    slow = faults.strike("rest.slow", subject=subject)
    return Mishap(
        delay_ms=delay.length_ms if delay else 0,
        after=after.word if after else "",
        slow_ms=slow.length_ms if slow else 0,
        is_early=faults.strike("private.early", subject=subject) is not None,
    )


def in_place_of_a_reply(word: str) -> Reply:
    """Return what a caller gets who does not get the reply."""
    return _REPLIES[word]


def _page(status: int, title: str) -> Reply:
    """What a load balancer says when what is behind it does not answer."""
    page = f"<html><head><title>{status} {title}</title></head><body><h1>{title}</h1></body></html>"
    return Reply(status, page.encode(), content_type="text/html")


def _text_code(code: str, message: str, *, status: int) -> Reply:
    # "`code` as string" (rest-v3 §3.2), as recorded.
    return Reply(status, f'{{"success":false,"code":"{code}","message":"{message}"}}'.encode())


_REPLIES: Final[dict[str, Reply]] = {
    "empty": Reply(200, b""),
    "html": _page(200, "Please wait"),
    "gateway": Reply(200, NO_UPSTREAM),
    "maintenance": _text_code("-1011", "The system is under maintenance.", status=400),
    "429": refused(too_many_requests()),
    "500": refused(Refusal(-1000, "An internal error has occurred.", http_status=500)),
    "502": _page(502, "Bad Gateway"),
    "503": _page(503, "Service Unavailable"),
    "504": _page(504, "Gateway Timeout"),
}
