"""This file is how one socket takes over from another so that readers notice nothing.

For a while both push the same topics. The older one is heard; what the newer one says is held back. At the end only
what the older one has not said yet is handed on, and the newer one is heard from there.
"""

from collections import Counter
from typing import Any

import msgspec

from woodlot.stream.connection import Hear, Heard
from woodlot.wire.frames import Push

# Far more than two sockets say in the seconds that a handover takes; at the bound it ends at once.
MOST_HELD = 100_000


class Handover:
    """Merge what two connections say of the same topics."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._said: Counter[tuple[str, bytes]] = Counter()
        self._held: list[Heard] = []

    @property
    def is_full(self) -> bool:
        return len(self._held) >= MOST_HELD or self._said.total() >= MOST_HELD

    def older(self, heard: Heard) -> None:
        """Hear from the older connection."""
        if isinstance(heard, Push):
            self._said[_identity(heard)] += 1
        self._hear(heard)

    def newer(self, heard: Heard) -> None:
        """Hold what comes from the newer connection."""
        self._held.append(heard)

    def finish(self) -> None:
        """Hand on what only the newer connection has said. Trades have no id, so equal ones are counted off."""
        held, self._held = self._held, []
        for heard in held:
            if isinstance(heard, Push) and self._said[_identity(heard)] > 0:
                self._said[_identity(heard)] -= 1
            else:
                self._hear(heard)


def _identity(push: Push[Any]) -> tuple[str, bytes]:
    # The envelope's time is when a socket sent it, and differs between two; the content does not.
    return push.topic, msgspec.json.encode(push.event)
