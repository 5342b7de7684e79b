"""This file is the asynchronous client: the flow's steps awaited one after another, in the calling task."""

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from woodlot.clock import Clock
from woodlot.config import Credentials, Environment
from woodlot.errors import OutcomeUnknown
from woodlot.rest.flow import Flow
from woodlot.rest.loop_client import LoopTransport
from woodlot.rest.pacing import Pacer
from woodlot.rest.pages import AsyncPages, Rows, walk
from woodlot.rest.patience import Patience
from woodlot.rest.resolution import Assumptions, Resolution, resolve
from woodlot.rest.route import Trust
from woodlot.rest.steps import AsyncTransport, HttpReply, Lost, Send, Sleep, Steps
from woodlot.wire.answer import Answer
from woodlot.wire.request import Request

AnswerT = TypeVar("AnswerT", bound=Answer)
ResultT = TypeVar("ResultT")
RowT = TypeVar("RowT")


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
        trust_env: bool = False,
        ca_file: str | Path | None = None,
        patience: Patience | None = None,
        pacer: Pacer | None = None,
        clock: Clock | None = None,
        chance: random.Random | None = None,
        assumptions: Assumptions | None = None,
        transport: AsyncTransport | None = None,
    ) -> None:
        self._flow = Flow(
            credentials,
            patience=replace(patience or Patience(), timeout_s=timeout_s),
            pacer=pacer,
            clock=clock,
            chance=chance,
        )
        self._assumptions = assumptions or Assumptions()
        self._transport = transport or LoopTransport(
            environment, connect_timeout_s=connect_timeout_s, trust=Trust(trust_env, ca_file)
        )

    @property
    def pacer(self) -> Pacer:
        """The pace this client keeps: `counters` tell what had to wait. Other clients of the account may share it."""
        return self._flow.pacer

    async def send(
        self, request: Request[AnswerT], *, timeout_s: float | None = None, patience: Patience | None = None
    ) -> AnswerT:
        """Make one call and return its typed answer. Raises one of `woodlot.errors`.

        `timeout_s` and `patience` take the place of the client's for this call.
        """
        return await self._sent(self._flow.call(request, timeout_s=timeout_s, patience=patience))

    def pages(self, request: Request[Rows[RowT]]) -> AsyncPages[RowT]:  # pyright: ignore[reportInvalidTypeArguments] - any answer that has rows
        """Walk through a list of any length: `async for order in client.pages(GetOrders())`.

        Rows that come or go meanwhile cost no other row, and none is given twice.
        """
        return AsyncPages(walk(request), self.send)

    async def resolve(self, unknown: OutcomeUnknown, *, timeout_s: float = 330.0) -> Resolution:
        """Find out what became of a call, by asking and never by sending it again.

        An order that the exchange does not show counts as not placed only once its signature has run out, 300 s
        after it was signed: with a shorter timeout it may stay unknown.
        """
        return await self._carry_out(resolve(unknown, self._flow, timeout_s=timeout_s, assumptions=self._assumptions))

    async def close(self) -> None:
        """Close every connection. A closed client may be used again; it connects anew."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _sent(self, call: Steps[AnswerT]) -> AnswerT:
        try:
            return await self._carry_out(call)
        except OutcomeUnknown as unknown:
            unknown.resolver = self._resolver
            raise

    def _resolver(self, unknown: OutcomeUnknown, timeout_s: float) -> Awaitable[Resolution]:
        return self.resolve(unknown, timeout_s=timeout_s)

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
