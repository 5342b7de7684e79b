"""This file is how often and how long one call is tried, and which error ends it."""

import logging
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

from woodlot.backoff import Backoff
from woodlot.clock import Clock
from woodlot.errors import DuplicateClientOrderId, ExchangeError, OutcomeUnknown, RateLimited
from woodlot.rest.budget import RetryBudget
from woodlot.rest.handle import client_order_id_of, order_id_of
from woodlot.rest.outcome import Failure
from woodlot.wire.codes import Again, Effect
from woodlot.wire.request import Request

log = logging.getLogger("woodlot.rest")

AnyRequest: TypeAlias = Request[Any]

# Too little for any reply to come back in: not worth an attempt.
_SHORTEST_S = 0.005
# How soon a call that waits for its turn learns that it is not wanted any more.
_CHECK_EVERY_S = 0.2
# What the last attempt of a call that was rate limited to its end is given.
_LAST_ATTEMPT_S = 0.25


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often a call may try. `timeout_s` is the whole call, waiting included."""

    timeout_s: float = 30.0
    attempts: int = 3
    """Attempts that may fail for another reason than a rate limit."""

    backoff: Backoff = field(default=Backoff(first_s=0.2, ceiling_s=5.0))
    rate_limited_attempts: int = 20
    # The shortest window is 1 s (rest-v3 §4.2): the first waits are spread over half of it.
    rate_limit_backoff: Backoff = field(default=Backoff(first_s=0.5, ceiling_s=10.0))


class Attempts:
    """The attempts of one call so far."""

    def __init__(
        self,
        request: AnyRequest,
        *,
        id_is_ours: bool,
        patience: Patience,
        timeout_s: float,
        clock: Clock,
        chance: random.Random,
        budget: RetryBudget,
        check: Callable[[], None] | None = None,
    ) -> None:
        self._request = request
        self._check = check
        self._id_is_ours = id_is_ours
        self._patience = patience
        self._clock = clock
        self._chance = chance
        self._budget = budget
        self._deadline_s = clock.monotonic_s() + timeout_s
        self._rate_limited = 0
        self._failed = 0
        self.signed_ms: int | None = None
        """The timestamp of the last attempt; those before it are proven to have done nothing."""

    @property
    def remaining_s(self) -> float:
        return max(self._deadline_s - self._clock.monotonic_s(), _SHORTEST_S)

    @property
    def is_over(self) -> bool:
        """Whether the call's time has run out."""
        return self._clock.monotonic_s() >= self._deadline_s

    def pause_s(self, failure: Failure) -> float:
        """Return how long to wait before the next attempt; raise the call's error where there is none."""
        if failure.again is Again.WAIT:
            # A pause that would outlast the call is cut to leave room for one last attempt.
            last_s = self.remaining_s - 2 * _LAST_ATTEMPT_S
            drawn_s = self._patience.rate_limit_backoff.pause_s(self._rate_limited, self._chance)
            pause_s = min(drawn_s, last_s) if last_s > 0 else drawn_s
            self._rate_limited += 1
            exhausted = self._rate_limited >= self._patience.rate_limited_attempts
        else:
            pause_s = self._patience.backoff.pause_s(self._failed, self._chance)
            self._failed += 1
            exhausted = self._failed >= self._patience.attempts or not self._may_repeat(failure)
        if exhausted or pause_s >= self.remaining_s - _SHORTEST_S:
            self.give_up(failure)
        if failure.again is not Again.WAIT and not self._budget.withdraw():
            log.warning("%s: not tried again, too many calls of late had to be", self)
            self.give_up(failure)
        log.warning(
            "%s: %s; %s, trying again in %.2f s (attempt %d)",
            self, _reason(failure), failure.effect.value, pause_s, self._count + 1,
        )  # fmt: skip
        return pause_s

    def give_up(self, failure: Failure) -> NoReturn:
        """Raise the error that this failure ends the call with."""
        error = failure.error
        error.client_order_id = client_order_id_of(self._request)
        if isinstance(error, RateLimited):
            error.attempts = self._count
        if self._outcome_is_unknown(failure):
            log.error("%s: %s; the outcome is unknown, it is not sent again", self, _reason(failure))
            raise OutcomeUnknown(
                str(self._request.endpoint),
                _reason(failure),
                client_order_id=error.client_order_id,
                order_id=order_id_of(self._request),
                request=self._request,
                signed_ms=self.signed_ms,
            ) from error
        log.warning("%s: given up after attempt %d: %s", self, self._count, _reason(failure))
        raise error

    @property
    def check_every_s(self) -> float:
        """How long may be waited before `check` is asked again."""
        return math.inf if self._check is None else _CHECK_EVERY_S

    def check(self) -> None:
        """Raise what the caller has against an attempt by now; it is asked right before each one leaves."""
        if self._check is not None:
            self._check()

    def too_late(self, wait_s: float) -> NoReturn:
        """Give up a call whose turn comes after its timeout; nothing of it was sent."""
        error = RateLimited(
            f"not sent: its turn comes in {wait_s:.1f} s at the earliest, and its timeout before that",
            endpoint=str(self._request.endpoint),
        )
        error.client_order_id = client_order_id_of(self._request)
        error.attempts = self._count
        log.warning("%s: %s", self, error.message)
        raise error

    def abandoned(self) -> None:
        """Say that the caller stopped waiting for a reply; nobody will be told what it was."""
        if not self._request.endpoint.repeatable:
            log.error("%s: abandoned while its reply was awaited; it may have happened, ask before sending again", self)

    def _may_repeat(self, failure: Failure) -> bool:
        if failure.again is Again.NEVER:
            return False
        return failure.effect is Effect.NOTHING or self._request.endpoint.repeatable

    def _outcome_is_unknown(self, failure: Failure) -> bool:
        if self._request.endpoint.repeatable:
            return False
        # Nobody else draws our number: an open order that has it came of another copy of this very call.
        copied = self._id_is_ours and isinstance(failure.error, DuplicateClientOrderId)
        return copied or failure.effect is Effect.UNKNOWN

    @property
    def _count(self) -> int:
        return self._rate_limited + self._failed

    def __str__(self) -> str:
        handles = {
            "symbol": getattr(self._request, "symbol", None),
            "client_order_id": client_order_id_of(self._request),
            "order_id": order_id_of(self._request),
        }
        named = "".join(f" {name}={value}" for name, value in handles.items() if value)
        return f"{self._request.endpoint}{named}"


def _reason(failure: Failure) -> str:
    error = failure.error
    return error.message if isinstance(error, ExchangeError) else error.reason
