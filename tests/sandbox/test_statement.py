"""The statement of an account: its rows add up to what the account has, whatever has happened to it."""

from collections import Counter
from decimal import Decimal

from tests.sandbox.floor import PERP, PLENTY, Floor, futures_floor

from woodlot.sandbox.statement import statement
from woodlot.wire.account import AccountMode
from woodlot.wire.asset import TokenChange
from woodlot.wire.trade import GetTransactionHistory


def told(floor: Floor, name: str) -> list[TokenChange]:
    fills = floor.exchange.transactions(floor.id(name), GetTransactionHistory(limit=1000)).rows
    return statement((), floor.accounts[name].changes, fills)


def check_sum(floor: Floor, name: str, began_with: dict[str, str]) -> Counter[str]:
    """Compare the rows with the balances, and return how many there are of each kind."""
    rows = told(floor, name)
    for token in {row.token for row in rows} | began_with.keys():
        moved = sum((row.amount for row in rows if row.token == token), Decimal(0))
        assert floor.held(name, token)[0] == Decimal(began_with.get(token, "0")) + moved, token
    assert len({row.id for row in rows}) == len(rows)
    assert [row.timestamp for row in rows] == sorted((row.timestamp for row in rows), reverse=True)
    return Counter(row.type for row in rows)


def wait(floor: Floor, seconds: float) -> None:
    floor.clock.advance(seconds)
    floor.exchange.tick()


def test_funding_and_what_is_settled_between_trades_are_told() -> None:
    floor = futures_floor()
    for name, side in (("ann", "BUY"), ("bob", "SELL")):
        floor.perp(name, side, "1", "87000")
    floor.quote(87_100)
    wait(floor, 600)
    wait(floor, 8 * 3600)
    floor.perp("ann", "SELL", "0.4", "86900")

    for name in ("ann", "bob"):
        kinds = check_sum(floor, name, PLENTY)
        assert {"FUNDING_FEE", "REALIZED_PNL", "TRANSACTION_FEE"} <= kinds.keys()
    assert floor.exchange.audit() == []


def test_what_a_liquidation_costs_is_told_to_the_last_asset() -> None:
    floor = futures_floor()
    holdings = {"USDT": "10000", "WOO": "200000"}
    floor.open("pam", holdings)
    floor.limit("ann", "BUY", "1000", "0.05", symbol="SPOT_WOO_USDT")
    floor.limit("bob", "SELL", "1000", "0.052", symbol="SPOT_WOO_USDT")
    floor.perp("pam", "BUY", "1", margin_mode="CROSS")

    floor.quote(60_000)

    assert floor.position("pam") is None
    assert check_sum(floor, "pam", holdings)["LIQUIDATION"] >= 2


def test_the_fee_of_a_liquidation_that_leaves_something_is_a_row_of_its_own() -> None:
    floor = futures_floor()
    floor.open("pam", {"USDT": "10000"})
    floor.perp("pam", "BUY", "1", margin_mode="CROSS")

    floor.quote(77_500)

    (fee,) = (row for row in told(floor, "pam") if row.type == "LIQUIDATION")
    assert (fee.token, fee.amount) == ("USDT", Decimal("-77.5"))
    check_sum(floor, "pam", {"USDT": "10000"})


def test_interest_is_told_when_it_is_repaid() -> None:
    floor = futures_floor()
    holdings = {"USDT": "20000"}
    floor.open("meg", holdings, mode=AccountMode.MARGIN)
    floor.limit("ann", "SELL", "1", "87000")
    floor.place("meg", "BUY", "MARKET", quantity="0.4")

    wait(floor, 25 * 3600)

    assert check_sum(floor, "meg", holdings)["INTEREST"] == 1


def test_nothing_is_remembered_of_an_account_that_nobody_watches() -> None:
    floor = futures_floor()
    floor.open("crowd", PLENTY, watched=False)
    floor.perp("crowd", "BUY", "1", "87010")

    wait(floor, 8 * 3600)

    assert PERP in {symbol for symbol, _ in floor.accounts["crowd"].positions}
    assert not floor.accounts["crowd"].changes
