"""This file is what a person can ask for at the side door apart from faults: API keys, sub-accounts, deposits."""

import ipaddress
import secrets
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec

from woodlot.errors import ConfigurationError
from woodlot.sandbox.back_office import BackOffice
from woodlot.sandbox.credentials import EVERYTHING, Granted
from woodlot.sandbox.families import MAIN_NAME
from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.signatures import ApiKey
from woodlot.wire.account import Permission

MOST_KEYS: Final = 1_000
MOST_SUB_ACCOUNTS: Final = 100
_LONGEST_NAME: Final = 64

WishT = TypeVar("WishT", bound=msgspec.Struct)


class KeyWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to be made: for which account, by name or application id, for what, and from where."""

    account: str = MAIN_NAME
    permissions: tuple[Permission, ...] = EVERYTHING
    allowed_ips: tuple[str, ...] = msgspec.field(name="allowedIPs", default=())


class DepositWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money that somebody outside sends to an account."""

    token: str
    network: str
    amount: Decimal
    account: str = MAIN_NAME


class Revocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str


class FrontOffice:
    """Serve the owner of the main account. `keys` is what the gate goes by; a key made here works at once."""

    def __init__(
        self, office: BackOffice, *, keys: dict[str, ApiKey], account_id: str, now_ms: Callable[[], int]
    ) -> None:
        self._office = office
        self._keys = keys
        self._main_id = account_id
        self._now_ms = now_ms

    @property
    def services(self) -> Mapping[tuple[str, str], Callable[[dict[str, Any]], Any]]:
        """What is done for which method and name; each takes a JSON object and raises ConfigurationError."""
        return {
            ("GET", "keys"): lambda _: self._listed(),
            ("POST", "keys"): self._make,
            ("DELETE", "keys"): self._revoke,
            ("POST", "deposits"): self._deposit,
        }

    def _listed(self) -> Any:
        return {"keys": [self._shown(granted) for granted in self._office.credentials.everything()]}

    def _make(self, fields: dict[str, Any]) -> Any:
        """Make a key; an account of a name that nobody has is opened, as a sub-account without money."""
        wish = _read(fields, KeyWish)
        if not set(wish.permissions) <= set(EVERYTHING):
            raise ConfigurationError(f"permissions: expected some of {', '.join(EVERYTHING)}")
        for address in wish.allowed_ips:
            _check_address(address)
        if len(self._keys) >= MOST_KEYS:
            raise ConfigurationError(f"there are {MOST_KEYS} keys, no more can be made; DELETE one that is not needed")
        account_id = self._account(wish.account, opens=True)
        key, secret = secrets.token_urlsafe(16), secrets.token_hex(16).upper()
        self._keys[key] = ApiKey(secret, account_id)
        granted = self._office.credentials.grant(
            key, account_id, permissions=tuple(dict.fromkeys(wish.permissions)), allowed_ips=wish.allowed_ips
        )
        return self._shown(granted) | {"apiSecret": secret}

    def _revoke(self, fields: dict[str, Any]) -> Any:
        key = _read(fields, Revocation).key
        if self._keys.pop(key, None) is None:
            raise ConfigurationError("there is no such key")
        self._office.credentials.revoke(key)
        return self._listed()

    def _deposit(self, fields: dict[str, Any]) -> Any:
        """Send money; it arrives when its network has confirmed it."""
        wish = _read(fields, DepositWish)
        account_id = self._account(wish.account, opens=False)
        try:
            move = self._office.wallet.deposit(
                account_id, token=wish.token, network=wish.network, amount=wish.amount, now_ms=self._now_ms()
            )
        except Refusal as refusal:
            raise ConfigurationError(refusal.message) from None
        return {"id": move.id, "confirmingThreshold": move.way.network.confirmations}

    def _account(self, name: str, *, opens: bool) -> str:
        """Return an account of the family. Raises ConfigurationError."""
        if name in {MAIN_NAME, self._main_id}:
            return self._main_id
        families, now_ms = self._office.families, self._now_ms()
        members = families.subs(self._main_id, now_ms=now_ms)
        for member in members:
            if name in {member.name, member.application_id}:
                return member.application_id
        if not opens:
            raise ConfigurationError(f"there is no account {name[:_LONGEST_NAME]!r}")
        if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise ConfigurationError(f"account: expected a name of 1 to {_LONGEST_NAME} printable characters")
        if len(members) >= MOST_SUB_ACCOUNTS:
            raise ConfigurationError(f"there are {MOST_SUB_ACCOUNTS} sub-accounts, no more can be opened")
        return families.open(self._main_id, name, now_ms=now_ms).application_id

    def _shown(self, granted: Granted) -> dict[str, Any]:
        return {
            "apiKey": granted.api_key,
            "applicationId": granted.account_id,
            "permissions": list(granted.permissions),
            "allowedIPs": list(granted.allowed_ips),
        }


def _read(fields: dict[str, Any], kind: type[WishT]) -> WishT:
    try:
        return msgspec.convert(fields, kind)
    except (msgspec.ValidationError, ArithmeticError) as error:
        raise ConfigurationError(str(error)) from None


def _check_address(address: str) -> None:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise ConfigurationError(f"allowedIPs: {address[:45]!r} is no IP address") from None
