"""This file is the public side of a desk for programs without an event loop."""

from typing import TypeVar

from woodlot.desk.market import Market
from woodlot.desk.portal import Portal
from woodlot.desk.sync_book import SyncBook
from woodlot.desk.sync_topics import SyncReadings
from woodlot.stream.continuity import Gap
from woodlot.wire.events import Pushed
from woodlot.wire.frames import Push
from woodlot.wire.topics import Topic

EventT = TypeVar("EventT", bound=Pushed)


class SyncMarket:
    """Books, and streams of any topics. The desk closes it."""

    def __init__(self, portal: Portal, market: Market) -> None:
        self._portal = portal
        self._market = market

    def book(
        self,
        symbol: str,
        depth: int = 50,
        *,
        rpi: bool = False,
        audit_every_s: float | None = None,
        timeout_s: float = 90.0,
    ) -> SyncBook:
        """Return the book of a symbol once it can be read. The gate does not look at it; it does at `desk.book`."""
        book = self._market.book(symbol, depth, rpi=rpi, audit_every_s=audit_every_s, timeout_s=timeout_s)
        return SyncBook(self._portal, self._portal.run(book))

    def subscribe(self, *topics: Topic[EventT]) -> SyncReadings[Push[EventT] | Gap]:
        """Iterate over the pushes of any topics, each with its topic and its time of sending, gaps between them."""
        return SyncReadings(self._portal, self._portal.call(lambda: self._market.subscribe(*topics)))
