"""This file is the ear of a spot book for `orderbook10`, of which it lives while no updates come."""

from typing import Protocol

from woodlot.stream.continuity import Cause, Interrupted
from woodlot.wire.figures import BookTop
from woodlot.wire.frames import Push


class Topped(Protocol):
    """What takes in ten levels a side."""

    def topped(self, top: BookTop) -> None: ...
    def top_lost(self) -> None: ...


class TopSink:
    """Hand `orderbook10` to a book. Without the topic there is no fallback, and that is no reason to complain."""

    def __init__(self, book: Topped) -> None:
        self._book = book

    def subscribed(self, topic: str) -> None: ...

    def refused(self, topic: str, reason: str) -> None: ...

    def pushed(self, push: Push[BookTop]) -> None:
        self._book.topped(push.event)

    def interrupted(self, gap: Interrupted) -> None:
        # Each push is whole, so one that cannot be read is no loss to the next.
        if gap.cause is not Cause.UNREADABLE:
            self._book.top_lost()
