"""A proof on bad lines is worth what its lines do: each kind of trouble is tried on an echo."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import pytest
from proofs.chaos_kinds import KINDS
from proofs.chaos_proxy import ChaosProxy
from proofs.hurried_time import HurriedClock, run_hurried

PACE = 50.0
SENT = bytes(range(32, 127)) * 20


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except OSError:
        pass
    finally:
        writer.close()


async def through(kind: str, *, wait_s: float = 60.0) -> tuple[bytes, str]:
    """Send through a line in trouble, a little at a time; return what came back, and how it ended."""
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, ChaosProxy(server.sockets[0].getsockname()[1]) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        received = bytearray()
        try:
            proxy.begin(KINDS[kind](random.Random(1)), refuses=kind == "refuse")
            async with asyncio.timeout(wait_s):
                for start in range(0, len(SENT), 40):
                    writer.write(SENT[start : start + 40])
                    await asyncio.sleep(0.1)
                while len(received) < len(SENT):
                    data = await reader.read(4096)
                    if not data:
                        return bytes(received), "closed"
                    received += data
            return bytes(received), "complete"
        except TimeoutError:
            return bytes(received), "silent"
        except OSError:
            return bytes(received), "reset"
        finally:
            writer.close()


def run(work: Coroutine[Any, Any, tuple[bytes, str]]) -> tuple[bytes, str]:
    return run_hurried(lambda: work, pace=PACE)


@pytest.mark.parametrize("kind", ["latency", "bandwidth", "slicer", "stall"])
def test_a_slow_line_brings_every_byte_in_order(kind: str) -> None:
    assert run(through(kind)) == (SENT, "complete")


def test_a_flipped_byte_is_one_that_can_be_told() -> None:
    received, end = run(through("byte flip"))
    assert end == "complete"
    spoiled = [byte for byte in received if byte >= 0x80]
    assert spoiled
    assert len(received) == len(SENT)


@pytest.mark.parametrize("kind", ["limit", "timeout", "slow close"])
def test_a_line_that_is_closed_says_so(kind: str) -> None:
    received, end = run(through(kind))
    assert end in {"closed", "reset"}
    assert len(received) < len(SENT) or kind == "limit"


def test_a_half_open_line_never_says_anything_again() -> None:
    assert run(through("half open"))[1] == "silent"


@pytest.mark.parametrize("kind", ["reset", "reset in mid frame", "refuse"])
def test_a_line_that_is_reset_ends(kind: str) -> None:
    assert run(through(kind))[1] in {"reset", "closed"}


def test_the_clock_of_a_hurried_loop_may_be_set_and_its_spans_not() -> None:
    async def look() -> tuple[int, float]:
        clock = HurriedClock(asyncio.get_running_loop())
        before_ms, before_s = clock.now_ms(), clock.monotonic_s()
        clock.offset_s = -3600.0
        await asyncio.sleep(10.0)
        return clock.now_ms() - before_ms, clock.monotonic_s() - before_s

    wall_ms, span_s = run_hurried(look, pace=PACE)
    assert wall_ms < -3_500_000
    assert span_s >= 10.0
