"""This file is one topic and everybody who hears it."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol

from woodlot.stream.continuity import Cause, Interrupted
from woodlot.wire.frames import Push

log = logging.getLogger(__name__)


class Sink(Protocol):
    """Receive a topic in the read loop: every push, in order, none dropped. So be quick, and do not wait.

    A topic comes as `subscribed`, pushes, `interrupted`, `subscribed`, pushes ... or as `refused`, which is final.
    """

    def subscribed(self, topic: str) -> None:
        """The exchange has acknowledged the topic, for the first time or again after an interruption."""
        ...

    def refused(self, topic: str, reason: str) -> None:
        """The exchange will not push this topic."""
        ...

    def pushed(self, push: Push[Any]) -> None: ...

    def interrupted(self, gap: Interrupted) -> None:
        """Pushes may be missing from `gap.since_ms` until the next `subscribed`."""
        ...


class Lane(Protocol):
    """A way past a sink, for what needs no telling: see `book/lane.py`."""

    others: Callable[[Push[Any]], None] | None


class Feed:
    """Hand on one topic to its sinks."""

    def __init__(self, topic: str, lanes: dict[str, Any] | None = None) -> None:
        self.topic = topic
        self._lanes = {} if lanes is None else lanes
        # The lane of the first sink, if it has one.
        self._lane: Lane | None = None
        self.is_live = False
        self._has_pushed = False
        self._sinks: tuple[Sink, ...] = ()

    @property
    def is_heard(self) -> bool:
        return bool(self._sinks)

    def join(self, sink: Sink, lane: Lane | None = None) -> None:
        """Let a sink hear, after those that do. The lane of the first one may be used in place of telling it."""
        if lane is not None and not self._sinks:
            self._lane = self._lanes[self.topic] = lane
        self._seat(*self._sinks, sink)
        if self.is_live:
            self._tell(sink, lambda: sink.subscribed(self.topic))

    def leave(self, sink: Sink) -> None:
        if self._sinks and sink is self._sinks[0]:
            self.close_lane()
        self._seat(*(one for one in self._sinks if one is not sink))

    def close_lane(self) -> None:
        """Let every push be told from now on."""
        if self._lane is not None:
            del self._lanes[self.topic]
            self._lane.others = self._lane = None

    def _seat(self, *sinks: Sink) -> None:
        self._sinks = sinks
        if self._lane is not None:
            self._lane.others = partial(self._hand_on, sinks[1:]) if len(sinks) > 1 else None

    def accepted(self) -> None:
        """Tell that the topic is live; while one connection takes over from another, it already was."""
        if self.is_live:
            return
        self.is_live = True
        for sink in self._sinks:
            self._tell(sink, lambda sink=sink: sink.subscribed(self.topic))

    def refused(self, reason: str) -> None:
        self.is_live = False
        for sink in self._sinks:
            self._tell(sink, lambda sink=sink: sink.refused(self.topic, reason))

    def pushed(self, push: Push[Any]) -> None:
        self._has_pushed = True
        self._hand_on(self._sinks, push)

    def _hand_on(self, sinks: Iterable[Sink], push: Push[Any]) -> None:
        for sink in sinks:
            try:
                sink.pushed(push)
            except Exception as error:  # noqa: BLE001 - one receiver's mistake must not silence the others
                self._expel(sink, error)

    def interrupted(self, gap: Interrupted) -> None:
        """Tell of a gap, once for each time that anything was heard: data may come before its acknowledgement."""
        if not self.is_live and not self._has_pushed:
            return
        self.is_live = self._has_pushed = False
        for sink in self._sinks:
            self._tell(sink, lambda sink=sink: sink.interrupted(gap))

    def _tell(self, sink: Sink, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - one receiver's mistake must not silence the others
            self._expel(sink, error)

    def _expel(self, sink: Sink, error: Exception) -> None:
        log.error("a receiver of %s failed with %s and hears no more of it", self.topic, type(error).__name__)
        log.debug("the receiver's error", exc_info=error)
        self.leave(sink)
        try:
            # A book that is told withdraws itself; one that is not would stay readable and wrong.
            sink.interrupted(Interrupted(0, Cause.SINK_FAILED, type(error).__name__, self.topic))
        except Exception:
            log.debug("the receiver failed again", exc_info=True)
