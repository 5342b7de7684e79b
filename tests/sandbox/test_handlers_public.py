"""What the sandbox tells everybody, beyond what test_handlers looks at."""

from typing import Any

import pytest
from tests.sandbox.caller import BTC
from tests.sandbox.office import Office

MINUTE = 60_000


@pytest.fixture
def office() -> Office:
    return Office()


def candles(office: Office, query: str) -> list[dict[str, Any]]:
    status, reply = office.get(f"/v3/public/klineHistory?symbol={BTC}&type=1m{query}")
    assert status == 200, reply
    assert list(reply["data"]) == ["rows"], "no meta (rest-v3 §3.4)"
    return reply["data"]["rows"]


def starts(rows: list[dict[str, Any]]) -> list[int]:
    return [row["startTimestamp"] for row in rows]


def test_without_a_cursor_the_history_is_the_newest_candles(office: Office) -> None:
    newest = office.get(f"/v3/public/kline?symbol={BTC}&type=1m&limit=5")[1]["data"]["rows"]

    assert candles(office, "&limit=5") == newest
    assert len(candles(office, "")) == 100


def test_before_goes_back_and_leaves_out_the_cursor(office: Office) -> None:
    newest = starts(candles(office, "&limit=8"))

    assert starts(candles(office, f"&before={newest[2]}&limit=3")) == newest[3:6]


def test_after_goes_forward_and_leaves_out_the_cursor(office: Office) -> None:
    newest = starts(candles(office, "&limit=8"))

    assert starts(candles(office, f"&after={newest[7]}&limit=3")) == newest[4:7]
    assert starts(candles(office, f"&after={newest[2]}")) == newest[:2]


def test_before_wins_over_after(office: Office) -> None:
    newest = starts(candles(office, "&limit=8"))

    assert starts(candles(office, f"&before={newest[2]}&after={newest[7]}&limit=2")) == newest[3:5]


def test_a_day_of_minutes_is_walked_back_without_a_hole_or_a_repeat(office: Office) -> None:
    seen = starts(candles(office, "&limit=300"))
    while rows := starts(candles(office, f"&before={seen[-1]}&limit=300")):
        seen += rows

    assert seen == [seen[0] - MINUTE * number for number in range(len(seen))]
    assert len(seen) >= 24 * 60


def test_a_cursor_in_the_future_or_before_everything_is_no_error(office: Office) -> None:
    assert candles(office, f"&after={office.clock.now_ms() + MINUTE}") == []
    assert candles(office, "&before=1") == []
    assert len(candles(office, f"&before={office.clock.now_ms() + 99 * MINUTE}&limit=2")) == 2


def test_older_trades_come_in_pages_from_a_start_on(office: Office) -> None:
    first = office.get(f"/v3/public/marketTradesHistory?symbol={BTC}&size=30&page=1")[1]["data"]["rows"]
    second = office.get(f"/v3/public/marketTradesHistory?symbol={BTC}&size=30&page=2")[1]["data"]["rows"]
    latest = office.get(f"/v3/public/marketTrades?symbol={BTC}&limit=60")[1]["data"]["rows"]
    start = latest[9]["executedTimestamp"]
    since = office.get(f"/v3/public/marketTradesHistory?symbol={BTC}&start_time=1&startTime={start}")[1]["data"]["rows"]

    assert first + second == latest
    assert since[-1]["executedTimestamp"] >= start > latest[10]["executedTimestamp"]


def test_tokens_and_networks_are_the_v1_rows_in_camel_case(office: Office) -> None:
    tokens = office.get("/v3/public/token")[1]["data"]["rows"]
    networks = office.get("/v3/public/tokenNetwork")[1]["data"]["rows"]

    assert {row["balanceToken"] for row in tokens} == {"BTC", "ETH", "USDT", "WOO"}
    assert list(tokens[0]) == [
        "token",
        "fullname",
        "network",
        "decimals",
        "delisted",
        "balanceToken",
        "createdTime",
        "updatedTime",
        "canCollateral",
        "canShort",
    ]
    assert list(networks[0]) == [
        "protocol",
        "network",
        "token",
        "name",
        "minimumWithdrawal",
        "withdrawalFee",
        "allowDeposit",
        "allowWithdraw",
    ]
    assert {row["token"] for row in office.get("/v3/public/tokenInfo")[1]["data"]["rows"]} == {
        "BTC",
        "ETH",
        "USDT",
        "WOO",
    }


def test_v1_tokens_come_as_recorded_in_snake_case_at_the_top(office: Office) -> None:
    _, tokens = office.get("/v1/public/token")
    _, networks = office.get("/v1/public/token_network")

    usdt = next(row for row in tokens["rows"] if row["token"] == "ETH_USDT")
    assert set(tokens) == set(networks) == {"success", "rows"}
    assert usdt == {
        "token": "ETH_USDT",
        "fullname": "Tether",
        "network": "ETH",
        "decimals": "6",
        "delisted": False,
        "balance_token": "USDT",
        "created_time": "1710123398",
        "updated_time": "1710123398",
        "can_collateral": True,
        "can_short": True,
    }
    assert {"protocol", "minimum_withdrawal", "withdrawal_fee", "allow_deposit"} < set(networks["rows"][0])
    assert networks["rows"][0]["allow_withdraw"] == "1"


def test_perpetuals_are_refused_by_symbol_as_recorded_with_status_500(office: Office) -> None:
    assert office.get("/v3/public/futures?symbol=PERP_NOPE_USDT") == (
        500,
        {"success": False, "message": "invalid symbol PERP_NOPE_USDT"},
    )
    status, reply = office.get(f"/v3/public/fundingRate?symbol={BTC}")
    assert (status, reply["success"]) == (500, False)
    assert reply["message"].startswith("no funding rate data for")
    assert "code" not in reply


def test_the_insurance_fund_has_the_shape_that_was_suggested(office: Office) -> None:
    rows = office.get("/v3/public/insuranceFund")[1]["data"]["rows"]

    assert all(set(row) == {"token", "balance", "timestamp"} and isinstance(row["balance"], str) for row in rows)
