"""This file is the desk's client, and the one way out for orders: what makes or changes one needs the gate's word.

It is an `AsyncClient` for everything else. A plain `desk.client.send(PlaceOrder(...))` goes through the same gate and
into the same journal as `desk.place`.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from woodlot.desk.entry import COMMANDS
from woodlot.desk.gate import Admitted
from woodlot.rest.async_client import AsyncClient
from woodlot.rest.patience import Patience
from woodlot.wire.answer import Answer
from woodlot.wire.request import Request

AnswerT = TypeVar("AnswerT", bound=Answer)


class Outlet(AsyncClient):
    """Send requests; commands by way of `guard`, which ends in `send_admitted`."""

    guard: Callable[[Request[Any]], Awaitable[Any]] | None = None

    async def send(
        self, request: Request[AnswerT], *, timeout_s: float | None = None, patience: Patience | None = None
    ) -> AnswerT:
        if self.guard is not None and isinstance(request, COMMANDS):
            return cast("AnswerT", await self.guard(request))
        return await super().send(request, timeout_s=timeout_s, patience=patience)

    async def send_admitted(self, admitted: Admitted[AnswerT]) -> AnswerT:
        """Send what the gate has let pass, if it still does when its turn has come: it may have waited for that."""
        return await self._sent(self._flow.call(admitted.request, check=admitted.check))
