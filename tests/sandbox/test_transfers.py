"""Sub-accounts, and money that is moved between the accounts of one family."""

from typing import Any

import pytest
from tests.sandbox.office import Office

PATH = "/v3/asset/transfer"


@pytest.fixture
def office() -> Office:
    return Office()


def sub_account(office: Office) -> str:
    return office.data("GET", "/v3/account/subAccounts/all")["rows"][0]["applicationId"]


def body(source: str, destination: str, amount: Any = 5, token: str = "USDT") -> dict[str, Any]:
    return {"token": token, "amount": amount, "from": {"applicationId": source}, "to": {"applicationId": destination}}


def test_a_main_account_has_a_sub_account_from_the_start(office: Office) -> None:
    (row,) = office.data("GET", "/v3/account/subAccounts/all")["rows"]

    assert list(row) == ["applicationId", "name", "createdTime"]
    assert row["createdTime"] == f"{office.clock.now_ms() // 1000}.000"
    assert sub_account(office) == row["applicationId"]


def test_a_sub_account_may_not_list_the_family(office: Office) -> None:
    key = office.key_of(sub_account(office))

    assert office.signed("GET", "/v3/account/subAccounts/all", key=key)[1]["code"] == -1002


def test_a_transfer_is_done_when_it_is_answered_and_answers_where_ccxt_reads(office: Office) -> None:
    before, sub = office.held("USDT"), sub_account(office)

    # The recorded reply has its id beside `success`, but it is V1's (rest-v3 §9.4.4, and the note in its fixture).
    assert office.data("POST", PATH, body(office.account_id, sub)) == {"id": 200}

    assert office.held("USDT") == before - 5
    assert office.held("USDT", key=office.key_of(sub)) == 5
    assert office.exchange.audit() == []


def test_both_ends_see_a_transfer_and_a_stranger_does_not(office: Office) -> None:
    sub = sub_account(office)
    office.signed("POST", PATH, body(office.account_id, sub, "0.25", "BTC"))
    stranger = office.key_of(office.exchange.open_account("eve", {}).id)

    (row,) = office.data("GET", f"{PATH}/history")["rows"]

    seconds = f"{office.clock.now_ms() // 1000}.000"
    assert row == {
        "id": 200,
        "token": "BTC",
        "amount": "0.25",
        "status": "COMPLETED",
        "from": {"applicationId": office.account_id, "accountName": "Main"},
        "to": {"applicationId": sub, "accountName": "sub_account_1"},
        "createdTime": seconds,
        "updatedTime": seconds,
    }
    assert office.data("GET", f"{PATH}/history", key=office.key_of(sub))["rows"] == [row]
    assert office.data("GET", f"{PATH}/history", key=stranger)["rows"] == []


def test_a_sub_account_gives_what_it_has_and_takes_nothing(office: Office) -> None:
    sub = sub_account(office)
    key = office.key_of(sub)
    office.signed("POST", PATH, body(office.account_id, sub))

    assert office.signed("POST", PATH, body(office.account_id, sub), key=key)[1]["code"] == 302143
    assert office.signed("POST", PATH, body(sub, office.account_id, 2), key=key)[0] == 200
    assert office.held("USDT", key=key) == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 0}, 302135),
        ({"amount": -1}, 302135),
        ({"amount": "0.0000000000001"}, -1005),
        ({"amount": 100_001}, 302301),
        ({"token": "NOPE"}, 302301),
        ({"to": {"applicationId": "nobody"}}, 302143),
        ({"to": {}}, -1005),
        ({"to": "me"}, -1005),
        ({"from": {"applicationId": "nobody"}}, 302143),
    ],
    ids=str,
)
def test_a_transfer_that_cannot_be_changes_nothing(office: Office, changes: dict[str, Any], code: int) -> None:
    sub = sub_account(office)

    assert office.refused("POST", PATH, body(office.account_id, sub) | changes)[0] == code
    assert office.data("GET", f"{PATH}/history")["rows"] == []
    assert office.exchange.audit() == []


def test_a_transfer_to_oneself_or_to_a_strangers_account_is_refused(office: Office) -> None:
    stranger = office.exchange.open_account("eve", {}).id

    assert office.refused("POST", PATH, body(office.account_id, office.account_id))[0] == -1005
    assert office.refused("POST", PATH, body(office.account_id, stranger))[0] == 302143
    assert office.refused("POST", PATH, body(stranger, office.account_id))[0] == 302143


def test_transfers_come_in_pages_and_between_two_moments(office: Office) -> None:
    sub = sub_account(office)
    for amount in (1, 2, 3):
        office.signed("POST", PATH, body(office.account_id, sub, amount))
        office.clock.advance(1)
    until = office.clock.now_ms() - 1000

    pages = [office.data("GET", f"{PATH}/history?size=2&page={page}") for page in (1, 2)]

    assert [row["amount"] for page in pages for row in page["rows"]] == ["3", "2", "1"]
    assert pages[1]["meta"] == {"total": 3, "recordsPerPage": 2, "currentPage": 2}
    assert [row["amount"] for row in office.data("GET", f"{PATH}/history?startTime={until}")["rows"]] == ["3"]
    assert [row["amount"] for row in office.data("GET", f"{PATH}/history?endTime={until - 1}")["rows"]] == ["2", "1"]
