"""This file is which API keys an account has and what each may do, as `GET /v3/account/credentials` lists them."""

from dataclasses import dataclass
from typing import Final

from woodlot.wire.account import Permission

EVERYTHING: Final = (Permission.READ, Permission.TRADE, Permission.WITHDRAWAL)
_FIRST_USER_ID = 12_501


@dataclass(frozen=True, slots=True)
class Granted:
    """What one key may do; without addresses it works from anywhere (rest-v3 §2.4). The secret is not here."""

    api_key: str
    account_id: str
    user_id: int
    permissions: tuple[Permission, ...]
    allowed_ips: tuple[str, ...]


class CredentialRegister:
    """Every key there is."""

    def __init__(self) -> None:
        self._granted: dict[str, Granted] = {}
        self._user_ids: dict[str, int] = {}

    def grant(
        self,
        api_key: str,
        account_id: str,
        *,
        permissions: tuple[Permission, ...] = EVERYTHING,
        allowed_ips: tuple[str, ...] = (),
    ) -> Granted:
        """List a key, or change what it may do."""
        granted = Granted(api_key, account_id, self.user_id(account_id), permissions, allowed_ips)
        self._granted[api_key] = granted
        return granted

    def revoke(self, api_key: str) -> None:
        """Strike a key off the list."""
        self._granted.pop(api_key, None)

    def everything(self) -> list[Granted]:
        """Return every key of everybody, the newest first."""
        return list(reversed(self._granted.values()))

    def find(self, api_key: str) -> Granted | None:
        return self._granted.get(api_key)

    def of(self, account_id: str) -> list[Granted]:
        """Return an account's keys, the newest first."""
        return [granted for granted in reversed(self._granted.values()) if granted.account_id == account_id]

    def user_id(self, account_id: str) -> int:
        """Return the number of the account's owner."""
        return self._user_ids.setdefault(account_id, _FIRST_USER_ID + len(self._user_ids))
