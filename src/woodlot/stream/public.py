"""This file is the public stream: any topics of the market, on as many sockets as they need, for any readers."""

import asyncio
import logging
import random
from collections.abc import Iterable
from types import TracebackType
from typing import Any, TypeVar

from woodlot.backoff import Backoff
from woodlot.clock import Clock, SystemClock
from woodlot.config import Environment
from woodlot.stream.budget import RESERVED_FOR_PRIVATE, Budget, Sleep, connects_of_process
from woodlot.stream.connection import Heard, Lanes, Vitals
from woodlot.stream.continuity import Cause, Interrupted
from woodlot.stream.feed import Feed, Lane, Sink
from woodlot.stream.findings import Findings
from woodlot.stream.inbox import DEFAULT_BOUND, Inbox, Policy
from woodlot.stream.keeper import Keeper, Means
from woodlot.stream.link import Address, AiohttpDialer, Dialer
from woodlot.stream.placement import Placement
from woodlot.stream.roster import Accepted, Refused
from woodlot.stream.rules import Rules
from woodlot.stream.session import Lost
from woodlot.stream.subscription import Subscription
from woodlot.wire.events import Pushed
from woodlot.wire.frames import Push
from woodlot.wire.topics import Topic

log = logging.getLogger(__name__)

EventT = TypeVar("EventT", bound=Pushed)


class PublicStream:
    """Hear public topics for as long as the `async with` lasts; lost connections come back by themselves.

    `subscribe` is for readers: a bounded queue that a slow reader cannot overfill. `attach` is for those that must
    see every push in order, such as a book.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        clock: Clock | None = None,
        chance: random.Random | None = None,
        dialer: Dialer | None = None,
        connects: Budget | None = None,
        sleep: Sleep = asyncio.sleep,
        rules: Rules | None = None,
        backoff: Backoff | None = None,
        placement: Placement | None = None,
    ) -> None:
        clock = clock or SystemClock()
        self._address = Address.public(environment)
        self._dialer = dialer or AiohttpDialer()
        self._means = Means(
            dialer=self._dialer,
            connects=connects or connects_of_process(environment.ws_url, clock=clock),
            reserve=RESERVED_FOR_PRIVATE,
            clock=clock,
            chance=chance or random.Random(),
            sleep=sleep,
            rules=rules or Rules(),
            backoff=backoff or Backoff(first_s=1.0, ceiling_s=60.0),
        )
        self._placement = placement or Placement()
        self._feeds: dict[str, Feed] = {}
        self._lanes: Lanes = {}
        self._keepers: list[Keeper] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._readers: dict[int, Subscription[Any]] = {}

    async def __aenter__(self) -> "PublicStream":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def subscribe(
        self, *topics: Topic[EventT], policy: Policy | None = None, bound: int = DEFAULT_BOUND
    ) -> Subscription[EventT]:
        """Read topics. Those that others read too are subscribed only once, and left with the last reader.

        `policy` is what becomes of events that are not read in time: by default the one that fits the kind of topic
        (see `policy_of`).
        """
        names = [topic.name for topic in topics]
        reader = Subscription[EventT](
            names, Inbox(policy, bound=bound), clock=self._means.clock, leave=self._drop_reader
        )
        self._readers[id(reader)] = reader
        self._join(names, reader)
        return reader

    def attach(self, topic: Topic[Any], sink: Sink, lane: Lane | None = None) -> None:
        """Have every push of a topic handed to `sink` in the read loop. `detach` ends it.

        What goes down its `lane`, if it has one, it is not told of.
        """
        self._join([topic.name], sink, lane)

    def detach(self, topic: Topic[Any], sink: Sink) -> None:
        self._part([topic.name], sink)

    @property
    def findings(self) -> Findings:
        """What came in so far, counted over all sockets, and the last strange frames."""
        return self._means.findings

    @property
    def sockets(self) -> int:
        """How many sockets the topics are spread over."""
        return len(self._keepers)

    @property
    def vitals(self) -> list[Vitals]:
        """How each socket is."""
        return [keeper.vitals for keeper in self._keepers]

    async def close(self) -> None:
        """Close every socket; readers read what is queued and end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._end_readers(None)
        for socket in range(len(self._keepers)):
            self._interrupt(socket, Cause.STOPPED, "")
        await self._dialer.close()

    def _join(self, names: Iterable[str], sink: Sink, lane: Lane | None = None) -> None:
        new: list[str] = []
        for name in names:
            if name not in self._feeds:
                self._feeds[name] = Feed(name, self._lanes)
                new.append(name)
            self._feeds[name].join(sink, lane)
        for socket, topics in self._placement.place(new).items():
            self._keeper(socket).subscribe(topics)

    def _part(self, names: Iterable[str], sink: Sink) -> None:
        for name in names:
            feed = self._feeds.get(name)
            if feed is not None:
                feed.leave(sink)
                self._forget_if_unheard(feed)

    def _forget_if_unheard(self, feed: Feed) -> None:
        if not feed.is_heard:
            socket = self._forget(feed)
            if socket is not None:
                self._keepers[socket].unsubscribe([feed.topic])

    def _forget(self, feed: Feed) -> int | None:
        self._feeds.pop(feed.topic, None)
        feed.close_lane()
        return self._placement.remove(feed.topic)

    def _drop_reader(self, reader: Subscription[Any]) -> None:
        self._readers.pop(id(reader), None)
        self._part(reader.topics, reader)

    def _keeper(self, socket: int) -> Keeper:
        while len(self._keepers) <= socket:
            number = len(self._keepers)
            keeper = Keeper(
                self._address,
                self._hear,
                ended=lambda ending, n=number: self._interrupt(
                    n, ending.cause, ending.detail, since_ms=ending.since_ms
                ),
                means=self._means,
                lanes=self._lanes,
            )
            self._keepers.append(keeper)
            task = asyncio.create_task(keeper.run(), name=f"woodlot public socket {number}")
            task.add_done_callback(self._socket_ended)
            self._tasks.append(task)
        return self._keepers[socket]

    def _hear(self, heard: Heard) -> None:
        feed = self._feeds.get(heard.topic)
        if feed is None:
            return
        if isinstance(heard, Push):
            feed.pushed(heard)
            return
        match heard:
            case Accepted():
                feed.accepted()
            case Refused(_, reason):
                self._forget(feed)
                feed.refused(reason)
            case Lost(topic, reason):
                # The subscription itself is well, so the topic is live again at once.
                feed.interrupted(Interrupted(self._means.clock.now_ms(), Cause.UNREADABLE, reason, topic))
                feed.accepted()

    def _interrupt(self, socket: int, cause: Cause, detail: str, *, since_ms: int | None = None) -> None:
        since_ms = self._means.clock.now_ms() if since_ms is None else since_ms
        for topic in self._placement.topics(socket):
            self._feeds[topic].interrupted(Interrupted(since_ms, cause, detail, topic))

    def _socket_ended(self, task: asyncio.Task[None]) -> None:
        """Be loud about an end that nobody planned: a mistake of ours. Books withdraw, readers raise it."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("%s ended with %s; its topics are heard no more", task.get_name(), type(error).__name__)
        self._interrupt(self._tasks.index(task), Cause.STOPPED, type(error).__name__)
        self._end_readers(error)

    def _end_readers(self, error: BaseException | None) -> None:
        for reader in list(self._readers.values()):
            reader.ended(error)
