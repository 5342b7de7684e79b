"""Keys, sub-accounts and deposits asked for at the side door, and tried on the exchange itself."""

import json
from typing import Any

import pytest
from tests.sandbox.caller import FAR_BID, headers, running
from tests.sandbox.office import Office

from woodlot.errors import ConfigurationError
from woodlot.sandbox.front_office import MOST_SUB_ACCOUNTS, FrontOffice

ORDER = ("POST", "/v3/trade/order", FAR_BID)
BALANCES = ("GET", "/v3/asset/balances", b"")
LISTEN_KEY = ("POST", "/v3/account/listenKey", {"type": "WEBSOCKET"})
WITHDRAWAL = (
    "POST",
    "/v3/asset/wallet/withdraw",
    {"token": "USDT", "network": "ETH", "address": "0x34625d5f", "amount": 10},
)


class Desk:
    """The front office over an exchange without a socket."""

    def __init__(self) -> None:
        self.office = Office()
        self.front = FrontOffice(
            self.office.venue.office,
            keys=self.office.keys,
            account_id=self.office.account_id,
            now_ms=self.office.clock.now_ms,
        )

    def ask(self, method: str, name: str, **fields: Any) -> Any:
        return self.front.services[method, name](fields)

    def call(self, made: dict[str, Any], method: str, target: str, body: Any) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        at_ms = self.office.clock.now_ms()
        head = headers(made["apiKey"], made["apiSecret"], method, target, raw, at_ms=at_ms)
        status, reply = self.office.send(method, target, raw, head)
        return status, json.loads(reply)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [("READ", [BALANCES, LISTEN_KEY]), ("TRADE", [ORDER]), ("WITHDRAWAL", [WITHDRAWAL])],
)
def test_a_key_does_what_it_is_permitted_and_nothing_else(desk: Desk, permission: str, allowed: list[Any]) -> None:
    made = desk.ask("POST", "keys", permissions=[permission])

    for call in (BALANCES, LISTEN_KEY, ORDER, WITHDRAWAL):
        status, reply = desk.call(made, *call)
        if call in allowed:
            assert (status, reply["success"]) == (200, True), reply
        else:
            assert (status, reply["code"]) == (401, -1002), call


def test_a_key_works_from_its_addresses_alone(desk: Desk) -> None:
    elsewhere = desk.ask("POST", "keys", allowedIPs=["10.0.0.9"])
    here = desk.ask("POST", "keys", allowedIPs=["10.0.0.9", "127.0.0.1"])

    assert desk.call(elsewhere, *BALANCES)[1]["code"] == -1002
    assert desk.call(here, *BALANCES)[0] == 200
    rows = desk.office.data("GET", "/v3/account/credentials")["rows"]
    assert [row["allowedIPs"] for row in rows] == [["10.0.0.9", "127.0.0.1"], ["10.0.0.9"]]


def test_a_revoked_key_opens_nothing(desk: Desk) -> None:
    made = desk.ask("POST", "keys")
    assert desk.call(made, *BALANCES)[0] == 200

    assert desk.ask("DELETE", "keys", key=made["apiKey"]) == {"keys": []}
    assert desk.call(made, *BALANCES) == (
        401,
        {"success": False, "code": -1002, "message": "The request is unauthorized."},
    )
    with pytest.raises(ConfigurationError, match="no such key"):
        desk.ask("DELETE", "keys", key=made["apiKey"])


def test_a_secret_is_told_once(desk: Desk) -> None:
    made = desk.ask("POST", "keys")

    assert made["apiSecret"] not in repr(desk.ask("GET", "keys"))
    assert made["apiSecret"] not in repr(desk.office.keys)


def test_a_sub_account_trades_by_a_key_of_its_own_with_money_from_the_main_one(desk: Desk) -> None:
    known = desk.office.data("GET", "/v3/account/subAccounts/all")["rows"][0]
    old, new = desk.ask("POST", "keys", account="sub_account_1"), desk.ask("POST", "keys", account="bots")

    assert old["applicationId"] == known["applicationId"]
    assert desk.call(new, *ORDER)[1]["code"] == 302301
    ends = {"from": {"applicationId": desk.office.account_id}, "to": {"applicationId": new["applicationId"]}}
    desk.office.data("POST", "/v3/asset/transfer", {"token": "USDT", "amount": 100, **ends})
    assert desk.call(new, *ORDER)[0] == 200
    assert desk.call(new, "GET", "/v3/account/subAccounts/all", b"")[1]["code"] == -1002


def test_a_deposit_arrives_when_it_is_confirmed(desk: Desk) -> None:
    told = desk.ask("POST", "deposits", token="USDT", network="ETH", amount="250.5")
    before = desk.office.held("USDT")
    desk.office.clock.advance(60)

    (row,) = desk.office.data("GET", "/v3/asset/wallet/history?tokenSide=DEPOSIT")["rows"]
    assert (row["id"], row["status"], row["confirmedNumber"]) == (told["id"], "COMPLETED", told["confirmingThreshold"])
    assert desk.office.held("USDT") - before == 250.5


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("keys", {"permissions": ["EVERYTHING"]}),
        ("keys", {"permissions": "READ"}),
        ("keys", {"allowedIPs": ["localhost"]}),
        ("keys", {"account": ""}),
        ("keys", {"account": "a\nb"}),
        ("keys", {"nope": 1}),
        ("deposits", {"token": "NOPE", "network": "ETH", "amount": "1"}),
        ("deposits", {"token": "USDT", "network": "ETH", "amount": "-1"}),
        ("deposits", {"token": "USDT", "network": "ETH", "amount": "x"}),
        ("deposits", {"token": "USDT", "network": "ETH", "amount": "1", "account": "nobody"}),
        ("deposits", {}),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_words(desk: Desk, name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        desk.ask("POST", name, **fields)
    assert str(refused.value)
    assert desk.ask("GET", "keys") == {"keys": []}


def test_sub_accounts_have_a_bound(desk: Desk) -> None:
    for number in range(MOST_SUB_ACCOUNTS - 1):
        desk.ask("POST", "keys", account=f"bot {number}")

    with pytest.raises(ConfigurationError, match="no more can be opened"):
        desk.ask("POST", "keys", account="one more")


async def test_the_side_door_of_a_running_sandbox_makes_keys_that_work() -> None:
    async with running(limits=None) as caller:
        url = caller.sandbox.rest_url + "/sandbox/keys"
        async with caller.http.post(url, json={"permissions": ["READ"]}) as reply:
            made = await reply.json()
        head = headers(made["apiKey"], made["apiSecret"], "GET", "/v3/asset/balances")
        async with caller.http.get(caller.sandbox.rest_url + "/v3/asset/balances", headers=head) as reply:
            assert (await reply.json())["success"] is True
        async with caller.http.post(url, data=b"[") as reply:
            assert (reply.status, await reply.json()) == (400, {"error": "expected a JSON object"})
        async with caller.http.delete(url, params={"key": made["apiKey"]}) as reply:
            assert len((await reply.json())["keys"]) == 1
