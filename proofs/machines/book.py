"""This file is the machine of the book: an exchange that goes on, a line that loses and repeats, old snapshots."""

import random
from collections import deque
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from proofs.book_exchange import Exchange, Update
from proofs.book_weather import window_of
from woodlot.book.chain import Delta
from woodlot.book.sync import Synchroniser
from woodlot.book.transition import BookState

SYMBOL = "PERP_BTC_USDT"


class BookMachine(RuleBasedStateMachine):
    """Whatever was delivered, a book that calls itself SYNCED is the exchange's window of its `ts`."""

    @initialize(seed=st.integers(0, 2**32), depth=st.integers(2, 12), off_grid=st.booleans())
    def begin(self, seed: int, depth: int, off_grid: bool) -> None:  # noqa: FBT001 - drawn by name
        self.exchange = Exchange(random.Random(seed), depth, off_grid=off_grid)
        self.sync = Synchroniser(SYMBOL, depth=depth, now_s=0.0)
        self.now_s = 0.0
        self.line: deque[Update] = deque()
        self.last: Update | None = None
        self.tickets: list[int] = []
        self.is_up = False

    @rule(ticks=st.integers(1, 12))
    def time_passes(self, ticks: int) -> None:
        for _ in range(ticks):
            self.now_s += 0.05
            update = self.exchange.step()
            if update is not None and self.is_up:
                self.line.append(update)

    @rule()
    def the_exchange_restarts(self) -> None:
        self.exchange.restart(after_ms=2_000)
        self.now_s += 2.0

    @rule(acknowledged=st.booleans())
    def connect(self, acknowledged: bool) -> None:  # noqa: FBT001 - drawn by name
        self.line.clear()
        self.is_up = True
        self.sync.connected(now_s=self.now_s)
        if acknowledged:
            self.sync.subscribed(now_s=self.now_s)

    @precondition(lambda self: self.is_up)
    @rule()
    def acknowledge(self) -> None:
        self.sync.subscribed(now_s=self.now_s)

    @rule()
    def disconnect(self) -> None:
        self.line.clear()
        self.is_up = False
        self.sync.disconnected(now_s=self.now_s)

    @precondition(lambda self: self.line)
    @rule(count=st.integers(1, 6))
    def deliver(self, count: int) -> None:
        for _ in range(min(count, len(self.line))):
            self._tell(self.line.popleft())

    @precondition(lambda self: len(self.line) > 1)
    @rule()
    def deliver_the_second_first(self) -> None:
        first = self.line.popleft()
        self._tell(self.line.popleft())
        self._tell(first)

    @precondition(lambda self: self.line)
    @rule()
    def lose_one(self) -> None:
        self.line.popleft()

    @precondition(lambda self: self.last)
    @rule()
    def repeat_the_last(self) -> None:
        if self.last is not None:
            self._tell(self.last)

    @rule(wait_s=st.floats(0, 5))
    def ask(self, wait_s: float) -> None:
        self.now_s += wait_s
        self.sync.tick(now_s=self.now_s)
        ticket = self.sync.take_seed(now_s=self.now_s)
        if ticket is not None:
            self.tickets.append(ticket)

    @precondition(lambda self: self.tickets)
    @rule(lag_ms=st.sampled_from((0, 0, 50, 120, 700, 3_000, 46_000)))
    def answer(self, lag_ms: int) -> None:
        at, bids, asks = self.exchange.snapshot(lag_ms=lag_ms)
        self.sync.snapshot(at, bids=bids, asks=asks, now_s=self.now_s, ticket=self.tickets.pop(0))

    @precondition(lambda self: self.tickets)
    @rule()
    def answer_with_an_error(self) -> None:
        self.sync.seed_failed(self.tickets.pop(0), now_s=self.now_s)

    @invariant()
    def what_is_synced_is_true(self) -> None:
        if self.sync.state is BookState.SYNCED:
            book = self.sync.read()
            assert window_of(book) == self.exchange.truth.get(book.ts), f"wrong at {book.ts}"

    def teardown(self) -> None:
        """In calm weather it comes back."""
        if not hasattr(self, "sync"):
            return
        self.connect(acknowledged=True)
        for _ in range(4_000):
            self.time_passes(1)
            while self.line:
                self._tell(self.line.popleft())
            self.what_is_synced_is_true()
            if self.sync.state is BookState.SYNCED:
                return
            self.tickets.clear()
            self.ask(0.0)
            if self.tickets:
                self.answer(0)
        raise AssertionError(f"the book is {self.sync.standing} after 200 s of calm")

    def _tell(self, update: Update) -> None:
        self.last = update
        delta: Any = Delta(SYMBOL, update.prev_ts, update.ts, update.bids, update.asks)
        self.sync.delta(delta, now_s=self.now_s)
