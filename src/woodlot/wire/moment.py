"""This file is points in time: how the exchange spells them, and what is taken for one."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec

from woodlot.errors import ArgumentError

if TYPE_CHECKING:
    Moment: TypeAlias = datetime | int
    """What every time in a request may be given as: an aware datetime, or Unix milliseconds."""
else:
    # Left to the request, which turns either into milliseconds: msgspec would read a string as an ISO time.
    Moment = Annotated[Any, msgspec.Meta(title="time")]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Time(datetime):
    """An aware UTC time, exact to the exchange's millisecond; `ms` gives its integer back.

    >>> Time.at(1786346559914).isoformat()
    '2026-08-10T07:22:39.914000+00:00'
    """

    @classmethod
    def at(cls, ms: int) -> "Time":
        """Return the time that Unix milliseconds stand for."""
        seconds, rest = divmod(ms, 1000)
        return cls.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)

    @classmethod
    def from_datetime(cls, moment: datetime) -> "Time":
        """Return the same moment, cut to the millisecond."""
        utc = moment.astimezone(UTC)
        return cls.fromtimestamp(int(utc.replace(microsecond=0).timestamp()), UTC).replace(
            microsecond=utc.microsecond // 1000 * 1000
        )

    @property
    def ms(self) -> int:
        # Named, since to the type checker a Time is subtracted from a Time only.
        since = datetime.__sub__(self, _EPOCH)
        return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000

    @classmethod
    def from_wire(cls, value: object) -> "Time":
        """Read either spelling: integer milliseconds, or seconds with a fraction (rest-v3 §3.3, §13.1 rule 3)."""
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise ValueError(f"expected a time, got {type(value).__name__}")  # noqa: TRY004 - msgspec reports ValueError
        text = str(value)
        try:
            number = Decimal(text)
            return cls.at(int(number * 1000) if "." in text else int(number))
        except (ArithmeticError, OverflowError, OSError):
            raise ValueError(f"expected a time in ms or seconds, got {text[:30]!r}") from None


def milliseconds(value: object, field: str) -> int:
    """Return the Unix milliseconds that `value` stands for.

    Raises ArgumentError for a datetime without a time zone, which could mean any of 38 hours, and for what is no time.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ArgumentError(field, "give the datetime a time zone, for example datetime.now(UTC)")
        return Time.from_datetime(value).ms
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ArgumentError(field, f"expected an aware datetime or integer milliseconds, got {type(value).__name__}")
    try:
        return int(value)
    except ValueError:
        raise ArgumentError(field, f"expected integer milliseconds, got {str(value)[:40]!r}") from None
