"""This file is what ordinary and algo orders have in common for programs without an event loop."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

from woodlot.desk.live import KnownT, Live
from woodlot.desk.portal import Portal

LiveT = TypeVar("LiveT", bound=Live[Any])


class SyncLive(Generic[KnownT, LiveT]):
    """One order that follows itself; what it says is of the moment it is asked."""

    def __init__(self, portal: Portal, order: LiveT) -> None:
        self._portal = portal
        self._order = order

    @property
    def live(self) -> LiveT:
        """The order itself, which belongs to the desk's own thread."""
        return self._order

    @property
    def known(self) -> KnownT:
        """Everything that is known of the order now, as a value that stays."""
        return self._order.known

    def until(self, condition: Callable[[KnownT], bool]) -> Self:
        """Wait until `condition` holds; it is asked in the desk's own thread."""
        self._portal.run(self._order.until(condition))
        return self

    def acknowledged(self) -> Self:
        """Wait until it is known whether the exchange has the order."""
        self._portal.run(self._order.acknowledged())
        return self

    def __repr__(self) -> str:
        return repr(self._order)
