"""This file is what readers are told besides data: that a stream was interrupted, resumed, or too fast for them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Cause(StrEnum):
    """Why a stream was interrupted."""

    CLOSED = "the connection was closed"
    LINK_DEAD = "the link no longer answered"
    UNREACHABLE = "the exchange could not be reached"
    UNREADABLE = "a frame could not be read"
    OVERFLOW = "the reader did not keep up"
    KEY_REFUSED = "the listen key was refused"
    KEY_SILENT = "the listen key is dead: the link answers, the account is silent"
    RENEWAL = "the listen key is being renewed"
    NO_KEY = "no listen key could be made"
    STOPPED = "the stream was stopped"
    SINK_FAILED = "the receiver raised an error"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """From `since_ms` on something may be missing, until `Resumed` says that data comes again.

    `topic` is empty where all topics of the stream are meant.
    """

    since_ms: int
    cause: Cause
    detail: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Data comes again from `at_ms` on; nothing between `since_ms` and `at_ms` is ever sent again by the exchange.

    `since_ms` is None where there was nothing before: the first connection of a private stream.
    """

    since_ms: int | None
    at_ms: int
    topic: str = ""

    @property
    def missed_ms(self) -> int:
        """How long the hole is."""
        return 0 if self.since_ms is None else max(0, self.at_ms - self.since_ms)


@dataclass(frozen=True, slots=True)
class Skipped:
    """The reader did not keep up: `count` events of the topic were dropped here, the oldest first."""

    topic: str
    count: int


Gap: TypeAlias = Interrupted | Resumed | Skipped
"""What comes between the data of a public stream."""
