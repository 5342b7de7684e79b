import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.desk.rig import Rig, rigged, until
from tests.desk.test_restarts import limit_order

from woodlot.config import Environment
from woodlot.desk.watchdog import Pipe
from woodlot.desk.watchdog_switch import Watchdog


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(tmp_path) as rig:
        yield rig


@asynccontextmanager
async def half_dead(rig: Rig, *, hanging: int) -> AsyncGenerator[Environment]:
    """A way to the exchange on which the first connections are taken, and never answered."""
    target = rig.environment.rest_url.rpartition(":")[2]
    taken = 0

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        taken += 1
        if taken <= hanging:
            await reader.read(-1)
        else:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", int(target))
            await asyncio.gather(copy(reader, there_writer), copy(there_reader, writer), return_exceptions=True)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield Environment.at(f"http://127.0.0.1:{port}", rig.environment.ws_url)
        server.close()


@pytest.mark.parametrize("hanging", [0, 1, 2])
async def test_the_book_is_empty_a_second_later_though_connections_hang(rig: Rig, hanging: int) -> None:
    for number in range(20):
        rig.sandbox.exchange.place(rig.sandbox.account_id, limit_order(str(30000 + number)))
    fired = asyncio.Event()
    async with half_dead(rig, hanging=hanging) as environment:
        watchdog = Watchdog(environment, rig.credentials, after_s=1.0, fired=fired.set)
        await watchdog.arm()
        armed_s = time.monotonic()
        await until(lambda: not rig.open_orders())
        assert 0.9 < time.monotonic() - armed_s < 1.0 + 1.0
        await fired.wait()
        await watchdog.disarm()


async def test_what_stops_the_traders_terminal_or_service_does_not_stop_its_watchdog(rig: Rig) -> None:
    rig.sandbox.exchange.place(rig.sandbox.account_id, limit_order("30000"))
    watchdog = Watchdog(rig.environment, rig.credentials, after_s=1.0, fired=lambda: None)
    await watchdog.arm()
    assert watchdog.process_id is not None
    assert os.getsid(watchdog.process_id) == watchdog.process_id
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(watchdog.process_id, number)
    await until(lambda: not rig.open_orders())
    assert watchdog.process_id is not None
    await watchdog.disarm()


def test_a_trader_that_is_dead_is_not_awaited_though_a_child_of_it_holds_the_pipe() -> None:
    reading, writing = os.pipe()
    try:
        assert Pipe(reading, parent=os.getppid() + 1).line_of_the_living() is None
    finally:
        os.close(reading)
        os.close(writing)


def test_a_trader_that_lives_is_awaited() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"beat\n")
    pipe = Pipe(reading, parent=os.getppid())
    assert pipe.line_of_the_living() == "beat"
    os.close(writing)
    assert pipe.line_of_the_living() is None
    assert pipe.is_broken
    os.close(reading)
