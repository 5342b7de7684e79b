from decimal import Decimal
from typing import Any

from woodlot.clock import ManualClock
from woodlot.desk.holdings import Holdings
from woodlot.desk.theft import Theft
from woodlot.orders.evidence import Source
from woodlot.stream.continuity import Cause, Interrupted
from woodlot.stream.keyring import PROVEN_S
from woodlot.wire import futures
from woodlot.wire.answer import Time
from woodlot.wire.asset import Holding
from woodlot.wire.enums import PositionSide
from woodlot.wire.events import Balance, BalanceUpdate, Position, PositionUpdate

NOW_MS = 1_790_000_000_000


def push(holding: str, *, version: int, at: int = 0) -> BalanceUpdate:
    row = Balance(token="BTC", holding=Decimal(holding), frozen=Decimal(0), version=version, ts=NOW_MS + at)
    return BalanceUpdate(balances=(row,))


def polled(holding: str, token: str = "BTC") -> Holding:
    zero: dict[str, Any] = dict.fromkeys(
        ("frozen", "staked", "unbonding", "vault", "interest", "pending_short_qty", "pending_long_qty"), Decimal(0)
    )
    return Holding(token=token, holding=Decimal(holding), available_balance=Decimal(holding), **zero)


def holding(holdings: Holdings) -> tuple[Decimal, Source, int]:
    now = holdings.balances["BTC"]
    return now.holding, now.source, now.at_ms - NOW_MS


def test_a_balance_says_what_it_is_and_from_when() -> None:
    holdings = Holdings()
    holdings.poll_balances([polled("2")], at_ms=NOW_MS)
    assert holding(holdings) == (2, Source.POLL, 0)
    holdings.push_balances(push("3", version=9, at=50), ts_ms=NOW_MS + 51)
    assert holding(holdings) == (3, Source.REPORT, 50)
    assert (holdings.balances["BTC"].available, holdings.balances["BTC"].available_ms) == (2, NOW_MS)


def test_a_lower_version_is_not_believed_and_has_rest_asked() -> None:
    holdings = Holdings()
    holdings.push_balances(push("3", version=9), ts_ms=NOW_MS)
    holdings.push_balances(push("2", version=8, at=5), ts_ms=NOW_MS)
    assert holding(holdings)[0] == 3
    assert holdings.is_doubtful
    holdings.poll_balances([polled("2.5")], at_ms=NOW_MS + 60_000)
    assert holding(holdings)[0] == Decimal("2.5")
    assert not holdings.is_doubtful


def test_rest_does_not_undo_what_the_stream_said_just_now() -> None:
    holdings = Holdings()
    holdings.push_balances(push("3", version=9, at=1_000), ts_ms=NOW_MS)
    holdings.poll_balances([polled("2")], at_ms=NOW_MS + 2_000)
    assert holding(holdings) == (3, Source.REPORT, 1_000)
    holdings.poll_balances([polled("2")], at_ms=NOW_MS + 60_000)
    assert holding(holdings) == (2, Source.POLL, 60_000)


def test_a_token_that_rest_leaves_out_is_gone() -> None:
    holdings = Holdings()
    holdings.poll_balances([polled("2"), polled("5", "ETH")], at_ms=NOW_MS)
    holdings.poll_balances([polled("2")], at_ms=NOW_MS + 60_000)
    assert set(holdings.balances) == {"BTC"}


def test_positions_are_kept_by_symbol_and_side() -> None:
    holdings = Holdings()
    rows = tuple(
        Position(symbol="PERP_BTC_USDT", holding=Decimal(amount), position_side=side, version=1, ts=NOW_MS)
        for side, amount in ((PositionSide.LONG, 2), (PositionSide.SHORT, -1))
    )
    holdings.push_positions(PositionUpdate(positions=rows), ts_ms=NOW_MS)
    assert {key[1]: row.holding for key, row in holdings.positions.items()} == {"LONG": 2, "SHORT": -1}
    told = futures.Position(
        symbol="PERP_BTC_USDT", holding=Decimal(2), pending_long_qty=Decimal(0), pending_short_qty=Decimal(0),
        settle_price=Decimal(1), average_open_price=Decimal(1), pnl_24h=Decimal(0), fee_24h=Decimal(0),
        mark_price=Decimal(1), est_liq_price=None, timestamp=Time.at(NOW_MS), adl_quantile=1,
        position_side=PositionSide.LONG,
    )  # fmt: skip
    holdings.poll_positions([told], at_ms=NOW_MS + 60_000)
    assert [key[1] for key in holdings.positions] == ["LONG"]


def test_a_key_that_died_before_its_time_is_told_and_counted() -> None:
    theft = Theft(ManualClock())
    for count in (1, 2):
        theft.interrupted(Interrupted(1, Cause.CLOSED, "code 1008"), keys_made=count)
        taken = theft.resumed(keys_made=count + 1)
        assert taken is not None
        assert taken.count == count


def test_a_renewal_and_a_mere_reconnect_are_no_theft() -> None:
    theft = Theft(ManualClock())
    theft.interrupted(Interrupted(1, Cause.RENEWAL), keys_made=1)
    assert theft.resumed(keys_made=2) is None
    theft.interrupted(Interrupted(1, Cause.CLOSED), keys_made=2)
    assert theft.resumed(keys_made=2) is None


def test_a_key_that_worked_for_long_ends_the_suspicion() -> None:
    clock = ManualClock()
    theft = Theft(clock)
    for _ in range(2):
        theft.interrupted(Interrupted(1, Cause.KEY_SILENT), keys_made=1)
        taken = theft.resumed(keys_made=2)
        clock.advance(PROVEN_S + 1)
        assert taken is not None
        assert taken.count == 1
