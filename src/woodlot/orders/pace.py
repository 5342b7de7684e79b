"""This file is when an open question is put again: soon, then ever later, at most each minute."""

_FIRST_PAUSE_MS = 5_000
_LONGEST_PAUSE_MS = 60_000


class Pace:
    """The pace of one question. `arose_again` notes that its ground did while it was being asked."""

    def __init__(self, at_ms: int, *, first_pause_ms: int = _FIRST_PAUSE_MS) -> None:
        self._asked_ms = at_ms
        self._pause_ms = first_pause_ms
        self.arose_again = False

    def is_due(self, now_ms: int) -> bool:
        return now_ms - self._asked_ms >= self._pause_ms

    def asked(self, now_ms: int) -> None:
        self._asked_ms = now_ms
        self._pause_ms = min(_LONGEST_PAUSE_MS, 2 * self._pause_ms)
