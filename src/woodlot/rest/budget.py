"""This file is how many calls may be made again: a tenth of the load, so that trouble is never multiplied."""

import threading

RETRIES_PER_CALL = 0.1
# A program that has made few calls yet may borrow this much from those it will make.
_LOAN = 3.0
# What a long healthy time saves up; more would let an outage begin with a storm.
_MOST_SAVED = 20.0


class RetryBudget:
    """Count calls and allow attempts: after 30 calls there were never more than 1.1 attempts per call.

    Retries after a rate limit are not counted: they proved that nothing happened, and they wait.
    """

    def __init__(self) -> None:
        self._saved = _LOAN
        self._owed = _LOAN
        self._lock = threading.Lock()

    def deposit(self) -> None:
        """Note one call."""
        with self._lock:
            if self._owed > 0:
                self._owed -= RETRIES_PER_CALL
            else:
                self._saved = min(self._saved + RETRIES_PER_CALL, _MOST_SAVED)

    def withdraw(self) -> bool:
        """Take one more attempt; return False where there is none left."""
        with self._lock:
            # Thirty deposits of a tenth are a hair less than three in binary.
            if self._saved < 1 - 1e-9:
                return False
            self._saved -= 1
            return True

    def charge(self) -> None:
        """Note a call that nobody asked for, such as for the time; it is taken from what others may try again."""
        with self._lock:
            self._saved -= 1
