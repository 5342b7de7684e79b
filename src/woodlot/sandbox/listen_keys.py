"""This file is the keys of the private stream: who holds one, until when, and what a new one ends (websocket-v3 §4)."""

import secrets
import string
from dataclasses import dataclass, field
from typing import Literal

LENGTH = 64
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class ListenKey:
    """One account's key; it opens the private stream until `expires_ms`. Printing one does not show it."""

    text: str = field(repr=False)
    account_id: str
    expires_ms: int

    def is_alive(self, now_ms: int) -> bool:
        return now_ms < self.expires_ms


class ListenKeys:
    """Every account has at most one key, or with `scope` "each" as many as it asks for.

    Which scope the real exchange uses is not known (websocket-v3 §16 no 3).
    """

    def __init__(self, *, life_ms: int, scope: Literal["account", "each"] = "account") -> None:
        self._life_ms = life_ms
        self._scope = scope
        self.changes = 0
        """Grows whenever a key is made, which may have ended another one."""
        self._of_account: dict[str, ListenKey] = {}
        self._of_text: dict[str, ListenKey] = {}

    def create(self, account_id: str, *, now_ms: int) -> ListenKey:
        """Make the account a new key: "a new key ... expires the old one immediately" (websocket-v3 §4.1)."""
        text = "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
        key = ListenKey(text, account_id, now_ms + self._life_ms)
        self._forget_dead(now_ms)
        self.changes += 1
        old = self._of_account.get(account_id)
        if old is not None and self._scope == "account":
            self._of_text.pop(old.text, None)
        self._of_account[account_id] = key
        self._of_text[text] = key
        return key

    def find(self, text: str, *, now_ms: int) -> ListenKey | None:
        """Return the key that `text` spells, or None when it is unknown, replaced or expired."""
        key = self._of_text.get(text)
        return key if key is not None and key.is_alive(now_ms) else None

    def is_current(self, key: ListenKey, *, now_ms: int) -> bool:
        """Tell whether a connection opened with `key` may go on."""
        return self._of_text.get(key.text) is key and key.is_alive(now_ms)

    def _forget_dead(self, now_ms: int) -> None:
        self._of_text = {text: key for text, key in self._of_text.items() if key.is_alive(now_ms)}
