"""This file is what waits for a slow reader: a bounded queue with a policy for its bound."""

import asyncio
from collections import Counter
from enum import Enum
from typing import Any, TypeAlias

from woodlot.stream.continuity import Gap, Interrupted, Resumed, Skipped
from woodlot.wire.frames import Push

Item: TypeAlias = Push[Any] | Gap
DEFAULT_BOUND = 10_000

REPLACING = frozenset(
    {"orderbook10", "bbo", "bborpi", "ticker", "markprice", "indexprice", "openinterest", "estfundingrate"}
)
"""The topics each of whose events replaces the last one (websocket-v3 §10)."""


class Policy(Enum):
    """What happens to events that a reader has not asked for yet."""

    CONFLATE = "only the newest event of each topic waits; the ones it replaced are counted"
    DROP_OLDEST = "events queue in order; at the bound the oldest are dropped, counted, and told as Skipped"


def policy_of(topic: str) -> Policy:
    """Return what suits a kind of topic: events that replace each other conflate, those that add up queue.

    Book deltas chain, so they queue; a book, not its deltas, is what conflates.
    """
    return Policy.CONFLATE if topic.partition("@")[0] in REPLACING else Policy.DROP_OLDEST


class Inbox:
    """Hold what one reader has not read. `put` never waits, so a slow reader never slows the socket."""

    def __init__(self, policy: Policy | None = None, *, bound: int = DEFAULT_BOUND) -> None:
        self._policy = policy
        self._bound = bound
        self._items: dict[tuple[str, int], Item] = {}
        self._next = 0
        self._era = 0
        self._skipped: Counter[str] = Counter()
        self._turned = asyncio.Event()
        self._end: BaseException | None = None
        self.dropped = 0
        self.conflated = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, push: Push[Any]) -> None:
        if (self._policy or policy_of(push.topic)) is Policy.DROP_OLDEST:
            self._add(push.topic, push)
            return
        # One place per topic and era: a newer event takes the place of an older one, so every topic keeps its turn
        # however fast another one is.
        place = (push.topic, self._era)
        if place in self._items:
            self.conflated += 1
        self._items[place] = push
        self._trim()

    def mark(self, marker: Interrupted | Resumed) -> None:
        """Queue a marker: what comes after it is not conflated with what came before."""
        self._add(marker.topic, marker)
        self._era = self._next

    def end(self, error: BaseException | None = None) -> None:
        """Let the reader read the rest, and after that nothing more, or this error."""
        self._end = error or StopAsyncIteration()
        self._turned.set()

    async def get(self) -> Item:
        """Wait for the oldest item. Raises what `end` was given once nothing is left."""
        while not self._items:
            if self._end is not None:
                raise self._end
            self._turned.clear()
            await self._turned.wait()
        place = next(iter(self._items))
        # What was dropped stood before everything that is left.
        if skipped := self._take_skipped():
            return skipped
        return self._items.pop(place)

    def _take_skipped(self) -> Skipped | None:
        for topic, count in self._skipped.items():
            del self._skipped[topic]
            return Skipped(topic, count)
        return None

    def _add(self, topic: str, item: Item) -> None:
        self._next += 1
        self._items[topic, self._next] = item
        self._trim()

    def _trim(self) -> None:
        while len(self._items) > self._bound:
            (topic, _), _ = next(iter(self._items.items()))
            del self._items[next(iter(self._items))]
            self._skipped[topic] += 1
            self.dropped += 1
        self._turned.set()
