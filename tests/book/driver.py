"""This file is the shortest way for a test to drive a synchroniser, with a clock moved by hand."""

from collections.abc import Sequence
from decimal import Decimal

from proofs.book_exchange import Wire

from woodlot.book.chain import Delta
from woodlot.book.sync import Synchroniser
from woodlot.book.transition import Transition

SYMBOL = "PERP_BTC_USDT"


class Driver:
    """A synchroniser with a clock that is moved by hand and the shortest way to say each thing to it."""

    def __init__(self, depth: int = 50) -> None:
        self.now_s = 0.0
        self.sync = Synchroniser(SYMBOL, depth=depth, now_s=0.0)

    def up(self) -> "Driver":
        self.sync.connected(now_s=self.now_s)
        self.sync.subscribed(now_s=self.now_s)
        return self

    def delta(
        self, prev_ts: int, ts: int, bids: Sequence[tuple[str, str]] = (), asks: Wire | None = None
    ) -> Transition:
        return self.sync.delta(Delta(SYMBOL, prev_ts, ts, bids, asks or []), now_s=self.now_s)

    def ask(self) -> int:
        """Let the time come at which a snapshot is due, and ask for it."""
        due = self.sync.seed_due_at
        assert due is not None, f"no snapshot is wanted: {self.sync.standing}"
        self.now_s = max(self.now_s, due)
        ticket = self.sync.take_seed(now_s=self.now_s)
        assert ticket is not None, "a snapshot is due and no ticket is given"
        return ticket

    def seed(
        self, timestamp: int, bids: Sequence[tuple[str, str]] = (("1", "1"),), asks: Sequence[tuple[str, str]] = ()
    ) -> Transition:
        """Ask for a snapshot when it is due, and bring it."""
        return self.bring(self.ask(), timestamp, bids, asks)

    def bring(
        self,
        ticket: int | None,
        timestamp: int,
        bids: Sequence[tuple[str, str]] = (("1", "1"),),
        asks: Sequence[tuple[str, str]] = (),
    ) -> Transition:
        return self.sync.snapshot(timestamp, bids=bids, asks=asks, ticket=ticket, now_s=self.now_s)

    @property
    def bids(self) -> dict[Decimal, Decimal]:
        return dict(self.sync.read().walk_bids())
