"""This file is the terms an account trades on, and the seams at which a proof puts its own transports in."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from woodlot.desk.controls import Touch
from woodlot.desk.doubts import ABSENCE_IS_PROOF_AFTER_S
from woodlot.desk.journal import Journal
from woodlot.desk.limits import Limits
from woodlot.rest.steps import AsyncTransport
from woodlot.stream.link import Dialer

TouchOf: TypeAlias = Callable[[str], Touch | None]


class OnExit(StrEnum):
    """What leaving the desk does with open orders, Ctrl-C and errors included."""

    KEEP = "keep"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an account trades. None for limits and journal is the environment's default; see `Desk.open`."""

    journal: Path | str | None = None
    power_safe: bool = False
    limits: Limits | None = None
    absence_is_proof_after_s: float | None = ABSENCE_IS_PROOF_AFTER_S
    on_exit: OnExit = OnExit.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """Where a desk touches the world; what is None is the real thing. For tests, tapes and proofs."""

    transport: AsyncTransport | None = None
    dialer: Dialer | None = None
    journal: Callable[[Journal], None] | None = None
    """Called with the journal once it is open."""
