"""This file is the exchange's clock: this machine's, corrected by what the exchange says its time is.

A signature is refused when its timestamp is off by more than 300 seconds (rest-v3 §2.4). The correction is asked for
before the first signed call and again when a signature is refused, so that a wrong local clock does not stop trading.
"""

import logging
import threading

from woodlot.clock import Clock

log = logging.getLogger("woodlot.rest")

# How long an answer is good for: a wrong key must not ask for the time with every call. And the lack of one.
_GOOD_FOR_S = 30.0
_ASK_AGAIN_AFTER_S = 2.0
# A correction that changed by less cannot be why a signature was refused.
_NOTICEABLE_MS = 1000


class ServerTime:
    """One client's idea of the exchange's time. Pure: the question itself is asked by the flow."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms = 0
        self._good_until_s = float("-inf")
        self._is_asking = False
        self._lock = threading.Lock()
        self.is_known = False
        """Whether the exchange ever said what time it is."""

    @classmethod
    def local(cls, clock: Clock) -> "ServerTime":
        """A machine whose own clock is trusted, until a signature is refused."""
        trusted = cls(clock)
        trusted.is_known = True
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

    def begin(self) -> bool:
        """Return True to the one caller who is to ask now; it must call `end`."""
        with self._lock:
            if self._is_asking or self._clock.monotonic_s() < self._good_until_s:
                return False
            self._is_asking = True
            return True

    def end(self, *, was_answered: bool) -> None:
        with self._lock:
            self._is_asking = False
            good_for_s = _GOOD_FOR_S if was_answered else _ASK_AGAIN_AFTER_S
            self._good_until_s = self._clock.monotonic_s() + good_for_s

    def heard(self, server_ms: int, *, asked_ms: int, answered_ms: int) -> None:
        """Take the exchange's time as that of the middle between question and answer."""
        offset_ms = server_ms - (asked_ms + answered_ms) // 2
        if abs(offset_ms - self._offset_ms) > _NOTICEABLE_MS:
            log.warning("this machine's clock is %+.1f s off the exchange's; corrected", -offset_ms / 1000)
        self._offset_ms = offset_ms
        self.is_known = True

    def differs_from(self, offset_ms: int) -> bool:
        """Tell whether a signature made with that correction was made for another time than one made now."""
        return abs(self._offset_ms - offset_ms) > _NOTICEABLE_MS
