"""This file is everything that can happen to a book, and the four states it can be in.

The names follow the case table of websocket-v3 §8.4, where S is a snapshot's `timestamp`.
"""

from dataclasses import dataclass
from enum import StrEnum


class BookState(StrEnum):
    """Whether a book may be believed.

    SYNCED: it is the exchange's window at its `ts`, proved by the chain of deltas, or by several snapshots along it.
    UNCONFIRMED: a snapshot says so and nothing has proved it. Both can be read. SYNCING: the stream is up and the book
    is being built. STALE: the stream is not there; the book waits.
    """

    SYNCING = "SYNCING"
    UNCONFIRMED = "UNCONFIRMED"
    SYNCED = "SYNCED"
    STALE = "STALE"

    @property
    def is_readable(self) -> bool:
        return self is _SYNCED or self is _UNCONFIRMED


# Looked up for every read of a book; through the class it takes four times as long.
_SYNCED, _UNCONFIRMED = BookState.SYNCED, BookState.UNCONFIRMED


class Transition(StrEnum):
    """What happened. Every one is counted; the value is the reason an operator reads."""

    # The connection.
    CREATED = "not connected yet"
    CONNECTED = "connected, not yet subscribed"
    SUBSCRIBED = "subscribed, waiting for a snapshot"
    ACK_MISSING = "the exchange did not accept the topic"
    DISCONNECTED = "the connection was lost"

    # A delta alone.
    APPLIED = "applied"
    BUFFERED = "kept until a snapshot comes"
    BEFORE_SNAPSHOT = "already in the snapshot"
    OLD = "old"
    REPEATED = "repeated"
    MALFORMED = "not a possible update"
    FOREIGN = "another symbol's update"
    UNEXPECTED = "came while not connected"

    # A delta that takes the book away.
    GAP = "an update was lost"
    BROKEN_BUFFER = "an update was lost while waiting for a snapshot"
    CONFLICT = "two updates of one time"
    BACKWARDS = "the exchange's time ran backwards"
    CROSSED = "best bid at or above best ask"
    TOO_DEEP = "more levels than the window holds"

    # A snapshot, or a delta, that gives the book a place on the chain.
    EXACT_START = "an update starts at the snapshot"
    EXACT_END = "an update ends at the snapshot"
    STRADDLE = "the snapshot lies inside an update"
    WITNESSED = "several snapshots from inside updates agree"

    # A snapshot alone.
    SNAPSHOT_AHEAD = "the snapshot is ahead of the stream"
    NO_DELTAS = "a snapshot without any update"
    QUIET = "nothing changed between two snapshots a minute apart"
    SNAPSHOT_BEHIND = "the snapshot is behind the stream"
    OUTDATED = "the snapshot was asked for before the stream was up"
    BAD_SNAPSHOT = "not a possible snapshot"
    AGREED = "a snapshot of the same time agrees"
    DIFFERED = "a snapshot of the same time differed"
    UNNEEDED = "the snapshot cannot be compared"
    UNPROVEN = "no snapshot could be compared in time"
    SILENT = "the book changed and no update said so"

    # Another topic.
    TOP_TEN = "no updates come: ten levels of orderbook10"

    # No snapshot.
    SEED_FAILED = "the snapshot could not be had"
    SEED_LOST = "the snapshot never came"


@dataclass(frozen=True, slots=True)
class Standing:
    """A state, the transition that led to it, and since when (the clock's monotonic seconds)."""

    state: BookState
    reason: Transition
    since: float

    def age_s(self, now_s: float) -> float:
        """Return for how long this has been so."""
        return now_s - self.since
