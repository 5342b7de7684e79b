"""This file is what a spot book shows where the exchange never sends deltas: the ten levels of `orderbook10`.

"if no delta arrived while `orderbook10` kept changing for 60 s, fall back to `orderbook10` (10 levels) plus periodic
REST" (websocket-v3 §8.6, an open question of the exchange). Of the two whichever is newer is shown, as UNCONFIRMED,
until a book lives of deltas again. `orderbook10` may hold RPI orders, which an API taker cannot hit; so the
fallback is for spot only, and `source` says that it is on.
"""

from collections.abc import Sequence
from enum import StrEnum

from woodlot.book.book import Book
from woodlot.book.numbers import Level
from woodlot.book.sync import Synchroniser
from woodlot.book.transition import BookState, Standing, Transition
from woodlot.book.update import Update

LEVELS = 10
_MUTE_S = 60.0
# REST is read again at least this often meanwhile; in between the synchroniser watches at its own pace.
_REFRESH_S = 30.0
# What a delta does to a book that can be shown and is not proved.
_ALIVE = frozenset({Transition.APPLIED, Transition.STRADDLE})


class Source(StrEnum):
    """Where a book comes from."""

    UPDATES = "orderbookupdate"
    TOP_TEN = "orderbook10"


class Fallback:
    """A synchroniser, and `orderbook10` for the time when its deltas stay away.

    Hand every delta and every `orderbook10` here; everything else goes to the synchroniser itself, and so may a delta
    while the source is UPDATES.
    """

    __slots__ = ("_applied", "_changing_since_s", "_refreshed_s", "_standing", "_sync", "_top")

    def __init__(self, sync: Synchroniser) -> None:
        self._sync = sync
        self._top = Book(LEVELS)
        self._changing_since_s: float | None = None
        self._applied = 0
        self._refreshed_s = 0.0
        self._standing: Standing | None = None

    @property
    def source(self) -> Source:
        return Source.UPDATES if self._standing is None else Source.TOP_TEN

    @property
    def standing(self) -> Standing:
        return self._standing or self._sync.standing

    def read(self, *, allow_stale: bool = False) -> Book:
        """Return the book to show. Raises BookNotInSync as the synchroniser does."""
        if self._standing is None:
            return self._sync.read(allow_stale=allow_stale)
        is_newer = self._sync.state.is_readable and self._sync.read().ts > self._top.ts
        return self._sync.read() if is_newer else self._top

    def delta(self, delta: Update, *, now_s: float) -> Transition:
        """Take in one delta: as soon as one is part of a book that can be shown, the fallback is over."""
        transition = self._sync.delta(delta, now_s=now_s)
        self._changing_since_s = None
        if self._standing is not None and (self._sync.state is BookState.SYNCED or transition in _ALIVE):
            self._standing = None
        return transition

    def top(self, ts: int, *, bids: Sequence[Level], asks: Sequence[Level], now_s: float) -> Transition | None:
        """Take in one `orderbook10`; return TOP_TEN where it is what is shown."""
        top = Book(LEVELS)
        try:
            top.load(bids, asks, ts=ts)
        except ValueError:
            return Transition.MALFORMED
        if ts <= self._top.ts or top.is_crossed:
            return None
        self._top = top
        if self._standing is None and not self._is_due(now_s):
            return None
        self._enter(now_s)
        return Transition.TOP_TEN

    def top_lost(self) -> None:
        """`orderbook10` is interrupted: it shows nothing and proves nothing."""
        self._standing = self._changing_since_s = None
        self._top = Book(LEVELS)

    def _is_due(self, now_s: float) -> bool:
        """Whether `orderbook10` has changed for a minute without a delta, though deltas could have come."""
        if not self._sync.is_subscribed:
            self._changing_since_s = None
            return False
        if self._changing_since_s is None or self._applied != self._sync.applied:
            self._changing_since_s, self._applied = now_s, self._sync.applied
        if now_s - self._changing_since_s < _MUTE_S:
            return False
        if self._sync.state is BookState.SYNCED or self._sync.standing.reason is Transition.QUIET:
            # What changed may be RPI orders alone. REST knows.
            self._changing_since_s = None
            self._sync.audit(now_s=now_s)
            return False
        return True

    def _enter(self, now_s: float) -> None:
        if self._standing is None:
            self._standing = Standing(BookState.UNCONFIRMED, Transition.TOP_TEN, now_s)
        if now_s - self._refreshed_s >= _REFRESH_S:
            self._refreshed_s = now_s
            self._sync.audit(now_s=now_s)
