"""This file is how a point in time may be typed: a date, an ISO time, milliseconds, or how long ago."""

import re
import time
from datetime import UTC, datetime, timedelta

from woodlot.cli.refusals import Usage

_AGO = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_HINT = "write 2026-01-31, 2026-01-31T12:00, 1786346559914 (ms) or 3h (ago); times are UTC"


def moment(text: str | None, option: str, *, now: datetime | None = None) -> int | None:
    """Return the Unix milliseconds that `text` stands for.

    >>> moment("2026-01-31", "--since")
    1769817600000
    """
    if text is None:
        return None
    if text.isdecimal() and len(text) >= 11:
        return int(text)
    try:
        if ago := _AGO.fullmatch(text):
            when = (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            when = datetime.fromisoformat(text)
            when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return round(when.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Usage(f"{option}: {text[:40]!r} is no time", hint=_HINT) from None


def span(since: str | None, until: str | None) -> tuple[int | None, int | None]:
    """Return both ends of a span. Raises Usage for one that ends before it begins."""
    since_ms, until_ms = moment(since, "--since"), moment(until, "--until")
    if since_ms is not None and until_ms is not None and until_ms <= since_ms:
        raise Usage("--until is not after --since", hint=_HINT)
    if since_ms is not None and since_ms > time.time() * 1000:
        raise Usage(f"--since: {since} is still to come", hint=_HINT)
    return since_ms, until_ms


def length_s(text: str, option: str) -> float:
    """Return the seconds of a length of time.

    >>> length_s("5m", "AFTER"), length_s("30", "AFTER")
    (300.0, 30.0)
    """
    if ago := _AGO.fullmatch(text):
        return timedelta(**{_UNITS[ago[2]]: int(ago[1])}).total_seconds()
    try:
        return float(text)
    except ValueError:
        raise Usage(
            f"{option}: {text[:40]!r} is no length of time", hint="write 30s, 5m or a number of seconds"
        ) from None
