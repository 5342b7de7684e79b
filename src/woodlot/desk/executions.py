"""This file is the executions of a desk: each recorded once, for any number of readers."""

import asyncio
from collections import deque

from woodlot.errors import ExecutionsForgotten
from woodlot.orders.fills import Fill

MOST_KEPT = 100_000
"""How many executions are kept for readers; of a reader that is further behind the loss is an error, never silent."""


class ExecutionLog:
    """What was executed since the desk opened, in the order it was learned."""

    def __init__(self, *, most_kept: int = MOST_KEPT) -> None:
        self._kept: deque[Fill] = deque(maxlen=most_kept)
        self._recorded = 0
        self._turned = asyncio.Event()
        self._is_closed = False
        self._error: BaseException | None = None

    def __len__(self) -> int:
        return self._recorded

    def record(self, fill: Fill) -> None:
        self._kept.append(fill)
        self._recorded += 1
        self._wake()

    def close(self, error: BaseException | None = None) -> None:
        """Let readers read the rest and end, or raise what ended the desk."""
        self._is_closed = True
        self._error = error
        self._wake()

    async def after(self, position: int) -> Fill:
        """Wait for the execution at `position`, counted from 0 since the desk opened."""
        while position >= self._recorded:
            if self._is_closed:
                raise self._error or StopAsyncIteration
            await self._turned.wait()
        forgotten = self._recorded - len(self._kept)
        if position < forgotten:
            raise ExecutionsForgotten(forgotten - position)
        return self._kept[position - forgotten]

    def _wake(self) -> None:
        # Every waiting reader leaves with this event; the next one to wait takes a new one.
        self._turned.set()
        self._turned = asyncio.Event()


class Executions:
    """An async iterator over every execution since the desk opened, and those to come; each comes once.

    Raises ExecutionsForgotten if the reader is more than 100,000 executions behind.
    """

    def __init__(self, log: ExecutionLog) -> None:
        self._log = log
        self._position = 0

    def __aiter__(self) -> "Executions":
        return self

    async def __anext__(self) -> Fill:
        fill = await self._log.after(self._position)
        self._position += 1
        return fill
