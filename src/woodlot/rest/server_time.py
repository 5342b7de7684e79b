"""This file is the exchange's clock: this machine's, corrected by what the exchange says its time is.

A signature is refused when its timestamp is off by more than 300 seconds (rest-v3 §2.4). The correction is asked for
before the first signed call and again when a signature is refused, so that a wrong local clock does not stop trading.
"""

import logging
import threading

from woodlot.clock import Clock

log = logging.getLogger("woodlot.rest")

# How long an answer, or the lack of one, is good for: a wrong key must not ask for the time with every call.
_GOOD_FOR_S = 30.0
# A correction that changed by less cannot be why a signature was refused.
_NOTICEABLE_MS = 1000


class ServerTime:
    """One client's idea of the exchange's time. Pure: the question itself is asked by the flow."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms = 0
        self._asked_s: float | None = None
        self._is_asking = False
        self._lock = threading.Lock()

    @classmethod
    def local(cls, clock: Clock) -> "ServerTime":
        """A machine whose own clock is trusted, until a signature is refused."""
        trusted = cls(clock)
        trusted._asked_s = float("-inf")
        return trusted

    def now_ms(self) -> int:
        return self._clock.now_ms() + self._offset_ms

    @property
    def offset_ms(self) -> int:
        """How far the exchange's clock is ahead of this machine's."""
        return self._offset_ms

    @property
    def is_asking(self) -> bool:
        return self._is_asking

    @property
    def was_never_asked(self) -> bool:
        return self._asked_s is None

    def begin(self) -> bool:
        """Return True to the one caller who is to ask now; it must call `end`."""
        with self._lock:
            now_s = self._clock.monotonic_s()
            if self._is_asking or (self._asked_s is not None and now_s - self._asked_s < _GOOD_FOR_S):
                return False
            self._is_asking = True
            return True

    def end(self) -> None:
        with self._lock:
            self._is_asking = False
            self._asked_s = self._clock.monotonic_s()

    def heard(self, server_ms: int, *, asked_ms: int, answered_ms: int) -> None:
        """Take the exchange's time as that of the middle between question and answer."""
        offset_ms = server_ms - (asked_ms + answered_ms) // 2
        if abs(offset_ms - self._offset_ms) > _NOTICEABLE_MS:
            log.warning("this machine's clock is %+.1f s off the exchange's; corrected", -offset_ms / 1000)
        self._offset_ms = offset_ms

    def differs_from(self, offset_ms: int) -> bool:
        """Tell whether a signature made with that correction was made for another time than one made now."""
        return abs(self._offset_ms - offset_ms) > _NOTICEABLE_MS
