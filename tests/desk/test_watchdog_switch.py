import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.desk.rig import BTC, Rig, rigged, until
from tests.desk.test_dead_man import what_others_see_of
from tests.desk.test_restarts import limit_order

from woodlot.desk.events import DeadManChanged
from woodlot.desk.watchdog_switch import Watchdog
from woodlot.errors import ConfigurationError, TradingStopped

# One that says it watches, and ends.
SHORT_LIVED = (sys.executable, "-c", "import sys; sys.stdin.readline(); print('ready', flush=True)")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(tmp_path) as rig:
        yield rig


def telling(rig: Rig, changes: list[bool], **options: Any) -> Watchdog:
    return Watchdog(
        rig.environment,
        rig.credentials,
        after_s=1.0,
        fired=lambda: None,
        changed=lambda armed, _: changes.append(armed),
        **options,
    )


async def test_a_watchdog_that_dies_is_told_and_replaced_and_the_next_one_cancels(rig: Rig) -> None:
    rig.sandbox.exchange.place(rig.sandbox.account_id, limit_order("30000"))
    changes: list[bool] = []
    watchdog = telling(rig, changes)
    await watchdog.arm()
    first = watchdog.process_id
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: changes)
    assert (changes, watchdog.is_armed) == ([False], False)
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    await watchdog.beat()
    await until(lambda: watchdog.is_armed)
    assert changes == [False, True]
    assert watchdog.process_id != first
    await until(lambda: not rig.open_orders())
    await watchdog.disarm()
    assert not watchdog.is_armed


async def test_a_watchdog_that_never_stays_alive_is_given_up_and_said_not_to_be_armed(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    changes: list[bool] = []
    watchdog = telling(rig, changes, tries_after_s=(0.0, 0.0), program=SHORT_LIVED)
    await watchdog.arm()
    await until(lambda: any("no watchdog stays alive" in message for message in caplog.messages))
    assert changes == [False, True, False, True, False]
    assert not watchdog.is_armed
    await watchdog.beat()
    await watchdog.disarm()


async def test_one_that_does_not_start_is_an_error_and_leaves_no_process(rig: Rig) -> None:
    watchdog = Watchdog(
        rig.environment, rig.credentials, after_s=1.0, fired=lambda: None, program=(sys.executable, "-c", "")
    )
    with pytest.raises(ConfigurationError, match="did not start"):
        await watchdog.arm()
    assert watchdog.process_id is None


async def test_one_whose_start_was_interrupted_does_not_stay_behind_to_cancel(rig: Rig) -> None:
    told: list[str] = []
    mute = (sys.executable, "-c", "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid())); sys.stdin.read()")
    note = rig.directory / "process"
    watchdog = Watchdog(
        rig.environment, rig.credentials, after_s=1.0, fired=lambda: told.append("fired"), program=(*mute, str(note))
    )
    arming = asyncio.create_task(watchdog.arm())
    await until(lambda: note.exists() and note.read_text())
    arming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await arming
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


async def test_a_secret_that_the_trader_has_from_a_variable_is_not_in_those_of_the_watchdog(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WOODLOT_LIVE_API_SECRET", rig.credentials.secret)
    watchdog = Watchdog(rig.environment, rig.credentials, after_s=5.0, fired=lambda: None)
    await watchdog.arm()
    assert watchdog.process_id is not None
    assert rig.credentials.secret.encode() not in what_others_see_of(watchdog.process_id)
    await watchdog.disarm()


async def test_a_desk_tells_of_its_watchdogs_death_and_refuses_orders_meanwhile_if_it_is_needed(rig: Rig) -> None:
    async with rig.desk() as desk:
        events = desk.events()
        lax = desk.dead_man(after_s=5.0)
        async with desk.dead_man(after_s=5.0, needed=True) as switch:
            assert switch.is_armed
            assert not lax.is_armed
            await desk.buy(BTC, "0.001", price="30000")
            (guard,) = desk.account.gate.guards
            assert guard is switch
            os.kill(child_of(os.getpid()), signal.SIGKILL)
            await until(lambda: not switch.is_armed)
            with pytest.raises(TradingStopped) as refused:
                await desk.buy(BTC, "0.001", price="30001")
            assert refused.value.control == "dead man"
            assert desk.violations == {"dead man": 1}
            await desk.cancel_all()
            await until(lambda: switch.is_armed)
            await desk.buy(BTC, "0.001", price="30002")
        assert not switch.is_armed
        await desk.buy(BTC, "0.001", price="30003")
        changes = (event.armed async for event in events if isinstance(event, DeadManChanged))
        assert [await anext(changes), await anext(changes)] == [False, True]


def child_of(parent: int) -> int:
    """Return the watchdog that a process has started."""
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit() and (directory / "cmdline").exists():
            status = (directory / "stat").read_text().rpartition(")")[2].split()
            if int(status[1]) == parent and b"woodlot.desk.watchdog" in (directory / "cmdline").read_bytes():
                return int(directory.name)
    raise AssertionError("there is none")
