"""This file is which connections may be used once more: young ones that have nothing to say."""

import select
import time
from typing import Protocol

# Servers and load balancers close idle connections after 60 s and more; a younger one is rarely closed under us.
OLDEST_IDLE_S = 20.0
MOST_IDLE = 32


class Descriptor(Protocol):
    """A socket, or what stands for one."""

    def fileno(self) -> int: ...


class Watch:
    """One connection that may be used again."""

    def __init__(self, sock: Descriptor) -> None:
        self._socket = sock
        self._poll = None
        # `select` refuses descriptors above 1023; `poll` is missing on Windows.
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(sock, select.POLLIN)

    def is_usable(self, *, idle_since_s: float) -> bool:
        """Tell whether it may be asked: what nothing was asked of and is readable is closed, or out of step."""
        return time.monotonic() - idle_since_s <= OLDEST_IDLE_S and not self._is_readable()

    def _is_readable(self) -> bool:
        if self._poll is not None:
            return bool(self._poll.poll(0))
        readable, _, _ = select.select([self._socket], [], [], 0)
        return bool(readable)
