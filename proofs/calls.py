"""This file is how a call's steps are carried out in virtual time, against a server that is a function."""

from collections.abc import Callable
from typing import Any, TypeAlias

from proofs.schedule import Schedule
from woodlot.rest.flow import Flow
from woodlot.rest.steps import HttpReply, HttpRequest, Lost, Send, Sleep, Steps
from woodlot.wire.request import Request

Told: TypeAlias = Callable[[HttpReply | Lost], None]
Network: TypeAlias = Callable[[Request[Any], HttpRequest, float, Told], None]
"""Carry a request, spelled as it is, whose caller waits so many seconds; tell what came of it, once."""


class Calls:
    """Make calls through a flow, many at a time. What ends a call, answer or error, goes to who asked."""

    def __init__(self, flow: Flow, schedule: Schedule, network: Network) -> None:
        self._flow = flow
        self._schedule = schedule
        self._network = network
        self.sent = 0

    def make(self, request: Request[Any], ended: Callable[[Any], None]) -> None:
        self._go_on(request, self._flow.call(request), ended, None)

    def _go_on(
        self, asked: Request[Any], steps: Steps[Any], ended: Callable[[Any], None], told: HttpReply | Lost | None
    ) -> None:
        try:
            step = steps.send(told)
        except StopIteration as end:
            ended(end.value)
        except Exception as error:  # noqa: BLE001 - whatever it is, who asked must judge it
            ended(error)
        else:
            match step:
                case Send(request, timeout_s):
                    self.sent += 1
                    self._network(asked, request, timeout_s, lambda reply: self._go_on(asked, steps, ended, reply))
                case Sleep(seconds):
                    # Never shorter than asked for.
                    self._schedule.after(int(seconds * 1000) + 1, lambda: self._go_on(asked, steps, ended, None))
