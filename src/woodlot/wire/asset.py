"""This file is rest-v3 §9.4: what the account holds."""

from decimal import Decimal
from typing import ClassVar

import msgspec

from woodlot.wire.answer import Answer, Time
from woodlot.wire.request import Endpoint, Request, get


class Holding(Answer):
    """One token in the account (rest-v3 §9.4.1). `holding` is all of it, `available_balance` what is free."""

    token: str
    holding: Decimal
    frozen: Decimal
    staked: Decimal
    unbonding: Decimal
    vault: Decimal
    interest: Decimal
    earn: Decimal | None = None
    pending_short_qty: Decimal
    pending_long_qty: Decimal
    available_balance: Decimal
    average_open_price: Decimal | None = None
    mark_price: Decimal | None = None
    pnl_24h: Decimal | None = msgspec.field(name="pnl24H", default=None)
    fee_24h: Decimal | None = msgspec.field(name="fee24H", default=None)
    timestamp: Time | None = None
    # An older recording has this instead of `timestamp`, in seconds with a fraction; UNSET where it is left out.
    updated_time: Time | msgspec.UnsetType = msgspec.UNSET


class Balances(Answer):
    holding: tuple[Holding, ...]


class GetBalances(Request[Balances]):
    """Ask what the account holds: rest-v3 §9.4.1, 10 per second."""

    endpoint: ClassVar[Endpoint] = get("/v3/asset/balances", signed=True)

    token: str | None = None
