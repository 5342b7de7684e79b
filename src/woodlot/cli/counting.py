"""This file is a transport that counts what passes through it: the one seam that every request goes through."""

from collections import Counter

from woodlot.config import Environment
from woodlot.rest.loop_client import LoopTransport
from woodlot.rest.steps import HttpReply, HttpRequest, Lost


class CountingTransport:
    """A LoopTransport that keeps how many orders it carried and which statuses they were answered with."""

    def __init__(self, environment: Environment) -> None:
        self.sent = 0
        self.statuses: Counter[int] = Counter()
        self._inner = LoopTransport(environment, connect_timeout_s=5.0)

    async def exchange(self, request: HttpRequest, *, timeout_s: float) -> HttpReply | Lost:
        told = await self._inner.exchange(request, timeout_s=timeout_s)
        if request.method != "POST":
            return told
        self.sent += 1
        if isinstance(told, HttpReply):
            self.statuses[told.status] += 1
        return told

    async def close(self) -> None:
        await self._inner.close()
