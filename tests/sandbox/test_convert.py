"""Conversions: a quote holds for a moment, and swaps two balances once."""

from decimal import Decimal
from typing import Any

import pytest
from tests.sandbox.office import Office

RFQ = "/v3/convert/rfq?sellToken=BTC&buyToken=USDT&sellQuantity=0.1"


@pytest.fixture
def office() -> Office:
    return Office()


def accepted(office: Office, quote_id: int, **how: Any) -> dict[str, Any]:
    return office.data("POST", "/v3/convert/rft", {"quoteId": quote_id}, **how)


def test_a_quote_is_near_the_market_and_holds_for_ten_seconds(office: Office) -> None:
    quote = office.data("GET", RFQ)
    mid = office.exchange.mid("SPOT_BTC_USDT")

    assert mid is not None
    assert list(quote) == [
        "quoteId",
        "counterPartyId",
        "sellToken",
        "sellQuantity",
        "buyToken",
        "buyQuantity",
        "buyPrice",
        "expireTimestamp",
        "message",
    ]
    assert (quote["sellToken"], quote["sellQuantity"], quote["buyToken"]) == ("BTC", "0.1", "USDT")
    assert Decimal("0.998") < Decimal(quote["buyQuantity"]) / (mid / 10) < 1
    assert quote["expireTimestamp"] == office.clock.now_ms() + 10_000


def test_asking_moves_nothing_and_accepting_swaps_exactly_what_was_quoted(office: Office) -> None:
    quote = office.data("GET", RFQ)
    assert (office.held("BTC"), office.held("USDT")) == (2, 100_000)

    assert accepted(office, quote["quoteId"]) == {
        "quoteId": quote["quoteId"],
        "counterPartyId": "",
        "rftAccepted": 1,
    }

    assert office.held("BTC") == Decimal("1.9")
    assert office.held("USDT") == 100_000 + Decimal(quote["buyQuantity"])
    assert office.exchange.audit() == []


def test_accepting_twice_swaps_once(office: Office) -> None:
    quote = office.data("GET", RFQ)
    first = accepted(office, quote["quoteId"])

    assert accepted(office, quote["quoteId"]) == first
    assert office.held("BTC") == Decimal("1.9")


def test_a_quote_that_has_expired_fails_and_moves_nothing(office: Office) -> None:
    quote = office.data("GET", RFQ)
    office.clock.advance(10)

    assert accepted(office, quote["quoteId"])["rftAccepted"] == 3
    assert office.held("BTC") == 2
    assert office.data("GET", f"/v3/convert/trade?quoteId={quote['quoteId']}")["tradeStatus"] == 3


def test_a_quote_that_cannot_be_paid_is_refused_and_may_be_accepted_later(office: Office) -> None:
    quote = office.data("GET", "/v3/convert/rfq?sellToken=BTC&buyToken=USDT&sellQuantity=2.5")

    assert office.refused("POST", "/v3/convert/rft", {"quoteId": quote["quoteId"]})[0] == 302301
    office.venue.office.bank.move(
        office.venue.office.bank.outside, office.account_id, token="BTC", amount=Decimal(1), kind="DEPOSIT"
    )
    assert accepted(office, quote["quoteId"])["rftAccepted"] == 1
    assert office.exchange.audit() == []


def test_somebody_elses_quote_is_not_there(office: Office) -> None:
    other = office.key_of(office.exchange.open_account("bob", {"BTC": "1"}).id)
    quote = office.data("GET", RFQ)

    assert office.refused("POST", "/v3/convert/rft", {"quoteId": quote["quoteId"]}, key=other)[0] == 302002
    assert office.refused("GET", f"/v3/convert/trade?quoteId={quote['quoteId']}", key=other)[0] == 302002


def test_a_quote_that_nobody_accepted_is_no_trade(office: Office) -> None:
    quote = office.data("GET", RFQ)

    assert office.refused("GET", f"/v3/convert/trade?quoteId={quote['quoteId']}")[0] == 302002
    assert office.data("GET", "/v3/convert/trades") == {"count": 0, "tradeVos": []}


def test_trades_are_numbers_newest_first_and_counted_beyond_the_page(office: Office) -> None:
    ids: list[int] = []
    for _ in range(3):
        ids.append(office.data("GET", RFQ)["quoteId"])
        accepted(office, ids[-1])
        office.clock.advance(1)

    trades = office.data("GET", "/v3/convert/trades?size=2")

    assert trades["count"] == 3
    assert [row["quoteId"] for row in trades["tradeVos"]] == [ids[2], ids[1]]
    assert trades["tradeVos"][0] == office.data("GET", f"/v3/convert/trade?quoteId={ids[2]}")
    assert (trades["tradeVos"][0]["sellAmount"], trades["tradeVos"][0]["tradeStatus"]) == (0.1, 1)
    assert isinstance(trades["tradeVos"][0]["buyAmount"], float)
    until = office.clock.now_ms() - 2000
    assert office.data("GET", f"/v3/convert/trades?startTime={until}&endTime={until}")["count"] == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("sellToken=BTC&buyToken=BTC&sellQuantity=0.1", -1005),
        ("sellToken=NOPE&buyToken=USDT&sellQuantity=0.1", -1005),
        ("sellToken=BTC&buyToken=NOPE&sellQuantity=0.1", -1005),
        ("sellToken=BTC&buyToken=USDT&sellQuantity=0", -1005),
        ("sellToken=BTC&buyToken=USDT&sellQuantity=-1", -1005),
        ("sellToken=BTC&buyToken=USDT&sellQuantity=0.0000001", -1005),
        ("sellToken=BTC&buyToken=USDT", -1005),
        ("sellToken=WOO&buyToken=BTC&sellQuantity=0.1", 302135),
    ],
)
def test_a_quote_that_makes_no_sense_is_refused(office: Office, query: str, code: int) -> None:
    assert office.refused("GET", f"/v3/convert/rfq?{query}")[0] == code


def test_what_can_be_converted_stands_at_the_top_of_its_reply(office: Office) -> None:
    _, reply = office.signed("GET", "/v3/convert/assetInfo")

    assert set(reply) == {"success", "rows"}
    assert reply["rows"][0] == {
        "token": "BTC",
        "tick": 0.000001,
        "createdTime": "1710123398.000",
        "updatedTime": "1710123398.000",
    }
    pairs = office.data("GET", "/v3/convert/exchangeInfo")["rows"]
    assert {"sellToken": "WOO", "buyToken": "BTC"} in pairs
    assert all(pair["sellToken"] != pair["buyToken"] for pair in pairs)
