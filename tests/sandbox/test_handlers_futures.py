"""Positions, leverage, margin and funding over the wire, in the recorded shapes."""

from decimal import Decimal
from typing import Any

import pytest
from tests.sandbox.office import Office

from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import PlaceOrder

PERP = "PERP_BTC_USDT"
LEVERAGE = {"symbol": PERP, "marginMode": "CROSS", "leverage": 5}
MODES = "/v3/futures/defaultMarginMode"


@pytest.fixture
def office() -> Office:
    """A maker asks and bids for one bitcoin around 87,000, which is the index."""
    office = Office(listing=(*LISTING, *PERPETUALS))
    maker = office.exchange.open_account("maker", {"USDT": "10000000"}).id
    office.exchange.perpetuals.set_index(PERP, Decimal(87_000))
    for side, price in ((Side.BUY, "86999"), (Side.SELL, "87001")):
        order = PlaceOrder(symbol=PERP, side=side, type=OrderType.LIMIT, price=price, quantity="1")
        office.exchange.place(maker, order)
    office.exchange.tick()
    return office


def buys(office: Office, quantity: str = "0.1", **fields: Any) -> None:
    order = {"symbol": PERP, "side": "BUY", "type": "MARKET", "quantity": quantity} | fields
    office.data("POST", "/v3/trade/order", order)


def bare(office: Office, method: str, target: str, body: Any) -> None:
    """The call succeeds and says no more than that."""
    status, reply = office.signed(method, target, body)
    assert (status, set(reply)) == (200, {"success", "timestamp"}), reply


def test_a_position_reads_field_for_field_as_recorded(office: Office) -> None:
    buys(office)

    (row,) = office.data("GET", "/v3/futures/positions")["positions"]

    assert set(row) == {
        "symbol",
        "holding",
        "pendingLongQty",
        "pendingShortQty",
        "settlePrice",
        "averageOpenPrice",
        "pnl24H",
        "fee24H",
        "markPrice",
        "estLiqPrice",
        "timestamp",
        "adlQuantile",
        "positionSide",
        "marginMode",
        "isolatedMarginToken",
        "isolatedMarginAmount",
        "isolatedFrozenLong",
        "isolatedFrozenShort",
        "leverage",
    }
    assert (row["symbol"], row["holding"], row["averageOpenPrice"]) == (PERP, "0.1", "87001")
    assert (row["positionSide"], row["marginMode"], row["isolatedMarginToken"]) == ("BOTH", "CROSS", "")
    assert isinstance(row["leverage"], int)
    assert isinstance(row["timestamp"], int)
    assert office.data("GET", f"/v3/futures/positions?symbol={PERP}")["positions"] == [row]
    assert office.refused("GET", "/v3/futures/positions?symbol=SPOT_BTC_USDT")[0] == 317155


def test_a_fee_of_a_perpetual_is_its_own_in_basis_points(office: Office) -> None:
    assert office.data("GET", f"/v3/trade/tradingFee?symbol={PERP}") == {
        "symbol": PERP,
        "takerFee": "5",
        "makerFee": "2",
    }


def test_a_leverage_is_the_one_that_was_set(office: Office) -> None:
    bare(office, "PUT", "/v3/futures/leverage", LEVERAGE)

    assert office.data("GET", f"/v3/futures/leverage?symbol={PERP}&marginMode=CROSS") == {
        "symbol": PERP,
        "marginMode": "CROSS",
        "positionMode": "ONE_WAY",
        "details": [{"positionSide": "BOTH", "leverage": 5}],
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"leverage": 0}, 302306), ({"leverage": 1000}, 302306), ({"leverage": 1.5}, -1005), ({"symbol": "X"}, 317155)],
)
def test_a_leverage_that_cannot_be_is_refused(office: Office, changes: dict[str, Any], code: int) -> None:
    assert office.refused("PUT", "/v3/futures/leverage", LEVERAGE | changes)[0] == code


def test_the_position_mode_is_answered_without_data_and_refused_with_a_position(office: Office) -> None:
    bare(office, "PUT", "/v3/futures/positionMode", {"positionMode": "HEDGE_MODE"})
    assert office.data("GET", "/v3/account/info")["positionMode"] == "HEDGE_MODE"
    assert len(office.data("GET", f"/v3/futures/leverage?symbol={PERP}")["details"]) == 2
    buys(office, positionSide="LONG")

    assert office.refused("PUT", "/v3/futures/positionMode", {"positionMode": "ONE_WAY"})[0] == 302126
    assert office.refused("PUT", "/v3/futures/positionMode", {"positionMode": "SIDEWAYS"})[0] == -1005


def test_margin_modes_are_set_for_all_for_one_and_reset(office: Office) -> None:
    assert office.data("GET", MODES) == {"marginMode": "CROSS"}
    bare(office, "PUT", f"{MODES}/{PERP}", {"marginMode": "ISOLATED"})
    assert office.data("GET", f"{MODES}?symbol={PERP}") == {"symbol": PERP, "marginMode": "ISOLATED"}
    assert office.data("GET", MODES) == {"marginMode": "CROSS"}
    bare(office, "POST", f"{MODES}/reset", b"")
    assert office.data("GET", f"{MODES}?symbol={PERP}")["marginMode"] == "CROSS"
    bare(office, "PUT", MODES, {"marginMode": "ISOLATED"})
    assert office.data("GET", MODES) == {"marginMode": "ISOLATED"}
    assert office.refused("PUT", f"{MODES}/SPOT_BTC_USDT", {"marginMode": "CROSS"})[0] == 317155


def test_isolated_margin_is_added_and_taken_back(office: Office) -> None:
    buys(office, marginMode="ISOLATED")
    change = {"symbol": PERP, "adjustToken": "USDT", "adjustAmount": "100", "action": "ADD"}

    def margin() -> Decimal:
        return Decimal(office.data("GET", "/v3/futures/positions")["positions"][0]["isolatedMarginAmount"])

    before = margin()
    bare(office, "POST", "/v3/isolatedMargin/margin", change)
    assert margin() == before + 100
    bare(office, "POST", "/v3/isolatedMargin/margin", change | {"action": "REDUCE", "adjustAmount": "60"})
    assert margin() == before + 40
    assert office.refused("POST", "/v3/isolatedMargin/margin", change | {"adjustToken": "BTC"})[0] == 302191
    assert office.refused("POST", "/v3/isolatedMargin/margin", change | {"adjustAmount": "-1"})[0] == 302135
    assert office.exchange.audit() == []


def test_a_perpetual_has_a_day_and_a_funding_to_come(office: Office) -> None:
    buys(office)

    (day,) = office.get(f"/v3/public/futures?symbol={PERP}")[1]["data"]["rows"]
    (rate,) = office.get(f"/v3/public/fundingRate?symbol={PERP}")[1]["data"]["rows"]

    assert list(day) == [
        "symbol",
        "indexPrice",
        "markPrice",
        "estFundingRate",
        "lastFundingRate",
        "openInterest",
        "24hOpen",
        "24hClose",
        "24hHigh",
        "24hLow",
        "24hVolume",
        "24hAmount",
        "nextFundingTime",
    ]
    assert (day["indexPrice"], day["openInterest"], day["24hVolume"]) == ("87000", "0.1", "0.1")
    assert rate["nextFundingTime"] == day["nextFundingTime"] > office.clock.now_ms()
    assert rate["estFundingIntervalHours"] == 8
    assert len(office.get("/v3/public/futures")[1]["data"]["rows"]) == len(PERPETUALS)


def test_the_day_of_a_perpetual_is_the_one_its_candles_tell(office: Office) -> None:
    hour_ms, now_ms = 3_600_000, office.clock.now_ms()
    for price, hours_ago in ((70_000, 25), (86_000, 23), (88_000, 5), (85_000, 2), (87_000, 1)):
        office.venue.history.record(
            PERP, price=Decimal(price), quantity=Decimal("0.5"), side=Side.BUY, ts=now_ms - hours_ago * hour_ms
        )

    (day,) = office.get(f"/v3/public/futures?symbol={PERP}")[1]["data"]["rows"]

    assert [day[f"24h{name}"] for name in ("Open", "Close", "High", "Low")] == ["86000", "87000", "88000", "85000"]
    assert (day["24hVolume"], day["24hAmount"]) == ("2", "173000")


def test_a_funding_is_paid_and_both_histories_tell_it(office: Office) -> None:
    buys(office)
    due_s = office.get(f"/v3/public/fundingRate?symbol={PERP}")[1]["data"]["rows"][0]["nextFundingTime"] / 1000
    office.clock.advance(due_s - office.clock.monotonic_s() + 1)
    office.exchange.tick()

    past = office.get(f"/v3/public/fundingRateHistory?symbol={PERP}")[1]["data"]
    fees = office.data("GET", "/v3/futures/fundingFee/history")

    assert past["meta"] == fees["meta"] == {"total": 1, "recordsPerPage": 25, "currentPage": 1}
    assert past["rows"][0]["fundingRateTimestamp"] == due_s * 1000
    assert isinstance(past["rows"][0]["fundingRate"], str)
    (fee,) = fees["rows"]
    assert isinstance(fee["fundingRate"], int | float), "a number, alone of its row (rest-v3 §9.5.2)"
    assert isinstance(fee["fundingFee"], str)
    assert (fee["status"], fee["fundingIntervalHours"]) == ("COMPLETED", 8)
    assert fee["paymentType"] in {"Pay", "Receive"}
    assert office.refused("GET", "/v3/futures/fundingFee/history?size=501")[0] == -1005
    assert office.exchange.audit() == []


def test_the_day_of_an_unknown_symbol_is_refused_as_recorded(office: Office) -> None:
    for name in ("futures", "fundingRateHistory"):
        assert office.get(f"/v3/public/{name}?symbol=PERP_NOPE_USDT") == (
            500,
            {"success": False, "message": "invalid symbol PERP_NOPE_USDT"},
        )


def test_a_perpetual_is_configured_with_the_leverage_that_its_margin_allows(office: Office) -> None:
    rows = office.data("GET", "/v3/account/symbolConfig")["rows"]

    assert {row["symbol"]: row["maxLeverage"] for row in rows}[PERP] == 50
