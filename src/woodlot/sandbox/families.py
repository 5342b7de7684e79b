"""This file is who belongs together: main accounts and their sub-accounts, between which money may be moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.refusal import refusal

FIRST_SUB_ACCOUNTS: Final = ("sub_account_1",)
"""What every main account has from the start, empty, so that there is somebody to transfer to."""

MAIN_NAME: Final = "Main"
"""As the documentation calls the main account in its transfers (rest-v3 §9.4.4)."""


@dataclass(frozen=True, slots=True)
class Member:
    """One account of a family."""

    application_id: str
    name: str
    created_ms: int


class Families:
    """Every account is a main account unless it was opened here as somebody's sub-account."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._subs: dict[str, list[Member]] = {}
        self._main_of: dict[str, str] = {}

    def open(self, main_id: str, name: str, *, now_ms: int) -> Member:
        """Open a sub-account without money; it has the fees of a new account and no keys."""
        if main_id in self._main_of:
            raise ValueError("a sub-account has no sub-accounts")
        member = Member(self._exchange.open_account(name, {}).id, name, now_ms)
        self._subs.setdefault(main_id, []).append(member)
        self._main_of[member.application_id] = main_id
        return member

    def subs(self, main_id: str, *, now_ms: int) -> Sequence[Member]:
        """Return a main account's sub-accounts, oldest first."""
        if main_id not in self._subs:
            for name in FIRST_SUB_ACCOUNTS:
                self.open(main_id, name, now_ms=now_ms)
        return self._subs[main_id]

    def is_main(self, account_id: str) -> bool:
        return account_id not in self._main_of

    def member(self, caller_id: str, application_id: str, *, now_ms: int) -> Member:
        """Return one account of the caller's family. Raises Refusal (302143) for somebody else's."""
        main_id = self._main_of.get(caller_id, caller_id)
        for member in (Member(main_id, MAIN_NAME, 0), *self.subs(main_id, now_ms=now_ms)):
            if member.application_id == application_id:
                return member
        raise refusal(302143)
