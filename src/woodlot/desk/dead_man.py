"""This file is the dead man's switch: unless the desk goes on vouching for itself, every order is cancelled.

It vouches while this loop runs, the private stream is live and the books it follows can be read. A reconnect does not
switch it off: it only lets the time run. Who cancels is a watchdog process (the default), or the exchange itself by
cancelAllAfter, which outlives this machine but is "for VIP accounts" (rest-v3 §9.1.8).
"""

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol

from woodlot.config import Credentials, Environment
from woodlot.desk.watchdog import BYE, EMPTY, FIRED, READY
from woodlot.errors import ConfigurationError, WoodlotError
from woodlot.wire.trade import LONGEST_DEAD_MAN_MS, CancelAllAfter, DeadManAck

log = logging.getLogger(__name__)

# Three heartbeats fit into the time: one may be late without harm.
_HEARTBEATS = 3
_START_WITHIN_S = 15.0


class Switch(Protocol):
    """Something that cancels everything when heartbeats stop."""

    async def arm(self) -> None: ...

    async def beat(self) -> None: ...

    async def disarm(self) -> None: ...


class DeadMan:
    """Arm a switch and keep it from firing while all is well. Leaving the `async with` disarms it.

    Raises ConfigurationError if it cannot be armed.
    """

    def __init__(self, switch: Switch, *, after_s: float, is_well: Callable[[], bool]) -> None:
        if after_s < 1:
            raise ConfigurationError(f"a dead man's switch needs a second at least, got {after_s} s")
        self._switch = switch
        self._after_s = after_s
        self._is_well = is_well
        self._beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "DeadMan":
        await self._switch.arm()
        self._beating = asyncio.create_task(self._beat(), name="woodlot dead man")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
        await self._switch.disarm()

    async def _beat(self) -> None:
        was_well = True
        while True:
            is_well = self._is_well()
            if is_well:
                try:
                    await self._switch.beat()
                except (WoodlotError, OSError) as error:
                    log.error("the dead man's switch was not reached (%s); it may cancel every order", error)
            elif was_well:
                log.warning("stream or books are not well; unless they recover, every order is cancelled in %.0f s",
                            self._after_s)  # fmt: skip
            was_well = is_well
            await asyncio.sleep(self._after_s / _HEARTBEATS)


class Watchdog:
    """The switch that is a process of ours; `fired` is called when it has cancelled."""

    def __init__(
        self, environment: Environment, credentials: Credentials, *, after_s: float, fired: Callable[[], None]
    ) -> None:
        self._environment = environment
        self._credentials = credentials
        self._after_s = after_s
        self._fired = fired
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def process_id(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def arm(self) -> None:
        # A session of its own: what ends the trader's terminal must not end the one that cleans up behind it.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "woodlot.desk.watchdog",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        await self._write(
            json.dumps(
                {
                    "rest_url": self._environment.rest_url,
                    "ws_url": self._environment.ws_url,
                    "key": self._credentials.key,
                    "secret": self._credentials.secret,
                    "after_s": self._after_s,
                }
            )
        )
        if await self._said(within_s=_START_WITHIN_S) != READY:
            self._process.kill()
            raise ConfigurationError("the watchdog process did not start; without it nothing cancels when this ends")
        self._listening = asyncio.create_task(self._listen(), name="woodlot watchdog")

    async def beat(self) -> None:
        await self._write("beat")

    async def disarm(self) -> None:
        if self._process is None:
            return
        # Its end is no news from here on.
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        try:
            await self._write(BYE)
            async with asyncio.timeout(_START_WITHIN_S):
                await self._process.wait()
        except (OSError, TimeoutError):
            log.warning("the watchdog did not end when it was told to; ended it by force")
            self._process.kill()
            await self._process.wait()

    async def _write(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(f"{line}\n".encode())
            await self._process.stdin.drain()

    async def _said(self, *, within_s: float | None) -> str:
        if self._process is None or self._process.stdout is None:
            return ""
        try:
            async with asyncio.timeout(within_s):
                return (await self._process.stdout.readline()).decode().strip()
        except TimeoutError:
            return ""

    async def _listen(self) -> None:
        while word := await self._said(within_s=None):
            if word == FIRED:
                log.error("the watchdog fired: nobody vouched for the desk for %.0f s, every order is cancelled",
                          self._after_s)  # fmt: skip
                self._fired()
            elif word == EMPTY:
                log.warning("the watchdog has cancelled every order")
        log.error("the watchdog process ended; nothing cancels if this program dies")


class ExchangeSwitch:
    """The switch that is the exchange's own: "a repeat call replaces the timer; 0 switches off" (rest-v3 §9.1.8)."""

    def __init__(self, send: Callable[[CancelAllAfter], Awaitable[DeadManAck]], *, after_s: float) -> None:
        if after_s * 1000 > LONGEST_DEAD_MAN_MS:
            raise ConfigurationError(f"the exchange waits {LONGEST_DEAD_MAN_MS // 1000} s at most, got {after_s} s")
        self._send = send
        self._after_ms = round(after_s * 1000)

    async def arm(self) -> None:
        try:
            await self.beat()
        except WoodlotError as error:
            raise ConfigurationError(
                f"the exchange's dead man's switch cannot be armed ({error}); it is for VIP accounts, use the watchdog"
            ) from error

    async def beat(self) -> None:
        await self._send(CancelAllAfter(trigger_after=self._after_ms))

    async def disarm(self) -> None:
        try:
            await self._send(CancelAllAfter(trigger_after=0))
        except WoodlotError as error:
            log.error("the exchange's dead man's switch could not be switched off (%s); it will cancel", error)
