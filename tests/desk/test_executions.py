import asyncio
from decimal import Decimal

import pytest

from woodlot.desk.executions import ExecutionLog, Executions
from woodlot.errors import ExecutionsForgotten
from woodlot.orders.fills import Fill, FillSource
from woodlot.wire.enums import Side


def fill(trade_id: int) -> Fill:
    return Fill(
        symbol="SPOT_WOO_USDT",
        trade_id=trade_id,
        order_id=1,
        client_order_id=2,
        side=Side.BUY,
        price=Decimal("0.05"),
        quantity=Decimal(100),
        fee=Decimal("0.1"),
        fee_asset="WOO",
        is_maker=False,
        ts_ms=trade_id,
        source=FillSource.REPORT,
    )


async def test_every_reader_gets_every_execution_from_the_first_on() -> None:
    log = ExecutionLog()
    log.record(fill(1))
    early = Executions(log)
    log.record(fill(2))
    late = Executions(log)
    for reader in (early, late):
        assert [(await anext(reader)).trade_id for _ in range(2)] == [1, 2]


async def test_a_reader_waits_for_what_has_not_happened_yet() -> None:
    log = ExecutionLog()
    waiting = asyncio.ensure_future(anext(Executions(log)))
    await asyncio.sleep(0)
    assert not waiting.done()
    log.record(fill(7))
    assert (await waiting).trade_id == 7


async def test_reading_ends_when_the_desk_does_after_the_last_one_was_read() -> None:
    log = ExecutionLog()
    log.record(fill(1))
    log.close()
    assert [execution.trade_id async for execution in Executions(log)] == [1]


async def test_what_broke_the_desk_reaches_the_reader() -> None:
    log = ExecutionLog()
    log.close(RuntimeError("broken"))
    with pytest.raises(RuntimeError, match="broken"):
        await anext(Executions(log))


async def test_a_reader_that_is_too_far_behind_is_told_how_many_it_missed() -> None:
    log = ExecutionLog(most_kept=2)
    reader = Executions(log)
    for number in range(5):
        log.record(fill(number))
    with pytest.raises(ExecutionsForgotten) as caught:
        await anext(reader)
    assert caught.value.count == 3
