"""This file is the desk's client for programs without an event loop: plain calls, by the same one way out."""

from typing import TypeVar

from woodlot.desk.outlet import Outlet
from woodlot.desk.portal import Portal
from woodlot.errors import OutcomeUnknown
from woodlot.rest.pacing import Pacer
from woodlot.rest.pages import Pages, Rows, walk
from woodlot.rest.patience import Patience
from woodlot.rest.resolution import Resolution
from woodlot.wire.answer import Answer
from woodlot.wire.request import Request

AnswerT = TypeVar("AnswerT", bound=Answer)
RowT = TypeVar("RowT")


class SyncOutlet:
    """Plain calls: `desk.client.send(GetBalances())`. Orders pass the gate here too. The desk closes it."""

    def __init__(self, portal: Portal, client: Outlet) -> None:
        self._portal = portal
        self._client = client

    @property
    def pacer(self) -> Pacer:
        """The pace this client keeps; see `Client.pacer`."""
        return self._client.pacer

    def send(
        self, request: Request[AnswerT], *, timeout_s: float | None = None, patience: Patience | None = None
    ) -> AnswerT:
        """Make one call and return its typed answer. See `Client.send`."""
        return self._portal.run(self._client.send(request, timeout_s=timeout_s, patience=patience))

    def pages(self, request: Request[Rows[RowT]]) -> Pages[RowT]:  # pyright: ignore[reportInvalidTypeArguments] - any answer that has rows
        """Walk through a list of any length: `for order in desk.client.pages(GetOrders())`."""
        return Pages(walk(request), self.send)

    def resolve(self, unknown: OutcomeUnknown, *, timeout_s: float = 330.0) -> Resolution:
        """Find out what became of a call, by asking and never by sending it again. See `Client.resolve`."""
        return self._portal.run(self._client.resolve(unknown, timeout_s=timeout_s))
