"""This file is the gate that no order can pass by: only it makes an `Admitted`, and nothing else is sent.

Cancels always pass. Everything that makes or changes an order is held to the limits, and to the kill switch. A refusal
is an error with the control's name, counted; nothing was written down and nothing was sent.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

from woodlot.clock import Clock
from woodlot.desk.controls import CONTROLS, Case, Facts, Past
from woodlot.desk.limits import Limits
from woodlot.desk.meters import Meter, meters_of
from woodlot.desk.wanted import wanted_by
from woodlot.errors import GateRefused, TradingStopped
from woodlot.wire.answer import Answer
from woodlot.wire.request import Request

log = logging.getLogger(__name__)

AnswerT = TypeVar("AnswerT", bound=Answer)
KILL_SWITCH = "kill switch"
DEAD_MAN = "dead man"


class Guard(Protocol):
    """Something without which no order may pass."""

    @property
    def is_armed(self) -> bool: ...


Guards: TypeAlias = list[Guard]


@dataclass(frozen=True, slots=True)
class Admitted(Generic[AnswerT]):
    """A request that may be sent. Only the gate makes one."""

    request: Request[AnswerT]
    check: Callable[[], None]
    """Raises TradingStopped where trading was stopped since, with the request still waiting for its turn."""


class Gate:
    """Hold every order to the limits. `violations` counts the refusals by control."""

    def __init__(
        self,
        limits: Limits,
        *,
        facts: Facts,
        environment: str,
        clock: Clock,
        told: Callable[[GateRefused], None] = lambda _: None,
    ) -> None:
        self.limits = limits
        self.violations: Counter[str] = Counter()
        self.stopped_because: str | None = None
        self.guards: Guards = []
        self._facts = facts
        self._environment = environment
        self._clock = clock
        self._told = told
        self._past = Past()

    def admit(self, request: Request[AnswerT]) -> Admitted[AnswerT]:
        """Let a request pass.

        Raises GateRefused for the first control it breaks, TradingStopped by the kill switch and where a dead man's
        switch is needed and not armed.
        """
        wanted = wanted_by(request, self._facts)
        if not wanted:
            return Admitted(request, check=_nothing)

        def check() -> None:
            self._hold_if_stopped(wanted[0].symbol)

        check()
        now_s = self._clock.monotonic_s()
        for part in wanted:
            self._check(Case(part, self.limits, self._facts, self._past, self._environment, now_s))
        self._past.remember(wanted[0], now_s)
        return Admitted(request, check=check)

    def _hold_if_stopped(self, symbol: str) -> None:
        if self.stopped_because is not None:
            problem = f"trading is stopped: {self.stopped_because}"
            raise self._counted(TradingStopped(KILL_SWITCH, problem, symbol=symbol))
        if not all(guard.is_armed for guard in self.guards):
            raise self._counted(TradingStopped(DEAD_MAN, "the dead man's switch is not armed", symbol=symbol))

    def _check(self, case: Case) -> None:
        for name, control in CONTROLS.items():
            if (problem := control(case)) is not None:
                raise self._counted(GateRefused(name, problem, symbol=case.wanted.symbol))

    def meters(self, symbol: str) -> tuple[Meter, ...]:
        """Return how near the limits are for an order of this symbol."""
        now_s = self._clock.monotonic_s()
        return meters_of(self.limits, facts=self._facts, past=self._past, symbol=symbol, now_s=now_s)

    def _counted(self, refusal: GateRefused) -> GateRefused:
        self.violations[refusal.control] += 1
        refusal.count = self.violations[refusal.control]
        # A program gone wild is told of in a few lines, not in as many as it has orders.
        if refusal.count.bit_count() == 1:
            log.warning("%s", refusal)
        self._told(refusal)
        return refusal


def _nothing() -> None:
    """Cancels may always be sent."""
