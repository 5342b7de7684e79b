"""This file is the dead man's switch: unless the desk goes on vouching for itself, every order is cancelled.

It vouches while this loop runs, the private stream is live and the books it follows can be read. A reconnect does not
switch it off: it only lets the time run. Who cancels is a watchdog process (the default), or the exchange itself by
cancelAllAfter, which outlives this machine but is "for VIP accounts" (rest-v3 §9.1.8).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol

from woodlot.desk.gate import Guards
from woodlot.errors import ConfigurationError, WoodlotError
from woodlot.wire.trade import LONGEST_DEAD_MAN_MS, CancelAllAfter, DeadManAck

log = logging.getLogger(__name__)

# Three heartbeats fit into the time: one may be late without harm.
_HEARTBEATS = 3


class Switch(Protocol):
    """Something that cancels everything when heartbeats stop."""

    @property
    def is_armed(self) -> bool: ...

    async def arm(self) -> None: ...

    async def beat(self) -> None: ...

    async def disarm(self) -> None: ...


class DeadMan:
    """Arm a switch and keep it from firing while all is well. Leaving the `async with` disarms it.

    Raises ConfigurationError if it cannot be armed. `guards` are those without which no order passes the gate; it is
    one of them while it is entered.
    """

    def __init__(
        self, switch: Switch, *, after_s: float, is_well: Callable[[], bool], guards: Guards | None = None
    ) -> None:
        if after_s < 1:
            raise ConfigurationError(f"a dead man's switch needs a second at least, got {after_s} s")
        self._switch = switch
        self._after_s = after_s
        self._is_well = is_well
        self._guards: Guards = [] if guards is None else guards
        self._beating: asyncio.Task[None] | None = None

    @property
    def is_armed(self) -> bool:
        """Whether everything is cancelled if this program dies now.

        False before it is entered and after it is left, while a watchdog that ended is being replaced, when none stays
        alive, once it has fired until the next sign of life, and where the exchange did not take the last one.
        """
        return self._beating is not None and self._switch.is_armed

    async def __aenter__(self) -> "DeadMan":
        await self._switch.arm()
        self._beating = asyncio.create_task(self._beat(), name="woodlot dead man")
        self._guards.append(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beating is not None:
            self._guards.remove(self)
            beating, self._beating = self._beating, None
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
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


class ExchangeSwitch:
    """The switch that is the exchange's own: "a repeat call replaces the timer; 0 switches off" (rest-v3 §9.1.8)."""

    def __init__(
        self,
        send: Callable[[CancelAllAfter], Awaitable[DeadManAck]],
        *,
        after_s: float,
        changed: Callable[[bool, str], None] = lambda _armed, _why: None,
    ) -> None:
        if after_s * 1000 > LONGEST_DEAD_MAN_MS:
            raise ConfigurationError(f"the exchange waits {LONGEST_DEAD_MAN_MS // 1000} s at most, got {after_s} s")
        self._send = send
        self._after_ms = round(after_s * 1000)
        self._changed = changed
        self.is_armed = False

    async def arm(self) -> None:
        try:
            await self._send(CancelAllAfter(trigger_after=self._after_ms))
        except WoodlotError as error:
            raise ConfigurationError(
                f"the exchange's dead man's switch cannot be armed ({error}); it is for VIP accounts, use the watchdog"
            ) from error
        self.is_armed = True

    async def beat(self) -> None:
        try:
            await self._send(CancelAllAfter(trigger_after=self._after_ms))
        except WoodlotError as error:
            self._became(is_armed=False, why=f"the exchange did not take the last sign of life ({error})")
            raise
        self._became(is_armed=True, why="the exchange took a sign of life again")

    async def disarm(self) -> None:
        self.is_armed = False
        try:
            await self._send(CancelAllAfter(trigger_after=0))
        except WoodlotError as error:
            log.error("the exchange's dead man's switch could not be switched off (%s); it will cancel", error)

    def _became(self, *, is_armed: bool, why: str) -> None:
        if is_armed is not self.is_armed:
            self.is_armed = is_armed
            self._changed(is_armed, why)
