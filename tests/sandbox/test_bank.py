"""Money that moves without a trade is neither made nor lost, whatever is asked for in whatever order."""

import random
from decimal import Decimal
from typing import Any

import pytest
from tests.sandbox.office import Office

from woodlot.sandbox.bank import CONVERTER, ON_ITS_WAY, OUTSIDE
from woodlot.sandbox.refusal import Refusal

TOKENS = ("USDT", "BTC", "ETH", "WOO")


class Life:
    """A family that does things at random, and an auditor behind it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.office = Office()
        self.back = self.office.venue.office
        sub = self.office.data("GET", "/v3/account/subAccounts/all")["rows"][0]["applicationId"]
        self.ids = [self.office.account_id, sub]
        self.keys = [self.office.key_of(account_id) for account_id in self.ids]
        self.answered = 0

    def amount(self) -> str:
        return str(Decimal(self.chance.randrange(1, 200_000)).scaleb(-self.chance.randrange(4)))

    def step(self) -> None:
        act = self.chance.choice([self.transfer, self.withdraw, self.take_back, self.convert, self.deposit, self.wait])
        self.answered += act() is True
        assert self.office.exchange.audit() == []
        for key in self.keys:
            for row in self.office.data("GET", "/v3/asset/balances", key=key)["holding"]:
                assert Decimal(row["availableBalance"]) >= 0, row

    def transfer(self) -> bool:
        source, destination = self.chance.sample(self.ids, 2)
        body = {"token": self.token(), "amount": self.amount()}
        return self.says(
            "POST",
            "/v3/asset/transfer",
            body | {"from": {"applicationId": source}, "to": {"applicationId": destination}},
        )

    def withdraw(self) -> bool:
        token = self.token()
        network = self.chance.choice(self.back.tokens[token].ways).network.name
        query = f"/v3/asset/wallet/deposit?token={token}&network={network}"
        own = self.office.data("GET", query, key=self.chance.choice(self.keys))["address"]
        address = self.chance.choice([own, "somewhere else"])
        body = {"token": token, "network": network, "address": address, "amount": self.amount()}
        return self.says("POST", "/v3/asset/wallet/withdraw", body)

    def take_back(self) -> bool:
        rows = self.office.data("GET", "/v3/asset/wallet/history?tokenSide=WITHDRAW", key=self.keys[0])["rows"]
        return bool(rows) and self.says("DELETE", f"/v3/asset/wallet/withdraw/{self.chance.choice(rows)['id']}")

    def convert(self) -> bool:
        query = f"sellToken={self.token()}&buyToken={self.token()}&sellQuantity={self.amount()}"
        key = self.chance.choice(self.keys)
        _, reply = self.office.signed("GET", f"/v3/convert/rfq?{query}", key=key)
        if not reply["success"]:
            return False
        if self.chance.random() < 0.2:
            self.office.clock.advance(15)
        body = {"quoteId": reply["data"]["quoteId"]}
        return self.office.signed("POST", "/v3/convert/rft", body, key=key)[1]["success"]

    def deposit(self) -> bool:
        account_id, amount = self.chance.choice(self.ids), Decimal(self.amount())
        now_ms = self.office.clock.now_ms()
        token = self.token()
        network = self.back.tokens[token].ways[0].network.name
        self.back.wallet.deposit(account_id, token=token, network=network, amount=amount, now_ms=now_ms)
        return True

    def wait(self) -> bool:
        self.office.clock.advance(self.chance.choice([0.5, 3, 20]))
        return True

    def says(self, method: str, target: str, body: Any = b"") -> bool:
        return self.office.signed(method, target, body, key=self.chance.choice(self.keys))[1]["success"]

    def token(self) -> str:
        return self.chance.choice(TOKENS)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_a_family_does_with_its_money_adds_up_after_every_step(seed: int) -> None:
    life = Life(seed)

    for _ in range(80):
        life.step()

    assert life.answered > 20, "most of it must have been possible"


def test_money_comes_from_and_goes_to_accounts_with_a_name(office: Office) -> None:
    infos = [
        office.exchange.account_info(account_id)
        for account_id in (
            office.venue.office.bank.outside,
            office.venue.office.bank.on_its_way,
            office.venue.office.bank.converter,
        )
    ]

    assert [info.account for info in infos] == [OUTSIDE, ON_ITS_WAY, CONVERTER]


def test_what_is_withdrawn_waits_in_its_own_account_until_it_has_left(office: Office) -> None:
    bank, wallet = office.venue.office.bank, office.venue.office.wallet
    outside = bank.free(bank.outside, "USDT")
    wallet.withdraw(
        office.account_id,
        token="USDT",
        network="ETH",
        amount=Decimal(50),
        address="0xabc",
        extra="",
        now_ms=office.clock.now_ms(),
    )

    assert bank.free(bank.on_its_way, "USDT") == 50
    wallet.advance(now_ms=office.clock.now_ms() + 60_000)
    assert bank.free(bank.on_its_way, "USDT") == 0
    assert bank.free(bank.outside, "USDT") == outside + 48, "the network's fee of 2 stays with the exchange"


def test_an_amount_that_cannot_be_paid_moves_nothing(office: Office) -> None:
    bank = office.venue.office.bank
    for amount in (Decimal(100_001), Decimal(-1), Decimal("1E-13")):
        with pytest.raises(Refusal):
            bank.move(office.account_id, bank.outside, token="USDT", amount=amount, kind="WITHDRAW")

    assert bank.free(office.account_id, "USDT") == 100_000
    assert bank.movements(office.account_id) == ()


@pytest.fixture
def office() -> Office:
    return Office()
