"""This file is rest-v3 §9.3: the account, its modes and its listen keys."""

from decimal import Decimal
from typing import ClassVar

import msgspec

from woodlot.wire.answer import Answer, Time
from woodlot.wire.enums import OpenWord
from woodlot.wire.request import Endpoint, Request, get, post


class AccountMode(OpenWord):
    """What the account may trade. The stream spells the third one FUTURE (websocket-v3 §9.5)."""

    PURE_SPOT = "PURE_SPOT"
    MARGIN = "MARGIN"
    FUTURES = "FUTURES"
    FUTURE = "FUTURE"


class PositionMode(OpenWord):
    ONE_WAY = "ONE_WAY"
    HEDGE_MODE = "HEDGE_MODE"


class AccountInfo(Answer):
    """Modes, fees in basis points and collateral (rest-v3 §9.3). Ratios are fractions: "10" is 1000 %."""

    application_id: str
    account: str
    alias: str
    otpauth: bool
    account_mode: AccountMode
    position_mode: PositionMode
    leverage: int
    maker_fee_rate: Decimal | None = None
    taker_fee_rate: Decimal | None = None
    margin_ratio: Decimal
    open_margin_ratio: Decimal
    initial_margin_ratio: Decimal
    maintenance_margin_ratio: Decimal
    total_collateral: Decimal
    free_collateral: Decimal
    total_account_value: Decimal
    total_trading_value: Decimal
    total_vault_value: Decimal
    total_staking_value: Decimal
    total_launchpad_value: Decimal
    total_earn_value: Decimal
    referrer_id: str | None = msgspec.field(name="referrerID", default=None)
    account_type: str = "Main"


class GetAccountInfo(Request[AccountInfo]):
    """Ask for modes, fees and collateral: rest-v3 §9.3, 10 per minute."""

    endpoint: ClassVar[Endpoint] = get("/v3/account/info", signed=True)


class ListenKey(Answer):
    """The key of the private stream. Whoever has it reads the account, so printing one does not show it."""

    auth_key: str
    expired_time: Time
    timestamp: int = 0

    def __repr__(self) -> str:
        return f"ListenKey(auth_key=<hidden>, expired_time={self.expired_time.isoformat()})"


class CreateListenKey(Request[ListenKey]):
    """Make a new listen key: websocket-v3 §4.1, 5 per 10 seconds. The old key ends at once.

    Repeating it after a lost reply does no harm that the first call has not done: only the last key counts.
    """

    endpoint: ClassVar[Endpoint] = post("/v3/account/listenKey", repeatable=True)

    type: str

    @classmethod
    def for_stream(cls) -> "CreateListenKey":
        """The only kind there is."""
        return cls(type="WEBSOCKET")
