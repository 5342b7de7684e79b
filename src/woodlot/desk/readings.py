"""This file is a reader of public topics that gets the events themselves: trades, candles, tickers."""

from types import TracebackType
from typing import Any, Generic, TypeVar, cast

from woodlot.stream.subscription import Subscription
from woodlot.wire.frames import Push

ItemT = TypeVar("ItemT")


class Readings(Generic[ItemT]):
    """An async iterator over the events of its topics, from now on. Leave it with `close()` or by `async with`.

    Asked for with `gaps`, it also yields `Interrupted` and `Resumed` where events may be missing, and `Skipped` where
    this reader was too slow, each in its place and naming its topic. The topic and the exchange's time of sending of
    every event are in the pushes that `desk.subscribe` yields.
    """

    def __init__(self, pushes: Subscription[Any], *, gaps: bool) -> None:
        self._pushes = pushes
        self._gaps = gaps

    @property
    def topics(self) -> tuple[str, ...]:
        return self._pushes.topics

    @property
    def refused_topics(self) -> dict[str, str]:
        """The topics that the exchange refused, each with the reason; the others go on."""
        return self._pushes.refused_topics

    @property
    def dropped(self) -> int:
        """How many events this reader was too slow for."""
        return self._pushes.dropped

    @property
    def conflated(self) -> int:
        """How many events were replaced by a newer one before they were read."""
        return self._pushes.conflated

    async def ready(self) -> None:
        """Wait until the exchange has answered for every topic. Raises SubscriptionRefused naming one it refused."""
        await self._pushes.ready()

    def close(self) -> None:
        """Leave the topics. What has been queued can still be read."""
        self._pushes.close()

    async def __aenter__(self) -> "Readings[ItemT]":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> "Readings[ItemT]":
        return self

    async def __anext__(self) -> ItemT:
        while True:
            heard = await anext(self._pushes)
            if isinstance(heard, Push):
                return heard.event
            if self._gaps:
                return cast("ItemT", heard)
