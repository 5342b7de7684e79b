"""This file is the reader of the books: one synchroniser for each, seeded over REST, held against the exchange."""

from functools import partial
from typing import Any

from proofs.calls import Calls
from proofs.cores.market import DEPTH, Pit
from proofs.cores.network import Network
from woodlot.book.sync import Synchroniser
from woodlot.book.transition import BookState
from woodlot.errors import WoodlotError
from woodlot.wire.frames import Push
from woodlot.wire.public import GetOrderBook

_LOOK_MS = 250
# Every so many updates a book that calls itself SYNCED is compared level for level.
_COMPARED_EVERY = 64


class Follower:
    """Follow some books with one socket. `problems` are the wrong reads."""

    def __init__(self, network: Network, calls: Calls, pits: dict[str, Pit], *, kind: type[Synchroniser]) -> None:
        self._network = network
        self._clock = network.schedule.clock
        self._calls = calls
        self._pits = pits
        now_s = self._now_s()
        self.books = {symbol: kind(symbol, depth=DEPTH, now_s=now_s) for symbol in pits}
        self._by_topic = {pit.topic: (self.books[symbol], pit) for symbol, pit in pits.items()}
        self.is_alive = True
        self.reads = 0
        self.problems: list[str] = []
        self._heard = 0
        self._look()

    # What the socket says.

    def connected(self) -> None:
        for book in self.books.values():
            book.connected(now_s=self._now_s())

    def accepted(self, topic: str) -> None:
        self._by_topic[topic][0].subscribed(now_s=self._now_s())

    def pushed(self, push: Push[Any]) -> None:
        book, pit = self._by_topic[push.topic]
        book.delta(push.delta or push.event, now_s=self._clock.monotonic_s())
        self._heard += 1
        if self._heard % _COMPARED_EVERY == 0 and book.state is BookState.SYNCED:
            self._compare(book, pit)

    def missed(self, topic: str) -> None:
        self._by_topic[topic][0].unreadable(now_s=self._now_s())

    def disconnected(self) -> None:
        for book in self.books.values():
            book.disconnected(now_s=self._now_s())

    # What REST says.

    def _look(self) -> None:
        if not self.is_alive:
            return
        self._network.counts["timers fired"] += 1
        now_s = self._now_s()
        for book in self.books.values():
            book.tick(now_s=now_s)
            ticket = book.take_seed(now_s=now_s)
            if ticket is not None:
                self._calls.make(GetOrderBook(symbol=book.symbol, max_level=DEPTH), partial(self._seed, book, ticket))
        self._network.schedule.after(_LOOK_MS, self._look)

    def _seed(self, book: Synchroniser, ticket: int, result: Any) -> None:
        if not self.is_alive:
            return
        if isinstance(result, WoodlotError):
            book.seed_failed(ticket, now_s=self._now_s())
            return
        bids, asks = ([(str(one.price), str(one.quantity)) for one in side] for side in (result.bids, result.asks))
        book.snapshot(result.timestamp, bids=bids, asks=asks, now_s=self._now_s(), ticket=ticket)

    # The promise.

    def _compare(self, book: Synchroniser, pit: Pit) -> None:
        self.reads += 1
        held = book.read()
        if held.spelled() != pit.shown(held.ts):
            self.problems.append(f"a wrong read of {book.symbol} while SYNCED")

    def check(self) -> list[str]:
        """Return what is not as it must be in the calm, when the market stands still."""
        for symbol, book in self.books.items():
            pit = self._pits[symbol]
            if book.state is not BookState.SYNCED:
                self.problems.append(f"the book of {symbol} is {book.state}: {book.standing.reason.value}")
            elif book.read().spelled() != pit.best():
                self.problems.append(f"the book of {symbol} is not the exchange's")
        return self.problems

    def _now_s(self) -> float:
        return self._clock.monotonic_s()
