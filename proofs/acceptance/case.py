"""This file is one acceptance case, and the list that cases put themselves on."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from proofs.acceptance.bench import Bench
from woodlot.sandbox.options import SandboxOptions

Run: TypeAlias = Callable[[Bench], Awaitable[None]]


class Area(StrEnum):
    """What a case is about; the value is how its id begins."""

    ORDER_ENTRY = "OE"
    MARKET_DATA = "MD"
    RECOVERY = "RC"

    @property
    def words(self) -> str:
        return self.name.replace("_", " ").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing that must be seen.

    `sandbox` is how the exchange is set up where it is ours; `terms` are options of the desk. A case that
    `needs_sandbox` brings about what cannot be asked of somebody else's exchange: faults, or a market of its own.
    """

    id: str
    seen: str
    run: Run
    needs_sandbox: bool
    sandbox: SandboxOptions
    terms: Mapping[str, Any]

    @property
    def area(self) -> Area:
        return Area(self.id[:2])


LISTED: dict[str, Case] = {}
"""Every case that was defined so far, by id."""


def case(
    case_id: str,
    seen: str,
    *,
    needs_sandbox: bool = False,
    sandbox: SandboxOptions | None = None,
    terms: Mapping[str, Any] | None = None,
) -> Callable[[Run], Run]:
    """Put a coroutine function on the list as the case of this id; `seen` says in one sentence what must be seen."""

    def listed(run: Run) -> Run:
        if case_id in LISTED:
            raise ValueError(f"there are two cases {case_id}")
        LISTED[case_id] = Case(
            id=case_id,
            seen=seen,
            run=run,
            needs_sandbox=needs_sandbox or sandbox is not None,
            sandbox=sandbox or SandboxOptions(),
            terms=terms or {},
        )
        return run

    return listed
