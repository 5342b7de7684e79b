"""This file is the synchronous client: the flow's steps carried out one after another, in the calling thread."""

import time
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar

from woodlot.clock import Clock
from woodlot.config import Credentials, Environment
from woodlot.rest.flow import Flow
from woodlot.rest.http_client import HttpClientTransport
from woodlot.rest.pacing import Pacer
from woodlot.rest.patience import Patience
from woodlot.rest.steps import BlockingTransport, HttpReply, Lost, Send, Sleep, Steps
from woodlot.wire.answer import Answer
from woodlot.wire.request import Request

AnswerT = TypeVar("AnswerT", bound=Answer)
ResultT = TypeVar("ResultT")


class Client:
    """Plain calls: `client.send(GetOrderBook(symbol="SPOT_BTC_USDT"))`. Threads may share one.

    `timeout_s` is the whole of a call, waiting and trying again included; `connect_timeout_s` one connection.
    Public calls work without credentials.
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
        transport: BlockingTransport | None = None,
    ) -> None:
        self._flow = Flow(
            credentials, patience=replace(patience or Patience(), timeout_s=timeout_s), pacer=pacer, clock=clock
        )
        self._transport = transport or HttpClientTransport(environment, connect_timeout_s=connect_timeout_s)

    def send(self, request: Request[AnswerT], *, timeout_s: float | None = None) -> AnswerT:
        """Make one call and return its typed answer. Raises one of `woodlot.errors`."""
        return self._carry_out(self._flow.call(request, timeout_s=timeout_s))

    def close(self) -> None:
        """Close every connection. A closed client may be used again; it connects anew."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _carry_out(self, steps: Steps[ResultT]) -> ResultT:
        told: HttpReply | Lost | None = None
        try:
            while True:
                match steps.send(told):
                    case Send(request, timeout_s):
                        told = self._transport.exchange(request, timeout_s=timeout_s)
                    case Sleep(seconds):
                        time.sleep(seconds)
                        told = None
        except StopIteration as end:
            return end.value
        finally:
            # An interrupt in the middle must be heard by the flow: an order may be out.
            steps.close()
