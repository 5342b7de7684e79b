"""This file is the exchange's clock: what the exchange said its time is, carried on by this machine.

A signature is refused when its timestamp is off by more than 300 seconds (rest-v3 §2.4). The time is asked for before
the first signed call and again when a signature is refused, so that a wrong local clock does not stop trading. It is
carried on by the clock that nobody can set. Where the two clocks of this machine part, one was set or the machine
slept, and it is asked for again before anything else is signed.
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
        self._ahead_ms: int | None = None
        self._local_ahead_ms = 0
        self._good_until_s = float("-inf")
        self._is_asking = False
        self._lock = threading.Lock()

    @classmethod
    def local(cls, clock: Clock) -> "ServerTime":
        """A machine whose own clock is trusted, until a signature is refused."""
        trusted = cls(clock)
        trusted._ahead_ms = trusted._local_ahead_ms = trusted._ahead(clock.now_ms())
        return trusted

    @property
    def is_known(self) -> bool:
        """Whether the exchange said what time it is, and this machine's clocks still agree on how long that is ago."""
        return self._ahead_ms is not None and not self._is_set

    def now_ms(self) -> int:
        return self._clock.now_ms() if self._ahead_ms is None else self._ahead_ms + self._span_ms

    @property
    def offset_ms(self) -> int:
        """How far the exchange's clock is ahead of this machine's."""
        return self.now_ms() - self._clock.now_ms()

    @property
    def _span_ms(self) -> int:
        return round(self._clock.monotonic_s() * 1000)

    @property
    def _is_set(self) -> bool:
        return abs(self._ahead(self._clock.now_ms()) - self._local_ahead_ms) > _NOTICEABLE_MS

    def _ahead(self, ms: int) -> int:
        return ms - self._span_ms

    @property
    def is_asking(self) -> bool:
        return self._is_asking

    def begin(self) -> bool:
        """Return True to the one caller who is to ask now; it must call `end`."""
        with self._lock:
            is_good = self._clock.monotonic_s() < self._good_until_s and (self._ahead_ms is None or not self._is_set)
            if self._is_asking or is_good:
                return False
            self._is_asking = True
            return True

    def end(self, *, was_answered: bool) -> None:
        with self._lock:
            self._is_asking = False
            good_for_s = _GOOD_FOR_S if was_answered else _ASK_AGAIN_AFTER_S
            self._good_until_s = self._clock.monotonic_s() + good_for_s

    def heard(self, server_ms: int, *, asked_s: float, answered_s: float) -> None:
        """Take the exchange's time as that of the middle between question and answer, in monotonic seconds."""
        before_ms, was_set = self.now_ms(), self._ahead_ms is not None and self._is_set
        self._ahead_ms = server_ms - round((asked_s + answered_s) * 500)
        self._local_ahead_ms = self._ahead(self._clock.now_ms())
        if was_set or abs(self.now_ms() - before_ms) > _NOTICEABLE_MS:
            log.warning("this machine's clock is %+.1f s off the exchange's; corrected", -self.offset_ms / 1000)

    @property
    def correction_ms(self) -> int:
        """What a signature was made with; two of one time are the same, whatever happened to this machine's clock."""
        return self._ahead(self._clock.now_ms()) if self._ahead_ms is None else self._ahead_ms

    def differs_from(self, correction_ms: int) -> bool:
        """Tell whether a signature made with that correction was made for another time than one made now."""
        return abs(self.correction_ms - correction_ms) > _NOTICEABLE_MS
