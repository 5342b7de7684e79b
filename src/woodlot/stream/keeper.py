"""This file is a socket that is always wanted: it connects, comes back after every end, and is replaced in time."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from woodlot.backoff import Backoff
from woodlot.clock import Clock
from woodlot.stream.budget import Budget, Sleep
from woodlot.stream.connection import Connection, Ending, Hear, Heard, Lanes, Vitals
from woodlot.stream.findings import Findings
from woodlot.stream.handover import Handover
from woodlot.stream.link import Address, Dialer
from woodlot.stream.rules import Rules
from woodlot.stream.session import Session

log = logging.getLogger(__name__)

# A connection that has lived this long has shown that connecting works; its end starts the backoff anew.
PROVEN_S = 30.0
# Looking ten times a second, for some seconds once a day, is simpler than being told.
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What every socket of a stream is given: how to connect, how often, by which clock and with what luck."""

    dialer: Dialer
    connects: Budget
    reserve: int = 0
    clock: Clock
    chance: random.Random
    sleep: Sleep = asyncio.sleep
    rules: Rules = field(default_factory=Rules)
    # "backoff 1, 2, 4 ... 60 s with jitter" (websocket-v3 §12)
    backoff: Backoff = field(default_factory=lambda: Backoff(first_s=1.0, ceiling_s=60.0))
    findings: Findings = field(default_factory=Findings)

    def connection(self, hear: Hear) -> Connection:
        session = Session(self.rules, findings=self.findings)
        return Connection(session, hear, dialer=self.dialer, clock=self.clock, sleep=self.sleep)

    async def wait(self, tasks: Iterable["asyncio.Future[Any]"], seconds: float) -> None:
        """Wait until one of the tasks has ended, but no longer than this."""
        pause = asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait([*tasks, pause], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled(pause)


class Keeper:
    """Keep one connection up for as long as `run` runs."""

    def __init__(
        self, address: Address, hear: Hear, *, ended: Callable[[Ending], None], means: Means, lanes: Lanes | None = None
    ) -> None:
        self._address = address
        self._hear = hear
        self._ended = ended
        self._means = means
        # While one connection takes over from another each push is looked at, and no lane is open.
        self._lanes = lanes
        self._current = means.connection(hear)
        self._current.redirect(hear, lanes)
        self._next: Connection | None = None
        self._rotate_s = 0.0

    def subscribe(self, topics: Iterable[str]) -> None:
        for connection in self._connections:
            connection.subscribe(topics)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        for connection in self._connections:
            connection.unsubscribe(topics)

    @property
    def vitals(self) -> Vitals:
        """How the connection in use is."""
        return self._current.vitals

    async def run(self) -> None:
        """Connect again and again, with a growing pause between failures; ends only by cancellation."""
        failures = 0
        while True:
            await self._means.connects.spend(reserve=self._means.reserve)
            ending = await self._live()
            failures = 0 if ending.lived_s >= PROVEN_S else failures + 1
            self._tell(ending)
            pause_s = self._means.backoff.pause_s(max(0, failures - 1), self._means.chance)
            log.warning("%s: %s (%s); connecting again in %.1f s", self._address, ending.cause, ending.detail, pause_s)
            await self._means.sleep(pause_s)

    @property
    def _connections(self) -> list[Connection]:
        return [self._current] if self._next is None else [self._current, self._next]

    async def _live(self) -> Ending:
        """Live on one connection after another, each taking over from the one before, until one ends by itself."""
        task = self._start(self._current)
        try:
            while not task.done():
                await self._means.wait([task], self._rotate_s - self._means.clock.monotonic_s())
                if not task.done():
                    task = await self._rotated(task)
            return task.result()
        finally:
            await cancelled(task)

    def _start(self, connection: Connection) -> "asyncio.Task[Ending]":
        rules = self._means.rules
        share = self._means.chance.uniform(1.0 - rules.rotate_jitter, 1.0)
        self._rotate_s = self._means.clock.monotonic_s() + rules.rotate_after_s * share
        self._means.findings.connects += 1
        return asyncio.create_task(connection.live(self._address), name="woodlot public connection")

    async def _rotated(self, task: "asyncio.Task[Ending]") -> "asyncio.Task[Ending]":
        """Put a new connection in the place of this one before the exchange ends it; returns the one that goes on."""
        if (pause_s := self._means.connects.wait_s(reserve=self._means.reserve)) > 0:
            self._rotate_s = self._means.clock.monotonic_s() + pause_s
            return task
        await self._means.connects.spend(reserve=self._means.reserve)
        handover = Handover(self._hear)
        successor = self._next = self._means.connection(handover.newer)
        successor.subscribe(self._current.topics)
        self._current.redirect(handover.older)
        heir = self._start(successor)
        takes_over = False
        try:
            await self._overlap(successor, handover, [task, heir])
            takes_over = successor.is_settled or (task.done() and successor.is_open)
            if takes_over:
                self._take_over(successor, handover, task)
            else:
                log.warning("%s: could not be replaced ahead of its time; trying again", self._address)
                self._rotate_s = self._means.clock.monotonic_s() + self._means.rules.settle_wait_s
        finally:
            self._next = None
            self._current.redirect(self._hear, self._lanes)
            await cancelled(task if takes_over else heir)
        return heir if takes_over else task

    async def _overlap(self, successor: Connection, handover: Handover, tasks: "list[asyncio.Task[Ending]]") -> None:
        """Wait until the new connection has every topic, and a little longer; or until either one ends."""
        rules, clock = self._means.rules, self._means.clock
        give_up_s = clock.monotonic_s() + rules.settle_wait_s
        while not successor.is_settled and clock.monotonic_s() < give_up_s:
            await self._means.wait(tasks, min(_LOOK_S, rules.overlap_s))
            if handover.is_full or any(task.done() for task in tasks):
                return
        await self._means.wait(tasks, rules.overlap_s)

    def _take_over(self, successor: Connection, handover: Handover, task: "asyncio.Task[Ending]") -> None:
        self._current.redirect(_nobody)
        self._current = successor
        self._means.findings.rotations += 1
        if task.done():
            # The older connection ended before the newer one was ready: that is a gap like any other.
            self._tell(task.result())
        handover.finish()

    def _tell(self, ending: Ending) -> None:
        self._means.findings.interruptions += 1
        self._ended(ending)


async def cancelled(task: "asyncio.Future[Any]") -> None:
    """End a task and wait for it."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _nobody(heard: Heard) -> None:
    del heard
