"""The sandbox that outlives a command, and how it ends."""

import asyncio
import os
from pathlib import Path

import pytest

from woodlot.cli import background
from woodlot.cli.keeper import keep

pytestmark = pytest.mark.usefixtures("home")


async def noted() -> background.Running:
    for _ in range(200):
        if background.note().exists():
            found = await asyncio.to_thread(background.running)
            if found is not None:
                return found
        await asyncio.sleep(0.02)
    raise AssertionError("it did not note itself down")


async def test_it_is_found_while_it_serves_and_ends_when_its_note_is_gone() -> None:
    keeping = asyncio.create_task(keep(look_every_s=0.02))
    found = await noted()
    assert found.pid == os.getpid()
    assert found.api_secret not in repr(found)
    background.note().unlink()
    await asyncio.wait_for(keeping, 5)


async def test_it_ends_when_nobody_uses_it() -> None:
    await asyncio.wait_for(keep(idle_s=0.1, look_every_s=0.02), 5)
    assert not background.note().exists()


async def test_a_second_one_takes_over_and_the_first_leaves_its_note_alone() -> None:
    keeping = asyncio.create_task(keep(look_every_s=0.02))
    mine = await noted()
    other = background.Running(pid=1, rest_url=mine.rest_url, ws_url=mine.ws_url, api_key="k", api_secret="s", seed=1)
    background.write_note(other)
    await asyncio.wait_for(keeping, 5)
    assert background.note().exists()


@pytest.mark.parametrize("text", ["", "{}", '{"pid": 1}', "not JSON"])
def test_a_note_that_makes_no_sense_is_no_sandbox(text: str, home: Path) -> None:
    background.note().parent.mkdir(parents=True)
    background.note().write_text(text)
    background.note().chmod(0o600)
    assert background.running() is None


def test_a_note_that_others_can_read_is_not_believed(home: Path) -> None:
    background.write_note(
        background.Running(
            pid=os.getpid(),
            rest_url="http://127.0.0.1:9",
            ws_url="ws://127.0.0.1:9",
            api_key="k",
            api_secret="s",
            seed=1,
        )
    )
    background.note().chmod(0o644)
    assert background.running() is None
