from decimal import Decimal
from typing import Any

import pytest

from woodlot.desk.facts import DeskFacts
from woodlot.desk.holdings import Holdings
from woodlot.orders.algo_tracker import AlgoTracker
from woodlot.orders.tracker import Tracker
from woodlot.wire.enums import PositionSide
from woodlot.wire.events import Position, PositionUpdate

NOW_MS = 1_790_000_000_000
PERP = "PERP_BTC_USDT"


def facts(**held: str) -> DeskFacts:
    holdings = Holdings()
    zero: dict[str, Any] = {"average_open_price": Decimal(0)}
    rows = tuple(
        Position(symbol=PERP, position_side=PositionSide(side), holding=Decimal(size), version=1, ts=NOW_MS, **zero)
        for side, size in held.items()
    )
    holdings.push_positions(PositionUpdate(positions=rows), ts_ms=NOW_MS)
    return DeskFacts(Tracker(), AlgoTracker(), holdings, touch=lambda _: None)


@pytest.mark.parametrize("short", ["-3", "3"])
def test_in_hedge_mode_each_side_is_a_position_whatever_sign_a_short_has(short: str) -> None:
    hedged = facts(LONG="5", SHORT=short)
    assert hedged.built_up(PERP, PositionSide.LONG) == 5
    assert hedged.built_up(PERP, PositionSide.SHORT) == -3


def test_a_side_without_a_position_has_nothing_built_up() -> None:
    assert facts(LONG="5").built_up(PERP, PositionSide.SHORT) == 0


def test_in_one_way_mode_there_is_one_position_whichever_side_is_asked_for() -> None:
    for side in (None, *PositionSide):
        assert facts(BOTH="-2").built_up(PERP, side) == -2
