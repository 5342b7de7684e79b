"""What the sandbox says of an account: settings, keys, referrals, and what it can trade with."""

import pytest
from tests.sandbox.caller import BTC
from tests.sandbox.office import Office

from woodlot.wire.account import Permission


@pytest.fixture
def office() -> Office:
    return Office()


def test_tokens_are_configured_with_texts_and_one_number(office: Office) -> None:
    rows = office.data("GET", "/v3/account/tokenConfig")["rows"]
    btc = next(row for row in rows if row["token"] == "BTC")

    assert list(btc) == [
        "token",
        "collateralRatio",
        "marginFactor",
        "collateral",
        "canCollateral",
        "canShort",
        "marginMaxLeverage",
        "marginMaxPosition",
    ]
    assert isinstance(btc["collateralRatio"], str)
    assert isinstance(btc["marginMaxPosition"], int)
    assert {row["token"] for row in rows} >= {"BTC", "ETH", "USDT", "WOO"}


def test_perpetuals_are_configured_in_the_pages_own_spelling(office: Office) -> None:
    rows = office.data("GET", "/v3/account/symbolConfig")["rows"]

    assert {row["symbol"] for row in rows} == {s for s in office.exchange.instruments if s.startswith("PERP_")}
    for row in rows:
        assert set(row) == {"symbol", "margin_factor", "maxLeverage", "maxPosition"}
        assert isinstance(row["margin_factor"], str)
        assert isinstance(row["maxPosition"], int | float)


def test_keys_are_listed_with_what_they_may_do_and_never_with_their_secret(office: Office) -> None:
    register = office.venue.office.credentials
    register.grant("first", office.account_id)
    register.grant("second", office.account_id, permissions=(Permission.READ,), allowed_ips=("10.0.0.1",))
    register.grant("strangers", "somebody else")

    reply = office.data("GET", "/v3/account/credentials?size=1&page=2")
    newest = office.data("GET", "/v3/account/credentials?size=1")["rows"][0]

    assert reply["meta"] == {"total": 2, "recordsPerPage": 1, "currentPage": 2}
    assert reply["rows"] == [
        {
            "accountName": "Main",
            "userId": newest["userId"],
            "apiKey": "first",
            "permissions": ["READ", "TRADE", "WITHDRAWAL"],
        }
    ]
    assert (newest["permissions"], newest["allowedIPs"]) == (["READ"], ["10.0.0.1"])


def test_a_key_that_is_granted_anew_has_the_new_rights_alone(office: Office) -> None:
    register = office.venue.office.credentials
    register.grant("key", office.account_id)
    register.grant("key", office.account_id, permissions=(Permission.TRADE,))

    granted = register.find("key")
    assert granted is not None
    assert granted.permissions == (Permission.TRADE,)
    assert len(register.of(office.account_id)) == 1
    assert register.find("nobody") is None


@pytest.mark.parametrize("name", ["summary", "rewardHistory"])
def test_nobody_is_referred_to_a_sandbox(office: Office, name: str) -> None:
    assert office.data("GET", f"/v3/account/referral/{name}?size=7") == {
        "rows": [],
        "meta": {"total": 0, "recordsPerPage": 7, "currentPage": 1},
    }
    assert office.refused("GET", f"/v3/account/referral/{name}?size=1001")[0] == -1005


def test_the_buying_power_is_what_is_free_of_both_tokens(office: Office) -> None:
    office.placed(price="30000", quantity="1")

    assert office.data("GET", f"/v3/buypower?symbol={BTC}") == [
        {"symbol": BTC, "availableBaseQuantity": "2", "availableQuoteQuantity": "70000"}
    ]
    assert office.refused("GET", "/v3/buypower?symbol=SPOT_NOPE_USDT")[0] == 317155
    assert office.refused("GET", "/v3/buypower")[0] == -1005
