"""This file is the asynchronous client: the flow's steps awaited one after another, in the calling task."""

import asyncio
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar

from woodlot.clock import Clock
from woodlot.config import Credentials, Environment
from woodlot.rest.aiohttp_client import AiohttpTransport
from woodlot.rest.flow import Flow
from woodlot.rest.pacing import Pacer
from woodlot.rest.patience import Patience
from woodlot.rest.steps import AsyncTransport, HttpReply, Lost, Send, Sleep, Steps
from woodlot.wire.answer import Answer
from woodlot.wire.request import Request

AnswerT = TypeVar("AnswerT", bound=Answer)
ResultT = TypeVar("ResultT")


class AsyncClient:
    """The twin of `Client` for asyncio: `await client.send(GetOrderBook(symbol="SPOT_BTC_USDT"))`.

    It belongs to the event loop of its first call. A call that is cancelled while its reply is awaited may have
    happened all the same; the log says so.
    """

    def __init__(
        self,
        environment: Environment,
        credentials: Credentials | None = None,
        *,
        timeout_s: float = 30.0,
        connect_timeout_s: float = 5.0,
        patience: Patience | None = None,
        pacer: Pacer | None = None,
        clock: Clock | None = None,
        transport: AsyncTransport | None = None,
    ) -> None:
        self._flow = Flow(
            credentials, patience=replace(patience or Patience(), timeout_s=timeout_s), pacer=pacer, clock=clock
        )
        self._transport = transport or AiohttpTransport(environment, connect_timeout_s=connect_timeout_s)

    async def send(self, request: Request[AnswerT], *, timeout_s: float | None = None) -> AnswerT:
        """Make one call and return its typed answer. Raises one of `woodlot.errors`."""
        return await self._carry_out(self._flow.call(request, timeout_s=timeout_s))

    async def close(self) -> None:
        """Close every connection. A closed client may be used again; it connects anew."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _carry_out(self, steps: Steps[ResultT]) -> ResultT:
        told: HttpReply | Lost | None = None
        try:
            while True:
                match steps.send(told):
                    case Send(request, timeout_s):
                        told = await self._transport.exchange(request, timeout_s=timeout_s)
                    case Sleep(seconds):
                        await asyncio.sleep(seconds)
                        told = None
        except StopIteration as end:
            return end.value
        finally:
            # A task cancelled in the middle must be heard by the flow: an order may be out.
            steps.close()
