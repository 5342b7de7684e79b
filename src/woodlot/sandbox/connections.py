"""This file is the live sockets of both streams: who is let in, what they are sent, and when they are cut."""

import contextlib
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, Literal, TypeAlias

from woodlot.clock import Clock
from woodlot.sandbox.connection import Connection, Stream, framed
from woodlot.sandbox.fault_kinds import AREAS
from woodlot.sandbox.faults import Faults
from woodlot.sandbox.frame_faults import FrameFaults
from woodlot.sandbox.frame_quirks import FrameQuirks
from woodlot.sandbox.listen_keys import ListenKeys
from woodlot.sandbox.pushes import spelled
from woodlot.sandbox.quirks import Quirks
from woodlot.wire.events import Pushed

Kind: TypeAlias = Literal["all", "public", "private"]

IDLE_S = 60.0
"""A connection whose client says nothing for so long is cut (websocket-v3 §3)."""

LIFE_S = 24 * 3600.0
"""How long a connection lives where nothing else is said (websocket-v3 §2)."""

OPEN_PER_ADDRESS = 100
NEW_PER_WINDOW, WINDOW_S = 100, 300.0
""""100 per 5 min per IP; above that attempts are rejected for a cool-down" (websocket-v3 §2)."""

_LIFE_IS_OVER = 1001  # not known; "going away" is what it is

_STREAMS: tuple[Stream, ...] = ("public", "private")

# Addresses come from outside; beyond this many those that have been quiet are dropped.
_MOST_ADDRESSES = 1_000


class Connections:
    """All live sockets. `factor` scales how many an address may have and open; None lets in whoever comes."""

    def __init__(
        self,
        *,
        clock: Clock,
        keys: ListenKeys,
        factor: float | None,
        quirks: Quirks | None = None,
        faults: Faults | None = None,
        life_s: float = LIFE_S,
    ) -> None:
        self._life_s = life_s
        self._clock = clock
        self._keys = keys
        self._factor = factor
        self._quirks = quirks or Quirks()
        self._faults = faults or Faults(clock=clock)
        self._frame_quirks = FrameQuirks(self._quirks)
        self._frame_faults = FrameFaults(self._faults, clock=clock)
        self._live: set[Connection] = set()
        # Who hears a topic, and what anybody hears: worked out when asked for, forgotten when a subscription changes.
        self._hearing: dict[tuple[str, str | None], list[Connection]] = {}
        self._topics: frozenset[str] | None = None
        self._opened: dict[str, deque[float]] = {}

    def __len__(self) -> int:
        return len(self._live)

    def admits(self, address: str) -> bool:
        """Count one attempt and tell whether one more connection may come from there (websocket-v3 §2)."""
        if self._factor is None:
            return True
        now_s = self._clock.monotonic_s()
        opened = self._opened.setdefault(address, deque())
        while opened and now_s - opened[0] >= WINDOW_S:
            opened.popleft()
        if len(opened) >= max(1, round(NEW_PER_WINDOW * self._factor)):
            return False
        opened.append(now_s)
        if len(self._opened) > _MOST_ADDRESSES:
            self._opened = {at: times for at, times in self._opened.items() if now_s - times[-1] < WINDOW_S}
        most_open = max(1, round(OPEN_PER_ADDRESS * self._factor))
        return sum(connection.address == address for connection in self._live) < most_open

    @contextlib.contextmanager
    def joined(self, connection: Connection) -> Generator[None]:
        """Count a connection among the live ones while it is served."""
        if connection.key is not None and self._quirks.one_connection_per_key:
            for older in self._live:
                if older.key is connection.key:
                    older.close(self._quirks.key_close_code)
        self._live.add(connection)
        connection.on_change = self._forget_who_hears
        try:
            yield
        finally:
            self._live.discard(connection)
            self._forget_who_hears()

    def publish(self, topic: str, event: Pushed, *, ts: int, account_id: str | None = None) -> None:
        """Send an event to everybody who subscribed to `topic`; a private one only to its account."""
        listeners = self._listeners(topic, account_id)
        if listeners:
            self._pass_on(spelled(topic, event, ts=ts), listeners, topic, account_id)

    def publish_data(self, topic: str, data: dict[str, Any], *, ts: int, account_id: str) -> None:
        """Send what has no type of its own: a report with few keys."""
        listeners = self._listeners(topic, account_id)
        if listeners:
            self._pass_on(spelled(topic, data, ts=ts), listeners, topic, account_id)

    def accounts_on(self, topic: str) -> set[str]:
        """Return the accounts that somebody is subscribed to `topic` for."""
        return {
            connection.account_id
            for connection in self._live
            if connection.account_id is not None and topic in connection.session.topics
        }

    def greet(self, first_word: Callable[[str, str], Pushed | None], *, ts: int) -> None:
        """Push to whoever has just subscribed to a private topic what `first_word` says of it and the account."""
        for connection in self._live:
            fresh, connection.session.fresh = connection.session.fresh, []
            for topic in fresh if connection.account_id is not None else ():
                event = first_word(topic, connection.account_id or "")
                if event is not None:
                    connection.push(framed(spelled(topic, event, ts=ts)))

    @property
    def most_unread(self) -> int:
        """How many bytes wait for the slowest client."""
        return max((connection.unread for connection in self._live), default=0)

    def topics(self) -> frozenset[str]:
        """Return what anybody is subscribed to."""
        if self._topics is None:
            self._topics = frozenset(topic for connection in self._live for topic in connection.session.topics)
        return self._topics

    def end_overdue(self) -> None:
        """Cut the silent ones; close those whose listen key or time is over."""
        now_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        for connection in list(self._live):
            if connection.key is not None and not self._keys.is_current(connection.key, now_ms=now_ms):
                self._end_of_key(connection)
            elif self._is_idle(connection, now_s):
                connection.abort()
            if now_s - connection.opened_s >= self._life_s:
                connection.close(_LIFE_IS_OVER)

    def suffer(self) -> frozenset[Stream]:
        """Let the faults that concern whole connections strike, and return the streams that are cut now."""
        cut: set[Stream] = set()
        if not self._faults.any_on:
            return frozenset()
        for area, names in AREAS.items():
            streams = frozenset[Stream](stream for stream in _STREAMS if stream in names)
            if strike := self._faults.strike(f"{area}.cut"):
                cut |= streams
                for connection in self._of(streams):
                    connection.close(int(strike.word))
            if self._faults.strike(f"{area}.half-open"):
                for connection in self._of(streams):
                    connection.fall_deaf()
            if self._faults.strike(f"{area}.ping"):
                for connection in self._of(streams):
                    connection.send(b'{"cmd":"PING","ts":%d}' % self._clock.now_ms())
        return frozenset(cut)

    def send_late(self) -> None:
        """Send the frames that a fault has kept back, once their time has come."""
        for late in self._frame_faults.due():
            frame = framed(late.payload)
            for connection in self._listeners(late.topic, late.account_id):
                connection.push(frame)

    def cut(self, kind: Kind) -> None:
        """Abort live sockets without a close frame."""
        for connection in list(self._live):
            if kind in {"all", connection.stream}:
                connection.abort()

    def settle(self) -> None:
        """Hand everything that is queued to the kernel now."""
        for connection in self._live:
            connection.flush()

    def _listeners(self, topic: str, account_id: str | None) -> list[Connection]:
        hearing = self._hearing.get((topic, account_id))
        if hearing is None:
            hearing = self._hearing[topic, account_id] = [
                connection
                for connection in self._live
                if topic in connection.session.topics and connection.account_id == account_id
            ]
        return hearing

    def _forget_who_hears(self) -> None:
        self._hearing.clear()
        self._topics = None

    def _pass_on(self, payload: bytes, listeners: list[Connection], topic: str, account_id: str | None) -> None:
        payload = self._frame_quirks.respelled(payload, topic=topic)
        payloads = (
            self._frame_faults.pass_on(payload, topic=topic, account_id=account_id)
            if self._faults.any_on
            else [payload]
        )
        # A frame is made once, however many listen.
        for frame in map(framed, payloads):
            for connection in listeners:
                connection.push(frame)

    def _end_of_key(self, connection: Connection) -> None:
        if connection.is_mute or connection.outlives_key:
            return
        strike = self._faults.strike("key.replaced")
        match strike.word if strike else self._quirks.replaced_key:
            case "silent":
                connection.is_mute = True
            case "unaffected":
                connection.outlives_key = True
            case _:
                connection.close(self._quirks.key_close_code)

    def _is_idle(self, connection: Connection, now_s: float) -> bool:
        if not self._quirks.idle_cut:
            return False
        heard_s = connection.heard_s
        if self._quirks.data_keeps_open:
            heard_s = max(heard_s, connection.spoken_s)
        return now_s - heard_s >= IDLE_S

    def _of(self, streams: frozenset[Stream]) -> list[Connection]:
        return [connection for connection in self._live if connection.stream in streams]
