"""This file is what a desk tells besides executions: holes and their end, stolen keys, refused orders, stops."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from woodlot.errors import GateRefused
from woodlot.wire.events import AlgoExecutionReport

MOST_KEPT = 10_000
"""How many events are kept for readers; of a reader that is further behind the oldest are dropped, and logged."""


@dataclass(frozen=True, slots=True)
class GapOpened:
    """From `since_ms` (the exchange's time) on executions may be missing; they are being asked for."""

    since_ms: int
    cause: str


@dataclass(frozen=True, slots=True)
class GapClosed:
    """What happened since `since_ms` is known: `recovered` executions came over REST, all of them delivered by now.

    `lost_before_ms` is set where the hole reaches further back than the exchange can tell (two years): of what was
    executed before it, nothing will ever be known here.
    """

    since_ms: int
    until_ms: int
    recovered: int
    lost_before_ms: int | None = None


@dataclass(frozen=True, slots=True)
class KeyTaken:
    """The listen key died though we made no other: another program or machine makes keys for this account.

    `count` tells how often in a row. Two owners kill each other's streams; end one of them.
    """

    count: int
    detail: str


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """The gate stopped an order."""

    refusal: GateRefused


@dataclass(frozen=True, slots=True)
class TradingChanged:
    """The kill switch was set or lifted."""

    stopped: bool
    reason: str


@dataclass(frozen=True, slots=True)
class DeadManFired:
    """No sign of life for `after_s`: every order was cancelled. It counts again from the next sign of life."""

    after_s: float


@dataclass(frozen=True, slots=True)
class DeadManChanged:
    """A dead man's switch that should be armed is not, or is again: its watchdog died, or was replaced."""

    armed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class AlgoReported:
    """One leg of an algo order took a step."""

    report: AlgoExecutionReport


Gap: TypeAlias = GapOpened | GapClosed
DeskEvent: TypeAlias = Gap | KeyTaken | OrderRefused | TradingChanged | DeadManFired | DeadManChanged | AlgoReported


class EventLog:
    """Every event since the desk opened, for any number of readers."""

    def __init__(self, *, most_kept: int = MOST_KEPT) -> None:
        self._kept: deque[DeskEvent] = deque(maxlen=most_kept)
        self._told = 0
        self._turned = asyncio.Event()
        self._is_closed = False

    @property
    def told(self) -> int:
        """How many events there were so far."""
        return self._told

    def tell(self, event: DeskEvent) -> None:
        self._kept.append(event)
        self._told += 1
        self._wake()

    def close(self) -> None:
        """Let readers read the rest and end."""
        self._is_closed = True
        self._wake()

    async def after(self, position: int) -> tuple[int, DeskEvent]:
        """Wait for the event at `position`, or the first that is still kept; return it with the position behind it."""
        while position >= self._told:
            if self._is_closed:
                raise StopAsyncIteration
            await self._turned.wait()
        position = max(position, self._told - len(self._kept))
        return position + 1, self._kept[position - (self._told - len(self._kept))]

    def _wake(self) -> None:
        self._turned.set()
        self._turned = asyncio.Event()


class Events:
    """An async iterator over the events of a desk, from its opening on."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._position = 0

    def __aiter__(self) -> "Events":
        return self

    async def __anext__(self) -> DeskEvent:
        self._position, event = await self._log.after(self._position)
        return event
