"""Borrowing on spot, over the wire."""

from typing import Any

import pytest
from tests.sandbox.caller import BTC
from tests.sandbox.office import Office

MODE = "/v3/account/tradingMode"
REPAY = "/v3/spotMargin/interestRepay"


@pytest.fixture
def office() -> Office:
    return Office()


def bare(office: Office, target: str, body: Any) -> None:
    """The call succeeds and says no more than that."""
    status, reply = office.signed("POST", target, body)
    assert (status, set(reply)) == (200, {"success", "timestamp"}), reply


def borrows(office: Office) -> None:
    """Sell half a bitcoin more than there is, and owe it over the end of an hour."""
    bare(office, MODE, {"tradingMode": "MARGIN"})
    sale = {"symbol": BTC, "side": "SELL", "type": "MARKET", "quantity": "0.5"}
    for _ in range(5):
        office.data("POST", "/v3/trade/order", sale)
    office.clock.advance(3_600)
    office.exchange.tick()


def test_the_trading_mode_is_set_and_read_back(office: Office) -> None:
    for mode in ("MARGIN", "PURE_SPOT", "FUTURES"):
        bare(office, MODE, {"tradingMode": mode})
        assert office.data("GET", "/v3/account/info")["accountMode"] == mode
    assert office.refused("POST", MODE, {"tradingMode": "CASINO"})[0] == -1005
    assert office.refused("POST", MODE, {})[0] == -1005


def test_the_trading_mode_stays_while_orders_are_open(office: Office) -> None:
    office.placed()

    assert office.refused("POST", MODE, {"tradingMode": "MARGIN"})[0] == 302308
    assert office.data("GET", "/v3/account/info")["accountMode"] == "FUTURES"


def test_the_leverage_of_spot_is_bounded(office: Office) -> None:
    bare(office, "/v3/spotMargin/leverage", {"leverage": 3})

    for leverage in (0, 11, -1):
        assert office.refused("POST", "/v3/spotMargin/leverage", {"leverage": leverage})[0] == 302306
    assert office.refused("POST", "/v3/spotMargin/leverage", {"leverage": "much"})[0] == -1005


def test_rates_are_texts_with_the_documented_names(office: Office) -> None:
    rows = office.data("GET", "/v3/spotMargin/interestRate")["rows"]
    (btc,) = office.data("GET", "/v3/spotMargin/interestRate?token=BTC")["rows"]

    assert btc in rows
    assert set(btc) == {
        "token",
        "currentHourlyBaseRate",
        "estHourlyBaseRate",
        "currentAnnualBaseRate",
        "estAnnualBaseRate",
        "estTime",
    }
    assert isinstance(btc["currentHourlyBaseRate"], str)
    assert office.refused("GET", "/v3/spotMargin/interestRate?token=NOPE")[0] == 302156


def test_interest_is_charged_told_and_repaid(office: Office) -> None:
    borrows(office)
    (charged,) = office.data("GET", "/v3/spotMargin/interestHistory?side=LOAN")["rows"]

    assert (charged["token"], charged["side"], charged["status"]) == ("BTC", "LOAN", "SUCCEED")
    assert charged["applicationId"] == office.account_id
    assert office.refused("POST", REPAY, {"token": "BTC", "amount": "1"})[0] == 302301
    office.data("POST", "/v3/trade/order", {"symbol": BTC, "side": "BUY", "type": "MARKET", "amount": "80000"})
    bare(office, REPAY, {"token": "BTC", "amount": "1"})
    reply = office.data("GET", "/v3/spotMargin/interestHistory")
    assert [row["side"] for row in reply["rows"]] == ["REPAY", "LOAN"]
    # The signs and the null of the example in rest-v3 §9.6.
    assert (charged["quantity"], charged["interest"][:1]) == (charged["loanAmount"], "-")
    assert (reply["rows"][0]["quantity"], f"-{reply['rows'][0]['interest']}") == (None, charged["interest"])
    assert reply["meta"] == {"total": 2, "recordsPerPage": 25, "currentPage": 1}
    assert office.refused("POST", REPAY, {"token": "BTC", "amount": "1"})[0] == 302144
    assert office.exchange.audit() == []


def test_what_can_be_borrowed_is_told_for_both_tokens_of_a_symbol(office: Office) -> None:
    bare(office, MODE, {"tradingMode": "MARGIN"})

    rows = office.data("GET", f"/v3/spotMargin/maxMargin?symbol={BTC}")["rows"]

    assert [row["token"] for row in rows] == ["BTC", "USDT"]
    assert all(isinstance(row["maxMargin"], str) for row in rows)


def test_nobody_borrows_for_a_withdrawal_or_a_transfer(office: Office) -> None:
    borrows(office)

    withdrawal = {"token": "BTC", "network": "BTC", "address": "bc1q", "amount": 1}
    assert office.refused("POST", "/v3/asset/wallet/withdraw", withdrawal)[0] == 302301
    assert office.refused("GET", "/v3/spotMargin/maxMargin?symbol=SPOT_NOPE_USDT")[1].startswith("invalid symbol")
