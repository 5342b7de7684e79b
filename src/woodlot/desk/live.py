"""This file is what ordinary and algo orders have in common once they are live: they are told, and wake who waits."""

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

from woodlot.errors import DeskClosed
from woodlot.orders.states import OrderState

_UNANSWERED = frozenset({OrderState.INTENDED, OrderState.UNKNOWN})


class Known(Protocol):
    """An order of any kind, as it is known now."""

    @property
    def order_id(self) -> int | None: ...
    @property
    def client_order_id(self) -> int | None: ...
    @property
    def state(self) -> OrderState: ...


KnownT = TypeVar("KnownT", bound=Known)


class Live(Generic[KnownT]):
    """One order that follows itself while the desk is open."""

    def __init__(self, order: KnownT) -> None:
        self._order = order
        self._turned = asyncio.Event()
        self._closed: DeskClosed | None = None

    @property
    def known(self) -> KnownT:
        """Everything that is known of the order now, as a value that stays."""
        return self._order

    async def until(self, condition: Callable[[KnownT], bool]) -> Self:
        """Wait until `condition` holds. To wait no longer than so long, use `asyncio.timeout`.

        Raises DeskClosed once the desk hears nothing more.
        """
        while not condition(self._order):
            if self._closed is not None:
                raise self._closed
            await self._turned.wait()
        return self

    async def acknowledged(self) -> Self:
        """Wait until it is known whether the exchange has the order; `state` says which."""
        return await self.until(lambda order: order.state not in _UNANSWERED)

    def became(self, order: KnownT) -> None:
        """Take over what is known now; the desk calls this."""
        self._order = order
        self._wake()

    def close(self, closed: DeskClosed) -> None:
        """Let nobody wait any longer; the desk calls this."""
        self._closed = closed
        self._wake()

    def _wake(self) -> None:
        self._turned.set()
        self._turned = asyncio.Event()
