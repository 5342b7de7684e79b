"""This file is the safeguards of calls: the retry budget, the pace and the gate, and the proofs that miss them."""

from bisect import insort
from typing import Any

from proofs import gate, retries
from proofs.ablations.safeguard import Safeguard
from proofs.pace import erratic, simulate
from woodlot.desk.gate import Admitted, Gate
from woodlot.rest.budget import RetryBudget
from woodlot.rest.counter import Counter, Place
from woodlot.rest.flow import Flow
from woodlot.wire.limits import Limit
from woodlot.wire.request import Request


class Endless(RetryBudget):
    def withdraw(self) -> bool:
        return True


class Unbudgeted(Flow):
    """Try again as often as each call by itself may."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._budget = Endless()


class PacedBySending(Counter):
    """Take a slot for free again one window after its call left, as a bucket does."""

    def wait_s(self, place: Place, *, now_s: float) -> float:
        wait_s = super().wait_s(place, now_s=now_s)
        if wait_s == 0:
            self._in_flight -= 1
            insort(self._free_at_s, now_s + self._limit.window_s)
        return wait_s

    def free_after(self, at_s: float) -> None:
        del at_s


class Open(Gate):
    """Let everything pass."""

    def admit(self, request: Request[Any]) -> Admitted[Any]:
        return Admitted(request, check=lambda: None)


def _attempts(seed: int, removed: bool) -> str | None:  # noqa: FBT001 - what every look is told
    storm = retries.Storm(seed, kind=Unbudgeted if removed else Flow)
    storm()
    if storm.worst <= retries.MOST_ATTEMPTS_PER_CALL + 1e-6:
        return None
    return f"{storm.worst:.2f} attempts per call ({storm})"


def _refusals(seed: int, removed: bool) -> str | None:  # noqa: FBT001 - what every look is told
    kind = PacedBySending if removed else Counter
    result = simulate(Limit(10, 1.0), pacers=1, share=1.0, latency=erratic, seconds=60.0, seed=seed, kind=kind)
    return f"{result.refused} of {result.taken} calls met a 429" if result.refused else None


def _passed(seed: int, removed: bool) -> str | None:  # noqa: FBT001 - what every look is told
    return gate.Session(seed, kind=Open if removed else Gate)()


SAFEGUARDS = (
    Safeguard("retry budget", "every call tries again for itself", _attempts),
    Safeguard("reply-based pacing", "a slot is free a window after its call left", _refusals),
    Safeguard("gate", "every order passes", _passed),
)
