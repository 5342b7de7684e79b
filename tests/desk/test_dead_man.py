import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.desk.rig import BTC, Rig, rigged, until
from tests.desk.test_restarts import limit_order

from woodlot.desk.dead_man import DeadMan, ExchangeSwitch
from woodlot.desk.watchdog_switch import Watchdog
from woodlot.errors import ConfigurationError, ConnectionFailed
from woodlot.wire.answer import Time
from woodlot.wire.trade import CancelAllAfter, DeadManAck

TRADER = """
import asyncio, json, sys
import woodlot

async def main():
    told = json.loads(sys.stdin.readline())
    environment = woodlot.Environment.at(told["rest_url"], told["ws_url"])
    async with woodlot.Desk.open(environment, woodlot.Credentials(told["key"], told["secret"])) as desk:
        async with desk.dead_man(after_s=1.5):
            for number in range(20):
                await desk.buy("SPOT_BTC_USDT", "0.001", price=str(30000 + number))
            print("placed", flush=True)
            await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(tmp_path) as rig:
        yield rig


def what_others_see_of(process_id: int) -> bytes:
    """Return the arguments and variables of a process, where the system shows them."""
    directory = Path(f"/proc/{process_id}")
    return b"".join((directory / name).read_bytes() for name in ("cmdline", "environ")) if directory.exists() else b""


async def test_a_trader_that_is_killed_leaves_no_order_behind(rig: Rig) -> None:
    trader = await asyncio.create_subprocess_exec(
        sys.executable, "-c", TRADER, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert trader.stdin is not None
    assert trader.stdout is not None
    told = {"rest_url": rig.sandbox.rest_url, "ws_url": rig.sandbox.ws_url,
            "key": rig.credentials.key, "secret": rig.credentials.secret}  # fmt: skip
    trader.stdin.write(json.dumps(told).encode() + b"\n")
    assert await trader.stdout.readline() == b"placed\n"
    assert len(rig.open_orders()) == 20
    trader.send_signal(signal.SIGKILL)
    killed_s = time.monotonic()
    await trader.wait()
    await until(lambda: not rig.open_orders())
    assert time.monotonic() - killed_s < 1.5 + 1.0


async def test_a_trader_that_cannot_vouch_for_itself_is_cancelled_and_told(rig: Rig) -> None:
    well = True
    fired = asyncio.Event()
    watchdog = Watchdog(rig.environment, rig.credentials, after_s=1.0, fired=fired.set)
    rig.sandbox.exchange.place(rig.sandbox.account_id, limit_order("30000"))
    async with DeadMan(watchdog, after_s=1.0, is_well=lambda: well):
        await asyncio.sleep(1.5)
        assert len(rig.open_orders()) == 1
        well = False
        await fired.wait()
        await until(lambda: not rig.open_orders())


async def test_leaving_ends_the_watchdog_and_cancels_nothing(rig: Rig) -> None:
    async with rig.desk() as desk:
        await desk.buy(BTC, "0.001", price="30000")
        switch = Watchdog(rig.environment, rig.credentials, after_s=1.0, fired=lambda: None)
        async with DeadMan(switch, after_s=1.0, is_well=lambda: True):
            watching = switch.process_id
            assert watching is not None
            assert rig.credentials.secret.encode() not in what_others_see_of(watching)
        with pytest.raises(ProcessLookupError):
            os.kill(watching, 0)
        await asyncio.sleep(1.2)
        assert len(rig.open_orders()) == 1


async def test_a_watchdog_that_was_told_goodbye_is_not_missed(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    switch = Watchdog(rig.environment, rig.credentials, after_s=1.0, fired=lambda: None)
    async with DeadMan(switch, after_s=1.0, is_well=lambda: True):
        pass
    assert caplog.messages == []


async def test_the_exchanges_own_switch_is_renewed_while_all_is_well_and_switched_off_at_the_end() -> None:
    sent: list[int] = []

    async def send(request: CancelAllAfter) -> DeadManAck:
        sent.append(request.trigger_after)
        return DeadManAck(expected_trigger_time=Time.at(1))

    well = True
    async with DeadMan(ExchangeSwitch(send, after_s=1), after_s=1, is_well=lambda: well):
        await asyncio.sleep(0.4)
        well = False
        beats = len(sent)
        await asyncio.sleep(0.7)
        assert len(sent) == beats
    assert sent == [1000] * beats + [0]
    assert beats >= 3


async def test_a_sign_of_life_that_the_exchange_does_not_take_leaves_the_switch_unarmed_until_it_takes_one() -> None:
    answers = [None, ConnectionFailed("POST", "no"), ConnectionFailed("POST", "no"), None]
    changes: list[tuple[bool, bool]] = []

    async def send(request: CancelAllAfter) -> DeadManAck:
        if (error := answers.pop(0)) is not None:
            raise error
        return DeadManAck(expected_trigger_time=Time.at(1))

    switch = ExchangeSwitch(send, after_s=5, changed=lambda armed, _: changes.append((armed, switch.is_armed)))
    assert not switch.is_armed
    await switch.arm()
    assert switch.is_armed
    for _ in range(2):
        with pytest.raises(ConnectionFailed):
            await switch.beat()
    await switch.beat()
    assert changes == [(False, False), (True, True)]


async def test_an_account_without_the_exchanges_switch_is_told_to_use_the_watchdog() -> None:
    async def send(request: CancelAllAfter) -> DeadManAck:
        raise ConnectionFailed("POST", "no")

    with pytest.raises(ConfigurationError, match="watchdog"):
        await DeadMan(ExchangeSwitch(send, after_s=5), after_s=5, is_well=lambda: True).__aenter__()


def test_the_exchange_waits_fifteen_minutes_at_most() -> None:
    async def send(request: CancelAllAfter) -> DeadManAck:
        raise AssertionError

    with pytest.raises(ConfigurationError, match="900"):
        ExchangeSwitch(send, after_s=901)
