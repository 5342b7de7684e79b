"""This file is the course of a book: the state it is in and why, and when it next asks for a snapshot.

The synchroniser judges what comes in; what follows from each verdict is here.
"""

from collections import Counter, deque

from woodlot.book.seeding import Pace, Seeding
from woodlot.book.transition import BookState, Standing, Transition
from woodlot.book.update import Update

# A snapshot that cannot be bridged yet: "read REST again after 1 to 5 s with backoff" (websocket-v3 §8.4).
BRIDGING = Pace(first_s=1.0, ceiling_s=5.0)
FAILING = Pace(first_s=1.0, ceiling_s=10.0)
CONFIRMING = Pace(first_s=1.0, ceiling_s=15.0)
WATCHING = Pace(first_s=5.0, ceiling_s=60.0)

_ODDITIES_KEPT = 10
_ODD = frozenset(
    {
        Transition.MALFORMED,
        Transition.FOREIGN,
        Transition.CONFLICT,
        Transition.BACKWARDS,
        Transition.CROSSED,
        Transition.TOO_DEEP,
    }
)


class Course:
    """State, reason and seeding of one book."""

    __slots__ = ("_audit_every_s", "_counts", "oddities", "seeding", "standing")

    def __init__(self, *, now_s: float) -> None:
        self._counts: Counter[Transition] = Counter()
        self.oddities: deque[tuple[Transition, Update]] = deque(maxlen=_ODDITIES_KEPT)
        self.standing = Standing(BookState.SYNCING, Transition.CREATED, now_s)
        self.seeding = Seeding()
        self._audit_every_s: float | None = None

    def enter(self, state: BookState, reason: Transition, now_s: float) -> Transition:
        """Be in a state; its age counts on where it is the same as before."""
        since = self.standing.since if state is self.standing.state else now_s
        self.standing = Standing(state, reason, since)
        return reason

    def begin(self, now_s: float) -> None:
        """The stream is up: the first snapshot can be asked for."""
        self.seeding.want(now_s)
        self.enter(BookState.SYNCING, Transition.SUBSCRIBED, now_s)

    def end(self, reason: Transition, now_s: float) -> Transition:
        """The stream is gone."""
        self.seeding.stop()
        return self.enter(BookState.STALE, reason, now_s)

    def settle(self, reason: Transition, now_s: float) -> Transition:
        """The book is proved."""
        self.rest(now_s)
        return self.enter(BookState.SYNCED, reason, now_s)

    def rest(self, now_s: float) -> None:
        """Ask for nothing more, until the next audit is due."""
        self.seeding.stop()
        if self._audit_every_s is not None:
            self.seeding.want(now_s + self._audit_every_s)

    def audit_every(self, seconds: float, now_s: float) -> None:
        """Ask for snapshots of a book that is proved too, so often at least."""
        self._audit_every_s = min(seconds, self._audit_every_s or seconds)
        due_at = self.seeding.due_at
        if self.standing.state is BookState.SYNCED and (due_at is None or due_at > now_s + seconds):
            self.rest(now_s)

    def doubt(self, reason: Transition, pace: Pace, now_s: float) -> Transition:
        """The book can be shown but is not proved. Where that goes on, ask less and less often."""
        if self.standing.state is not BookState.UNCONFIRMED:
            self.seeding.stop()
        self.seeding.want_again(pace, now_s)
        return self.enter(BookState.UNCONFIRMED, reason, now_s)

    def withdraw(self, reason: Transition, now_s: float) -> Transition:
        """The book is wrong, or may be."""
        self.seeding.want(now_s)
        return self.enter(BookState.SYNCING, reason, now_s)

    def wait(self, reason: Transition, now_s: float) -> Transition:
        """The snapshot did not help."""
        if self.standing.state is BookState.UNCONFIRMED:
            self.seeding.want_again(CONFIRMING, now_s)
            return reason
        self.seeding.want_again(BRIDGING, now_s)
        return self.enter(self.standing.state, reason, now_s)

    def count(self, transition: Transition) -> Transition:
        self._counts[transition] += 1
        return transition

    def noted(self, delta: Update, transition: Transition) -> Transition:
        """Count what became of an update, and keep it for inspection where it should not have come."""
        if transition in _ODD:
            self.oddities.append((transition, delta))
        return self.count(transition)

    def counts(self, *, applied: int) -> Counter[Transition]:
        """How often each transition happened, with so many updates applied that were not counted one by one."""
        return self._counts + Counter({Transition.APPLIED: applied})
