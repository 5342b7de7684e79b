"""This file is a book that keeps itself: the stream feeds it, snapshots are asked for when it needs them."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass

from woodlot.book.book import Book, BookView
from woodlot.book.fallback import Fallback, Source
from woodlot.book.measures import Measures
from woodlot.book.numbers import Priced
from woodlot.book.sync import Synchroniser
from woodlot.book.transition import BookState, Standing, Transition
from woodlot.clock import Clock
from woodlot.desk.book_changes import Audience, BookChange, BookChanges
from woodlot.desk.own_orders import OverlaidView, RestingOrder, overlay
from woodlot.errors import BookNotInSync, SubscriptionRefused, WoodlotError
from woodlot.stream.continuity import Cause, Interrupted
from woodlot.wire.events import BookDelta
from woodlot.wire.figures import BookTop
from woodlot.wire.frames import Push
from woodlot.wire.public import OrderBook

log = logging.getLogger(__name__)

# What a snapshot can come to without anything being proved by it: the next one may do better.
_OPEN = frozenset(
    {
        Transition.UNNEEDED,
        Transition.SNAPSHOT_BEHIND,
        Transition.BAD_SNAPSHOT,
        Transition.OUTDATED,
        Transition.SEED_FAILED,
    }
)
_APPLIED = Transition.APPLIED
_NOTHING_TO_ASK = frozenset({Transition.BUFFERED, Transition.APPLIED})
_ALARMING = frozenset({Transition.DIFFERED, Transition.SILENT})


def _nothing() -> None: ...


def _no_orders() -> Iterable[RestingOrder]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a book needs of the desk it lives on.

    `snapshot` asks the exchange for the book as it is, with `maxLevel` equal to the depth and of the same RPI flavour.
    `wake` is called when the book may want a snapshot sooner than it said, `leave` when it is closed. `own_orders`
    are our open orders of its symbol.
    """

    clock: Clock
    snapshot: Callable[[], Awaitable[OrderBook]]
    wake: Callable[[], None] = _nothing
    leave: Callable[[], None] = _nothing
    own_orders: Callable[[], Iterable[RestingOrder]] = _no_orders


class LiveBook(Measures):
    """The best `depth` levels of a symbol, right or refused.

    `state` is SYNCED (proved by the chain of updates), UNCONFIRMED (a snapshot no update has proved yet: most symbols
    are silent for minutes), SYNCING or STALE. The first two can be read; in the others every read raises
    BookNotInSync, unless `allow_stale` is set where a method has it. The book heals itself; there is nothing to call.
    """

    def __init__(self, symbol: str, *, depth: int, around: Surroundings, rpi: bool = False) -> None:
        self.symbol = symbol
        self.depth = depth
        self.rpi = rpi
        self._around = around
        self._sync = Synchroniser(symbol, depth=depth, now_s=self._now_s)
        self._shown = Fallback(self._sync)
        self._readable = asyncio.Event()
        self._refusal: SubscriptionRefused | None = None
        self._is_connected = False
        self._audits: list[asyncio.Future[Transition]] = []
        # The book while it is SYNCED and of updates: for what is done with every update.
        self._proved: Book | None = None
        self.lane = self._sync.lane
        self._audience = Audience(self._change, self.lane)

    # Its standing.

    @property
    def state(self) -> BookState:
        return self._shown.standing.state

    @property
    def reason(self) -> str:
        """Why the book is in its state, for an operator to read."""
        return self._shown.standing.reason.value

    @property
    def age_s(self) -> float:
        """How long the book has been in its state."""
        return self._shown.standing.age_s(self._now_s)

    @property
    def standing(self) -> Standing:
        """State, reason, and since when on the clock's monotonic seconds."""
        return self._shown.standing

    @property
    def source(self) -> Source:
        """TOP_TEN while a spot symbol sends no updates and ten levels of `orderbook10` are shown instead."""
        return self._shown.source

    @property
    def is_readable(self) -> bool:
        return self.state.is_readable

    @property
    def counts(self) -> Counter[Transition]:
        """How often each transition of the synchroniser happened."""
        return self._sync.counts

    async def ready(self, *, timeout_s: float = 90.0) -> None:
        """Wait until the book can be read.

        Raises SubscriptionRefused if the exchange does not know the topic, BookNotInSync after `timeout_s`. The
        default covers the 46 s by which the exchange's snapshots were seen to lag (websocket-v3 §8.2).
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._readable.wait()
        except TimeoutError:
            raise BookNotInSync(self.symbol, self.state, self.reason) from None
        if self._refusal is not None:
            raise self._refusal

    async def audit(self, *, timeout_s: float = 90.0) -> Transition:
        """Compare the book with the exchange's own; return what that proved. Raises BookNotInSync.

        AGREED: they were the same at the snapshot's time. DIFFERED: they were not, and SILENT: the exchange's moved on
        without an update; then the book has been withdrawn and is being built anew. UNPROVEN: nothing comparable came
        in time. Of a book that is UNCONFIRMED it returns what the snapshot made of it.
        """
        self.read()
        verdict: asyncio.Future[Transition] = asyncio.get_running_loop().create_future()
        self._audits.append(verdict)
        self._sync.audit(now_s=self._now_s)
        self._around.wake()
        try:
            async with asyncio.timeout(timeout_s):
                return await verdict
        except TimeoutError:
            return Transition.UNPROVEN
        finally:
            self._audits.remove(verdict)

    def audit_every(self, seconds: float) -> None:
        """Have the book audited every so often from now on, at least: the shortest time that was asked for counts."""
        self._sync.audit_every(seconds, now_s=self._now_s)
        self._around.wake()

    def close(self) -> None:
        """Stop following the market. Readers read what is queued and end; the book is STALE from now on."""
        self._around.leave()
        self._after(self._sync.disconnected(now_s=self._now_s))
        self._audience.close()

    # What it shows. The measures (spread, mid, imbalance, costs ...) follow from these.

    def read(self, *, allow_stale: bool = False) -> Book:
        """Return the book itself, to be read at once and not kept. Raises BookNotInSync."""
        return self._shown.read(allow_stale=allow_stale)

    def view(self, count: int | None = None, *, allow_stale: bool = False) -> BookView:
        """Return both sides as they are now, as a value that stays. Raises BookNotInSync."""
        return self.read(allow_stale=allow_stale).view(count)

    def own_view(self, count: int | None = None) -> OverlaidView:
        """Return both sides with our open orders marked in them. Raises BookNotInSync."""
        return overlay(self.view(count), self._around.own_orders())

    @property
    def ts(self) -> int:
        """The exchange's time, in milliseconds, of what the book shows."""
        return self.read().ts

    @property
    def best_bid(self) -> Priced | None:
        """Price and size of the best bid, or None where nobody bids. Raises BookNotInSync."""
        book = self._proved
        return (self._shown.read() if book is None else book).sides.best_bid

    @property
    def best_ask(self) -> Priced | None:
        """Price and size of the best ask, or None where nobody asks. Raises BookNotInSync."""
        book = self._proved
        return (self._shown.read() if book is None else book).sides.best_ask

    def levels(self, count: int, *, allow_stale: bool = False) -> tuple[list[Priced], list[Priced]]:
        """Return at most `count` bids and `count` asks as (price, size), best first. Raises BookNotInSync."""
        return self.read(allow_stale=allow_stale).levels(count)

    def walk_bids(self) -> Iterator[Priced]:
        return self.read().walk_bids()

    def walk_asks(self) -> Iterator[Priced]:
        return self.read().walk_asks()

    def changes(self, *, conflate: bool = True) -> BookChanges:
        """Iterate over the changes of book and state from now on.

        With `conflate` a slow reader gets the newest change only, and how many it stands for. Without, it gets one
        for every frame, each with the book as it was then.
        """
        return self._audience.join(conflate=conflate)

    def __aiter__(self) -> BookChanges:
        return self.changes()

    def __repr__(self) -> str:
        return f"LiveBook({self.symbol!r}, depth={self.depth}, state={self.state.value})"

    # What the stream calls: a book is a Sink.

    def subscribed(self, topic: str) -> None:  # noqa: ARG002 - it has but one
        self._connect()
        self._after(self._sync.subscribed(now_s=self._now_s))

    def refused(self, topic: str, reason: str) -> None:
        self._refusal = SubscriptionRefused(topic, reason)
        self._after(self._sync.ack_missing(now_s=self._now_s))
        self._readable.set()

    def pushed(self, push: Push[BookDelta]) -> None:
        lane = self.lane
        if self._proved is not None and lane.take(push.delta or push.event):
            if lane.tell is not None:
                lane.tell()
            return
        # Data may come before its acknowledgement (websocket-v3 §5.1).
        if not self._is_connected:
            self._connect()
        changed = lane.changed
        transition = self._shown.delta(push.delta or push.event, now_s=self._now_s)
        # Whichever way it took, it is one change, and counted below.
        lane.changed = changed
        self._after(transition)
        if transition is not _APPLIED:
            self._pursue_audits()

    def interrupted(self, gap: Interrupted) -> None:
        if gap.cause is Cause.UNREADABLE:
            # The subscription is well. If it was an update that came and could not be read, the chain tells.
            self._after(self._sync.unreadable(now_s=self._now_s))
            return
        self._is_connected = False
        self._after(self._sync.disconnected(now_s=self._now_s))

    def topped(self, top: BookTop) -> None:
        """Take in the ten levels of `orderbook10`, of which a spot book lives while no updates come."""
        transition = self._shown.top(top.ts, bids=top.bids, asks=top.asks, now_s=self._now_s)
        if transition is Transition.TOP_TEN:
            self._after(transition)

    def top_lost(self) -> None:
        self._shown.top_lost()
        self._after(Transition.DISCONNECTED)

    def _connect(self) -> None:
        if not self._is_connected:
            self._is_connected = True
            self._after(self._sync.connected(now_s=self._now_s))

    # What the seeder calls.

    @property
    def seed_due_at(self) -> float | None:
        return self._sync.seed_due_at

    def take_seed(self) -> int | None:
        now_s = self._now_s
        self._sync.tick(now_s=now_s)
        return self._sync.take_seed(now_s=now_s)

    async def seed(self, ticket: int) -> None:
        try:
            seed = await self._around.snapshot()
        except WoodlotError as error:
            log.warning("no snapshot of %s: %s", self.symbol, error)
            self._after(self._sync.seed_failed(ticket, now_s=self._now_s))
            return
        transition = self._sync.snapshot(
            seed.timestamp,
            bids=[(level.price, level.quantity) for level in seed.bids],
            asks=[(level.price, level.quantity) for level in seed.asks],
            now_s=self._now_s,
            ticket=ticket,
        )
        if transition in _ALARMING:
            log.error("the book of %s was wrong and is being rebuilt: %s", self.symbol, transition.value)
        self._after(transition)
        if transition not in _OPEN:
            for verdict in self._audits:
                if not verdict.done():
                    verdict.set_result(transition)
        self._pursue_audits()

    # What follows.

    @property
    def _now_s(self) -> float:
        return self._around.clock.monotonic_s()

    def _pursue_audits(self) -> None:
        """Ask again where an update has proved the book before the snapshot that an audit asked for could."""
        is_asked = any(not verdict.done() for verdict in self._audits)
        if is_asked and self.state is BookState.SYNCED and not self._sync.is_auditing:
            self._sync.audit(now_s=self._now_s)
            self._around.wake()

    def _after(self, transition: Transition) -> None:
        if transition not in _NOTHING_TO_ASK:
            self._around.wake()
        if self.is_readable or self._refusal is not None:
            self._readable.set()
        else:
            self._readable.clear()
        is_proved = self.state is BookState.SYNCED and self.source is Source.UPDATES
        self._proved = self._sync.read() if is_proved else None
        lane = self.lane
        lane.is_direct = is_proved
        lane.changed += 1
        if lane.tell is not None:
            lane.tell()

    def _change(self, *, has_view: bool = False, conflated: int = 0) -> BookChange:
        book = self._proved
        if book is None:
            standing, book = self._shown.standing, self._shown.read(allow_stale=True)
        else:
            standing = self._sync.standing
        view = book.view() if has_view and standing.state.is_readable else None
        return BookChange(standing.state, standing.reason, book.ts, view, conflated)
