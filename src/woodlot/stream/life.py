"""This file is one private socket's life: a connection with one listen key, watched for the sign that the key died."""

import asyncio
from collections.abc import Callable, Sequence

from woodlot.stream.connection import Ending, Heard
from woodlot.stream.continuity import Cause
from woodlot.stream.keeper import Means
from woodlot.stream.link import Address
from woodlot.stream.roster import Accepted, Refused
from woodlot.stream.session import Lost
from woodlot.wire.account import ListenKey
from woodlot.wire.frames import Push
from woodlot.wire.topics import Account, ExecutionReports

ACCOUNT = Account().name
# Without these two the stream would miss executions, or miss that it does.
ESSENTIAL = frozenset({ACCOUNT, ExecutionReports().name})
# "No `account` frame for 5 s on a live link means: reconnect with a fresh key" (websocket-v3 §4.3)
ACCOUNT_SILENCE_S = 5.0


class Life:
    """Connect with one key and stay. `settled` is called when every topic has been answered for."""

    def __init__(
        self,
        address: Address,
        key: ListenKey,
        topics: Sequence[str],
        *,
        hear: Callable[[Heard], None],
        settled: Callable[[], None],
        means: Means,
        account_silence_s: float = ACCOUNT_SILENCE_S,
    ) -> None:
        self.key = key
        self._address = address
        self._hear_next = hear
        self._settled = settled
        self._means = means
        self._silence_s = account_silence_s
        self._unanswered = set(topics)
        self._refused = asyncio.Event()
        self._refusal = ""
        self._account_s: float | None = None
        self.connection = means.connection(self._hear)
        self.connection.subscribe(topics)
        self.is_settled = asyncio.Event()

    @property
    def has_seen_account(self) -> bool:
        """Whether the key has proved to be alive."""
        return self._account_s is not None

    async def live(self) -> Ending:
        """Stay until the link ends or the key is found dead."""
        connected = asyncio.ensure_future(self.connection.live(self._address))
        watched = asyncio.ensure_future(self._watch())
        try:
            await asyncio.wait([connected, watched], return_when=asyncio.FIRST_COMPLETED)
            if connected.done():
                return connected.result()
            cause, detail = watched.result()
            return self.connection.ending(cause, detail)
        finally:
            connected.cancel()
            watched.cancel()
            await asyncio.gather(connected, watched, return_exceptions=True)

    def _hear(self, heard: Heard) -> None:
        match heard:
            case Push(topic) | Lost(topic) if topic == ACCOUNT:
                self._account_s = self._means.clock.monotonic_s()
            case Refused(topic, reason) if topic in ESSENTIAL:
                self._refusal = f"{topic}: {reason}"
                self._refused.set()
                return
            case _:
                pass
        self._hear_next(heard)
        if isinstance(heard, Accepted | Refused):
            self._unanswered.discard(heard.topic)
            if not self._unanswered and not self.is_settled.is_set():
                self.is_settled.set()
                self._settled()

    async def _watch(self) -> tuple[Cause, str]:
        refused = asyncio.ensure_future(self._refused.wait())
        silent = asyncio.ensure_future(self._until_silent())
        try:
            await asyncio.wait([refused, silent], return_when=asyncio.FIRST_COMPLETED)
            return silent.result() if silent.done() else (Cause.KEY_REFUSED, self._refusal)
        finally:
            refused.cancel()
            silent.cancel()
            await asyncio.gather(refused, silent, return_exceptions=True)

    async def _until_silent(self) -> tuple[Cause, str]:
        """Wait until `account` has been silent for too long; halfway there, ask whether the link still answers."""
        clock = self._means.clock
        await self.is_settled.wait()
        settled_s = clock.monotonic_s()
        while True:
            last_s = max(settled_s, self._account_s or settled_s)
            await self._means.sleep(max(0.0, last_s + self._silence_s / 2 - clock.monotonic_s()))
            if self._account_s is not None and self._account_s > last_s:
                continue
            probed_s = clock.monotonic_s()
            self.connection.probe()
            await self._means.sleep(max(0.0, last_s + self._silence_s - clock.monotonic_s()))
            if self._account_s is not None and self._account_s > last_s:
                continue
            answered_s = self.connection.answered_s
            if answered_s is not None and answered_s >= probed_s:
                return Cause.KEY_SILENT, f"no account frame for {self._silence_s:g} s"
            return Cause.LINK_DEAD, f"neither an account frame nor a PONG for {self._silence_s:g} s"
