"""This file is one socket's life: a session's outputs carried out, from the connect to the end, whatever ends it."""

import asyncio
import logging
from asyncio import CancelledError
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from woodlot.clock import Clock
from woodlot.errors import ConnectionFailed
from woodlot.stream.budget import Sleep
from woodlot.stream.continuity import Cause
from woodlot.stream.link import Address, Dialer, Link, LinkClosed, Take, UpgradeRefused, pump
from woodlot.stream.roster import Accepted, Refused
from woodlot.stream.session import TAKEN, Dead, Lost, Output, Send, Session, Strange
from woodlot.wire.frames import Push

log = logging.getLogger(__name__)

# A clock that stands still must not turn the timer into a busy loop.
SHORTEST_REST_S = 0.005

Heard: TypeAlias = Push[Any] | Accepted | Refused | Lost
Hear: TypeAlias = Callable[[Heard], None]
"""Called in the read loop, in the order of the wire, so it must be quick."""
Lanes: TypeAlias = dict[str, Any]
"""Which topics have a lane straight into their book (`book/lane.py`)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ended. `since_ms` is when its last frame came: what was sent after that is missing.

    `was_open` tells whether the upgrade succeeded, `lived_s` for how long after it.
    """

    cause: Cause
    detail: str
    since_ms: int
    was_open: bool
    lived_s: float = 0.0


class Vitals(NamedTuple):
    """How a link is: how long it has been open (None while it is not), its last answered PING, how long that took."""

    open_s: float | None = None
    answered_s: float | None = None
    round_trip_s: float | None = None


class Connection:
    """Live once: connect, subscribe what the session wants, hear, and say how it ended."""

    def __init__(
        self, session: Session, hear: Hear, *, dialer: Dialer, clock: Clock, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._session = session
        self._hear = hear
        self._dialer = dialer
        self._clock = clock
        self._sleep = sleep
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._turned = asyncio.Event()
        self._heard_s = clock.monotonic_s()
        self._opened_s: float | None = None

    @property
    def is_open(self) -> bool:
        return self._opened_s is not None

    @property
    def vitals(self) -> Vitals:
        """How the link is."""
        open_s = None if self._opened_s is None else self._clock.monotonic_s() - self._opened_s
        return Vitals(open_s, self._session.answered_s, self._session.round_trip_s)

    @property
    def heard_ms(self) -> int:
        """When the last frame came."""
        # The wall clock may jump; the distance to the last frame is measured with the one that does not.
        ago_s = self._clock.monotonic_s() - self._heard_s
        return self._clock.now_ms() - round(ago_s * 1000)

    @property
    def topics(self) -> Sequence[str]:
        return self._session.topics

    @property
    def is_settled(self) -> bool:
        """Whether every topic that is wanted is live here."""
        return self._session.is_settled

    @property
    def answered_s(self) -> float | None:
        """When the last of our PINGs was answered, if one was."""
        return self._session.answered_s

    def redirect(self, hear: Hear, lanes: Lanes | None = None) -> None:
        """Let somebody else hear from here on; what goes down `lanes` is not heard."""
        self._hear = hear
        self._session.lanes = {} if lanes is None else lanes

    def subscribe(self, topics: Iterable[str]) -> None:
        self._perform(self._session.subscribe(topics, now_s=self._clock.monotonic_s()))
        self._turned.set()

    def unsubscribe(self, topics: Iterable[str]) -> None:
        self._perform(self._session.unsubscribe(topics, now_s=self._clock.monotonic_s()))
        self._turned.set()

    def probe(self) -> None:
        """Ask for a sign of life now."""
        self._perform(self._session.probe(self._clock.monotonic_s()))
        self._turned.set()

    async def live(self, address: Address) -> Ending:
        """Connect and stay until the link ends. Every end is a value but cancellation."""
        try:
            link = await self._dialer.dial(address)
        except UpgradeRefused as error:
            cause = Cause.KEY_REFUSED if error.is_about_the_key and address.key else Cause.UNREACHABLE
            return self.ending(cause, error.reason)
        except ConnectionFailed as error:
            return self.ending(Cause.UNREACHABLE, error.reason)
        try:
            self._opened_s = self._heard_s = self._clock.monotonic_s()
            cause, detail = await self._stay(link)
            return self.ending(cause, detail)
        finally:
            self._opened_s = None
            self._session.closed()
            await link.close()

    def ending(self, cause: Cause, detail: str) -> Ending:
        """Describe an end that comes now."""
        opened_s = self._opened_s
        lived_s = 0.0 if opened_s is None else self._clock.monotonic_s() - opened_s
        return Ending(cause, detail, self.heard_ms, opened_s is not None, lived_s)

    async def _stay(self, link: Link) -> tuple[Cause, str]:
        self._outbox = asyncio.Queue()
        parts = [
            asyncio.ensure_future(part) for part in (self._keep_time(), pump(link, self._taker()), self._write(link))
        ]
        try:
            self._perform(self._session.opened(self._clock.monotonic_s()))
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            errors = await _stopped(parts)
        match errors[0]:
            case _Died(reason):
                return Cause.LINK_DEAD, reason
            case LinkClosed() as closed:
                return Cause.CLOSED, str(closed)
            case error:
                raise error

    def _taker(self) -> Take:
        """Return what takes in each frame."""
        received, monotonic_s = self._session.received, self._clock.monotonic_s

        def take(payload: bytes | str) -> None:
            self._heard_s = now_s = monotonic_s()
            outputs = received(payload, now_s)
            if outputs is TAKEN:
                return
            if len(outputs) == 1 and isinstance(push := outputs[0], Push):
                self._hear(push)
                return
            self._perform(outputs)
            self._turned.set()

        return take

    async def _write(self, link: Link) -> None:
        while True:
            await link.send(await self._outbox.get())

    async def _keep_time(self) -> None:
        while True:
            pause_s = self._session.due_s - self._clock.monotonic_s()
            await self._rest(max(pause_s, SHORTEST_REST_S))
            self._perform(self._session.tick(self._clock.monotonic_s()))

    async def _rest(self, pause_s: float) -> None:
        """Sleep, unless something turns up that may be due earlier."""
        self._turned.clear()
        waits = [asyncio.ensure_future(self._sleep(pause_s)), asyncio.ensure_future(self._turned.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _stopped(waits)

    def _perform(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            match output:
                case Send(text):
                    self._outbox.put_nowait(text)
                case Dead(reason):
                    raise _Died(reason)
                case Strange(what):
                    log.warning("got %s; ignored, and kept for inspection", what)
                case Push() | Accepted() | Refused() | Lost():
                    self._hear(output)


class _Died(Exception):
    """The session has given the link up."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    __match_args__ = ("reason",)


async def _stopped(tasks: Sequence[asyncio.Future[Any]]) -> list[BaseException]:
    """Cancel what still runs, wait for it, and return the errors of what had ended."""
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return [
        result for result in results if isinstance(result, BaseException) and not isinstance(result, CancelledError)
    ]
