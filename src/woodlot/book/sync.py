"""This file is the synchroniser: deltas and snapshots in any order become one right book, or a refusal to show one.

The rule is one sentence: a book is SYNCED when a snapshot's timestamp is exactly where a delta of the unbroken chain
starts or ends, or when four snapshots along it agree. Everything else is UNCONFIRMED or not shown. The cases are those
of websocket-v3 §8.4; each has a name in `transition.py` and is counted.

What is done where that table leaves a choice:

- A gap makes the book SYNCING, not STALE: the stream is up and the first delta of the new chain is already here.
- A snapshot is judged by its timestamp, not by when it was asked for. The exception is a snapshot without any delta to
  place it by: it is believed only if it was asked for after the subscription it serves was up.
- A straddled book stays UNCONFIRMED until a later snapshot is exact, or until three more from inside other updates
  agree with it. One is not enough: an order that flickers is seen twice where it was never when windows are compared
  (`proofs/ablations/books.py` has a seed of it). One that disagrees takes the book's place, and the counting begins
  anew: which of the two is right, neither says.
- A book without deltas stays UNCONFIRMED after two snapshots of one timestamp at least 60 s apart; it is only no longer
  seeded. The stream has not proved that it speaks.
- An update that cannot be read changes nothing: if it was one, the next will not fit, and that is a gap. A snapshot is
  asked for at once all the same, for the next one may be minutes away.
- An update that makes an impossible book, crossed or too deep, is not believed afterwards either: no snapshot from
  before it is bridged over it.
- A snapshot that comes while SYNCED is an audit (`audit.py`).
"""

from collections import Counter
from collections.abc import Sequence
from typing import assert_never

from woodlot.book.audit import Audit
from woodlot.book.book import Book
from woodlot.book.bridge import bridge, flaw_of
from woodlot.book.chain import Chain, Link, Place
from woodlot.book.course import BRIDGING, CONFIRMING, FAILING, WATCHING, Course
from woodlot.book.lane import new_lane
from woodlot.book.numbers import Level, read
from woodlot.book.seeding import Pace, Request
from woodlot.book.transition import BookState, Standing, Transition
from woodlot.book.update import Update
from woodlot.errors import BookNotInSync

# REST lags up to 46 s (websocket-v3 §8.2): two equal snapshots further apart than that show a quiet market.
_QUIET_S = 60.0
# So many old deltas without a new one are no echo: the exchange's clock, or one absurd `ts`, went wrong.
_MOST_STRAYS = 50


_SYNCED, _APPLIED = BookState.SYNCED, Transition.APPLIED


class Synchroniser:
    """The book of one topic. Tell it what happened; it returns what that meant.

    Drive it in this order: `connected`, send SUBSCRIBE, `subscribed` or `ack_missing`; every `delta` as it comes;
    whenever `take_seed` returns a ticket, ask for a snapshot with `maxLevel` equal to `depth` and bring it back with
    `snapshot` or `seed_failed`; `tick` when `seed_due_at` has come; `disconnected`. Times are the clock's monotonic
    seconds.
    """

    witnesses_needed = 3
    """So many snapshots from inside other updates must agree with a straddled book."""

    def __init__(self, symbol: str, *, depth: int, now_s: float) -> None:
        self.symbol = symbol
        self.depth = depth
        self._course = Course(now_s=now_s)
        self._book = Book(depth)
        self._links = Chain()
        self._audit = Audit()
        self.lane = new_lane(symbol, self._audit.trail.steps)
        """The way of nearly every update; for those that hear each of them."""
        self._is_connected = False
        self._is_subscribed = False
        self._era = 0
        self._held_since_s = now_s
        # Of a straddled book: where the last update ends that a snapshot lay in, and how many have agreed.
        self._straddled_to = 0
        self._witnesses = 0

    @property
    def state(self) -> BookState:
        """Whether the book may be believed."""
        return self._course.standing.state

    @property
    def standing(self) -> Standing:
        """The state, why, and since when."""
        return self._course.standing

    @property
    def counts(self) -> Counter[Transition]:
        """How often each transition happened."""
        return self._course.counts(applied=self.lane.applied)

    @property
    def oddities(self) -> Sequence[tuple[Transition, Update]]:
        """The last updates that should not have come, and what was wrong with each, oldest first."""
        return tuple(self._course.oddities)

    @property
    def is_subscribed(self) -> bool:
        """Whether deltas would come if there were any."""
        return self._is_subscribed

    @property
    def is_auditing(self) -> bool:
        """Whether a snapshot to compare the book with was asked for, and has proved nothing yet."""
        return self._audit.is_open

    @property
    def seed_due_at(self) -> float | None:
        """When to call `take_seed` and `tick` next. None: not before something else happens."""
        return self._course.seeding.due_at

    def read(self, *, allow_stale: bool = False) -> Book:
        """Return the book, to be read at once and not kept: it moves, and may be replaced.

        Raises BookNotInSync unless the state is SYNCED or UNCONFIRMED. With `allow_stale` whatever was held last is
        returned, which is an empty book with `ts` 0 before the first snapshot.
        """
        standing = self._course.standing
        if allow_stale or standing.state.is_readable:
            return self._book
        raise BookNotInSync(self.symbol, standing.state, standing.reason)

    # What the connection says.

    def connected(self, *, now_s: float) -> Transition:
        """A connection is up; the topic is being subscribed."""
        self._chain.clear()
        self._era += 1
        self._is_connected, self._is_subscribed = True, False
        return self._count(self._course.enter(BookState.SYNCING, Transition.CONNECTED, now_s))

    def subscribed(self, *, now_s: float) -> Transition:
        """The acknowledgement names the topic: from now on no delta is missed, so a snapshot can be asked for."""
        if self._is_connected and not self._is_subscribed:
            self._begin(now_s)
        return self._count(Transition.SUBSCRIBED)

    def ack_missing(self, *, now_s: float) -> Transition:
        """The acknowledgement came without the topic. Nothing is waited for; the configuration is wrong."""
        return self._end(Transition.ACK_MISSING, now_s)

    def disconnected(self, *, now_s: float) -> Transition:
        """The connection is gone, and what it would have said with it."""
        return self._end(Transition.DISCONNECTED, now_s)

    def _begin(self, now_s: float) -> None:
        self._is_subscribed = True
        self._course.begin(now_s)

    def _end(self, reason: Transition, now_s: float) -> Transition:
        self._chain.clear()
        self._audit.clear()
        self._is_connected = self._is_subscribed = False
        return self._count(self._course.end(reason, now_s))

    # What the stream says.

    def delta(self, delta: Update, *, now_s: float) -> Transition:
        """Take in one update."""
        if self.lane.take(delta):
            return _APPLIED
        in_sync = self._course.standing.state is _SYNCED
        if in_sync and delta.prev_ts == self._book.ts < delta.ts and delta.symbol == self.symbol:
            transition = self._advance_unusually(delta, now_s)
        else:
            transition = self._course.noted(delta, self._take_in(delta, now_s))
        self._open_lane()
        return transition

    @property
    def applied(self) -> int:
        """How many updates followed a book that was SYNCED."""
        return self.lane.applied

    def _open_lane(self) -> None:
        """Let updates go down the lane while the book is SYNCED: into its sides, which may be others now."""
        self.lane.sides = self._book.sides if self._course.standing.state is _SYNCED else None

    def unreadable(self, *, now_s: float) -> Transition:
        """A frame of the topic came that is no update at all; whether one was lost with it is found out."""
        return self._count(self._malformed(now_s))

    def _malformed(self, now_s: float) -> Transition:
        if self.state.is_readable and self._is_subscribed:
            self._audit.suspect(self._book)
            self._course.seeding.want(now_s)
        return Transition.MALFORMED

    @property
    def _chain(self) -> Chain:
        # Nearly every update is the only one that the next must follow, and nobody looks.
        if self.lane.newest is not None:
            self._links.restart(self.lane.newest)
            self.lane.newest = None
        return self._links

    def _advance_unusually(self, delta: Update, now_s: float) -> Transition:
        try:
            before = self._book.take(delta)
        except ValueError:
            return self._course.noted(delta, self._malformed(now_s))
        self._chain.restart(delta)
        self._audit.trail.add(delta, before)
        if not self._book.is_possible:
            return self._course.noted(delta, self._flaw(delta, now_s) or Transition.APPLIED)
        self.lane.applied += 1
        return _APPLIED

    def _take_in(self, delta: Update, now_s: float) -> Transition:
        if not self._is_connected:
            return Transition.UNEXPECTED
        if delta.symbol != self.symbol:
            return Transition.FOREIGN
        try:
            read([*delta.bids, *delta.asks])
        except ValueError:
            return self._malformed(now_s)
        if not self._is_subscribed:
            # "ack after the first data" (websocket-v3 §15.1): data says what the acknowledgement would.
            self._begin(now_s)
        return self._place_delta(delta, now_s)

    def _place_delta(self, delta: Update, now_s: float) -> Transition:
        link = self._chain.link(delta)
        match link:
            case Link.FIRST | Link.NEXT | Link.BROKEN:
                return self._follow(delta, link, now_s)
            case Link.OLD:
                return self._pass_over(delta, now_s)
            case Link.REPEATED:
                return Transition.REPEATED
            case Link.CONFLICT:
                self._chain.clear(floor=delta.ts)
                return self._withdraw(Transition.CONFLICT, now_s)
            case Link.IMPOSSIBLE:
                return self._malformed(now_s)
            case _:
                assert_never(link)

    def _follow(self, delta: Update, link: Link, now_s: float) -> Transition:
        on_chain = self._chain.tip_ts == self._book.ts
        if link is Link.BROKEN:
            self._chain.restart(delta)
        else:
            self._chain.extend(delta)
        if not self.state.is_readable:
            return Transition.BROKEN_BUFFER if link is Link.BROKEN else Transition.BUFFERED
        if on_chain and link is Link.BROKEN:
            return self._withdraw(Transition.GAP, now_s)
        return self._follow_book(delta, now_s, on_chain=on_chain)

    def _follow_book(self, delta: Update, now_s: float, *, on_chain: bool) -> Transition:
        # "drop the buffer and every later delta with ts <= S; the first delta with ts > S must have prevTs <= S,
        # otherwise it is a gap" (websocket-v3 §8.4, snapshot ahead). A snapshot without deltas is the same case.
        at = self._book.ts
        if delta.ts < at:
            return Transition.BEFORE_SNAPSHOT
        self._audit.clear()
        if delta.ts == at:
            return self._settle(Transition.EXACT_END, now_s)
        if delta.prev_ts > at:
            return self._withdraw(Transition.GAP, now_s)
        before = self._book.take(delta)
        if flaw := self._flaw(delta, now_s):
            return flaw
        if on_chain:
            return Transition.APPLIED
        if delta.prev_ts == at:
            self._audit.trail.add(delta, before)
            return self._settle(Transition.EXACT_START, now_s)
        return self._straddle(delta.ts, now_s)

    def _pass_over(self, delta: Update, now_s: float) -> Transition:
        self._chain.strays += 1
        if self._chain.strays <= _MOST_STRAYS:
            return Transition.OLD
        self._chain.clear()
        self._chain.extend(delta)
        return self._withdraw(Transition.BACKWARDS, now_s)

    def _flaw(self, delta: Update, now_s: float) -> Transition | None:
        flaw = flaw_of(self._book)
        if flaw is None:
            return None
        self._chain.distrust(delta)
        return self._withdraw(flaw, now_s)

    # What REST says.

    def take_seed(self, *, now_s: float) -> int | None:
        """Return the ticket of a snapshot to ask for now, or None. There is never more than one ticket out."""
        ticket = self._course.seeding.take(now_s, era=self._era)
        if ticket is not None and self.state is BookState.SYNCED:
            self._audit.open(now_s)
        return ticket

    def audit(self, *, now_s: float) -> None:
        """Ask for a snapshot to compare the book with; where none can be compared yet, ask on for a while."""
        if self.state.is_readable and self._is_subscribed:
            self._course.seeding.want(now_s)

    def audit_every(self, seconds: float, *, now_s: float) -> None:
        """Ask for a snapshot so often from now on while SYNCED, too; oftener if that was asked for before."""
        self._course.audit_every(seconds, now_s)

    def seed_failed(self, ticket: int, *, now_s: float) -> Transition:
        """The snapshot could not be had: refused, limited or unreachable. It is asked for again, more slowly."""
        if self._course.seeding.close(ticket, now_s):
            self._ask_again(FAILING, now_s)
        return self._count(Transition.SEED_FAILED)

    def tick(self, *, now_s: float) -> Transition | None:
        """Give up on a snapshot that never came; return what happened, if anything did."""
        if not self._course.seeding.give_up(now_s):
            return None
        self._ask_again(FAILING, now_s)
        return self._count(Transition.SEED_LOST)

    def snapshot(
        self, timestamp: int, *, bids: Sequence[Level], asks: Sequence[Level], now_s: float, ticket: int | None = None
    ) -> Transition:
        """Take in a snapshot of the exchange's `timestamp`, with the ticket it was asked for by.

        While SYNCED it is compared with the book as it was then, and a difference takes the book away.
        """
        request = self._course.seeding.close(ticket, now_s)
        seed = Book(self.depth)
        try:
            seed.load(bids, asks, ts=timestamp)
        except ValueError:
            self._ask_again(FAILING, now_s)
            return self._count(Transition.BAD_SNAPSHOT)
        return self._count(self._place_seed(seed, request, now_s))

    def _place_seed(self, seed: Book, request: Request | None, now_s: float) -> Transition:
        if not self._is_connected:
            return Transition.OUTDATED
        if self.state is BookState.SYNCED:
            return self._compare(seed, now_s)
        place = self._chain.place(seed.ts)
        match place:
            case Place.EXACT_START | Place.EXACT_END | Place.STRADDLE:
                return self._start(seed, place, now_s)
            case Place.AHEAD:
                return self._hold(seed, request, Transition.SNAPSHOT_AHEAD, now_s)
            case Place.EMPTY if request is None or request.era != self._era:
                # What was missed between this snapshot and the subscription, nothing here can tell.
                self._course.seeding.want(now_s)
                return Transition.OUTDATED
            case Place.EMPTY:
                return self._hold(seed, request, Transition.NO_DELTAS, now_s)
            case Place.BEHIND:
                return self._course.wait(Transition.SNAPSHOT_BEHIND, now_s)
            case _:
                assert_never(place)

    def _start(self, seed: Book, place: Place, now_s: float) -> Transition:
        self._audit.clear()
        later = self._chain.after(seed.ts)
        if flaw := bridge(seed, self._chain, trail=self._audit.trail):
            return self._course.wait(flaw, now_s)
        held = self._book if self.state is BookState.UNCONFIRMED else None
        agrees = held is not None and seed.ts == held.ts and seed.view() == held.view()
        if place is Place.STRADDLE:
            return self._weigh(seed, later[0].ts, agrees=agrees, now_s=now_s)
        if held is not None and seed.ts == held.ts and not agrees:
            self._count(Transition.DIFFERED)
        self._book = seed
        return self._settle(Transition.EXACT_START if place is Place.EXACT_START else Transition.EXACT_END, now_s)

    def _weigh(self, seed: Book, straddled_to: int, *, agrees: bool, now_s: float) -> Transition:
        """Take in a snapshot from inside an update: the first, or one that speaks for or against the book held."""
        if self.state is not BookState.UNCONFIRMED:
            self._book = seed
            return self._straddle(straddled_to, now_s)
        if seed.ts != self._book.ts or straddled_to <= self._straddled_to:
            return self._course.wait(Transition.STRADDLE, now_s)
        if not agrees:
            self._count(Transition.DIFFERED)
            self._book = seed
            return self._straddle(straddled_to, now_s)
        self._straddled_to = straddled_to
        self._witnesses += 1
        if self._witnesses < self.witnesses_needed:
            return self._course.wait(Transition.STRADDLE, now_s)
        self._book = seed
        return self._settle(Transition.WITNESSED, now_s)

    def _straddle(self, straddled_to: int, now_s: float) -> Transition:
        self._straddled_to, self._witnesses = straddled_to, 0
        return self._course.doubt(Transition.STRADDLE, CONFIRMING, now_s)

    def _hold(self, seed: Book, request: Request | None, reason: Transition, now_s: float) -> Transition:
        if flaw := flaw_of(seed):
            return self._course.wait(flaw, now_s)
        if self.state is BookState.UNCONFIRMED:
            if seed.ts < self._book.ts:
                return self._course.wait(Transition.SNAPSHOT_BEHIND, now_s)
            if seed.ts == self._book.ts and seed.view() == self._book.view():
                return self._watch(request, reason, now_s)
        self._book, self._held_since_s = seed, now_s
        return self._course.doubt(reason, WATCHING, now_s)

    def _watch(self, request: Request | None, reason: Transition, now_s: float) -> Transition:
        if request is None or request.at_s - self._held_since_s < _QUIET_S:
            self._ask_again(WATCHING, now_s)
            return reason
        self._course.rest(now_s)
        return self._course.enter(BookState.UNCONFIRMED, Transition.QUIET, now_s)

    def _compare(self, seed: Book, now_s: float) -> Transition:
        verdict = self._audit.judge(self._book, seed, now_s=now_s)
        match verdict:
            case Transition.DIFFERED | Transition.SILENT:
                return self._withdraw(verdict, now_s)
            case Transition.UNNEEDED:
                self._ask_again(BRIDGING, now_s)
            case _:
                self._audit.close()
                self._course.rest(now_s)
        return verdict

    # What follows.

    def _settle(self, reason: Transition, now_s: float) -> Transition:
        self._chain.forget_all_but_newest()
        return self._course.settle(reason, now_s)

    def _withdraw(self, reason: Transition, now_s: float) -> Transition:
        self._audit.clear()
        return self._course.withdraw(reason, now_s)

    def _ask_again(self, pace: Pace, now_s: float) -> None:
        if self._is_subscribed and (self.state is not BookState.SYNCED or self._audit.is_open):
            self._course.seeding.want_again(pace, now_s)

    def _count(self, transition: Transition) -> Transition:
        self._open_lane()
        return self._course.count(transition)
