"""This file is how a snapshot is carried over the deltas that came after it, and what a book may not look like."""

from woodlot.book.book import Book
from woodlot.book.chain import Chain
from woodlot.book.trail import Trail
from woodlot.book.transition import Transition


def bridge(snapshot: Book, chain: Chain, *, trail: Trail) -> Transition | None:
    """Apply what comes after the snapshot, leaving a trail; return what was wrong on the way, if anything was.

    A delta that makes an impossible book is then forgotten, with what was before it: a later one may hide what it
    did, but not undo it.
    """
    if flaw := flaw_of(snapshot):
        return flaw
    for delta in chain.after(snapshot.ts):
        trail.add(delta, snapshot.take(delta))
        if flaw := flaw_of(snapshot):
            chain.distrust(delta)
            return flaw
    return None


def flaw_of(book: Book) -> Transition | None:
    """Name what makes a book impossible: more levels than its window, or a bid that meets an ask."""
    if book.is_possible:
        return None
    if book.trim():
        return Transition.TOO_DEEP
    return Transition.CROSSED
