"""Deposits and withdrawals over the wire: they take their time, and the money is always somewhere."""

from decimal import Decimal
from typing import Any

import pytest
from tests.sandbox.office import Office

from woodlot.sandbox.events import BalancesChanged

OUT = {"token": "USDT", "network": "ETH", "address": "0x34625d5f", "amount": 10}
WITHDRAW = "/v3/asset/wallet/withdraw"


@pytest.fixture
def office() -> Office:
    return Office()


def moves(office: Office, query: str = "") -> list[dict[str, Any]]:
    return office.data("GET", f"/v3/asset/wallet/history{query}")["rows"]


def deposited(office: Office, amount: str, *, token: str = "USDT", network: str = "ETH") -> None:
    office.venue.office.wallet.deposit(
        office.account_id, token=token, network=network, amount=Decimal(amount), now_ms=office.clock.now_ms()
    )


def passes(office: Office, seconds: float) -> None:
    """Let time pass; whatever happened, the books balance."""
    office.clock.advance(seconds)
    office.data("GET", "/v3/asset/balances")
    assert office.exchange.audit() == []


def test_a_deposit_address_is_ones_own_and_stays(office: Office) -> None:
    one = office.data("GET", "/v3/asset/wallet/deposit?token=USDT&network=ETH")
    other = office.key_of(office.exchange.open_account("bob", {}).id)

    assert set(one) == {"address", "extra"}
    assert one == office.data("GET", "/v3/asset/wallet/deposit?token=USDT&network=ETH")
    assert one != office.data("GET", "/v3/asset/wallet/deposit?token=USDT&network=TRX")
    assert one != office.data("GET", "/v3/asset/wallet/deposit?token=USDT&network=ETH", key=other)


@pytest.mark.parametrize("query", ["token=NOPE&network=ETH", "token=USDT&network=NOPE", "token=BTC&network=ETH"])
def test_a_token_or_network_that_is_not_there_is_refused_as_recorded(office: Office, query: str) -> None:
    code, message = office.refused("GET", f"/v3/asset/wallet/deposit?{query}")

    assert code == -1005
    assert "The token is not supported" in message


def test_a_deposit_is_confirmed_block_by_block_and_arrives_with_the_last_one(office: Office) -> None:
    before = office.held("USDT")
    deposited(office, "250.5")

    (row,) = moves(office)
    assert (row["status"], row["confirmedNumber"], row["confirmingThreshold"]) == ("CONFIRMING", 0, 12)
    passes(office, 5)
    assert moves(office)[0]["confirmedNumber"] == 5
    passes(office, 6.9)
    assert (moves(office)[0]["status"], office.held("USDT")) == ("CONFIRMING", before)
    passes(office, 0.1)
    assert office.held("USDT") == before + Decimal("250.5")
    (row,) = moves(office)
    assert (row["status"], row["tokenSide"], row["applicationId"], row["feeToken"]) == (
        "COMPLETED",
        "DEPOSIT",
        None,
        None,
    )


def test_a_withdrawal_is_set_aside_at_once_and_leaves_in_stages(office: Office) -> None:
    before = office.held("USDT")

    reply = office.data("POST", WITHDRAW, OUT)

    assert office.held("USDT") == before - 10
    (row,) = moves(office)
    assert (row["id"], row["status"], row["txId"]) == (reply["withdrawId"], "NEW", "")
    for seconds, status in ((3, "PROCESSING"), (2, "CONFIRMING"), (11.5, "CONFIRMING"), (0.5, "COMPLETED")):
        passes(office, seconds)
        assert moves(office)[0]["status"] == status
    assert office.held("USDT") == before - 10
    assert moves(office)[0]["txId"].startswith("0x")


def test_a_withdrawal_is_held_and_frozen_until_it_has_left(office: Office) -> None:
    def usdt() -> tuple[str, str, str]:
        (row,) = office.data("GET", "/v3/asset/balances?token=USDT")["holding"]
        return row["holding"], row["frozen"], row["availableBalance"]

    def value() -> Decimal:
        return Decimal(office.data("GET", "/v3/account/info")["totalAccountValue"])

    worth = value()
    office.exchange.take_events()
    office.data("POST", WITHDRAW, OUT)
    (pushed,) = [event for event in office.exchange.take_events() if isinstance(event, BalancesChanged)]

    assert usdt() == ("100000", "10", "99990")
    assert [(str(row.holding), str(row.frozen)) for row in pushed.balances] == [("100000", "10")]
    assert value() == worth
    passes(office, 16)
    assert usdt() == ("100000", "10", "99990")
    passes(office, 1)
    assert usdt() == ("99990", "0", "99990")
    assert value() == worth - 10


def test_two_withdrawals_are_frozen_together_and_one_taken_back_is_free(office: Office) -> None:
    office.data("POST", WITHDRAW, OUT)
    move_id = office.data("POST", WITHDRAW, OUT | {"amount": 15})["withdrawId"]
    office.data("DELETE", f"{WITHDRAW}/{move_id}")

    (row,) = office.data("GET", "/v3/asset/balances?token=USDT")["holding"]
    assert (row["holding"], row["frozen"], row["availableBalance"]) == ("100000", "10", "99990")


def test_a_withdrawal_reads_as_recorded(office: Office) -> None:
    started = office.clock.now_ms()
    office.data("POST", WITHDRAW, OUT | {"extra": "memo"})

    reply = office.data("GET", "/v3/asset/wallet/history?type=BALANCE&tokenSide=WITHDRAW")

    assert reply["meta"] == {"total": 1, "records_per_page": 25, "current_page": 1}
    (row,) = reply["rows"]
    seconds = f"{started // 1000}.{started % 1000:03}"
    assert row | {"id": "", "externalId": ""} == {
        "createdTime": seconds,
        "updatedTime": seconds,
        "id": "",
        "externalId": "",
        "applicationId": office.account_id,
        "token": "ETH_USDT",
        "targetAddress": "0x34625d5f",
        "sourceAddress": "",
        "extra": "memo",
        "type": "BALANCE",
        "tokenSide": "WITHDRAW",
        "amount": "10",
        "txId": "",
        "feeToken": "USDT",
        "feeAmount": "2",
        "status": "NEW",
        "confirmingThreshold": None,
        "confirmedNumber": None,
    }
    assert (len(row["id"]), len(row["externalId"])) == (17, 15)


def test_a_new_withdrawal_can_be_taken_back_once(office: Office) -> None:
    before = office.held("USDT")
    move_id = office.data("POST", WITHDRAW, OUT)["withdrawId"]

    status, reply = office.signed("DELETE", f"{WITHDRAW}/{move_id}")

    assert (status, set(reply)) == (200, {"success", "timestamp"})
    assert office.held("USDT") == before
    assert moves(office)[0]["status"] == "CANCELED"
    assert office.refused("DELETE", f"{WITHDRAW}/{move_id}")[0] == 302002
    passes(office, 60)
    assert office.held("USDT") == before


def test_a_withdrawal_on_its_way_cannot_be_taken_back(office: Office) -> None:
    move_id = office.data("POST", WITHDRAW, OUT)["withdrawId"]
    office.clock.advance(3)

    assert office.refused("DELETE", f"{WITHDRAW}/{move_id}")[0] == 302001
    passes(office, 60)
    assert office.refused("DELETE", f"{WITHDRAW}/{move_id}")[0] == 302002


def test_somebody_elses_withdrawal_cannot_be_taken_back(office: Office) -> None:
    other = office.key_of(office.exchange.open_account("bob", {}).id)
    move_id = office.data("POST", WITHDRAW, OUT)["withdrawId"]

    assert office.refused("DELETE", f"{WITHDRAW}/{move_id}", key=other)[0] == 302002
    assert moves(office)[0]["status"] == "NEW"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 9.99}, -1005),
        ({"amount": 0}, -1005),
        ({"amount": -50}, -1005),
        ({"amount": "10.0000001"}, -1005),
        ({"amount": 10_000_000}, 302301),
        ({"token": "ETH", "network": "ARB", "amount": 2**63 - 1}, 302301),
        ({"amount": "much"}, -1005),
        ({"address": " "}, -1005),
        ({"address": "x" * 201}, -1005),
        ({"network": "BTC"}, -1005),
        ({"token": "NOPE"}, -1005),
    ],
    ids=str,
)
def test_a_withdrawal_that_cannot_be_changes_nothing(office: Office, changes: dict[str, Any], code: int) -> None:
    assert office.refused("POST", WITHDRAW, OUT | changes)[0] == code
    assert moves(office) == []


def test_what_open_orders_keep_cannot_be_withdrawn(office: Office) -> None:
    office.placed(price="30000", quantity="3")

    assert office.refused("POST", WITHDRAW, OUT | {"amount": 10_001})[0] == 302301
    office.data("POST", WITHDRAW, OUT | {"amount": 10_000})


def test_what_is_sent_to_an_address_of_this_exchange_arrives_there_less_the_fee(office: Office) -> None:
    bob = office.key_of(office.exchange.open_account("bob", {}).id)
    target = office.data("GET", "/v3/asset/wallet/deposit?token=USDT&network=ETH", key=bob)["address"]
    office.data("POST", WITHDRAW, OUT | {"address": target})

    passes(office, 17)
    (arriving,) = office.data("GET", "/v3/asset/wallet/history", key=bob)["rows"]
    assert (arriving["status"], arriving["targetAddress"], arriving["amount"]) == ("CONFIRMING", target, "8")
    passes(office, 12)
    assert office.held("USDT", key=bob) == 8


def test_everything_that_was_due_happens_when_much_time_passes_at_once(office: Office) -> None:
    before = office.held("USDT")
    deposited(office, "100")
    office.data("POST", WITHDRAW, OUT)

    passes(office, 86_400)

    assert {row["status"] for row in moves(office)} == {"COMPLETED"}
    assert office.held("USDT") == before + 90


def test_the_history_is_filtered_and_comes_in_pages_newest_first(office: Office) -> None:
    for number in range(4):
        deposited(office, f"{number + 1}")
        office.clock.advance(1)
    office.data("POST", WITHDRAW, OUT)
    deposited(office, "0.5", token="BTC", network="BTC")
    until = office.clock.now_ms()

    assert [row["amount"] for row in moves(office, "?token=USDT&tokenSide=DEPOSIT")] == ["4", "3", "2", "1"]
    assert [row["amount"] for row in moves(office, "?token=ETH_USDT&status=NEW")] == ["10"]
    assert [row["token"] for row in moves(office, "?network=BTC")] == ["BTC"]
    assert moves(office, "?type=COLLATERAL") == []
    assert len(moves(office, f"?startTime={until}")) == 2
    assert len(moves(office, f"?endTime={until - 1}")) == 4
    seen: list[str] = []
    for page in (1, 2, 3):
        office.clock.advance(1)
        deposited(office, "77")
        seen += [row["amount"] for row in moves(office, f"?endTime={until}&size=2&page={page}")]
    assert seen == ["0.5", "10", "4", "3", "2", "1"]


@pytest.mark.parametrize("path", ["wallet/history", "token/history", "transfer/history", "staking/yieldHistory"])
def test_asset_histories_hold_25_rows_a_page_and_1000_at_most(office: Office, path: str) -> None:
    meta = office.data("GET", f"/v3/asset/{path}")["meta"]

    assert list(meta.values()) == [0, 25, 1]
    assert office.signed("GET", f"/v3/asset/{path}?size=1000")[0] == 200
    assert office.refused("GET", f"/v3/asset/{path}?size=1001")[0] == -1005
    assert office.refused("GET", f"/v3/asset/{path}?page=0")[0] == -1005


def test_the_statement_tells_what_changed_each_balance(office: Office) -> None:
    office.signed(
        "POST", "/v3/trade/order", {"symbol": "SPOT_BTC_USDT", "side": "SELL", "type": "MARKET", "quantity": "0.01"}
    )
    office.clock.advance(1)
    deposited(office, "20")
    office.clock.advance(20)
    office.data("POST", WITHDRAW, OUT)

    rows = office.data("GET", "/v3/asset/token/history?size=100")["rows"]

    assert [row["type"] for row in rows[:2]] == ["WITHDRAW", "DEPOSIT"]
    assert [row["amount"] for row in rows[:2]] == ["-10", "20"]
    assert {row["type"] for row in rows[2:]} == {"SPOT_TRANSACTION", "TRANSACTION_FEE"}
    assert len({row["id"] for row in rows}) == len(rows)
    changes = sum(Decimal(row["amount"]) for row in rows if row["token"] == "USDT")
    assert office.held("USDT") == Decimal(100_000) + changes
    assert sum(Decimal(row["amount"]) for row in rows if row["token"] == "BTC") == Decimal("-0.01")
    assert len(office.data("GET", "/v3/asset/token/history?type=DEPOSIT")["rows"]) == 1
    assert office.refused("GET", "/v3/asset/token/history?type=NOPE")[0] == -1005
