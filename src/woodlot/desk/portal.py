"""This file is a way into an event loop that runs in a thread of its own, for programs that have none."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, TypeVar

from woodlot.errors import ConfigurationError, OutcomeUnknown

ResultT = TypeVar("ResultT")


class Portal:
    """An event loop in a thread. What is called through it runs there; the caller waits for the result.

    Ctrl-C interrupts the caller's wait and cancels what it waited for.
    """

    def __init__(self) -> None:
        self._is_closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="woodlot desk", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Run a coroutine in the loop and return its result, or raise its error.

        Raises ConfigurationError once the portal is closed.
        """
        if self._is_closed:
            work.close()
            raise ConfigurationError("the desk is closed, and what it handed out with it; use them inside its `with`")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except OutcomeUnknown as unknown:
            # `unknown.resolve()` has to wait for its answer as well.
            unknown.resolver = self._waiting(unknown.resolver)
            raise
        except BaseException:
            future.cancel()
            raise

    def call(self, function: Callable[[], ResultT]) -> ResultT:
        """Call a function in the loop, between two events: it sees nothing half-changed."""

        async def called() -> ResultT:
            return function()

        return self.run(called())

    def each(self, reader: AsyncIterator[ResultT]) -> Iterator[ResultT]:
        """Iterate here over what an iterator in the loop yields, waiting for each."""
        with contextlib.suppress(StopIteration):
            while True:
                yield self.next_of(reader)

    def next_of(self, reader: AsyncIterator[ResultT]) -> ResultT:
        """Wait for the next of an iterator in the loop. Raises StopIteration at its end."""
        result = self.run(_next(reader))
        if isinstance(result, _End):
            raise StopIteration
        return result

    def _waiting(
        self, resolver: Callable[[OutcomeUnknown, float], Any] | None
    ) -> Callable[[OutcomeUnknown, float], Any] | None:
        def resolve(unknown: OutcomeUnknown, timeout_s: float) -> Any:
            return resolver and self.run(resolver(unknown, timeout_s))

        return resolver and resolve

    def close(self) -> None:
        """Stop the loop, with whatever still runs in it, and wait for its thread."""
        winding_up = asyncio.run_coroutine_threadsafe(_wind_up(), self._loop)
        self._is_closed = True
        winding_up.result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _wind_up() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


class _End:
    """Nothing comes any more."""


async def _next(reader: AsyncIterator[ResultT]) -> ResultT | _End:
    try:
        return await anext(reader)
    except StopAsyncIteration:
        # It would not cross a future.
        return _End()
