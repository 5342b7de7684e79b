"""This file is transfers between the accounts of one family: done at once, and remembered."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

from woodlot.sandbox.accounts import ROWS_KEPT
from woodlot.sandbox.bank import Bank
from woodlot.sandbox.families import Families, Member
from woodlot.sandbox.refusal import refusal


@dataclass(frozen=True, slots=True)
class Done:
    """One transfer that was made."""

    id: int
    token: str
    amount: Decimal
    source: Member
    destination: Member
    ts: int


class Transfers:
    """The last ROWS_KEPT transfers of everybody."""

    def __init__(self, bank: Bank, families: Families) -> None:
        self._bank = bank
        self._families = families
        self._ids = count(200)
        self._done: deque[Done] = deque(maxlen=ROWS_KEPT)

    def make(
        self, caller_id: str, *, source_id: str, destination_id: str, token: str, amount: Decimal, now_ms: int
    ) -> Done:
        """Move money between two accounts of the caller's family, a sub-account its own only. Raises Refusal."""
        source = self._families.member(caller_id, source_id, now_ms=now_ms)
        destination = self._families.member(caller_id, destination_id, now_ms=now_ms)
        if source == destination:
            raise refusal(-1005, problem="from and to must be different accounts")
        if not self._families.is_main(caller_id) and source_id != caller_id:
            raise refusal(302143)
        if amount <= 0:
            raise refusal(302135)
        self._bank.move(source_id, destination_id, token=token, amount=amount, kind="SUB_ACCOUNT_TRANSFER")
        done = Done(next(self._ids), token, amount, source, destination, now_ms)
        self._done.append(done)
        return done

    def of(self, account_id: str) -> Iterator[Done]:
        """Yield the transfers from and to an account, newest first."""
        for done in reversed(self._done):
            if account_id in {done.source.application_id, done.destination.application_id}:
                yield done
