"""This file is a proxy for bad lines: whatever connects to it is passed on to the exchange, or not quite."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from proofs.chaos_kinds import Kind, Line, Way, healthy

_CHUNK = 65_536


class ChaosProxy:
    """Listen on a port of loopback and pass bytes on to `port`; `kind` may be exchanged at any time.

    With `refuses`, whoever connects is turned away at once. `accepted` counts those who were not.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self.kind: Kind = healthy
        self.refuses = False
        self.port = 0
        self.accepted = 0
        self._lines: dict[Line, list[asyncio.Task[None]]] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self.reset_all()
        pumps = [pump for of_line in self._lines.values() for pump in of_line]
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    def begin(self, kind: Kind, *, refuses: bool = False) -> None:
        """Let trouble begin on the lines there are and on those to come."""
        self.kind, self.refuses = kind, refuses
        for line in self._lines:
            line.spent = 0
        if refuses:
            self.reset_all()

    def end(self) -> None:
        """Let bytes pass again. A line that died stays dead."""
        self.kind, self.refuses = healthy, False

    def reset_all(self) -> None:
        for line in tuple(self._lines):
            line.reset()

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        if self.refuses:
            client.transport.abort()
            return
        try:
            answers, exchange = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            client.transport.abort()
            return
        self.accepted += 1
        line = Line(client, exchange)
        self._lines[line] = pumps = [
            asyncio.create_task(self._pump(line, Way.UP, reader)),
            asyncio.create_task(self._pump(line, Way.DOWN, answers)),
        ]
        await asyncio.wait(pumps)
        self._lines.pop(line, None)
        line.close()

    async def _pump(self, line: Line, way: Way, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if way not in line.is_dead:
                    await self.kind(line, way, data)
        # One side has ended: so does the other, unless nobody is to know of it.
        if way not in line.is_dead:
            line.writer(way).close()
