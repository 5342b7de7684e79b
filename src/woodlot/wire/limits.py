"""This file is how often each endpoint may be called (rest-v3 §4.2).

Where the sheet gives two figures, from the documentation and from ccxt, the documentation's is taken.
"""

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
    return LIMITS.get(str(endpoint), _UNLISTED)


_PUBLIC = Limit(10, 1, Owner.ADDRESS)
_UNLISTED = Limit(10, 1)
_PER_MINUTE = Limit(10, 60)

LIMITS: dict[str, Limit] = {
    "POST /v3/trade/order": Limit(5, 1, per_symbol=True),
    "PUT /v3/trade/order": Limit(5, 1),
    "DELETE /v3/trade/order": Limit(10, 1),
    "GET /v3/trade/order": Limit(5, 1, per_symbol=True),
    "GET /v3/trade/orders": Limit(10, 1),
    "DELETE /v3/trade/orders": Limit(10, 1),
    "DELETE /v3/trade/allOrders": Limit(10, 1),
    "POST /v3/trade/algoOrder": Limit(2, 1, per_symbol=True),
    "PUT /v3/trade/algoOrder": Limit(5, 1),
    "DELETE /v3/trade/algoOrder": Limit(10, 1),
    "DELETE /v3/trade/algoOrders": Limit(10, 1),
    "GET /v3/trade/algoOrder": Limit(10, 1),
    "GET /v3/trade/algoOrders": Limit(10, 1),
    "POST /v3/trade/cancelAllAfter": Limit(10, 1),
    "GET /v3/trade/transaction": Limit(10, 1),
    "GET /v3/trade/transactionHistory": Limit(2, 1),
    "GET /v3/trade/tradingFee": Limit(2, 1),
    "GET /v3/account/info": _PER_MINUTE,
    "GET /v3/account/tokenConfig": Limit(10, 1),
    "GET /v3/account/symbolConfig": Limit(10, 1),
    "GET /v3/account/subAccounts/all": _PER_MINUTE,
    "GET /v3/account/referral/summary": _PER_MINUTE,
    "GET /v3/account/referral/rewardHistory": _PER_MINUTE,
    "GET /v3/account/credentials": _PER_MINUTE,
    "POST /v3/account/tradingMode": Limit(5, 60),
    "POST /v3/account/listenKey": Limit(5, 10),
    "GET /v3/asset/balances": Limit(10, 1),
    "GET /v3/asset/token/history": _PER_MINUTE,
    "POST /v3/asset/transfer": Limit(20, 60),
    "GET /v3/asset/transfer/history": Limit(20, 60),
    "GET /v3/asset/wallet/deposit": _PER_MINUTE,
    "GET /v3/asset/wallet/history": _PER_MINUTE,
    "POST /v3/asset/wallet/withdraw": _PER_MINUTE,
    "DELETE /v3/asset/wallet/withdraw/{withdrawId}": _PER_MINUTE,
    "GET /v3/asset/staking/yieldHistory": _PER_MINUTE,
    "GET /v3/futures/positions": Limit(30, 10),
    "GET /v3/futures/leverage": _PER_MINUTE,
    "PUT /v3/futures/leverage": _PER_MINUTE,
    "PUT /v3/futures/positionMode": Limit(5, 60),
    "GET /v3/futures/defaultMarginMode": _PER_MINUTE,
    "PUT /v3/futures/defaultMarginMode": _PER_MINUTE,
    "PUT /v3/futures/defaultMarginMode/{symbol}": _PER_MINUTE,
    "POST /v3/futures/defaultMarginMode/reset": _PER_MINUTE,
    "GET /v3/futures/fundingFee/history": Limit(20, 60),
    "POST /v3/isolatedMargin/margin": _PER_MINUTE,
    "POST /v3/spotMargin/leverage": Limit(5, 60),
    "GET /v3/spotMargin/interestRate": _PER_MINUTE,
    "GET /v3/spotMargin/interestHistory": _PER_MINUTE,
    "GET /v3/spotMargin/maxMargin": _PER_MINUTE,
    "POST /v3/spotMargin/interestRepay": _PER_MINUTE,
    "GET /v3/convert/rfq": _PER_MINUTE,
    "POST /v3/convert/rft": _PER_MINUTE,
    "GET /v3/convert/exchangeInfo": Limit(10, 1),
    "GET /v3/convert/assetInfo": Limit(10, 1),
    "GET /v3/convert/trade": Limit(10, 1),
    "GET /v3/convert/trades": Limit(10, 1),
    # Two sources, two figures: 60 per 60 s and 10 per 1 s; this one breaks neither.
    "GET /v3/buypower": Limit(1, 1),
}
