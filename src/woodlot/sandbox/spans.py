"""This file is lengths of time as they are typed: `250ms`, `5s`, `2m`, `1h`, and ranges of them, `0s..60s`."""

import random
import re
from dataclasses import dataclass

from woodlot.errors import ConfigurationError

_UNITS_MS = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_DURATION = re.compile(r"(-?)(\d{1,9})(?:\.(\d{1,3}))?(ms|s|m|h)", re.ASCII)
# Longer than any connection or listen key lives.
_LONGEST_MS = 7 * 24 * _UNITS_MS["h"]


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time, or a range of which each use draws one.

    >>> str(Span.parse("0.25s")), str(Span.parse("0s..1m"))
    ('250ms', '0s..1m')
    """

    low_ms: int
    high_ms: int

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Raises ConfigurationError that shows what is allowed."""
        low, dots, high = text.partition("..")
        span = cls(milliseconds(low), milliseconds(high if dots else low))
        if span.high_ms < span.low_ms:
            raise ConfigurationError(f"{text!r}: the range ends before it begins")
        return span

    def draw(self, chance: random.Random) -> int:
        """Return a number of milliseconds inside the range."""
        return self.low_ms if self.low_ms == self.high_ms else chance.randint(self.low_ms, self.high_ms)

    def __str__(self) -> str:
        low, high = spelled(self.low_ms), spelled(self.high_ms)
        return low if low == high else f"{low}..{high}"


def milliseconds(text: str) -> int:
    """Read one duration. Raises ConfigurationError.

    >>> milliseconds("1.5s"), milliseconds("-2m")
    (1500, -120000)
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ConfigurationError(f"{text!r} is no length of time; write 250ms, 1.5s, 2m or 1h")
    sign, whole, fraction, unit = match.groups()
    thousandths = int(whole) * 1000 + int((fraction or "0").ljust(3, "0"))
    length, rest = divmod(thousandths * _UNITS_MS[unit], 1000)
    if rest:
        raise ConfigurationError(f"{text!r} is finer than a millisecond")
    if length > _LONGEST_MS:
        raise ConfigurationError(f"{text!r} is longer than a week")
    return -length if sign else length


def spelled(length_ms: int) -> str:
    """Spell a duration in the largest unit that it is a whole number of.

    >>> spelled(90_000), spelled(0)
    ('90s', '0s')
    """
    if length_ms == 0:
        return "0s"
    unit = next(unit for unit, unit_ms in _UNITS_MS.items() if length_ms % unit_ms == 0)
    return f"{length_ms // _UNITS_MS[unit]}{unit}"
