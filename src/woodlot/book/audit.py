"""This file is the audit of a book that is SYNCED: what a snapshot of the exchange proves about it.

The chain of updates proves that none was lost. It does not prove that each said all there was to say, nor that the
exchange still speaks; only a second source does.
"""

from woodlot.book.book import Book
from woodlot.book.trail import Trail
from woodlot.book.transition import Transition

# REST lags up to 46 s (websocket-v3 §8.2); an audit that has not met a comparable snapshot in twice that gives up.
PATIENCE_S = 90.0
# An update that takes longer than this from the exchange's REST book to our socket does not come at all: the
# slowest stream speaks every 200 ms (websocket-v3 §7.1).
_MUTE_S = 10.0
# After a frame that may have been it, less is enough.
_SUSPECT_S = 2.0


class Audit:
    """Compare snapshots with the book as it was at their time."""

    __slots__ = ("_ahead_s", "_ahead_ts", "_since_s", "_suspect_ts", "trail")

    def __init__(self) -> None:
        self.trail = Trail()
        self._since_s = 0.0
        self._ahead_ts = 0
        self._ahead_s = 0.0
        self._suspect_ts = 0

    @property
    def is_open(self) -> bool:
        return self.trail.is_held

    def open(self, now_s: float) -> None:
        """A snapshot is being asked for: from now on the book is kept for every time it shows."""
        if not self.is_open:
            self._since_s = now_s
            self.trail.hold()

    def close(self) -> None:
        self.trail.release()

    def suspect(self, book: Book) -> None:
        """An update may be lost: the next one proves that it is not, snapshots that stay ahead that it is."""
        self._suspect_ts = book.ts + 1

    def clear(self) -> None:
        """Begin anew with a new book."""
        self.trail.clear()
        self._ahead_ts = self._suspect_ts = 0

    def judge(self, book: Book, snapshot: Book, *, now_s: float) -> Transition:
        """Say what the snapshot proves: AGREED, DIFFERED, SILENT; or UNNEEDED, and UNPROVEN where that goes on."""
        if snapshot.ts > book.ts:
            return self._judge_ahead(book, snapshot, now_s)
        then = self.trail.rewound(book, snapshot.ts)
        if then is None:
            return self._unproven(now_s)
        if then.view() != snapshot.view():
            return Transition.DIFFERED
        # Agreed on what was; that the exchange has moved on since is known, or feared.
        return self._unproven(now_s) if book.ts < max(self._ahead_ts, self._suspect_ts) else Transition.AGREED

    def _judge_ahead(self, book: Book, snapshot: Book, now_s: float) -> Transition:
        """The update that leads to the snapshot is on its way, or never comes."""
        if book.ts >= self._ahead_ts:
            self._ahead_ts, self._ahead_s = snapshot.ts, now_s
        elif now_s - self._ahead_s >= (_SUSPECT_S if book.ts < self._suspect_ts else _MUTE_S):
            return Transition.SILENT
        return self._unproven(now_s)

    def _unproven(self, now_s: float) -> Transition:
        is_too_long = self.is_open and now_s - self._since_s >= PATIENCE_S
        return Transition.UNPROVEN if is_too_long else Transition.UNNEEDED
