"""This file is how often each endpoint may be called (rest-v3 §4.2)."""

from dataclasses import dataclass
from enum import StrEnum

from woodlot.wire.request import Endpoint


class Owner(StrEnum):
    """Who shares one counter: everybody behind an address, or one account (rest-v3 §4.1)."""

    ADDRESS = "ADDRESS"
    ACCOUNT = "ACCOUNT"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in `window_s` seconds; counted apart for each symbol where `per_symbol` says so."""

    calls: int
    window_s: float
    owner: Owner = Owner.ACCOUNT
    per_symbol: bool = False


def limit_of(endpoint: Endpoint) -> Limit:
    """Return the limit of an endpoint. One that the table does not know gets 10 per second."""
    if endpoint.path.startswith("/v3/public/"):
        return _PUBLIC
    return _LIMITS.get(str(endpoint), _UNLISTED)


_PUBLIC = Limit(10, 1, Owner.ADDRESS)
_UNLISTED = Limit(10, 1)
_LIMITS = {
    "POST /v3/trade/order": Limit(5, 1, per_symbol=True),
    "PUT /v3/trade/order": Limit(5, 1),
    "DELETE /v3/trade/order": Limit(10, 1),
    "GET /v3/trade/order": Limit(5, 1, per_symbol=True),
    "GET /v3/trade/orders": Limit(10, 1),
    "DELETE /v3/trade/allOrders": Limit(10, 1),
    "GET /v3/trade/transactionHistory": Limit(2, 1),
    "GET /v3/account/info": Limit(10, 60),
    "POST /v3/account/listenKey": Limit(5, 10),
    "GET /v3/asset/balances": Limit(10, 1),
}
