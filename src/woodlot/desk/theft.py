"""This file is how another owner of the account's listen key is recognised.

"A second call while a key is valid creates a new key and expires the old one immediately" (websocket-v3 §4.1). If we
had to make a key that was not due, the last one died before its time: somebody else made one, or the exchange let it
die. The stream's key ring meets that with growing pauses, so that two owners never race; here it is said aloud.
"""

import logging

from woodlot.clock import Clock
from woodlot.desk.events import KeyTaken
from woodlot.stream.continuity import Cause, Interrupted
from woodlot.stream.keyring import PROVEN_S

log = logging.getLogger(__name__)


class Theft:
    """Count the keys that died before their time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0
        self._resumed_s = clock.monotonic_s()
        self._interruption: Interrupted | None = None
        self._keys = 0

    def interrupted(self, interruption: Interrupted, *, keys_made: int) -> None:
        """Note why the stream ended, and how many keys there were by then."""
        if self._interruption is None:
            self._interruption, self._keys = interruption, keys_made
            if self._clock.monotonic_s() - self._resumed_s >= PROVEN_S:
                self._count = 0

    def resumed(self, *, keys_made: int) -> KeyTaken | None:
        """Say whether the stream could only go on with a key that was not due."""
        interruption, self._interruption = self._interruption, None
        self._resumed_s = self._clock.monotonic_s()
        if interruption is None or interruption.cause is Cause.RENEWAL or keys_made <= self._keys:
            return None
        self._count += 1
        log.error("the listen key died before its time (%s %s), %d in a row: another program makes keys for this "
                  "account; end one of the two", interruption.cause, interruption.detail, self._count)  # fmt: skip
        return KeyTaken(self._count, f"{interruption.cause} {interruption.detail}".strip())
