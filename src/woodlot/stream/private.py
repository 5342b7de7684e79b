"""This file is the private stream: executions, balances and account, with every hole marked, through key after key.

The exchange numbers nothing and repeats nothing here (websocket-v3 §0.3 fact 9). So the reader is told of every
connection: `Resumed` after each one, the first too, is the moment to fill the hole over REST. What comes before and
after a marker is delivered in order.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from types import TracebackType
from typing import Any, TypeAlias

from woodlot.backoff import Backoff
from woodlot.clock import Clock, SystemClock
from woodlot.config import Environment
from woodlot.errors import ConfigurationError, WoodlotError
from woodlot.stream.budget import LISTEN_KEYS, Budget, Sleep, connects_of_process
from woodlot.stream.connection import Ending, Heard, Vitals
from woodlot.stream.continuity import Cause, Interrupted, Resumed
from woodlot.stream.findings import Findings
from woodlot.stream.keeper import PROVEN_S, Means, cancelled
from woodlot.stream.keyring import THEFT, KeyRing, MakeKey
from woodlot.stream.life import ACCOUNT, ACCOUNT_SILENCE_S, Life
from woodlot.stream.link import Address, AiohttpDialer, Dialer
from woodlot.stream.mailbox import Mailbox
from woodlot.stream.roster import Refused
from woodlot.stream.rules import Rules
from woodlot.stream.session import Lost
from woodlot.wire.account import ListenKey
from woodlot.wire.frames import Push
from woodlot.wire.topics import Account, Balances, ExecutionReports, Topic

log = logging.getLogger(__name__)

PrivateEvent: TypeAlias = Push[Any] | Interrupted | Resumed
DEFAULT_TOPICS: tuple[Topic[Any], ...] = (ExecutionReports(), Balances())


class PrivateStream:
    """Iterate over private pushes and over the markers between which something may be missing.

    There is one reader. If it falls behind by `bound` events, no more are queued; when it has read what was, it gets
    `Interrupted` and `Resumed` like after a lost connection, and what was left out is found over REST the same way.

    Iterating raises ConfigurationError if the first listen key is refused for reasons that waiting does not mend.
    """

    def __init__(
        self,
        environment: Environment,
        make_key: MakeKey,
        *,
        topics: Sequence[Topic[Any]] = DEFAULT_TOPICS,
        clock: Clock | None = None,
        chance: random.Random | None = None,
        dialer: Dialer | None = None,
        connects: Budget | None = None,
        sleep: Sleep = asyncio.sleep,
        rules: Rules | None = None,
        backoff: Backoff | None = None,
        key_backoff: Backoff | None = None,
        account_silence_s: float = ACCOUNT_SILENCE_S,
        bound: int = 10_000,
    ) -> None:
        clock = clock or SystemClock()
        chance = chance or random.Random()
        backoff = backoff or Backoff(first_s=1.0, ceiling_s=60.0)
        self._environment = environment
        self._topics = tuple(dict.fromkeys([topic.name for topic in (*topics, Account())]))
        self._silence_s = account_silence_s
        self._means = Means(
            dialer=dialer or AiohttpDialer(),
            connects=connects or connects_of_process(environment.ws_url, clock=clock),
            clock=clock,
            chance=chance,
            sleep=sleep,
            rules=rules or Rules(),
            backoff=backoff,
        )
        keys = Budget(LISTEN_KEYS, clock=clock, sleep=sleep)
        self._ring = KeyRing(make_key, budget=keys, clock=clock, chance=chance, backoff=key_backoff or THEFT)
        self._mail = Mailbox(clock=clock, bound=bound)
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._failed_renewals = 0
        self._gap_ms: int | None = None
        self._is_live = False
        self._life: Life | None = None
        self.refused_topics: dict[str, str] = {}

    @property
    def is_live(self) -> bool:
        """Whether every topic is acknowledged on a connection whose link and key are believed to be alive."""
        return self._is_live

    @property
    def findings(self) -> Findings:
        """What came in so far, counted over all connections, and the last strange frames."""
        return self._means.findings

    @property
    def keys_made(self) -> int:
        return self._ring.made

    @property
    def vitals(self) -> Vitals:
        """How the socket in use is."""
        return Vitals() if self._life is None else self._life.connection.vitals

    @property
    def key_ends_in_s(self) -> float | None:
        """How long the listen key in use still lives; it is renewed before. None without one."""
        return self._ring.ends_in_s

    async def __aenter__(self) -> "PrivateStream":
        self._task = asyncio.create_task(self._run(), name="woodlot private stream")
        self._task.add_done_callback(self._ended)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the socket; the reader reads what is queued and ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._means.dialer.close()

    def __aiter__(self) -> "PrivateStream":
        return self

    async def __anext__(self) -> PrivateEvent:
        return await self._mail.get()

    def take_pushes(self, most: int) -> list[Push[Any]]:
        """Take the pushes that came already, up to the next marker: what came together may be dealt with together."""
        return self._mail.take_pushes(most)

    async def _run(self) -> None:
        while True:
            # First the right to connect, then the key: a key ages and may kill a socket while one waits.
            await self._means.connects.room()
            life, task = await self._begin(await self._usable_key())
            try:
                while not task.done():
                    await self._means.wait([task], self._ring.renew_in_s)
                    if not task.done():
                        life, task = await self._renewed(life, task)
            finally:
                await cancelled(task)
            await self._recover_from(life, task.result())

    async def _usable_key(self) -> ListenKey:
        """Return a key, however long it takes. Raises ConfigurationError only if there never was one."""
        failures = 0
        if not self._ring.is_fresh:
            await self._means.sleep(self._ring.pause_s)
        while True:
            try:
                return await self._ring.key()
            except WoodlotError as error:
                if isinstance(error, ConfigurationError) and not self._ring.has_made_one:
                    raise
                pause_s = self._means.backoff.pause_s(failures, self._means.chance)
                log.warning("no listen key (%s); trying again in %.1f s", error, pause_s)
            failures += 1
            await self._means.sleep(pause_s)

    async def _begin(self, key: ListenKey) -> tuple[Life, "asyncio.Task[Ending]"]:
        await self._means.connects.spend()
        self._means.findings.connects += 1
        life = Life(
            Address.private(self._environment, key.auth_key),
            key,
            self._topics,
            hear=self._hear,
            settled=self._resume,
            means=self._means,
            account_silence_s=self._silence_s,
        )
        self._life = life
        return life, asyncio.create_task(life.live(), name="woodlot private socket")

    async def _renewed(self, life: Life, task: "asyncio.Task[Ending]") -> tuple[Life, "asyncio.Task[Ending]"]:
        """Make the next key, connect, subscribe, wait for the answer, then drop the old socket (websocket-v3 §4.3).

        The call may kill the old socket; until the new one is live both are heard. If no key can be made, nothing
        has happened, and the old socket stays.
        """
        await self._means.connects.room()
        since_ms = life.connection.heard_ms
        try:
            key = await self._ring.renewed()
        except WoodlotError as error:
            self._failed_renewals += 1
            pause_s = self._means.backoff.pause_s(self._failed_renewals, self._means.chance)
            log.warning("the listen key could not be renewed (%s); trying again in %.1f s", error, pause_s)
            await self._means.wait([task], pause_s)
            return life, task
        self._failed_renewals = 0
        self._interrupt(Interrupted(since_ms, Cause.RENEWAL))
        next_life, next_task = await self._begin(key)
        settled = asyncio.ensure_future(next_life.is_settled.wait())
        try:
            await asyncio.wait([settled, next_task], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await cancelled(next_task)
            raise
        finally:
            await cancelled(settled)
            await cancelled(task)
        return next_life, next_task

    async def _recover_from(self, life: Life, ending: Ending) -> None:
        self._interrupt(Interrupted(ending.since_ms, ending.cause, ending.detail))
        remedy = "connecting again"
        if _is_about_the_key(life, ending):
            self._ring.discard(life.key)
            remedy = "making a new key, in case another program made one for this account, and connecting again"
        self._failures = 0 if ending.lived_s >= PROVEN_S else self._failures + 1
        pause_s = self._means.backoff.pause_s(max(0, self._failures - 1), self._means.chance)
        log.warning("private stream: %s (%s); %s in %.1f s", ending.cause, ending.detail, remedy, pause_s)
        await self._means.sleep(pause_s)

    def _hear(self, heard: Heard) -> None:
        match heard:
            case Push():
                self._mail.put(heard)
            case Lost(topic, reason) if topic != ACCOUNT:
                self._interrupt(Interrupted(self._means.clock.now_ms(), Cause.UNREADABLE, f"{topic}: {reason}"))
                self._resume()
            case Refused(topic, reason):
                log.warning("the exchange refused the private topic %s: %s", topic, reason)
                self.refused_topics[topic] = reason
            case _:
                pass

    def _interrupt(self, gap: Interrupted) -> None:
        if self._is_live:
            self._is_live = False
            self._means.findings.interruptions += 1
            self._gap_ms = gap.since_ms
            self._mail.mark(gap)

    def _resume(self) -> None:
        if not self._is_live:
            self._is_live = True
            self._mail.mark(Resumed(self._gap_ms, self._means.clock.now_ms()))

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        self._mail.end(error or StopAsyncIteration())


def _is_about_the_key(life: Life, ending: Ending) -> bool:
    # A link that ends before its first `account` frame was never known to be alive: a dead key may be accepted at the
    # upgrade and closed right after it (websocket-v3 §4.2).
    return ending.cause in {Cause.KEY_REFUSED, Cause.KEY_SILENT} or (ending.was_open and not life.has_seen_account)
