"""This file is when to ask for a snapshot: one at a time, never two in a second, slower each time it did not help."""

from dataclasses import dataclass

# The exchange allows 10 snapshots per second for all books of an address together; one book never takes more than one.
_LEAST_PAUSE_S = 1.0
# A request not answered after this long is given up. The client's own timeouts end far earlier.
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait before the next snapshot: `first_s`, then twice as long each time, up to `ceiling_s`."""

    first_s: float
    ceiling_s: float


@dataclass(frozen=True, slots=True)
class Request:
    """A snapshot that was asked for and has not come. `era` counts the connections up to then."""

    ticket: int
    at_s: float
    era: int


class Seeding:
    """The one open request for a snapshot, and when the next is due."""

    __slots__ = ("_last_s", "_misses", "_open", "_tickets", "_wanted_s")

    def __init__(self) -> None:
        self._wanted_s: float | None = None
        self._last_s = float("-inf")
        self._open: Request | None = None
        self._tickets = 0
        self._misses = 0

    @property
    def due_at(self) -> float | None:
        """When to ask, or to give up on what was asked: in the clock's monotonic seconds. None: nothing is needed."""
        if self._open is not None:
            return self._open.at_s + PATIENCE_S
        if self._wanted_s is None:
            return None
        return max(self._wanted_s, self._last_s + _LEAST_PAUSE_S)

    def want(self, now_s: float) -> None:
        """Ask as soon as may be: something new happened."""
        self._wanted_s = now_s
        self._misses = 0

    def want_again(self, pace: Pace, now_s: float) -> None:
        """Ask once more, later each time in a row."""
        # 2.0**60 s is beyond any ceiling; without the cap a long outage would overflow a float.
        self._wanted_s = now_s + min(pace.ceiling_s, pace.first_s * 2.0 ** min(self._misses, 60))
        self._misses += 1

    def stop(self) -> None:
        """Ask for nothing more."""
        self._wanted_s = None
        self._misses = 0

    def take(self, now_s: float, *, era: int) -> int | None:
        """Return the ticket of a request to send now, or None where none is due."""
        if self._open is not None or self.due_at is None or now_s < self.due_at:
            return None
        self._tickets += 1
        self._last_s = now_s
        self._open = Request(self._tickets, now_s, era)
        return self._tickets

    def close(self, ticket: int | None, now_s: float) -> Request | None:
        """Return the open request that `ticket` stands for; it is open no longer. None for any other ticket.

        The pause counts from here: when the request left the pace of the whole client, only its reply tells.
        """
        request = self._open
        if request is None or request.ticket != ticket:
            return None
        self._open, self._last_s = None, now_s
        return request

    def give_up(self, now_s: float) -> bool:
        """Forget a request that was not answered in time; say whether there was one."""
        if self._open is None or now_s < self._open.at_s + PATIENCE_S:
            return False
        self._open = None
        return True
