"""This file is what waits for the reader of the private stream: bounded, and nothing is ever lost silently."""

import asyncio
from collections import deque
from typing import Any

from woodlot.clock import Clock
from woodlot.stream.continuity import Cause, Interrupted, Resumed
from woodlot.wire.frames import Push


class Mailbox:
    """Queue pushes and markers in order. At the bound, take no more until all is read, then mark the hole.

    Executions can be asked for again over REST, so a marked hole loses nothing; an unmarked one would. Reading on
    from the socket matters more than the queue: a reader that stalls must not get the link cut as well.
    """

    def __init__(self, *, clock: Clock, bound: int) -> None:
        self._clock = clock
        self._bound = bound
        self._items: deque[Push[Any] | Interrupted | Resumed] = deque()
        self._hole_ms: int | None = None
        self._is_live = False
        self._turned = asyncio.Event()
        self._end: BaseException | None = None
        self.left_out = 0

    def __len__(self) -> int:
        """How many items can be read without waiting; a hole that is to be told counts as one."""
        return len(self._items) + (self._hole_ms is not None)

    def put(self, push: Push[Any]) -> None:
        if self._hole_ms is not None or len(self._items) >= self._bound:
            self._open_hole(self._clock.now_ms())
            return
        self._items.append(push)
        self._turned.set()

    def mark(self, marker: Interrupted | Resumed) -> None:
        self._is_live = isinstance(marker, Resumed)
        if self._hole_ms is not None or len(self._items) >= self._bound:
            since_ms = marker.since_ms
            self._open_hole(self._clock.now_ms() if since_ms is None else since_ms)
            return
        self._items.append(marker)
        self._turned.set()

    def end(self, error: BaseException) -> None:
        """Let the reader read the rest, and raise this after that."""
        self._end = error
        self._turned.set()

    async def get(self) -> Push[Any] | Interrupted | Resumed:
        while not self._items:
            if self._hole_ms is not None:
                self._close_hole(self._hole_ms)
            elif self._end is not None:
                raise self._end
            else:
                self._turned.clear()
                await self._turned.wait()
        return self._items.popleft()

    def take_pushes(self, most: int) -> list[Push[Any]]:
        """Take the pushes that can be read without waiting, up to the next marker and no more than `most`."""
        items = self._items
        pushes: list[Push[Any]] = []
        while items and len(pushes) < most and isinstance(push := items[0], Push):
            pushes.append(push)
            items.popleft()
        return pushes

    def _open_hole(self, since_ms: int) -> None:
        self.left_out += 1
        self._hole_ms = since_ms if self._hole_ms is None else min(self._hole_ms, since_ms)
        self._turned.set()

    def _close_hole(self, since_ms: int) -> None:
        self._hole_ms = None
        self._items.append(
            Interrupted(since_ms, Cause.OVERFLOW, "the reader fell behind; what it missed is to be asked for")
        )
        if self._is_live:
            self._items.append(Resumed(since_ms, self._clock.now_ms()))
