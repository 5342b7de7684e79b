"""This file is rest-v3 §9.3: the account, its modes and its listen keys."""

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

import msgspec

from woodlot.wire.answer import Answer, Meta
from woodlot.wire.enums import OpenWord
from woodlot.wire.loose import Done, LooseAnswer
from woodlot.wire.moment import Time
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


class TokenSettings(Answer):
    """How one token counts as collateral and how far it can be borrowed (rest-v3 §9.3)."""

    token: str
    collateral_ratio: Decimal
    margin_factor: Decimal
    collateral: bool
    can_collateral: bool
    can_short: bool
    margin_max_leverage: int
    margin_max_position: Decimal


class TokenConfig(Answer):
    rows: tuple[TokenSettings, ...]


class GetTokenConfig(Request[TokenConfig]):
    """Ask how tokens count as collateral: rest-v3 §9.3."""

    endpoint: ClassVar[Endpoint] = get("/v3/account/tokenConfig", signed=True)


class SymbolSettings(Answer):
    """How far one perpetual can be levered (rest-v3 §9.3)."""

    symbol: str
    # In snake case on the page, alone among its neighbours.
    margin_factor: Decimal = msgspec.field(name="margin_factor")
    max_leverage: int
    max_position: Decimal


class SymbolConfig(Answer):
    rows: tuple[SymbolSettings, ...]


class GetSymbolConfig(Request[SymbolConfig]):
    """Ask how far perpetuals can be levered: rest-v3 §9.3."""

    endpoint: ClassVar[Endpoint] = get("/v3/account/symbolConfig", signed=True)


class SubAccount(Answer):
    application_id: str
    name: str
    created_time: Time


class SubAccounts(Answer):
    rows: tuple[SubAccount, ...]


class GetSubAccounts(Request[SubAccounts]):
    """List the sub-accounts, from the main account only: rest-v3 §9.3, 10 per minute."""

    endpoint: ClassVar[Endpoint] = get("/v3/account/subAccounts/all", signed=True)


class Earned(Answer):
    token: str
    amount: Decimal


class Commission(Answer):
    token: str
    total_amount: Decimal


class Referral(Answer):
    """Somebody who came by our code, and what that earned (rest-v3 §9.3)."""

    referral_id: int
    register_time: Time
    referral_code: str
    trade_status: str
    earned: tuple[Earned, ...] = ()
    extra_bonus: tuple[Earned, ...] = ()
    previous_commission: tuple[Commission, ...] = ()
    email: str = ""


class ReferralSummary(Answer):
    rows: tuple[Referral, ...]
    meta: Meta = Meta()


class GetReferralSummary(Request[ReferralSummary]):
    """List whom we referred: rest-v3 §9.3, 10 per minute."""

    endpoint: ClassVar[Endpoint] = get("/v3/account/referral/summary", signed=True)

    page: int | None = None
    size: int | None = None


class ReferralRewards(LooseAnswer):
    """Nothing is known of its shape (rest-v3 §14 no 7)."""


class GetReferralRewardHistory(Request[ReferralRewards]):
    """List what referrals were rewarded with: rest-v3 §9.3, known by name only."""

    endpoint: ClassVar[Endpoint] = get("/v3/account/referral/rewardHistory", signed=True)

    page: int | None = None
    size: int | None = None


class Permission(OpenWord):
    READ = "READ"
    TRADE = "TRADE"
    WITHDRAWAL = "WITHDRAWAL"


class Credential(Answer):
    """One API key and what it may do; a key without a list of addresses works from anywhere (rest-v3 §9.3)."""

    account_name: str
    user_id: int
    api_key: str
    permissions: tuple[Permission, ...]
    allowed_ips: tuple[str, ...] | msgspec.UnsetType = msgspec.field(name="allowedIPs", default=msgspec.UNSET)


class CredentialRows(Answer):
    rows: tuple[Credential, ...]
    meta: Meta = Meta()


class GetCredentials(Request[CredentialRows]):
    """List the account's API keys: rest-v3 §9.3, 10 per minute. `size` is at most 1000."""

    endpoint: ClassVar[Endpoint] = get("/v3/account/credentials", signed=True)

    page: int | None = None
    size: int | None = None


class TradingMode(StrEnum):
    PURE_SPOT = "PURE_SPOT"
    MARGIN = "MARGIN"
    FUTURES = "FUTURES"


class SetTradingMode(Request[Done]):
    """Choose what the account may trade: rest-v3 §9.3, 5 per minute. The reply's shape is not known."""

    endpoint: ClassVar[Endpoint] = post("/v3/account/tradingMode", repeatable=True)

    trading_mode: TradingMode


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
