"""This file is a book that keeps itself: the stream feeds it, snapshots are asked for when it needs them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from decimal import Decimal
from weakref import WeakSet

from woodlot.book.book import Book, BookView
from woodlot.book.chain import Delta
from woodlot.book.measures import Sweep
from woodlot.book.sync import Synchroniser
from woodlot.book.transition import BookState, Standing, Transition
from woodlot.clock import Clock
from woodlot.desk.book_changes import BookChange, BookChanges
from woodlot.errors import BookNotInSync, SubscriptionRefused, WoodlotError
from woodlot.stream.continuity import Interrupted
from woodlot.wire.amount import Number
from woodlot.wire.events import BookDelta
from woodlot.wire.frames import Push
from woodlot.wire.public import OrderBook

log = logging.getLogger(__name__)

Snapshot = Callable[[], Awaitable[OrderBook]]
"""Asks the exchange for the book as it is: `maxLevel` equal to the depth, the same RPI flavour."""


class LiveBook:
    """The best `depth` levels of a symbol, right or refused.

    `state` is SYNCED (proved by the chain of updates), UNCONFIRMED (a snapshot no update has proved yet: most symbols
    are silent for minutes), SYNCING or STALE. The first two can be read; in the others every read raises
    BookNotInSync, unless `allow_stale` is set where a method has it. The book heals itself; there is nothing to call.
    """

    def __init__(self, symbol: str, *, depth: int, snapshot: Snapshot, clock: Clock) -> None:
        self.symbol = symbol
        self.depth = depth
        self._clock = clock
        self._snapshot = snapshot
        self._sync = Synchroniser(symbol, depth=depth, now_s=clock.monotonic_s())
        self._wake = asyncio.Event()
        self._readable = asyncio.Event()
        self._refusal: SubscriptionRefused | None = None
        self._is_connected = False
        # Weak, so that a reader who walks away from its loop is not fed for ever.
        self._readers: WeakSet[BookChanges] = WeakSet()

    # Its standing.

    @property
    def state(self) -> BookState:
        return self._sync.state

    @property
    def standing(self) -> Standing:
        """State, reason, and since when on the clock's monotonic seconds."""
        return self._sync.standing

    @property
    def age_s(self) -> float:
        """How long the book has been in its state."""
        return self._sync.standing.age_s(self._clock.monotonic_s())

    @property
    def counts(self) -> dict[Transition, int]:
        """How often each transition of the synchroniser happened."""
        return dict(self._sync.counts)

    async def ready(self, *, timeout_s: float = 90.0) -> None:
        """Wait until the book can be read.

        Raises SubscriptionRefused if the exchange does not know the topic, BookNotInSync after `timeout_s`. The
        default covers the 46 s by which the exchange's snapshots were seen to lag (websocket-v3 §8.2).
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._readable.wait()
        except TimeoutError:
            standing = self._sync.standing
            raise BookNotInSync(self.symbol, standing.state, standing.reason) from None
        if self._refusal is not None:
            raise self._refusal

    # What it shows.

    def read(self, *, allow_stale: bool = False) -> Book:
        """Return the book itself, to be read at once and not kept. Raises BookNotInSync."""
        return self._sync.read(allow_stale=allow_stale)

    def view(self, count: int | None = None, *, allow_stale: bool = False) -> BookView:
        """Return both sides as they are now, as a value that stays. Raises BookNotInSync."""
        return self.read(allow_stale=allow_stale).view(count)

    @property
    def ts(self) -> int:
        """The exchange's time, in milliseconds, of what the book shows."""
        return self.read().ts

    @property
    def best_bid(self) -> tuple[Decimal, Decimal] | None:
        """Price and size of the best bid, or None where nobody bids. Raises BookNotInSync."""
        return self.read().best_bid

    @property
    def best_ask(self) -> tuple[Decimal, Decimal] | None:
        """Price and size of the best ask, or None where nobody asks. Raises BookNotInSync."""
        return self.read().best_ask

    @property
    def mid(self) -> Decimal | None:
        return self.read().mid

    @property
    def spread(self) -> Decimal | None:
        return self.read().spread

    @property
    def micro_price(self) -> Decimal | None:
        """The mid weighted by what rests at the touch."""
        return self.read().micro_price

    def levels(
        self, count: int, *, allow_stale: bool = False
    ) -> tuple[list[tuple[Decimal, Decimal]], list[tuple[Decimal, Decimal]]]:
        """Return at most `count` bids and `count` asks as (price, size), best first. Raises BookNotInSync."""
        return self.read(allow_stale=allow_stale).levels(count)

    def imbalance(self, count: int) -> Decimal | None:
        """Return how much more is bid than asked in the best `count` levels: 1 all bids, -1 all asks."""
        return self.read().imbalance(count)

    def buy_quantity(self, quantity: Number) -> Sweep:
        """Return what buying a quantity would cost. Raises BookNotInSync."""
        return self.read().buy_quantity(quantity)

    def sell_quantity(self, quantity: Number) -> Sweep:
        """Return what selling a quantity would bring. Raises BookNotInSync."""
        return self.read().sell_quantity(quantity)

    def buy_amount(self, amount: Number) -> Sweep:
        """Return what an amount of the quote asset would buy. Raises BookNotInSync."""
        return self.read().buy_amount(amount)

    def sell_amount(self, amount: Number) -> Sweep:
        """Return what would have to be sold for an amount of the quote asset. Raises BookNotInSync."""
        return self.read().sell_amount(amount)

    def changes(self, *, conflate: bool = True) -> BookChanges:
        """Iterate over the changes of book and state from now on.

        With `conflate` a slow reader gets the newest change only, and how many it stands for. Without, it gets one
        for every frame, each with the book as it was then.
        """
        reader = BookChanges(conflate=conflate, leave=self._readers.discard)
        self._readers.add(reader)
        return reader

    def __aiter__(self) -> BookChanges:
        return self.changes()

    def __repr__(self) -> str:
        return f"LiveBook({self.symbol!r}, depth={self.depth}, state={self.state.value})"

    # What the stream calls: a book is a Sink.

    def subscribed(self, topic: str) -> None:  # noqa: ARG002 - it has but one
        self._connect()
        self._after(self._sync.subscribed(now_s=self._clock.monotonic_s()))

    def refused(self, topic: str, reason: str) -> None:
        self._refusal = SubscriptionRefused(topic, reason)
        self._after(self._sync.ack_missing(now_s=self._clock.monotonic_s()))
        self._readable.set()

    def pushed(self, push: Push[BookDelta]) -> None:
        # Data may come before its acknowledgement (websocket-v3 §5.1).
        self._connect()
        event = push.event
        delta = Delta(event.symbol, event.prev_ts, event.ts, event.bids, event.asks)
        self._after(self._sync.delta(delta, now_s=self._clock.monotonic_s()))

    def interrupted(self, gap: Interrupted) -> None:  # noqa: ARG002 - any gap is one too many
        self._is_connected = False
        self._after(self._sync.disconnected(now_s=self._clock.monotonic_s()))

    def _connect(self) -> None:
        if not self._is_connected:
            self._is_connected = True
            self._after(self._sync.connected(now_s=self._clock.monotonic_s()))

    def _after(self, transition: Transition) -> None:
        if transition is not Transition.APPLIED:
            self._wake.set()
            if self._sync.state.is_readable:
                self._readable.set()
            else:
                self._readable.clear()
        if self._readers:
            self._tell()

    def _tell(self) -> None:
        standing = self._sync.standing
        book = self._sync.read(allow_stale=True)
        for reader in tuple(self._readers):
            view = book.view() if standing.state.is_readable and not reader.conflates else None
            reader.put(BookChange(standing.state, standing.reason, book.ts, view))

    # Snapshots.

    async def keep_seeded(self) -> None:
        """Ask for snapshots whenever the synchroniser wants one; until cancelled."""
        while True:
            now_s = self._clock.monotonic_s()
            self._sync.tick(now_s=now_s)
            ticket = self._sync.take_seed(now_s=now_s)
            if ticket is not None:
                await self._seed(ticket)
                continue
            due_s = self._sync.seed_due_at
            await self._woken(None if due_s is None else max(0.0, due_s - now_s))

    async def _seed(self, ticket: int) -> None:
        try:
            seed = await self._snapshot()
        except WoodlotError as error:
            log.warning("no snapshot of %s: %s", self.symbol, error)
            self._after(self._sync.seed_failed(ticket, now_s=self._clock.monotonic_s()))
            return
        transition = self._sync.snapshot(
            seed.timestamp,
            bids=[(level.price, level.quantity) for level in seed.bids],
            asks=[(level.price, level.quantity) for level in seed.asks],
            now_s=self._clock.monotonic_s(),
            ticket=ticket,
        )
        self._after(transition)

    async def _woken(self, timeout_s: float | None) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()
