"""This file is the executions of a desk: each recorded once, for any number of readers, some of them durable."""

import asyncio
from collections import deque
from weakref import WeakValueDictionary

import msgspec

from woodlot.desk.events import Gap
from woodlot.desk.journal import Journal, Numbered, Position
from woodlot.errors import ExecutionsForgotten, InUse
from woodlot.orders.fills import Fill

MOST_KEPT = 100_000
"""How many executions a journal in memory keeps; of a reader that is further behind the loss is an error, never silent.
A journal in a file keeps them all."""
_AT_HAND = 1_000
_GAPS_KEPT = 1_000


class ExecutionLog:
    """What was executed, in the order it was learned; the journal holds it, this tells of it."""

    def __init__(self, journal: Journal, *, most_kept: int = MOST_KEPT) -> None:
        self.journal = journal
        self.opened_at = journal.last_fill
        self._last = self.opened_at
        self._most_kept = most_kept
        self._forgotten = 0
        self._recent: deque[Numbered] = deque(maxlen=_AT_HAND)
        self._gaps: deque[tuple[int, int, Gap]] = deque(maxlen=_GAPS_KEPT)
        self._gap_count = 0
        self._turned = asyncio.Event()
        self._is_closed = False
        self._error: BaseException | None = None
        self._consumers: WeakValueDictionary[str, Executions] = WeakValueDictionary()

    def __len__(self) -> int:
        """How many were recorded since the desk opened."""
        return self._last - self.opened_at

    def record(self, numbered: Numbered) -> None:
        """Tell readers of an execution that stands in the journal."""
        self._recent.append(numbered)
        self._last = numbered.number
        if self.journal.is_in_memory and self._last - self._forgotten >= self._most_kept + _AT_HAND:
            self._forgotten = self._last - self._most_kept
            self.journal.forget_fills(self._forgotten)
        self._wake()

    def mark(self, gap: Gap) -> None:
        """Tell readers that want to know of a gap, behind the executions before it."""
        self._gap_count += 1
        self._gaps.append((self._last, self._gap_count, gap))
        self._wake()

    def close(self, error: BaseException | None = None) -> None:
        """Let readers read the rest and end, or raise what ended the desk."""
        if not self._is_closed:
            self._is_closed, self._error = True, error
            self._wake()

    def hold(self, name: str, reader: "Executions") -> None:
        """Let one reader at a time have a consumer's position."""
        if name in self._consumers:
            raise InUse(f"the position of consumer {name!r}", "another reader of this desk")
        self._consumers[name] = reader

    def next_after(self, number: int) -> Numbered | None:
        """Return the execution behind a place in the journal, None if there is none yet."""
        if number < self._forgotten:
            raise ExecutionsForgotten(self._forgotten - number)
        if number >= self._last:
            return None
        if self._recent and number >= self._recent[0].number - 1:
            # Numbers have no holes among what was recorded since the desk opened.
            return self._recent[number + 1 - self._recent[0].number]
        return self.journal.fill_after(number)

    def gap_after(self, seen: int, number: int) -> tuple[int, Gap] | None:
        """Return the first gap that a reader has not seen and that comes before what is behind `number`."""
        return next(((count, gap) for at, count, gap in self._gaps if count > seen and at <= number), None)

    async def more(self) -> None:
        """Wait until something is added. Raises StopAsyncIteration, or what ended the desk, once nothing will be."""
        if self._is_closed:
            raise self._error or StopAsyncIteration
        await self._turned.wait()

    def _wake(self) -> None:
        # Every waiting reader leaves with this event; the next one to wait takes a new one.
        self._turned.set()
        self._turned = asyncio.Event()


class Executions:
    """An async iterator over every execution since the desk opened, and those to come; each comes once.

    With a `consumer` it goes on where that consumer stopped, in this program or an earlier one; a new consumer starts
    at the beginning of the journal. Asking for the next says that the last is dealt with; the one that was in hand
    when a program ended comes again, marked `redelivered`.

    Raises ExecutionsForgotten if the reader is more than 100,000 executions behind a journal in memory.
    """

    def __init__(self, log: ExecutionLog, *, consumer: str | None = None) -> None:
        self._log = log
        self._consumer = consumer
        self._at = Position(log.opened_at, log.opened_at)
        self._again = False
        if consumer is not None:
            log.hold(consumer, self)
            self._at = log.journal.consumer(consumer)
            self._again = self._at.in_hand > self._at.done

    def __aiter__(self) -> "Executions":
        return self

    async def __anext__(self) -> Fill:
        while (ready := self.take()) is None:
            await self._log.more()
        return ready

    @property
    def position(self) -> int:
        """The place in the journal behind which the next one is."""
        return self._at.done if self._again else self._at.in_hand

    def take(self) -> Fill | None:
        """Return the next execution if there is one; either way the last one is dealt with."""
        found = self._log.next_after(self.position)
        if found is None:
            self._move(Position(self._at.in_hand, self._at.in_hand))
            return None
        redelivered, self._again = self._again, False
        done = self._at.done if redelivered else self._at.in_hand
        self._move(Position(done, found.number))
        return msgspec.structs.replace(found.fill, redelivered=True) if redelivered else found.fill

    def _move(self, position: Position) -> None:
        if position != self._at:
            if self._consumer is not None:
                self._log.journal.hand_out(self._consumer, position)
            self._at = position


class ExecutionsAndGaps:
    """The same, with `GapOpened` and `GapClosed` where they belong between the executions."""

    def __init__(self, log: ExecutionLog, *, consumer: str | None = None) -> None:
        self._log = log
        self._executions = Executions(log, consumer=consumer)
        self._seen = 0

    def __aiter__(self) -> "ExecutionsAndGaps":
        return self

    async def __anext__(self) -> Fill | Gap:
        while True:
            marked = self._log.gap_after(self._seen, self._executions.position)
            if marked is not None:
                self._seen, gap = marked
                return gap
            if (ready := self._executions.take()) is not None:
                return ready
            await self._log.more()
