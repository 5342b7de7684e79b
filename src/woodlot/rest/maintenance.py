"""This file is whether the exchange said that it is away: asked once for everybody, not by every call that fails."""

from woodlot.clock import Clock
from woodlot.wire.public import SystemInfo

_GOOD_FOR_S = 10.0


class Maintenance:
    """What systemInfo last said, for as long as it is worth anything."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked_s = float("-inf")
        self._info: SystemInfo | None = None

    @property
    def is_known(self) -> bool:
        """Whether somebody asked, or is asking, recently enough."""
        return self._clock.monotonic_s() - self._asked_s < _GOOD_FOR_S

    @property
    def is_on(self) -> bool:
        """ "`status` int (0 fine, 1 trading maintenance, 2 system maintenance)" (rest-v3 §8.1)."""
        return self.is_known and self._info is not None and self._info.status != 0

    @property
    def ends(self) -> str:
        time = None if self._info is None else self._info.estimated_end_time
        return "at a time it did not name" if time is None else f"at {time.isoformat()}"

    def asking(self) -> None:
        self._asked_s = self._clock.monotonic_s()
        self._info = None

    def heard(self, info: SystemInfo | None) -> None:
        self._info = info
