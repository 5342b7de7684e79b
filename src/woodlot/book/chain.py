"""This file is the unbroken run of deltas received last, and where a snapshot falls on it.

Each delta carries the book from `prev_ts` to `ts`, and the next one starts where it ends: the run covers one stretch
of the exchange's time without a hole. A snapshot is placed by its own timestamp alone; when it was asked for, and over
which connection, changes nothing about what it shows.
"""

from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from woodlot.book.numbers import Level
from woodlot.book.update import Update, is_same

# The exchange's REST book lags up to 46 s behind its stream (websocket-v3 §8.2); 90 s at least must be kept.
SPAN_MS = 120_000
# The fastest stream has one delta in 50 ms: 90 s of it are 1,800.
MOST_DELTAS = 4_000


class Delta(NamedTuple):
    """An update as a value of its own; what the stream brings is taken as it comes."""

    symbol: str
    prev_ts: int
    ts: int
    bids: Sequence[Level]
    asks: Sequence[Level]


class Link(Enum):
    """How a delta follows the newest one."""

    FIRST = auto()
    NEXT = auto()
    BROKEN = auto()
    OLD = auto()
    REPEATED = auto()
    CONFLICT = auto()
    IMPOSSIBLE = auto()


class Place(Enum):
    """Where a snapshot falls: the first rows of the case table in websocket-v3 §8.4."""

    EXACT_START = auto()
    EXACT_END = auto()
    STRADDLE = auto()
    BEHIND = auto()
    AHEAD = auto()
    EMPTY = auto()


class Chain:
    """Deltas in order, without a hole, over the last `SPAN_MS` and never more than `MOST_DELTAS` of them.

    At either bound the oldest are dropped: the run then starts later, and an older snapshot falls behind it.
    """

    __slots__ = ("_deltas", "_floor", "strays")

    def __init__(self) -> None:
        self._deltas: deque[Update] = deque()
        self._floor = 0
        # Old deltas since the last new one.
        self.strays = 0

    def __len__(self) -> int:
        return len(self._deltas)

    @property
    def tip_ts(self) -> int:
        """The time up to which the chain reaches, 0 while it is empty."""
        return self._deltas[-1].ts if self._deltas else 0

    def clear(self, *, floor: int = 0) -> None:
        """Forget every delta. A snapshot of `floor` or before will count as behind, a delta that ends there as old."""
        self._deltas.clear()
        self._floor = floor
        self.strays = 0

    def link(self, delta: Update) -> Link:
        """Say how `delta` follows what is here.

        CONFLICT is a delta that changes the book without moving its time: that `ts` no longer names one state of the
        book. IMPOSSIBLE is one that ends before it starts. The exchange was never seen to send either.
        """
        if delta.prev_ts > delta.ts:
            return Link.IMPOSSIBLE
        if not self._deltas:
            if delta.ts <= self._floor:
                return Link.OLD
            return Link.FIRST if delta.prev_ts < delta.ts else Link.CONFLICT
        newest = self._deltas[-1]
        if delta.ts < newest.ts:
            return Link.OLD
        if delta.ts == newest.ts and is_same(delta, newest):
            return Link.REPEATED
        if delta.ts == newest.ts or delta.prev_ts == delta.ts:
            return Link.CONFLICT
        return Link.NEXT if delta.prev_ts == newest.ts else Link.BROKEN

    def extend(self, delta: Update) -> None:
        """Add the delta that comes next."""
        deltas = self._deltas
        deltas.append(delta)
        self.strays = 0
        while len(deltas) > MOST_DELTAS or deltas[0].ts < delta.ts - SPAN_MS:
            deltas.popleft()

    def restart(self, delta: Update) -> None:
        """Forget what is here; `delta` is the first of a new run."""
        self._deltas.clear()
        self._deltas.append(delta)
        self.strays = 0

    def distrust(self, delta: Update) -> None:
        """Forget `delta` and what was before it: it makes an impossible book, and is not what the exchange meant.

        A snapshot counts again from the end of `delta` on: what comes after it says nothing of what it said.
        """
        later = [one for one in self._deltas if one.ts > delta.ts]
        self.restart(delta)
        self._deltas.extend(later)
        self._floor = delta.ts - 1

    def forget_all_but_newest(self) -> None:
        """Keep only what the next delta must follow."""
        while len(self._deltas) > 1:
            self._deltas.popleft()

    def place(self, timestamp: int) -> Place:
        """Say where a snapshot of `timestamp` falls."""
        if timestamp <= self._floor:
            return Place.BEHIND
        if not self._deltas:
            return Place.EMPTY
        if timestamp > self.tip_ts:
            return Place.AHEAD
        if timestamp == self.tip_ts:
            return Place.EXACT_END
        start = next(delta for delta in self._deltas if delta.ts > timestamp)
        if timestamp < start.prev_ts:
            return Place.BEHIND
        return Place.EXACT_START if timestamp == start.prev_ts else Place.STRADDLE

    def after(self, timestamp: int) -> list[Update]:
        """Return the deltas that change a snapshot of `timestamp`."""
        return [delta for delta in self._deltas if delta.ts > timestamp]
