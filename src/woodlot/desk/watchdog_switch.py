"""This file is the dead man's switch that is a process of ours: it is started, fed with heartbeats, and replaced.

A watchdog that ends though nobody told it to is news, loudly: `changed` hears it, and another is started, with pauses
and not without end. Until it watches, `is_armed` is False.
"""

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence

from woodlot.config import Credentials, Environment
from woodlot.desk.watchdog import BYE, EMPTY, FIRED, READY
from woodlot.errors import ConfigurationError

log = logging.getLogger(__name__)

TRIES_AFTER_S = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""The pauses before a watchdog that ended is replaced, counted anew once one has lived for a minute."""

_PROGRAM = (sys.executable, "-m", "woodlot.desk.watchdog")
_PROVEN_AFTER_S = 60.0
_START_WITHIN_S = 15.0


class Watchdog:
    """Have a process cancel everything once heartbeats stop. `fired` is called when it does.

    `changed` is told whether the switch is armed, and why, whenever that changes without having been asked for.
    """

    def __init__(
        self,
        environment: Environment,
        credentials: Credentials,
        *,
        after_s: float,
        fired: Callable[[], None],
        changed: Callable[[bool, str], None] = lambda _armed, _why: None,
        tries_after_s: Sequence[float] = TRIES_AFTER_S,
        program: Sequence[str] = _PROGRAM,
    ) -> None:
        self._environment = environment
        self._credentials = credentials
        self._after_s = after_s
        self._fired = fired
        self._changed = changed
        self._tries_after_s = tries_after_s
        self._program = program
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._is_counting = False

    @property
    def process_id(self) -> int | None:
        return None if self._process is None else self._process.pid

    @property
    def is_armed(self) -> bool:
        """Whether a process counts the time since the last heartbeat."""
        return self._process is not None and self._is_counting

    async def arm(self) -> None:
        """Start it. Raises ConfigurationError if it does not say that it watches."""
        await self._start()
        self._keeping = asyncio.create_task(self._keep(), name="woodlot watchdog")

    async def beat(self) -> None:
        """Give a sign of life. One that has ended is missed by `_keep`, not here."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                await _write(self._process, "beat")
                self._is_counting = True

    async def disarm(self) -> None:
        """Say goodbye: nothing is cancelled, and its end is no news any more."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        process, self._process = self._process, None
        if process is None:
            return
        try:
            async with asyncio.timeout(_START_WITHIN_S):
                await _write(process, BYE)
                await process.wait()
        except (OSError, TimeoutError):
            log.warning("the watchdog did not end when it was told to; ended it by force")
            await _end(process)

    async def _start(self) -> None:
        """Start a process and give it its instructions; on any failure there is none."""
        secret = self._credentials.secret
        process = await asyncio.create_subprocess_exec(
            *self._program,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # A session of its own: what ends the trader's terminal must not end the one that cleans up behind it.
            start_new_session=True,
            # The trader may have its secret from a variable; a child would show it to whoever looks at its own.
            env={name: value for name, value in os.environ.items() if not secret or secret not in value},
        )
        try:
            await _write(process, json.dumps({
                "rest_url": self._environment.rest_url, "ws_url": self._environment.ws_url,
                "key": self._credentials.key, "secret": secret, "after_s": self._after_s,
            }))  # fmt: skip
            async with asyncio.timeout(_START_WITHIN_S):
                said = await _said(process)
        except (OSError, TimeoutError):
            said = ""
        except BaseException:
            # One that is left behind would hear no heartbeat, and cancel.
            await _end(process)
            raise
        if said != READY:
            await _end(process)
            raise ConfigurationError("the watchdog process did not start; without it nothing cancels when this ends")
        self._process, self._is_counting = process, True

    async def _keep(self) -> None:
        """Listen to the watchdog, and replace it when it ends."""
        now_s = asyncio.get_running_loop().time
        tries = iter(self._tries_after_s)
        while (process := self._process) is not None:
            began_s = now_s()
            await self._listen(process)
            await _end(process)
            self._process = None
            why = f"the watchdog process ended with {process.returncode}"
            log.error("%s; until there is another, nothing cancels if this program dies", why)
            self._changed(False, why)
            if now_s() - began_s >= _PROVEN_AFTER_S:
                tries = iter(self._tries_after_s)
            await self._replace(tries)

    async def _replace(self, tries: Iterator[float]) -> None:
        for pause_s in tries:
            await asyncio.sleep(pause_s)
            try:
                await self._start()
            except (ConfigurationError, OSError) as error:
                log.error("the watchdog could not be replaced (%s)", error)
            else:
                log.warning("another watchdog was started; it counts from now on")
                self._changed(True, "another watchdog was started")
                return
        log.error("no watchdog stays alive; the dead man's switch is off. Leave `dead_man` and enter it again")

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        while word := await _said(process):
            if word == FIRED:
                self._is_counting = False
                log.error("the watchdog fired: nobody vouched for the desk for %.0f s, every order is cancelled",
                          self._after_s)  # fmt: skip
                self._fired()
            elif word == EMPTY:
                log.warning("the watchdog has cancelled every order")


async def _write(process: asyncio.subprocess.Process, line: str) -> None:
    if process.stdin is not None:
        process.stdin.write(f"{line}\n".encode())
        await process.stdin.drain()


async def _said(process: asyncio.subprocess.Process) -> str:
    return (await process.stdout.readline()).decode().strip() if process.stdout is not None else ""


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a process that is of no use any more, and leave no zombie."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
