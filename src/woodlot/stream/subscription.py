"""This file is a reader's end of a stream: an async iterator over one or several topics."""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

from woodlot.clock import Clock
from woodlot.errors import SubscriptionRefused
from woodlot.stream.continuity import Gap, Interrupted, Resumed
from woodlot.stream.inbox import Inbox
from woodlot.wire.events import Pushed
from woodlot.wire.frames import Push

EventT = TypeVar("EventT", bound=Pushed)


class Subscription(Generic[EventT]):
    """Iterate over the pushes of its topics, and over what interrupted them.

    A topic that the exchange refuses is named in `refused` and by `ready()`; the others go on. Iterating raises
    SubscriptionRefused once none is left. Closing it, or leaving its `async with`, leaves the topics.
    """

    def __init__(
        self, topics: Sequence[str], inbox: Inbox, *, clock: Clock, leave: Callable[["Subscription[Any]"], None]
    ) -> None:
        self.topics = tuple(topics)
        self.refused_topics: dict[str, str] = {}
        self._inbox = inbox
        self._clock = clock
        self._leave = leave
        self._gaps: dict[str, int] = {}
        self._waited_for = set(topics)
        self._settled = asyncio.Event()
        self._is_ended = False

    @property
    def dropped(self) -> int:
        """How many events this reader was too slow for; each run of them came as a Skipped."""
        return self._inbox.dropped

    @property
    def conflated(self) -> int:
        """How many events were replaced by a newer one before they were read."""
        return self._inbox.conflated

    async def ready(self) -> None:
        """Wait until the exchange has answered for every topic. Raises SubscriptionRefused naming one it refused."""
        await self._settled.wait()
        for topic, reason in self.refused_topics.items():
            raise SubscriptionRefused(topic, reason)

    def close(self) -> None:
        """Leave the topics. What has been queued can still be read."""
        if not self._is_ended:
            self._leave(self)
            self.ended(None)

    async def __aenter__(self) -> "Subscription[EventT]":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> "Subscription[EventT]":
        return self

    async def __anext__(self) -> Push[EventT] | Gap:
        return cast("Push[EventT] | Gap", await self._inbox.get())

    # What the stream calls: a subscription is a Sink.

    def subscribed(self, topic: str) -> None:
        if (since_ms := self._gaps.pop(topic, None)) is not None:
            self._inbox.mark(Resumed(since_ms, self._clock.now_ms(), topic))
        self._answered(topic)

    def refused(self, topic: str, reason: str) -> None:
        self.refused_topics[topic] = reason
        self._answered(topic)
        if len(self.refused_topics) == len(self.topics):
            self._inbox.end(SubscriptionRefused(topic, reason))

    def pushed(self, push: Push[Any]) -> None:
        self._inbox.put(push)

    def interrupted(self, gap: Interrupted) -> None:
        if not self._is_ended:
            self._gaps.setdefault(gap.topic, gap.since_ms)
            self._inbox.mark(gap)

    def ended(self, error: BaseException | None) -> None:
        """Let the iteration end when everything queued has been read."""
        self._is_ended = True
        self._inbox.end(error)
        self._settled.set()

    def _answered(self, topic: str) -> None:
        self._waited_for.discard(topic)
        if not self._waited_for:
            self._settled.set()
